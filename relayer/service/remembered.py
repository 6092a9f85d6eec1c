"""An answer that is asked for again only once it is some seconds old, so that no visitor can wear out what is asked."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

from relayer.ports.clock import Clock

_T = TypeVar("_T")


class Remembered(Generic[_T]):
    """Callers at the same time share one call; an error is not remembered."""

    def __init__(self, call: Callable[[], Awaitable[_T]], *, seconds: float, clock: Clock) -> None:
        self._call = call
        self._seconds = seconds
        self._clock = clock
        self._lock = asyncio.Lock()
        self._known: tuple[float, _T] | None = None

    async def __call__(self) -> _T:
        async with self._lock:
            if self._known is None or not 0 <= self._clock.now() - self._known[0] < self._seconds:
                self._known = (self._clock.now(), await self._call())
            return self._known[1]
