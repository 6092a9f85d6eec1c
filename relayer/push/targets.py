"""Where claims are delivered to. A caller names an address; what kind of ledger is behind it shows nowhere else."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from typing import Protocol

from relayer.errors import ConfigurationError
from relayer.facts.codec import FactAnswer
from relayer.facts.signing import SignedFacts

_SCHEME = "://"


class PushTarget(Protocol):
    """A settlement ledger, or a service in front of one. Raises LedgerError: LedgerUnavailable if it may pass later."""

    async def identity(self) -> bytes:
        """What tells the settlement ledger from every other one; the issuer signs for it."""
        ...

    async def deliver(self, batch: SignedFacts) -> Sequence[FactAnswer]:
        """One answer per fact, in their order, once the ledger has committed. Raises InvalidInput if it
        cannot read the request."""
        ...

    async def close(self) -> None:
        """Ends the connection."""
        ...


class Recorder(Protocol):
    """The part of relayer.ports.settlement.SettlementService that is needed."""

    async def identity(self) -> bytes:
        """See PushTarget.identity."""
        ...

    async def record_facts(self, request: SignedFacts) -> Sequence[FactAnswer]:
        """See PushTarget.deliver."""
        ...


class ServiceTarget:
    """A settlement service that someone else opened, such as the embedded ledger of this process."""

    def __init__(self, service: Recorder) -> None:
        self._service = service

    async def identity(self) -> bytes:
        return await self._service.identity()

    async def deliver(self, batch: SignedFacts) -> Sequence[FactAnswer]:
        return await self._service.record_facts(batch)

    async def close(self) -> None:
        """Nothing: whoever opened the service closes it."""


class ServedTarget(ServiceTarget):
    """A settlement ledger behind `relayer ledger serve`."""

    def __init__(self, address: str, *, token: str | None, authority: bytes | None, timeout_seconds: float) -> None:
        from relayer.ledgers.remote.connection import Connection
        from relayer.ledgers.remote.settlement import RemoteSettlement

        self._connection = Connection(
            name="settlement", address=address, token=token, request_timeout_seconds=timeout_seconds, authority=authority
        )
        super().__init__(RemoteSettlement(self._connection))

    async def close(self) -> None:
        await self._connection.close()


class ConnectingTarget:
    """A target that is connected when it is first asked, and at the next question if that failed."""

    def __init__(self, connect: Callable[[], AbstractAsyncContextManager[PushTarget]]) -> None:
        """`connect` raises LedgerError."""
        self._connect = connect
        self._turn = asyncio.Lock()
        self._opened = AsyncExitStack()
        self._target: PushTarget | None = None

    async def identity(self) -> bytes:
        return await (await self._connected()).identity()

    async def deliver(self, batch: SignedFacts) -> Sequence[FactAnswer]:
        return await (await self._connected()).deliver(batch)

    async def close(self) -> None:
        """Ends the connection; another question connects again."""
        async with self._turn:
            self._target = None
            await self._opened.aclose()

    async def _connected(self) -> PushTarget:
        async with self._turn:
            if self._target is None:
                self._target = await self._opened.enter_async_context(self._connect())
            return self._target


def open_target(
    address: str, *, token: str | None = None, authority: bytes | None = None, timeout_seconds: float = 20.0
) -> PushTarget:
    """`address`: ``unix:PATH``, or ``host:port`` with `authority` (PEM of who signed its certificate). `token` opens it.

    Raises ConfigurationError for an address of another kind.
    """
    if _SCHEME in address:
        raise ConfigurationError(f"target {address[:80]!r}: expected unix:PATH or host:port of a settlement ledger")
    return ServedTarget(address, token=token, authority=authority, timeout_seconds=timeout_seconds)
