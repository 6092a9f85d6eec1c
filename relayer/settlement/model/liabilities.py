"""Liabilities and positions: what is owed.

A value that exists holds its invariants; a liability that would break its identity is our own bug and raises
InvariantBroken.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from relayer.codes.facts import FactKind
from relayer.errors import InvariantBroken
from relayer.settlement.model.acts import UnitKey
from relayer.settlement.model.facts import Origin


class LiabilityState(StrEnum):
    """Derived from the amounts, never stored."""

    RECORD = "record"
    """Carries no money: a booking, a credit note, a payment."""
    OPEN = "open"
    HELD = "held"
    """Open, and all of it is held by a dispute."""
    SETTLED = "settled"
    """Nothing is open any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Liability:
    """What `debtor` owes `creditor` for one fact: amount = open + netted + paid + credited, and 0 <= held <= open."""

    liability_id: bytes
    sequence: int
    """Settlement sequence of the log entry that recorded it: from 1, gap-free."""
    head_hash: bytes
    """Head of the log after that entry."""
    fact_id: bytes
    fact_hash: bytes
    kind: FactKind | None
    """None: no fact but a debt that a hub cycle put in the place of others (novation)."""
    creditor: bytes
    debtor: bytes
    currency: str
    exponent: int
    service_end: int
    due_date: int
    origin: Origin
    amount: int
    open: int
    netted: int
    paid: int
    credited: int
    held: int

    def __post_init__(self) -> None:
        parts = (self.open, self.netted, self.paid, self.credited)
        if min(parts) < 0 or self.amount != sum(parts) or not 0 <= self.held <= self.open:
            raise InvariantBroken(f"liability {self.liability_id.hex()}: its amounts do not add up")

    @property
    def unit(self) -> UnitKey:
        """What its amounts are stated in."""
        return UnitKey(self.currency, self.exponent)

    @property
    def free(self) -> int:
        """What is open and not held: the most that a credit, a payment or netting may take."""
        return self.open - self.held

    @property
    def state(self) -> LiabilityState:
        """The state that follows from the amounts."""
        if self.amount == 0:
            return LiabilityState.RECORD
        if self.open == 0:
            return LiabilityState.SETTLED
        return LiabilityState.HELD if self.held == self.open else LiabilityState.OPEN


class PositionKey(NamedTuple):
    """One direction of debt in one currency."""

    debtor: bytes
    creditor: bytes
    currency: str
    exponent: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """What one party owes (payable) and is owed (receivable) in one currency, in minor units. Only what is open counts."""

    party_id: bytes
    ocpi_id: str
    currency: str
    exponent: int
    payable: int
    receivable: int

    @property
    def net(self) -> int:
        """Above zero: the party is a net creditor."""
        return self.receivable - self.payable
