"""Who may call what: access tokens of the operator and of the parties, and the interceptor that asks for them.

Packets need no token, because proofs protect. The operator's token opens every verb and may act for anyone; a party's opens
Execute, for that party alone, until the log says that the account of this name was revoked; a reader's opens no verb. Each
of them may read. A token must never appear in a log, an error or a repr.
"""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable, Iterable, Mapping
from enum import StrEnum
from typing import Any

import grpc

from relayer.errors import ConfigurationError
from relayer.facts.schema import party_id
from relayer.settlement.model.acts import OPERATOR

Metadata = Iterable[tuple[str, str | bytes]]
_Continuation = Callable[[grpc.HandlerCallDetails], Awaitable[Any]]
"""What an interceptor hands a call on to; the answer is gRPC's own method handler."""


_READER = b"reader/"


class Reads(StrEnum):
    """Who may read: whoever has a token, or everyone who can connect."""

    HOLDERS = "token"
    OPEN = "open"


class Access:
    """The tokens. Every comparison takes the same time, whoever asks."""

    def __init__(
        self,
        *,
        operator: str | None,
        parties: Mapping[str, str] | None = None,
        readers: Mapping[str, str] | None = None,
    ) -> None:
        """`parties` by account: an OCPI id such as DE*KCS, or that and a name behind a slash. `readers` by any name. Raises
        ConfigurationError if two share a token."""
        self._parties = {account.encode(): party_id(account.partition("/")[0]) for account in parties or {}}
        tokens = {account.encode(): token for account, token in (parties or {}).items()}
        self._readers = {_READER + name.encode(): token for name, token in (readers or {}).items()}
        tokens.update(self._readers)
        if operator is not None:
            tokens[OPERATOR] = operator
        if len(set(tokens.values())) != len(tokens):
            raise ConfigurationError("two access tokens of the ledger are equal; give everyone a token of their own")
        self._expected = {holder: f"Bearer {token}".encode() for holder, token in tokens.items()}

    def holder(self, metadata: Metadata) -> bytes | None:
        """OPERATOR, a party id, a reader, or None for a call without a token that is known."""
        found = self._key(metadata)
        return None if found is None else self._parties.get(found, found)

    def account(self, metadata: Metadata) -> str | None:
        """The name of the party's token that the call has; None: it has none."""
        found = self._key(metadata)
        return found.decode() if found in self._parties else None

    def _key(self, metadata: Metadata) -> bytes | None:
        given = [value for key, value in metadata if key == "authorization"]
        if len(given) != 1:
            return None
        value = given[0] if isinstance(given[0], bytes) else given[0].encode()
        matching = [holder for holder, expected in self._expected.items() if hmac.compare_digest(value, expected)]
        return matching[0] if matching else None

    def may_act(self, metadata: Metadata, actor: bytes) -> bool:
        """The operator may act for anyone, a party for itself."""
        holder = self.holder(metadata)
        return holder in (OPERATOR, actor) and holder not in self._readers

    def may_command(self, metadata: Metadata) -> bool:
        """Whether the call has a token other than a reader's."""
        holder = self.holder(metadata)
        return holder is not None and holder not in self._readers


class Guard(grpc.aio.ServerInterceptor):  # type: ignore[type-arg]
    """Refuses guarded calls without a token that opens them."""

    def __init__(
        self,
        access: Access,
        *,
        operator_only: frozenset[str],
        parties_too: frozenset[str],
        everyone: frozenset[str],
        open_prefixes: tuple[str, ...] = (),
        reads: Reads = Reads.HOLDERS,
    ) -> None:
        """Full method names. What is in no set and begins with no open prefix is a read."""
        self._access = access
        self._operator_only = operator_only
        self._parties_too = parties_too
        self._everyone = everyone
        self._open_prefixes = open_prefixes
        self._reads = reads

    async def intercept_service(self, continuation: _Continuation, handler_call_details: grpc.HandlerCallDetails) -> Any:
        """Hands the call on, or answers it with UNAUTHENTICATED."""
        method, metadata = handler_call_details.method, handler_call_details.invocation_metadata or ()
        if method in self._operator_only:
            if self._access.holder(metadata) != OPERATOR:
                return grpc.unary_unary_rpc_method_handler(_operator_needed)
        elif method in self._parties_too:
            if not self._access.may_command(metadata):
                return grpc.unary_unary_rpc_method_handler(_token_needed)
        elif self._is_read(method) and self._access.holder(metadata) is None:
            return grpc.unary_unary_rpc_method_handler(_token_needed)
        return await continuation(handler_call_details)

    def _is_read(self, method: str) -> bool:
        return self._reads is Reads.HOLDERS and method not in self._everyone and not method.startswith(self._open_prefixes)


async def _operator_needed(_request: bytes, context: grpc.aio.ServicerContext[object, object]) -> None:
    await context.abort(
        grpc.StatusCode.UNAUTHENTICATED, "this call needs the operator's access token: authorization: Bearer <token>"
    )


async def _token_needed(_request: bytes, context: grpc.aio.ServicerContext[object, object]) -> None:
    await context.abort(
        grpc.StatusCode.UNAUTHENTICATED, "this call needs an access token of this ledger: authorization: Bearer <token>"
    )
