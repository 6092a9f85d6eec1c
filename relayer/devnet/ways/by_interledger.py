"""Interledger: each operator issues its facts on the contract ledger and sends them in packets; the relayer does the rest.

The reference comes back with the acknowledgement of the packet, into the contract.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from relayer.app.clock import SystemClock
from relayer.business.facts import mint, parts, timeout_after
from relayer.codes.limits import MAXIMUM_FACTS
from relayer.devnet.operators import Business
from relayer.devnet.ways.book import Book
from relayer.devnet.ways.trips import Trip, by_creditor
from relayer.facts.form import FactForm
from relayer.facts.schema import Fact

_TIMEOUT_SECONDS = 3_600
_LOOKED_AT = 64


class SentTrips:
    """The business logic."""

    def __init__(self, book: Book, business: Business) -> None:
        self._book = book
        self._business = business

    async def end(self, trips: Sequence[Trip]) -> None:
        """The trips are over. One that was minted and not sent yet is sent again."""
        with self._book.transaction() as connection:
            fresh = [trip for trip in trips if self._book.add(connection, trip)]
        for creditor, own in by_creditor(fresh):
            contract = self._business.desks[creditor].contract
            forms = [FactForm(**trip.claim) for trip in own]
            facts = await mint(contract, [partial(_issue, form) for form in forms])
            for trip, fact in zip(own, facts, strict=True):
                self._book.name_fact(trip.name, fact.fact_id.hex())
            client = self._business.selection.contract_client
            for packet in parts(facts, MAXIMUM_FACTS):
                timeout = await timeout_after(contract, _TIMEOUT_SECONDS, SystemClock())
                await contract.send(client, packet, timeout_timestamp=timeout)

    async def look(self) -> None:
        """What the contract says of facts that have no reference yet."""
        contract = next(iter(self._business.desks.values())).contract
        waiting = [(name, bytes.fromhex(fact)) for name, fact in self._book.waiting(_LOOKED_AT) if fact]
        records = await contract.records([fact for _, fact in waiting])
        with self._book.transaction() as connection:
            for (name, _), record in zip(waiting, records, strict=True):
                if record.state.is_acknowledged:
                    self._book.refer(connection, name, "0x" + record.liability_id.hex())


def _issue(form: FactForm, fact_id: bytes, issuer_sequence: int) -> Fact:
    return form.issue(fact_id=fact_id, issuer_sequence=issuer_sequence)
