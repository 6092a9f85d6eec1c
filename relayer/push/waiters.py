"""Who waits for the outcome of which claim, in the courier's own event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from relayer.push.records import Outcome


class Waiters:
    """Futures by business id."""

    def __init__(self) -> None:
        self._futures: dict[str, list[asyncio.Future[Outcome]]] = {}

    def __contains__(self, business_id: str) -> bool:
        return business_id in self._futures

    def add(self, business_id: str) -> asyncio.Future[Outcome]:
        """Resolved with the outcome, if this courier stores it."""
        future: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        self._futures.setdefault(business_id, []).append(future)
        return future

    def remove(self, business_id: str, future: asyncio.Future[Outcome]) -> None:
        """The caller waits no longer."""
        waiting = self._futures.get(business_id, [])
        if future in waiting:
            waiting.remove(future)
        if not waiting:
            self._futures.pop(business_id, None)

    def resolve(self, outcomes: Sequence[Outcome]) -> None:
        """They were committed."""
        for outcome in outcomes:
            for future in self._futures.pop(outcome.business_id, ()):
                if not future.done():
                    future.set_result(outcome)
