"""Whose call is worked on next, and how many calls and streams a caller may have: bounds and a fair order between callers.

A caller is whoever holds a token, or a stranger's host. Strangers share a part of the room, and the rest is kept for holders
of tokens; within their part they take turns, so that no one of them waits for all that another one has sent.
"""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass

from relayer.errors import LimitExceeded


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """`holder` of a token, or None for a stranger at `host`."""

    holder: bytes | None
    host: str = ""

    @property
    def is_stranger(self) -> bool:
        """Whether it has no token."""
        return self.holder is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """How much there is of something: in all, for each caller, and for strangers together."""

    total: int
    each: int
    strangers: int


class Places:
    """Counts who has how many."""

    def __init__(self, room: Room) -> None:
        self._room = room
        self._taken: Counter[Caller] = Counter()

    def is_free(self, caller: Caller) -> bool:
        """Whether the caller may have one more."""
        strangers = sum(count for each, count in self._taken.items() if each.is_stranger)
        return (
            self._taken.total() < self._room.total
            and self._taken[caller] < self._room.each
            and (not caller.is_stranger or strangers < self._room.strangers)
        )

    def take(self, caller: Caller) -> None:
        """One more."""
        self._taken[caller] += 1

    def give_back(self, caller: Caller) -> None:
        """One less."""
        self._taken[caller] -= 1
        if not self._taken[caller]:
            del self._taken[caller]


class Turns:
    """Calls that are worked on at the same time, and those that wait for it."""

    def __init__(self, *, working: Room, waiting: Room) -> None:
        self._working = Places(working)
        self._waiting = Places(waiting)
        self._queues: dict[Caller, deque[asyncio.Future[None]]] = {}
        """In the order in which their callers' turns come."""

    @asynccontextmanager
    async def turn(self, caller: Caller) -> AsyncIterator[None]:
        """Waits until it is the caller's turn. Raises LimitExceeded if too many of its calls wait already."""
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
            raise LimitExceeded("too many calls wait for this ledger already; call again later")
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
            else:
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
            if self._working.is_free(caller):
                ready = self._queues[caller][0]
                self._leave(caller, ready)
                if caller in self._queues:
                    self._queues[caller] = self._queues.pop(caller)
                self._working.take(caller)
                ready.set_result(None)


class Streams:
    """Streams that are open; there is no waiting for one."""

    def __init__(self, room: Room) -> None:
        self._open = Places(room)

    @contextmanager
    def stream(self, caller: Caller) -> Iterator[None]:
        """Raises LimitExceeded if there is no room for another one of this caller."""
        if not self._open.is_free(caller):
            raise LimitExceeded("too many streams are open at this ledger; close one, or poll")
        self._open.take(caller)
        try:
            yield
        finally:
            self._open.give_back(caller)
