"""Push by service: business logic of any language hands each claim to an HTTP service beside it, and asks for the reference.

A service that does not answer is asked again under the same key, so that it keeps one claim.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import aiohttp

from relayer.devnet.ways.book import Book
from relayer.devnet.ways.trips import Trip
from relayer.errors import LedgerRefused

_URL = "http://push/v1/claims"
_LOOKED_AT = 50
_AGAIN_SECONDS = 0.2
_LATER = (429, 503)


class PostedTrips:
    """The business logic. `session` is one to the service, with the system's token."""

    def __init__(self, book: Book, session: aiohttp.ClientSession, *, times: int = 1) -> None:
        """`times`: how often each claim is handed in."""
        self._book = book
        self._session = session
        self._times = times

    async def end(self, trips: Sequence[Trip]) -> None:
        """The trips are over."""
        with self._book.transaction() as connection:
            for trip in trips:
                self._book.add(connection, trip)
        for trip in [*trips] * self._times:
            claim = {"business_id": trip.name, **trip.claim}
            status, answer = await self._asked("POST", _URL, json=claim, headers={"Idempotency-Key": f'"{trip.name}"'})
            if status != 202:
                raise LedgerRefused(answer["code"], answer["detail"])

    async def look(self) -> None:
        """What became of claims that have no reference yet."""
        found = {}
        for name, _ in self._book.waiting(_LOOKED_AT):
            _, outcome = await self._asked("GET", f"{_URL}/{name}")
            if outcome["liability_id"] is None:
                break  # Those behind it were handed in later.
            found[name] = outcome["liability_id"]
        with self._book.transaction() as connection:
            for name, reference in found.items():
                self._book.refer(connection, name, reference)

    async def _asked(self, method: str, url: str, **request: Any) -> tuple[int, Any]:
        while True:
            with suppress(aiohttp.ClientError):
                async with self._session.request(method, url, **request) as answer:
                    if answer.status not in _LATER:
                        return answer.status, await answer.json(content_type=None)
            await asyncio.sleep(_AGAIN_SECONDS)
