"""The gRPC channel to a served ledger: bounds, deadlines, the operator's token, and typed errors instead of statuses."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import grpc

from relayer.errors import AccessDenied
from relayer.messages.statuses import error_of
from relayer.transport import client_channel, require_private

MAXIMUM_REQUEST_BYTES = 20 * 1024 * 1024
MAXIMUM_RESPONSE_BYTES = 64 * 1024 * 1024

_T = TypeVar("_T")
Call = Callable[..., Awaitable[_T]]


class Connection:
    """One channel, opened by open() and shared by the services behind one address."""

    def __init__(
        self,
        *,
        name: str,
        address: str,
        token: str | None,
        request_timeout_seconds: float,
        authority: bytes | None = None,
        may_set_up: bool = True,
    ) -> None:
        """`address`: ``unix:PATH`` or ``host:port``, with `authority` (PEM) over TLS. Raises ConfigurationError for a token
        that others could be handed."""
        if token:
            require_private(address, authority=authority)
        self._name = name
        self._address = address
        self._authority = authority
        self._token = token
        self._may_set_up = may_set_up
        self._timeout_seconds = request_timeout_seconds
        self._channel: grpc.aio.Channel | None = None

    @property
    def name(self) -> str:
        """How errors call the ledger."""
        return f"{self._name} at {self._address}"

    @property
    def channel(self) -> grpc.aio.Channel:
        """The channel; made on first use, inside the running loop."""
        if self._channel is None:
            if self._token:
                require_private(self._address, authority=self._authority)
            self._channel = client_channel(
                self._address,
                authority=self._authority,
                options=[
                    ("grpc.max_send_message_length", MAXIMUM_REQUEST_BYTES),
                    ("grpc.max_receive_message_length", MAXIMUM_RESPONSE_BYTES),
                    # A ledger that was down, however long, must be found soon after it is back.
                    ("grpc.initial_reconnect_backoff_ms", 250),
                    ("grpc.max_reconnect_backoff_ms", 2_000),
                    ("grpc.enable_http_proxy", 0),
                ],
            )
        return self._channel

    async def close(self) -> None:
        """Ends calls under way."""
        if self._channel is not None:
            await self._channel.close(None)
            self._channel = None

    async def call(self, method: Call[_T], request: Any) -> _T:
        """One call with a deadline, and with the token, if there is one. Raises the typed error of its status."""
        return await self._call(method, request)

    async def guarded_call(self, method: Call[_T], request: Any) -> _T:
        """One call with the operator's token. Raises AccessDenied if none was configured."""
        if self._token is None or not self._may_set_up:
            raise AccessDenied(f"ledger {self.name}: this call needs the operator's access token; configure `token`")
        return await self._call(method, request)

    @property
    def metadata(self) -> tuple[tuple[str, str], ...] | None:
        """What goes with every call: the token."""
        return None if self._token is None else (("authorization", f"Bearer {self._token}"),)

    async def _call(self, method: Call[_T], request: Any) -> _T:
        try:
            return await method(request, timeout=self._timeout_seconds, metadata=self.metadata)
        except grpc.aio.AioRpcError as failure:
            raise error_of(failure, ledger=self.name) from failure
