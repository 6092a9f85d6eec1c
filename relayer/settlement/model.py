"""The values of the settlement domain: parties, agreements, liabilities, positions.

Amounts are integers in the minor unit of their currency. A value that exists holds its invariants; a liability that would
break its identity is our own bug and raises InvariantBroken.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from relayer.codes.facts import FactKind
from relayer.errors import InvariantBroken
from relayer.settlement.netting.modes import NettingMode

GENESIS_HEAD_HASH = bytes(32)
"""What the first entry of the log names as its predecessor."""

ALL_MODES = tuple(NettingMode)
"""What an agreement allows unless it says otherwise. Mode HUB needs the parties' consent besides."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """An operator. `party_id` is keccak256 of `ocpi_id`."""

    party_id: bytes
    ocpi_id: str
    name: str
    lei: str
    """ISO 17442 code, or empty."""
    vat_id: str
    """VAT identification number, or empty."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CurrencyTerms:
    """One currency of an agreement."""

    currency: str
    """ISO 4217, three letters."""
    exponent: int
    """Digits after the point that amounts are stated in."""
    open_limit: int | None
    """Most that may be open from debtor to creditor in minor units; None: no limit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """`debtor` has agreed to settle what it owes to `creditor`. The other direction is an agreement of its own."""

    agreement_id: str
    creditor: bytes
    debtor: bytes
    currencies: tuple[CurrencyTerms, ...]
    netting_modes: tuple[NettingMode, ...] = ALL_MODES
    """The modes in which these debts may be netted, in the order of the enumeration."""

    def terms(self, currency: bytes, exponent: int) -> CurrencyTerms | None:
        """The terms of a fact's currency, or None if the agreement does not hold it with this exponent."""
        for terms in self.currencies:
            if terms.currency.encode() == currency and terms.exponent == exponent:
                return terms
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where a fact stands on its contract ledger, and how it came to this ledger."""

    chain_id: int
    """EIP-155 id of the contract ledger."""
    contract: bytes
    issuer: bytes
    client_id: str
    packet_sequence: int
    height: int
    """Height of this ledger's block that recorded it."""
    transaction: str


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


class LogHead(NamedTuple):
    """The newest entry of the log. Sequence 0 with a zero hash: the log is empty."""

    sequence: int
    head_hash: bytes


EMPTY_LOG = LogHead(0, GENESIS_HEAD_HASH)
