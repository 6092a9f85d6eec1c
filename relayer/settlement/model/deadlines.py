"""Block times that end payments, disputes and cycles."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from relayer.settlement.model.cycles import Cycle, CycleState
from relayer.settlement.model.disputes import Dispute, DisputeState
from relayer.settlement.model.payments import Payment, PaymentState


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
