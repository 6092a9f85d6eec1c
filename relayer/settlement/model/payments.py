"""Payments: instructed, pending, final; returned or expired. The ledger records payments, it moves no money."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from relayer.settlement.model.acts import Request, Share


class EvidenceKind(StrEnum):
    """What shows that money moved."""

    BANK_STATEMENT_ENTRY = "bank_statement_entry"
    """Reference: the account servicer's reference of the entry."""
    TRANSACTION = "transaction"
    """Reference: ledger and transaction hash."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """One entry of a statement or one transaction. Between two parties it can prove one movement and no other."""

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
    """The current record of a payment."""

    order: PaymentOrder
    state: PaymentState
    evidence: Evidence | None
    """Of the newest movement: FINAL or RETURNED."""
    recorder: bytes
    """Who recorded the state."""
    sequence: int
    """Log entry of the state."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InstructPayment(Request):
    """The debtor will pay. Holds the oldest open liabilities of the pair until the payment has an end."""

    payment_id: str
    debtor: bytes
    creditor: bytes
    currency: str
    exponent: int
    amount: int
    cycle_id: str
    expires_at_seconds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkPaymentPending(Request):
    """The debtor's bank has taken the order."""

    payment_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FinalisePayment(Request):
    """The creditor has the money. The evidence states the amount that came."""

    payment_id: str
    evidence: Evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnPayment(Request):
    """The money went back to the debtor, before or after it was final; the debt is open again."""

    payment_id: str
    evidence: Evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpirePayment(Request):
    """The payment's time has passed. Anyone may say so."""

    payment_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentInstructed:
    """The order's shares are held."""

    order: PaymentOrder


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentMoved:
    """The payment reached `state`, any but INSTRUCTED."""

    payment_id: str
    state: PaymentState
    evidence: Evidence | None


PaymentCommand = InstructPayment | MarkPaymentPending | FinalisePayment | ReturnPayment | ExpirePayment
PaymentEvent = PaymentInstructed | PaymentMoved


class EvidenceKey(NamedTuple):
    """What can prove one movement. References are unique to an account, not to the world: they count between the payment's
    parties alone, so no other party can use one up."""

    debtor: bytes
    creditor: bytes
    kind: str
    reference: str


def evidence_key(order: PaymentOrder, evidence: Evidence) -> EvidenceKey:
    """Of evidence for a payment."""
    return EvidenceKey(order.debtor, order.creditor, evidence.kind.value, evidence.reference)
