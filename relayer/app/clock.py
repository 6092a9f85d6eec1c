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
