"""Payments, disputes and cycles as they stand, and who did what.

Each is named by an id that its maker chose, and carries what it holds of which liability. Amounts are minor units. An id is
short enough to travel as an end-to-end id of ISO 20022 (35 characters).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from relayer.settlement.netting.modes import NettingMode

OPERATOR = b""
"""Acts for the ledger itself, and may act where any party may."""


class UnitKey(NamedTuple):
    """A currency with the digits that amounts are stated in."""

    currency: str
    exponent: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """Who did something, by which request, in the block of which time."""

    request_id: str
    """Empty: nobody asked, the ledger acted because a deadline had passed."""
    request_digest: bytes
    """sha256 over the command, by which a repeated request id is compared; zeros if nobody asked."""
    actor: bytes
    """A party id, or OPERATOR."""
    at_seconds: int
    """Block time, unix seconds."""


class Share(NamedTuple):
    """A part of one liability, named by the liability's settlement sequence."""

    liability: int
    amount: int


class EvidenceKind(StrEnum):
    """What shows that money moved."""

    BANK_STATEMENT_ENTRY = "bank_statement_entry"
    """Reference: the account servicer's reference of the entry."""
    TRANSACTION = "transaction"
    """Reference: ledger and transaction hash."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """One entry of a statement or one transaction. It can prove one movement of one payment and no other."""

    kind: EvidenceKind
    reference: str
    amount: int
    currency: str


class PaymentState(StrEnum):
    """INSTRUCTED -> PENDING -> FINAL; RETURNED and EXPIRED give back what was held; a FINAL payment can be RETURNED."""

    INSTRUCTED = "instructed"
    PENDING = "pending"
    FINAL = "final"
    RETURNED = "returned"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentOrder:
    """What is to be paid. `shares` are the debtor's liabilities to the creditor, oldest first, and sum up to `amount`."""

    payment_id: str
    debtor: bytes
    creditor: bytes
    currency: str
    exponent: int
    amount: int
    cycle_id: str
    """The netting cycle that left this to be paid, or empty."""
    expires_at_seconds: int
    shares: tuple[Share, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    """A payment as it stands."""

    order: PaymentOrder
    state: PaymentState
    evidence: Evidence | None
    """Of the newest movement: FINAL or RETURNED."""
    recorder: bytes
    """Who recorded the state."""
    sequence: int
    """Log entry of the state."""


class DisputeState(StrEnum):
    """OPEN holds its amount; every other state has given it back or credited it."""

    OPEN = "open"
    RELEASED = "released"
    UPHELD = "upheld"
    PARTLY_UPHELD = "partly_upheld"
    LAPSED = "lapsed"


@dataclass(frozen=True, slots=True, kw_only=True)
class DisputeClaim:
    """What the debtor contests. Block time `deadline_seconds` ends it in favour of the creditor."""

    dispute_id: str
    fact_id: bytes
    share: Share
    reason: str
    deadline_seconds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispute:
    """A dispute as it stands."""

    claim: DisputeClaim
    state: DisputeState
    credited: int
    """What the creditor gave up."""
    sequence: int
    """Log entry of the state."""


class CycleState(StrEnum):
    """PROPOSED -> VERIFIED -> COMMITTED; ABORTED and EXPIRED give back what was held."""

    PROPOSED = "proposed"
    VERIFIED = "verified"
    COMMITTED = "committed"
    ABORTED = "aborted"
    EXPIRED = "expired"


class DebtRow(NamedTuple):
    """A debt between two parties of a plan, each named by its place in the plan's list."""

    debtor: int
    creditor: int
    amount: int


class NovatedDebt(NamedTuple):
    """A debt that a hub cycle puts in the place of those that it clears."""

    debtor: bytes
    creditor: bytes
    amount: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CyclePlan:
    """What a cycle clears, and why that is right."""

    cycle_id: str
    mode: NettingMode
    currency: str
    exponent: int
    cut_off_seconds: int
    """Only facts whose service ended by then take part; later ones go to the next cycle."""
    value_date_seconds: int
    """Only debts due by then take part; what remains is payable on this day."""
    expires_at_seconds: int
    debts_hash: bytes
    """relayer.settlement.netting.debts.DebtNetwork.digest of the debts that took part."""
    parties: tuple[bytes, ...]
    """Those with a debt, ascending."""
    debts: tuple[DebtRow, ...]
    """What the proof is about, ascending by debtor and creditor, so that anyone can check it later."""
    proof: bytes
    """The certificate (relayer.settlement.netting.certificate) in mode CYCLE; empty in the others, which are recomputed."""
    gross: int
    remaining: int
    shares: tuple[Share, ...]
    """What is cleared of which liability."""
    novated: tuple[NovatedDebt, ...]
    """What replaces it in mode HUB."""

    @property
    def unit(self) -> UnitKey:
        """The one currency of the cycle (guarantee G4)."""
        return UnitKey(self.currency, self.exponent)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cycle:
    """A cycle as it stands."""

    plan: CyclePlan
    state: CycleState
    proposer: bytes
    verifier: bytes | None
    sequence: int
    """Log entry of the state."""


class Consent(StrEnum):
    """Whether a party agrees that its debts are replaced by others (novation), which mode HUB needs."""

    GIVEN = "given"
    WITHDRAWN = "withdrawn"


class UnitCycles(NamedTuple):
    """The cycles of one unit: which one runs, and the newest cut-off that was committed."""

    running: str | None
    cut_off_seconds: int


NO_CYCLES = UnitCycles(None, 0)


class DeadlineKind(StrEnum):
    """What a deadline ends. In the order in which several of one second are ended."""

    CYCLE = "cycle"
    DISPUTE = "dispute"
    PAYMENT = "payment"


class Deadline(NamedTuple):
    """Block time, unix seconds, from which on the payment, dispute or cycle `name` is over. Ascending: which ends first."""

    at_seconds: int
    kind: DeadlineKind
    name: str


def deadline_of(record: Payment | Dispute | Cycle) -> Deadline | None:
    """None: the record has come to an end."""
    match record:
        case Payment(order=order, state=PaymentState.INSTRUCTED | PaymentState.PENDING):
            return Deadline(order.expires_at_seconds, DeadlineKind.PAYMENT, order.payment_id)
        case Dispute(claim=claim, state=DisputeState.OPEN):
            return Deadline(claim.deadline_seconds, DeadlineKind.DISPUTE, claim.dispute_id)
        case Cycle(plan=plan, state=CycleState.PROPOSED | CycleState.VERIFIED):
            return Deadline(plan.expires_at_seconds, DeadlineKind.CYCLE, plan.cycle_id)
        case _:
            return None
