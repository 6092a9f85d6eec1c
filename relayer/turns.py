"""Fair turns between callers: whose call is worked on next when more ask than can be served.

Turns go round among the callers that wait, so that none of them waits for all that another one has sent. Who counts as a
caller, and how many calls there may be, is up to the service.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Hashable
from contextlib import asynccontextmanager
from typing import Generic, Protocol, TypeVar

from relayer.errors import RelayerError

Caller = TypeVar("Caller", bound=Hashable)
_Caller_contra = TypeVar("_Caller_contra", contravariant=True)


class Capacity(Protocol[_Caller_contra]):
    """How many calls there may be, and how many there are."""

    def is_free(self, caller: _Caller_contra) -> bool:
        """Whether the caller may have one more."""
        ...

    def take(self, caller: _Caller_contra) -> None:
        """One more."""
        ...

    def give_back(self, caller: _Caller_contra) -> None:
        """One less."""
        ...


class Total:
    """A capacity of so many calls, whoever makes them."""

    def __init__(self, calls: int) -> None:
        self._free = calls

    def is_free(self, _: object) -> bool:
        """Whether there may be one more."""
        return self._free > 0

    def take(self, _: object) -> None:
        """One more."""
        self._free -= 1

    def give_back(self, _: object) -> None:
        """One less."""
        self._free += 1


class FairTurns(Generic[Caller]):
    """Calls that are worked on at the same time, and those that wait for it. For one event loop."""

    def __init__(
        self, *, working: Capacity[Caller], waiting: Capacity[Caller], refusal: Callable[[Caller], RelayerError]
    ) -> None:
        """`refusal`: the error for a call that may not even wait."""
        self._working = working
        self._waiting = waiting
        self._refusal = refusal
        self._queues: dict[Caller, deque[asyncio.Future[None]]] = {}
        """In the order in which their callers' turns come."""

    @asynccontextmanager
    async def turn(self, caller: Caller) -> AsyncIterator[None]:
        """Waits until it is the caller's turn. Raises the refusal if too many calls wait already."""
        if caller in self._queues or not self._working.is_free(caller):
            await self._wait(caller)
        else:
            self._working.take(caller)
        try:
            yield
        finally:
            self._working.give_back(caller)
            self._next()

    async def _wait(self, caller: Caller) -> None:
        if not self._waiting.is_free(caller):
            raise self._refusal(caller)
        ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._queues.setdefault(caller, deque()).append(ready)
        self._waiting.take(caller)
        try:
            await ready
        except asyncio.CancelledError:
            if ready.done() and not ready.cancelled():
                # Its turn came and its caller left at the same time.
                self._working.give_back(caller)
                self._next()
            elif ready in self._queues.get(caller, ()):
                self._leave(caller, ready)
            raise

    def _leave(self, caller: Caller, ready: asyncio.Future[None]) -> None:
        self._queues[caller].remove(ready)
        self._waiting.give_back(caller)
        if not self._queues[caller]:
            del self._queues[caller]

    def _next(self) -> None:
        """Starts what may start. Whoever had a turn goes to the end of the row."""
        for caller in list(self._queues):
            while caller in self._queues and self._working.is_free(caller):
                ready = self._queues[caller][0]
                self._leave(caller, ready)
                if ready.cancelled():
                    continue  # its caller has left, and does not know it yet
                if caller in self._queues:
                    self._queues[caller] = self._queues.pop(caller)
                self._working.take(caller)
                ready.set_result(None)
                break


def host_of(peer: str) -> str:
    """gRPC's name of a peer without its port, which a caller chooses: ``ipv4:127.0.0.1:5000`` is ``ipv4:127.0.0.1``."""
    return peer if peer.startswith("unix:") else peer.rpartition(":")[0]
