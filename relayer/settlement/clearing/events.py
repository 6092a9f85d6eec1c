"""What the log records about debts that stand. An event says by itself what it takes from which liability."""

from __future__ import annotations

from dataclasses import dataclass

from relayer.settlement.clearing.values import (
    Act,
    Consent,
    CyclePlan,
    CycleState,
    DisputeClaim,
    DisputeState,
    Evidence,
    PaymentOrder,
    PaymentState,
    Share,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentSet:
    """A party agreed to novation or took it back."""

    act: Act
    party: bytes
    consent: Consent


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentInstructed:
    """The order's shares are held."""

    act: Act
    order: PaymentOrder


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentMoved:
    """The payment reached `state`, which is none but INSTRUCTED."""

    act: Act
    payment_id: str
    state: PaymentState
    evidence: Evidence | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DisputeOpened:
    """The contested share is held."""

    act: Act
    claim: DisputeClaim


@dataclass(frozen=True, slots=True, kw_only=True)
class DisputeClosed:
    """`credited` of the contested amount is given up, the rest is free again."""

    act: Act
    dispute_id: str
    state: DisputeState
    credited: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenOff:
    """The creditor gave up a share."""

    act: Act
    share: Share
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CycleProposed:
    """The plan's shares are held."""

    act: Act
    plan: CyclePlan


@dataclass(frozen=True, slots=True, kw_only=True)
class CycleMoved:
    """The cycle reached `state`, which is none but PROPOSED. COMMITTED posts every share."""

    act: Act
    cycle_id: str
    state: CycleState


@dataclass(frozen=True, slots=True, kw_only=True)
class DebtNovated:
    """A committed hub cycle put this debt in the place of what it cleared. It follows the commit in the same block."""

    cycle_id: str
    debtor: bytes
    creditor: bytes
    currency: str
    exponent: int
    amount: int
    service_end: int
    due_date: int


ClearingEvent = (
    ConsentSet
    | PaymentInstructed
    | PaymentMoved
    | DisputeOpened
    | DisputeClosed
    | WrittenOff
    | CycleProposed
    | CycleMoved
    | DebtNovated
)
