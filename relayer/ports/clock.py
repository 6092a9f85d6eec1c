"""The clock port: the only way the engine learns of local time, so that a simulation can own it."""

from __future__ import annotations

from typing import Protocol


class Clock(Protocol):
    """Local time is for waiting and for logs; no decision about a packet depends on it."""

    def now(self) -> float:
        """Unix seconds."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Returns after so many seconds of local time."""
        ...
