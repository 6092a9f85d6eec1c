"""The operating system's clocks behind the clock port."""

from __future__ import annotations

import asyncio
import time

_UNSETTABLE = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
"""Linux: it also counts while the machine is suspended."""


class SystemClock:
    """Local time as the machine has it now, also right after somebody set it: for block times and deadlines."""

    def now(self) -> float:
        return time.time()

    def elapsed(self) -> float:
        return time.clock_gettime(_UNSETTABLE)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class SteadyClock(SystemClock):
    """Local time as it was at the start, and what has passed since: for waiting and for logs. A clock that is set back while
    the process runs must not make it wait for so much longer."""

    def __init__(self) -> None:
        self._started_at = time.time() - self.elapsed()

    def now(self) -> float:
        return self._started_at + self.elapsed()


def now_seconds() -> int:
    """Unix seconds, for deadlines and cut-offs, which a ledger compares with its block time."""
    return int(time.time())
