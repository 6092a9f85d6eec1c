"""`relayer settlement consent`, `pay`, `record` and `payments`."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from relayer.app.clock import now_seconds
from relayer.business.looking_up import acting, cycle_named, party_of, payment_named
from relayer.business.paging import all_payments
from relayer.business.settling import Desk, payments_of
from relayer.commands.form import OutputForm
from relayer.commands.output import done, money, say, show_json, show_table
from relayer.commands.settlement.desk import DAY_SECONDS, NOTHING_CHANGED, minor_units, open_desk, show_states
from relayer.errors import InvalidInput
from relayer.settlement.model.parties import Consent, SetConsent
from relayer.settlement.model.payments import (
    Evidence,
    EvidenceKind,
    FinalisePayment,
    InstructPayment,
    MarkPaymentPending,
    Payment,
    PaymentState,
    ReturnPayment,
)
from relayer.settlement.rules.payments import can_be
from relayer.views.settlement import OrderView, PaymentView

_PAYMENT_DOUBT = (
    "one payment more may be instructed; `relayer settlement payments` lists them, a repeat instructs none twice"
)
_EVIDENCE = {"bank": EvidenceKind.BANK_STATEMENT_ENTRY, "transaction": EvidenceKind.TRANSACTION}


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentRequest:
    """Arguments of `settlement pay`."""

    cycle_id: str | None
    debtor: str | None
    creditor: str | None
    amount: str | None
    payment_id: str | None
    currency: str
    exponent: int | None
    days: int
    actor: str | None
    dry_run: bool


def set_consent(
    config: Path, channel: str | None, party: str, consent: Consent, *, actor: str | None, dry_run: bool
) -> None:
    """`settlement consent`. May be given and taken back any number of times: each change names what it replaces."""

    async def run() -> None:
        async with open_desk(config, channel, dry_run=dry_run) as at:
            key = party_of(at, party)
            by = key if actor is None else acting(at, actor)
            said = await at.service.consent(key)
            before = Consent.WITHDRAWN if said is None else said.consent
            name = at.name(key)
            show_states(f"{name}, consent to novation", before.value, consent.value)
            if dry_run:
                say(NOTHING_CHANGED)
                return
            replaces = said.sequence if said else 0
            await at.execute(SetConsent(request_id="", actor=by, party=key, consent=consent, replaces=replaces))
            done(f"{name}: consent to novation {consent.value}")

    asyncio.run(run())


def pay(config: Path, channel: str | None, request: PaymentRequest, form: OutputForm) -> None:
    """`settlement pay`."""

    async def run() -> tuple[Sequence[InstructPayment], Desk]:
        async with open_desk(config, channel, dry_run=request.dry_run, doubt=_PAYMENT_DOUBT) as at:
            payments = await _payments(at, request)
            for each in () if request.dry_run else payments:
                await at.execute(each)
                done(f"payment {each.payment_id} is instructed")
            return payments, at

    payments, at = asyncio.run(run())
    if form is OutputForm.JSON:
        show_json([_order(each, at) for each in payments])
    else:
        columns = ("payment", "debtor", "creditor", "amount", "currency", "before", "after")
        rows = [
            (
                each.payment_id,
                at.name(each.debtor),
                at.name(each.creditor),
                money(each.amount, each.exponent),
                each.currency,
                "open",
                f"held, payment {PaymentState.INSTRUCTED.value}",
            )
            for each in payments
        ]
        show_table(f"{len(payments)} payments", columns, rows, right=("amount",))
    say(NOTHING_CHANGED if request.dry_run else f"instructed {len(payments)} payments; the debts are held")


def record_payment(
    config: Path,
    channel: str | None,
    payment_id: str,
    state: str,
    *,
    evidence: str | None,
    actor: str | None,
    dry_run: bool,
) -> None:
    """`settlement record`."""

    async def run() -> None:
        async with open_desk(config, channel, dry_run=dry_run) as at:
            by, payment = acting(at, actor), await payment_named(at.service, payment_id)
            name = payment.order.payment_id
            command, order = _movement(payment, state, evidence, by), payment.order
            amount = f"{money(order.amount, order.exponent)} {order.currency}"
            show_states(f"payment {name}, {amount}", payment.state.value, state)
            if dry_run:
                if not can_be(payment, PaymentState(state)):
                    raise InvalidInput(f"payment {name} is {payment.state}; it cannot be {state}")
                say(NOTHING_CHANGED)
                return
            await at.execute(command)
            done(f"payment {name}: {state}")

    asyncio.run(run())


def show_payments(config: Path, channel: str | None, form: OutputForm) -> None:
    """`settlement payments`."""

    async def read() -> tuple[list[Payment], Desk]:
        async with open_desk(config, channel, dry_run=True) as at:
            return await all_payments(at.service), at

    payments, at = asyncio.run(read())
    if form is OutputForm.JSON:
        show_json([PaymentView.of(each, at.name) for each in payments])
        return
    columns = ("payment", "debtor", "creditor", "amount", "currency", "state", "evidence")
    table = [
        (
            each.order.payment_id,
            at.name(each.order.debtor),
            at.name(each.order.creditor),
            money(each.order.amount, each.order.exponent),
            each.order.currency,
            each.state.value,
            "" if each.evidence is None else each.evidence.reference,
        )
        for each in payments
    ]
    show_table(f"{len(payments)} payments", columns, table, right=("amount",))


async def _payments(at: Desk, request: PaymentRequest) -> Sequence[InstructPayment]:
    expires = now_seconds() + request.days * DAY_SECONDS
    if request.cycle_id is not None:
        actor = acting(at, request.actor)
        cycle = await cycle_named(at.service, request.cycle_id)
        return await payments_of(at, cycle, expires_at_seconds=expires, actor=actor)
    if not (request.debtor and request.creditor and request.amount and request.payment_id):
        raise InvalidInput("name a cycle, or --debtor, --creditor, --amount and --id of one payment")
    unit = await at.unit(request.currency, request.exponent)
    debtor = party_of(at, request.debtor)
    return [
        InstructPayment(
            request_id="",
            actor=debtor if request.actor is None else acting(at, request.actor),
            payment_id=request.payment_id,
            debtor=debtor,
            creditor=party_of(at, request.creditor),
            currency=unit.currency,
            exponent=unit.exponent,
            amount=minor_units(request.amount, unit.exponent),
            cycle_id="",
            expires_at_seconds=expires,
        )
    ]


def _movement(
    payment: Payment, state: str, evidence: str | None, actor: bytes
) -> MarkPaymentPending | FinalisePayment | ReturnPayment:
    name = payment.order.payment_id
    match state:
        case PaymentState.PENDING:
            return MarkPaymentPending(request_id="", actor=actor, payment_id=name)
        case PaymentState.FINAL:
            return FinalisePayment(request_id="", actor=actor, payment_id=name, evidence=_evidence(payment, evidence))
        case PaymentState.RETURNED:
            return ReturnPayment(request_id="", actor=actor, payment_id=name, evidence=_evidence(payment, evidence))
        case _:
            raise InvalidInput(f"state {state[:40]!r}: expected pending, final or returned")


def _evidence(payment: Payment, text: str | None) -> Evidence:
    """Whoever records says that the evidence is over the payment's whole amount; the ledger notes who that was."""
    kind, _, reference = (text or "").partition(":")
    if kind not in _EVIDENCE or not reference:
        raise InvalidInput("name the evidence: --evidence bank:REFERENCE or transaction:REFERENCE")
    return Evidence(kind=_EVIDENCE[kind], reference=reference, amount=payment.order.amount, currency=payment.order.currency)


def _order(each: InstructPayment, at: Desk) -> OrderView:
    return OrderView(
        payment_id=each.payment_id,
        debtor=at.name(each.debtor),
        creditor=at.name(each.creditor),
        amount=str(each.amount),
        currency=each.currency,
        exponent=each.exponent,
    )
