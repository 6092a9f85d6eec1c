"""Payments: the debtor instructs, the creditor confirms with evidence, and until then the debt is held, not gone.

A debt that a payment has been promised to can neither be netted nor paid again. Nothing here moves money.
"""

from __future__ import annotations

from typing import assert_never

from relayer.codes.settlement import RefusalCode
from relayer.settlement.clearing.checks import (
    Reader,
    oldest_first,
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
    require_there,
    require_unit,
)
from relayer.settlement.clearing.commands import (
    ExpirePayment,
    FinalisePayment,
    InstructPayment,
    MarkPaymentPending,
    ReturnPayment,
)
from relayer.settlement.clearing.events import PaymentInstructed, PaymentMoved
from relayer.settlement.clearing.values import Act, CycleState, Evidence, Payment, PaymentOrder, PaymentState, Share, UnitKey

PaymentCommand = InstructPayment | MarkPaymentPending | FinalisePayment | ReturnPayment | ExpirePayment

_MOVES: dict[PaymentState, frozenset[PaymentState]] = {
    PaymentState.PENDING: frozenset({PaymentState.INSTRUCTED}),
    PaymentState.FINAL: frozenset({PaymentState.INSTRUCTED, PaymentState.PENDING}),
    PaymentState.RETURNED: frozenset({PaymentState.PENDING, PaymentState.FINAL}),
    PaymentState.EXPIRED: frozenset({PaymentState.INSTRUCTED, PaymentState.PENDING}),
}
"""From which states each one can be reached."""


def decide_payment(state: Reader, command: PaymentCommand, act: Act) -> PaymentInstructed | PaymentMoved:
    """Raises ClearingRefused."""
    if isinstance(command, InstructPayment):
        return _instruct(state, command, act)
    payment = require_there("payment", command.payment_id, state.payment(command.payment_id))
    order, now = payment.order, act.at_seconds
    match command:
        case MarkPaymentPending():
            require_actor(state, command.actor, (order.debtor,), "report the payment of another debtor")
            moved = _move(act, payment, PaymentState.PENDING)
            require_before(f"payment {order.payment_id}", order.expires_at_seconds, now)
        case FinalisePayment(evidence=evidence):
            require_actor(state, command.actor, (order.creditor,), "confirm money that another creditor got")
            moved = _move(act, payment, PaymentState.FINAL, evidence)
            require_before(f"payment {order.payment_id}", order.expires_at_seconds, now)
            require_evidence(state, evidence, amount=order.amount, currency=order.currency)
        case ReturnPayment(evidence=evidence):
            require_actor(state, command.actor, (order.debtor,), "report the return of another debtor's money")
            moved = _move(act, payment, PaymentState.RETURNED, evidence)
            require_evidence(state, evidence, amount=order.amount, currency=order.currency)
        case ExpirePayment():
            require_anyone(state, command.actor, "expire payments")
            moved = _move(act, payment, PaymentState.EXPIRED)
            require_after(f"payment {order.payment_id}", order.expires_at_seconds, now)
        case _:
            assert_never(command)
    return moved


def can_be(payment: Payment, target: PaymentState) -> bool:
    """Whether a payment can go from its state to this one."""
    return payment.state in _MOVES[target]


def _instruct(state: Reader, command: InstructPayment, act: Act) -> PaymentInstructed:
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
    require_new("payment", command.payment_id, state.payment(command.payment_id))
    require_deadline(f"payment {command.payment_id}", command.expires_at_seconds, act.at_seconds)
    return PaymentInstructed(
        act=act,
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


def _shares(state: Reader, command: InstructPayment, unit: UnitKey) -> tuple[Share, ...]:
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
            f"payment {command.payment_id}: {command.amount} is {rest} more than is open and not held between the two",
        )
    return tuple(shares)


def _move(act: Act, payment: Payment, target: PaymentState, evidence: Evidence | None = None) -> PaymentMoved:
    if not can_be(payment, target):
        raise refuse(
            RefusalCode.WRONG_STATE, f"payment {payment.order.payment_id} is {payment.state}; it cannot be {target}"
        )
    return PaymentMoved(act=act, payment_id=payment.order.payment_id, state=target, evidence=evidence)
