"""Waiting and backing off: local time, jitter, and the reason for every stall."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any, Literal, TypeVar

from relayer.engine.settings import EngineSettings
from relayer.errors import (
    AccessDenied,
    ClientUnusable,
    ConfigurationError,
    FeeCapExceeded,
    FundsInsufficient,
    InvariantBroken,
    JournalCorrupt,
    JournalLocked,
    JournalUnavailable,
    RelayerError,
    WrongLedger,
    error_kind,
)
from relayer.ports.clock import Clock

_T = TypeVar("_T")
_S = TypeVar("_S")

OPERATORS_TURN = (ConfigurationError, WrongLedger, ClientUnusable, FundsInsufficient, FeeCapExceeded, AccessDenied)
"""Errors that retrying cannot fix."""

OUR_OWN = (InvariantBroken, JournalCorrupt, JournalLocked, JournalUnavailable)
"""Errors that stop the process."""


async def wait_for(event: asyncio.Event, clock: Clock, seconds: float) -> None:
    """Waits until the event is set or the time has passed. The event is not changed."""
    await wait_for_any((event,), clock, seconds)


async def wait_for_any(events: Sequence[asyncio.Event], clock: Clock, seconds: float) -> None:
    """Waits for the first of several events, or until the time has passed."""
    if seconds <= 0 or any(event.is_set() for event in events):
        return
    waits = [asyncio.ensure_future(event.wait()) for event in events]
    waits += [asyncio.ensure_future(_sleep(clock, seconds))]
    try:
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()


async def _sleep(clock: Clock, seconds: float) -> Literal[True]:
    await clock.sleep(seconds)
    return True


async def both(one: Coroutine[Any, Any, _T], other: Coroutine[Any, Any, _S]) -> tuple[_T, _S]:
    """Runs two calls concurrently. If one fails, the other is cancelled and awaited, and the first error is raised."""
    tasks = asyncio.ensure_future(one), asyncio.ensure_future(other)
    try:
        return await tasks[0], await tasks[1]
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


class Backoff:
    """Exponential, with jitter from a seeded source so that relayers do not retry in step and simulations repeat."""

    def __init__(self, settings: EngineSettings, random: Random) -> None:
        self._settings = settings
        self._random = random
        self._failures = 0

    def reset(self) -> None:
        """Starts again from the shortest pause."""
        self._failures = 0

    def after(self, error: RelayerError) -> float:
        """Seconds to back off after one more failure."""
        if isinstance(error, OPERATORS_TURN):
            seconds = self._settings.operator_seconds
        else:
            exponent = min(self._failures, 16)
            seconds = min(self._settings.backoff_first_seconds * 2**exponent, self._settings.backoff_last_seconds)
        self._failures += 1
        return seconds * self._random.uniform(0.75, 1.25)


@dataclass(slots=True, kw_only=True)
class Health:
    """Why something is stalled: the last error since the last success."""

    error: str = ""
    kind: str = ""
    since: float = 0.0
    failures: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    """Every error since the start, by its kind."""

    def ok(self) -> None:
        """Records a success."""
        self.error, self.kind, self.since, self.failures = "", "", 0.0, 0

    def fail(self, error: RelayerError, now: float) -> None:
        """Records a failure; `since` keeps the time of the first one since the last success."""
        if not self.failures:
            self.since = now
        self.error, self.kind = str(error), error_kind(error)
        self.failures += 1
        self.kinds[self.kind] += 1
