"""The workload: trips that one operator provided and another one sold. Each has an amount of its own, so that a liability
shows which trip it came from, whatever the way."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import cycle, islice
from typing import Any

from relayer.examples.consortium import DEBTS, EUR, PARTY

ENDED_AT = 1_760_000_000
"""Unix seconds: a fixed past moment, so that a trip that is handed in again has the same content."""
DUE_DAYS = 30
_BASE_CENTS = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Trip:
    """`creditor` provided it and claims its price from `debtor`: codes of the consortium's operators."""

    number: int
    creditor: str
    debtor: str

    @property
    def name(self) -> str:
        """The business system's own id."""
        return f"trip-{self.number}"

    @property
    def cents(self) -> int:
        """No other trip has the same."""
        return _BASE_CENTS + self.number

    @property
    def claim(self) -> dict[str, Any]:
        """The fields of a claim (relayer.facts.form.FactForm), but for the business id."""
        return {
            "kind": "trip_completed",
            "category": "fare",
            "creditor": PARTY[self.creditor],
            "debtor": PARTY[self.debtor],
            "currency": EUR[0],
            "exponent": EUR[1],
            "net": self.cents,
            "service_end": ENDED_AT,
            "due_date": ENDED_AT + DUE_DAYS * 86_400,
            "document": {"trip": self.name, "cents": self.cents},
        }


def trips(first: int, count: int) -> list[Trip]:
    """Numbers from `first`; the pairs of operators take turns."""
    pairs = islice(cycle(DEBTS), count)
    return [Trip(number=first + at, creditor=creditor, debtor=debtor) for at, (debtor, creditor) in enumerate(pairs)]


def by_creditor(chosen: Sequence[Trip]) -> Iterator[tuple[str, list[Trip]]]:
    """In the order of `chosen`."""
    for creditor in dict.fromkeys(trip.creditor for trip in chosen):
        yield creditor, [trip for trip in chosen if trip.creditor == creditor]
