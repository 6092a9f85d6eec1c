"""The clock port: the engine's only source of local time, so that a simulation can control it."""

from __future__ import annotations

from typing import Protocol


class Clock(Protocol):
    """Local time is for waiting and for logs; no decision about a packet depends on it."""

    def now(self) -> float:
        """Unix seconds."""
        ...

    def elapsed(self) -> float:
        """Seconds since some moment, by a clock that cannot be set; time in which the machine sleeps counts."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Returns after so many seconds of local time."""
        ...
