"""Whose call is worked on next, and how many calls and streams a caller may have: bounds and a fair order between callers.

A caller is whoever holds a token, or a stranger's host. Strangers share a part of the room, and the rest is kept for holders
of tokens; within their part they take turns, so that no one of them waits for all that another one has sent.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from relayer.errors import LimitExceeded
from relayer.turns import FairTurns


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


class Turns(FairTurns[Caller]):
    """Calls that are worked on at the same time, and those that wait for it. Its refusal is LimitExceeded."""

    def __init__(self, *, working: Room, waiting: Room) -> None:
        super().__init__(working=Places(working), waiting=Places(waiting), refusal=_refusal)


def _refusal(_: Caller) -> LimitExceeded:
    return LimitExceeded("too many calls wait for this ledger already; call again later")


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
