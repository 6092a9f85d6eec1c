"""Virtual time: an event loop that jumps over every wait, so that a simulation of days runs in seconds, the same each time.

Nothing that runs on it may do real input or output, or use threads.
"""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any, TypeVar

_T = TypeVar("_T")
START = 1_700_000_000.0
"""Unix seconds at which every virtual clock begins."""


class StandstillError(RuntimeError):
    """Everything waits and nothing is due: the simulation would hang."""


class _JumpingSelector(selectors.DefaultSelector):
    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:
            raise StandstillError("every task waits and no timer is set")
        self.now += max(0.0, timeout)
        return []


class _VirtualLoop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self._jumping = _JumpingSelector()
        super().__init__(self._jumping)

    def time(self) -> float:
        return self._jumping.now


class VirtualClock:
    """The clock port over a loop of its own."""

    def __init__(self) -> None:
        self.loop: asyncio.AbstractEventLoop = _VirtualLoop()

    def now(self) -> float:
        return START + self.loop.time()

    def elapsed(self) -> float:
        return self.loop.time()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

    def run(self, work: Coroutine[Any, Any, _T]) -> _T:
        """Runs to the end, as fast as the machine can. Tasks left over are cancelled."""
        try:
            return self.loop.run_until_complete(work)
        finally:
            self._cancel_leftovers()

    def close(self) -> None:
        """Closes the event loop."""
        self.loop.close()

    def _cancel_leftovers(self) -> None:
        leftovers = asyncio.all_tasks(self.loop)
        for task in leftovers:
            task.cancel()
        if leftovers:
            self.loop.run_until_complete(asyncio.gather(*leftovers, return_exceptions=True))
        self.loop.run_until_complete(self.loop.shutdown_asyncgens())


class ManualClock:
    """Time that moves only when a test says so; sleeping moves it too."""

    def __init__(self, now: float = START) -> None:
        self._now = now
        self._wrong_by = 0.0

    def now(self) -> float:
        return self._now + self._wrong_by

    def elapsed(self) -> float:
        return self._now

    def set_wrong(self, seconds: float) -> None:
        """From now on the clock shows so much more than the time that it is, though no time has passed."""
        self._wrong_by = seconds

    def advance(self, seconds: float) -> None:
        """Time passes at once, without waking anyone."""
        self._now += seconds

    async def sleep(self, seconds: float) -> None:
        self._now += seconds
        await asyncio.sleep(0)
