"""Push: the trip and its claim commit in one transaction of the business system, and a courier delivers the claim.

By queue, the same: only the target of the courier is another one.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from relayer.devnet.ways.book import Book
from relayer.devnet.ways.place import Place
from relayer.devnet.ways.trips import Trip
from relayer.push import Claim, Courier, Outbox, Outcome, PushTarget, issuer_of, key_signer


class PushedTrips:
    """The business logic."""

    def __init__(self, book: Book, place: Place, target: PushTarget, *, system: str) -> None:
        self._book = book
        self._outbox = Outbox(system=system, issuer=issuer_of(place.key), chain_id=place.chain_id)
        sign = key_signer(place.key)
        self.courier = Courier(self._outbox, connect=book.connect, target=target, sign=sign, on_outcome=self._settled)
        with book.transaction() as connection:
            self._outbox.create(connection)

    async def end(self, trips: Sequence[Trip]) -> None:
        """The trips are over."""
        with self._book.transaction() as connection:
            for trip in trips:
                self._book.add(connection, trip)
                self._outbox.put(connection, Claim(business_id=trip.name, **trip.claim))
        self.courier.wake()

    def _settled(self, connection: sqlite3.Connection, outcome: Outcome) -> None:
        if outcome.reference is not None:
            self._book.refer(connection, outcome.business_id, outcome.reference.liability_id)

    async def look(self) -> None:
        """References come by callback."""
