"""Waiting that follows progress: it fails when nothing moved for so long, never because much time has passed.

Progress is a token that the caller computes: heights, counts, journal rows. It has to come to an end if the work
does, so it must not hold anything that moves by itself, such as the height of a chain that makes a block every second.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TypeVar

from relayer.errors import LedgerUnavailable

STALLED_AFTER_SECONDS = 60.0
_POLL_SECONDS = 0.05
_TOKEN_SECONDS = 0.5
_LONGEST_STEP_SECONDS = 60.0
"""More than that between two looks counts as so much: the machine slept."""

Progress = Callable[[], object]
_T = TypeVar("_T")


class Stalled(LedgerUnavailable):
    """Nothing moved for too long."""


def machine_load() -> float:
    """How many processes want each processor, 1 on a machine that has a processor for everyone."""
    return max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))


@dataclass(slots=True, kw_only=True)
class Patience:
    """How long a token has stayed the same, in seconds of an idle machine: a busy one takes longer for the same work."""

    stalled_after_seconds: float = STALLED_AFTER_SECONDS
    clock: Callable[[], float] = time.monotonic
    load: Callable[[], float] = machine_load
    _token: object = field(default=None, init=False)
    _asked: float | None = field(default=None, init=False)
    _still_seconds: float = field(default=0.0, init=False)

    def is_over(self, progress: Progress) -> bool:
        """Whether nothing moved for too long. May be asked at every look; the token is computed twice a second."""
        now = self.clock()
        if self._asked is not None and now - self._asked < _TOKEN_SECONDS:
            return False
        token = progress()
        if self._asked is None or token != self._token:
            self._still_seconds = 0.0
        else:
            self._still_seconds += min(now - self._asked, _LONGEST_STEP_SECONDS) / self.load()
        self._token, self._asked = token, now
        return self._still_seconds > self.stalled_after_seconds

    def words(self, what: str) -> str:
        """For the error of a wait that is over."""
        moved = "" if self._token is None else f"; it last moved to {self._token}"
        return f"waited for {what}, and nothing moved for {self.stalled_after_seconds:.0f} s{moved}"


def nothing() -> object:
    """The token of a wait that has only its condition."""
    return None


def wait_for(
    done: Callable[[], bool],
    what: str,
    *,
    progress: Progress = nothing,
    stalled_after_seconds: float = STALLED_AFTER_SECONDS,
    poll_seconds: float = _POLL_SECONDS,
) -> None:
    """Asks `done` until it is true. Raises Stalled once `progress` has stayed the same for too long."""
    patience = Patience(stalled_after_seconds=stalled_after_seconds)
    while not done():
        if patience.is_over(progress):
            raise Stalled(patience.words(what))
        time.sleep(poll_seconds)


async def until_true(
    done: Callable[[], Awaitable[bool]],
    what: str,
    *,
    progress: Progress = nothing,
    stalled_after_seconds: float = STALLED_AFTER_SECONDS,
    poll_seconds: float = 4 * _POLL_SECONDS,
) -> None:
    """The same for a condition that itself waits."""
    patience = Patience(stalled_after_seconds=stalled_after_seconds)
    while not await done():
        if patience.is_over(progress):
            raise Stalled(patience.words(what))
        await asyncio.sleep(poll_seconds)


async def arrival(
    awaited: Awaitable[_T],
    what: str,
    *,
    progress: Progress = nothing,
    stalled_after_seconds: float = STALLED_AFTER_SECONDS,
) -> _T:
    """What an awaitable gives. Raises Stalled, and cancels it, once `progress` has stayed the same for too long."""
    patience = Patience(stalled_after_seconds=stalled_after_seconds)
    task = asyncio.ensure_future(awaited)
    try:
        while not (await asyncio.wait({task}, timeout=_TOKEN_SECONDS))[0]:
            if patience.is_over(progress):
                raise Stalled(patience.words(what))
        return task.result()
    finally:
        task.cancel()
