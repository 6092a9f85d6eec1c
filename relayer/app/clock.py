"""The operating system's clock behind the clock port."""

from __future__ import annotations

import asyncio
import time


class SystemClock:
    """Local time; for waiting and for logs alone."""

    def now(self) -> float:
        return time.time()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


def now_seconds() -> int:
    """Unix seconds, for deadlines and cut-offs, which a ledger compares with its block time."""
    return int(time.time())
