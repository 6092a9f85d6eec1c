"""Payments: the debtor instructs, the creditor confirms with evidence, and until then the debt is held, not gone.

A debt that a payment has been promised to can neither be netted nor paid again. Nothing here moves money.
"""

from __future__ import annotations

from dataclasses import replace
from typing import assert_never

from relayer.codes.settlement import RefusalCode
from relayer.errors import InvariantBroken
from relayer.settlement.model.acts import Share, UnitKey
from relayer.settlement.model.cycles import CycleState
from relayer.settlement.model.events import LogEntry
from relayer.settlement.model.payments import (
    Evidence,
    ExpirePayment,
    FinalisePayment,
    InstructPayment,
    MarkPaymentPending,
    Payment,
    PaymentCommand,
    PaymentEvent,
    PaymentInstructed,
    PaymentMoved,
    PaymentOrder,
    PaymentState,
    ReturnPayment,
    evidence_key,
)
from relayer.settlement.postings import Account
from relayer.settlement.reader import MutableState, SettlementReader
from relayer.settlement.rules.checks import (
    oldest_first,
    post_all,
    refuse,
    require_actor,
    require_after,
    require_amount,
    require_anyone,
    require_before,
    require_deadline,
    require_evidence,
    require_id,
    require_new,
    require_own_payment_id,
    require_there,
    require_unit,
    stored,
)

_MOVES: dict[PaymentState, frozenset[PaymentState]] = {
    PaymentState.PENDING: frozenset({PaymentState.INSTRUCTED}),
    PaymentState.FINAL: frozenset({PaymentState.INSTRUCTED, PaymentState.PENDING}),
    PaymentState.RETURNED: frozenset({PaymentState.PENDING, PaymentState.FINAL}),
    PaymentState.EXPIRED: frozenset({PaymentState.INSTRUCTED, PaymentState.PENDING}),
}
"""From which states each one can be reached."""


def decide_payment(state: SettlementReader, command: PaymentCommand, *, now_seconds: int) -> PaymentEvent:
    """Raises CommandRefused."""
    if isinstance(command, InstructPayment):
        return _instruct(state, command, now_seconds)
    payment = require_there("payment", command.payment_id, state.payment(command.payment_id))
    order, now = payment.order, now_seconds
    match command:
        case MarkPaymentPending():
            require_actor(state, command.actor, (order.debtor,), "report the payment of another debtor")
            moved = _move(payment, PaymentState.PENDING)
            require_before(f"payment {order.payment_id}", order.expires_at_seconds, now)
        case FinalisePayment(evidence=evidence):
            require_actor(state, command.actor, (order.creditor,), "confirm money that another creditor got")
            moved = _move(payment, PaymentState.FINAL, evidence)
            require_before(f"payment {order.payment_id}", order.expires_at_seconds, now)
            require_evidence(state, evidence, order)
        case ReturnPayment(evidence=evidence):
            require_actor(state, command.actor, (order.debtor,), "report the return of another debtor's money")
            moved = _move(payment, PaymentState.RETURNED, evidence)
            require_evidence(state, evidence, order)
        case ExpirePayment():
            require_anyone(state, command.actor, "expire payments")
            moved = _move(payment, PaymentState.EXPIRED)
            require_after(f"payment {order.payment_id}", order.expires_at_seconds, now)
        case _:
            assert_never(command)
    return moved


def apply_payment(state: MutableState, event: PaymentEvent, entry: LogEntry) -> None:
    """What the event does to the state. Raises InvariantBroken where it does not fit: a damaged log, or our own bug."""
    head = entry.head
    if isinstance(event, PaymentInstructed):
        post_all(state, head, event.order.shares, Account.FREE, Account.HELD)
        state.payments[event.order.payment_id] = Payment(
            order=event.order,
            state=PaymentState.INSTRUCTED,
            evidence=None,
            recorder=entry.actor,
            sequence=head.sequence,
        )
        return
    before = stored(state.payment(event.payment_id), event.payment_id)
    held = Account.PAID if before.state is PaymentState.FINAL else Account.HELD
    match event.state:
        case PaymentState.PENDING:
            pass
        case PaymentState.FINAL:
            post_all(state, head, before.order.shares, held, Account.PAID)
        case PaymentState.RETURNED | PaymentState.EXPIRED:
            post_all(state, head, before.order.shares, held, Account.FREE)
        case _:
            raise InvariantBroken(f"settlement log: payment {event.payment_id} moved to {event.state}")
    if event.evidence is not None:
        state.evidence[evidence_key(before.order, event.evidence)] = event.payment_id
    state.payments[event.payment_id] = replace(
        before,
        state=event.state,
        evidence=event.evidence or before.evidence,
        recorder=entry.actor,
        sequence=head.sequence,
    )


def can_be(payment: Payment, target: PaymentState) -> bool:
    """Whether a payment can go from its state to this one."""
    return payment.state in _MOVES[target]


def _instruct(state: SettlementReader, command: InstructPayment, now: int) -> PaymentInstructed:
    require_id("payment id", command.payment_id)
    require_actor(state, command.actor, (command.debtor,), "instruct the payment of another debtor")
    require_amount(f"payment {command.payment_id}", command.amount)
    unit = UnitKey(command.currency, command.exponent)
    if command.cycle_id:
        cycle = require_there("cycle", command.cycle_id, state.cycle(command.cycle_id))
        if cycle.state is not CycleState.COMMITTED or cycle.plan.unit != unit:
            raise refuse(
                RefusalCode.WRONG_STATE,
                f"cycle {command.cycle_id} is {cycle.state} in {cycle.plan.currency}; pay what a committed cycle left",
            )
    else:
        require_unit(state, command.debtor, command.creditor, unit)
    require_own_payment_id(command.payment_id, command.actor)
    require_new("payment", command.payment_id, state.payment(command.payment_id))
    require_deadline(f"payment {command.payment_id}", command.expires_at_seconds, now)
    return PaymentInstructed(
        order=PaymentOrder(
            payment_id=command.payment_id,
            debtor=command.debtor,
            creditor=command.creditor,
            currency=command.currency,
            exponent=command.exponent,
            amount=command.amount,
            cycle_id=command.cycle_id,
            expires_at_seconds=command.expires_at_seconds,
            shares=_shares(state, command, unit),
        ),
    )


def _shares(state: SettlementReader, command: InstructPayment, unit: UnitKey) -> tuple[Share, ...]:
    """The amount over the pair's liabilities, oldest first. EXCEEDS_OPEN if they are not enough."""
    rest, shares = command.amount, list[Share]()
    for each in oldest_first(state.pair_liabilities(unit, command.debtor, command.creditor)):
        if not rest:
            break
        shares.append(Share(each.sequence, min(rest, each.free)))
        rest -= shares[-1].amount
    if rest:
        raise refuse(
            RefusalCode.EXCEEDS_OPEN,
            f"payment {command.payment_id}: {unit.text(command.amount)} is {unit.text(rest)} more than is open and not held "
            "between the two",
        )
    return tuple(shares)


def _move(payment: Payment, target: PaymentState, evidence: Evidence | None = None) -> PaymentMoved:
    if not can_be(payment, target):
        raise refuse(
            RefusalCode.WRONG_STATE, f"payment {payment.order.payment_id} is {payment.state}; it cannot be {target}"
        )
    return PaymentMoved(payment_id=payment.order.payment_id, state=target, evidence=evidence)
