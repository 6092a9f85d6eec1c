"""`relayer settle consent`, `pay`, `record`, `dispute`, `release`, `write-off`, and their lists."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from secrets import token_hex

from relayer.app.ledgers import Rights
from relayer.app.selection import select
from relayer.app.settling import Desk, actor_of, desk, now_seconds, payments_of
from relayer.commands.form import Form
from relayer.commands.output import Json, money, say, show_json, show_table
from relayer.errors import InvalidInput
from relayer.facts.schema import party_id
from relayer.iso20022.money import parse_amount
from relayer.settlement.clearing.commands import (
    ExpirePayment,
    FinalisePayment,
    InstructPayment,
    LapseDispute,
    MarkPaymentPending,
    OpenDispute,
    ReleaseDispute,
    ReturnPayment,
    SetConsent,
    UpholdDispute,
    WriteOff,
)
from relayer.settlement.clearing.values import Consent, Dispute, Evidence, EvidenceKind, Payment, PaymentState
from relayer.settlement.model import Liability
from relayer.settlement.postings import Account, Posting, posted

_DAY_SECONDS = 86_400
_PAGE = 1000
_LAST_SECOND = 253_402_300_799
"""Of the year 9999."""
_EVIDENCE = {"bank": EvidenceKind.BANK_STATEMENT_ENTRY, "transaction": EvidenceKind.TRANSACTION}


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentRequest:
    """Arguments of `settle pay`."""

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


@dataclass(frozen=True, slots=True, kw_only=True)
class DisputeRequest:
    """Arguments of `settle dispute`."""

    fact_id: str
    amount: str
    reason: str
    dispute_id: str | None
    days: int
    actor: str | None
    dry_run: bool


def moment(text: str | None) -> int:
    """Unix seconds of a date, a date with time, or unix seconds; now without any. Raises InvalidInput."""
    if text is None:
        return now_seconds()
    if text.isascii() and text.isdigit() and len(text) <= len(str(_LAST_SECOND)):
        return min(int(text), _LAST_SECOND)
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise InvalidInput(
            f"time {text[:40]!r}: expected a form such as 2026-11-30, 2026-11-30T18:00 or unix seconds"
        ) from None
    return int((found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp())


def set_consent(config: Path, channel: str | None, party: str, consent: Consent, actor: str | None) -> None:
    """`settle consent`. May be given and taken back any number of times, so each call is a new request."""

    async def run() -> None:
        async with _open(config, channel) as at:
            acting = party_id(party) if actor is None else actor_of(actor)
            command = SetConsent(request_id=f"consent-{token_hex(16)}", actor=acting, party=party_id(party), consent=consent)
            await at.service.clear(command)
            say(f"{party}: consent to novation {consent.value}")

    asyncio.run(run())


def pay(config: Path, channel: str | None, request: PaymentRequest, form: Form) -> None:
    """`settle pay`."""

    async def run() -> tuple[Sequence[InstructPayment], Desk]:
        async with _open(config, channel, dry_run=request.dry_run) as at:
            payments = await _payments(at, request)
            for each in () if request.dry_run else payments:
                await at.clear(each)
            return payments, at

    payments, at = asyncio.run(run())
    if form is Form.JSON:
        show_json([_order_json(each, at) for each in payments])
    else:
        columns = ("payment", "debtor", "creditor", "amount", "currency")
        rows = [
            (each.payment_id, at.name(each.debtor), at.name(each.creditor), money(each.amount, each.exponent), each.currency)
            for each in payments
        ]
        show_table(f"{len(payments)} payments", columns, rows, right=("amount",))
    say("dry run: nothing was changed" if request.dry_run else f"instructed {len(payments)} payments; the debts are held")


def record_payment(
    config: Path, channel: str | None, payment_id: str, state: str, *, evidence: str | None, actor: str | None
) -> None:
    """`settle record`."""

    async def run() -> None:
        async with _open(config, channel) as at:
            payment = await at.service.payment(payment_id)
            if payment is None:
                raise InvalidInput(
                    f"payment {payment_id} does not stand on this ledger; `relayer settle payments` lists them"
                )
            await at.clear(_movement(payment, state, evidence, actor_of(actor)))
            say(f"payment {payment_id}: {state}")

    asyncio.run(run())


def dispute(config: Path, channel: str | None, request: DisputeRequest) -> None:
    """`settle dispute`."""

    async def run() -> None:
        async with _open(config, channel, dry_run=request.dry_run) as at:
            liability = await _liability(at, request.fact_id)
            amount = minor_units(request.amount, liability.exponent)
            name = request.dispute_id or f"D-{sha256(request.fact_id.encode()).hexdigest()[:16]}"
            _before_and_after(liability, amount, Account.HELD)
            if request.dry_run:
                say("dry run: nothing was changed")
                return
            command = OpenDispute(
                request_id="",
                actor=liability.debtor if request.actor is None else actor_of(request.actor),
                dispute_id=name,
                fact_id=liability.fact_id,
                amount=amount,
                reason=request.reason,
                deadline_seconds=now_seconds() + request.days * _DAY_SECONDS,
            )
            await at.clear(command)
            say(f"dispute {name}: {request.amount} {liability.currency} is held")

    asyncio.run(run())


def release(
    config: Path, channel: str | None, dispute_id: str, *, credit: str | None, lapsed: bool, actor: str | None, dry_run: bool
) -> None:
    """`settle release`."""

    async def run() -> None:
        async with _open(config, channel, dry_run=dry_run) as at:
            found = {each.claim.dispute_id: each for each in await _disputes(at)}.get(dispute_id)
            if found is None:
                raise InvalidInput(
                    f"dispute {dispute_id} does not stand on this ledger; `relayer settle disputes` lists them"
                )
            liability = await _liability(at, found.claim.fact_id.hex())
            credited = minor_units(credit, liability.exponent) if credit else 0
            _release_before_and_after(liability, found.claim.share.amount, credited)
            if dry_run:
                say("dry run: nothing was changed")
                return
            acting = (liability.creditor if credit else liability.debtor) if actor is None else actor_of(actor)
            if credit:
                await at.clear(UpholdDispute(request_id="", actor=acting, dispute_id=dispute_id, credited=credited))
            elif lapsed:
                await at.clear(LapseDispute(request_id="", actor=acting, dispute_id=dispute_id))
            else:
                await at.clear(ReleaseDispute(request_id="", actor=acting, dispute_id=dispute_id))
            say(f"dispute {dispute_id}: {money(credited, liability.exponent)} credited, the rest is owed")

    asyncio.run(run())


def write_off(
    config: Path, channel: str | None, fact_id: str, amount: str, reason: str, *, actor: str | None, dry_run: bool
) -> None:
    """`settle write-off`. Several are possible on one fact, so each call is a new request."""

    async def run() -> None:
        async with _open(config, channel, dry_run=dry_run) as at:
            liability = await _liability(at, fact_id)
            minor = minor_units(amount, liability.exponent)
            _before_and_after(liability, minor, Account.CREDITED)
            if dry_run:
                say("dry run: nothing was changed")
                return
            acting = liability.creditor if actor is None else actor_of(actor)
            await at.service.clear(
                WriteOff(
                    request_id=f"write-off-{token_hex(16)}",
                    actor=acting,
                    fact_id=liability.fact_id,
                    amount=minor,
                    reason=reason,
                )
            )
            say(f"{amount} {liability.currency} written off")

    asyncio.run(run())


def show_payments(config: Path, channel: str | None, form: Form) -> None:
    """`settle payments`."""

    async def read() -> tuple[list[Payment], Desk]:
        async with _open(config, channel, dry_run=True) as at:
            found: list[Payment] = []
            while page := await at.service.payments(after_id=found[-1].order.payment_id if found else "", limit=_PAGE):
                found.extend(page)
            return found, at

    payments, at = asyncio.run(read())
    if form is Form.JSON:
        rows: list[Json] = [
            {
                "payment_id": each.order.payment_id,
                "debtor": at.name(each.order.debtor),
                "creditor": at.name(each.order.creditor),
                "amount": str(each.order.amount),
                "currency": each.order.currency,
                "exponent": each.order.exponent,
                "cycle_id": each.order.cycle_id or None,
                "state": each.state.value,
                "evidence": None if each.evidence is None else each.evidence.reference,
                "recorder": at.name(each.recorder),
            }
            for each in payments
        ]
        show_json(rows)
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


def show_disputes(config: Path, channel: str | None, form: Form) -> None:
    """`settle disputes`."""

    async def read() -> list[Dispute]:
        async with _open(config, channel, dry_run=True) as at:
            return await _disputes(at)

    disputes = asyncio.run(read())
    if form is Form.JSON:
        rows: list[Json] = [
            {
                "dispute_id": each.claim.dispute_id,
                "fact_id": f"0x{each.claim.fact_id.hex()}",
                "amount": str(each.claim.share.amount),
                "credited": str(each.credited),
                "state": each.state.value,
                "reason": each.claim.reason,
                "deadline_seconds": each.claim.deadline_seconds,
            }
            for each in disputes
        ]
        show_json(rows)
        return
    columns = ("dispute", "fact", "minor units", "credited", "state", "reason")
    table = [
        (
            each.claim.dispute_id,
            f"0x{each.claim.fact_id.hex()[:16]}…",
            str(each.claim.share.amount),
            str(each.credited),
            each.state.value,
            each.claim.reason,
        )
        for each in disputes
    ]
    show_table(f"{len(disputes)} disputes", columns, table, right=("minor units", "credited"))


def minor_units(text: str, exponent: int) -> int:
    """Minor units of a decimal such as 12.50. Raises InvalidInput for anything finer than the unit."""
    found = parse_amount(text, exponent=exponent)
    if found is None:
        raise InvalidInput(f"amount {text}: this currency has {exponent} digits after the point")
    return found


@asynccontextmanager
async def _open(config: Path, channel: str | None, *, dry_run: bool = False) -> AsyncIterator[Desk]:
    async with desk(select(config, channel), rights=Rights.RELAYER if dry_run else Rights.OPERATOR) as at:
        yield at


async def _payments(at: Desk, request: PaymentRequest) -> Sequence[InstructPayment]:
    expires = now_seconds() + request.days * _DAY_SECONDS
    if request.cycle_id is not None:
        return await payments_of(at, request.cycle_id, expires_at_seconds=expires, actor=request.actor)
    if not (request.debtor and request.creditor and request.amount and request.payment_id):
        raise InvalidInput("name a cycle, or --debtor, --creditor, --amount and --id of one payment")
    unit = await at.unit(request.currency, request.exponent)
    debtor = party_id(request.debtor)
    return [
        InstructPayment(
            request_id="",
            actor=debtor if request.actor is None else actor_of(request.actor),
            payment_id=request.payment_id,
            debtor=debtor,
            creditor=party_id(request.creditor),
            currency=unit.currency,
            exponent=unit.exponent,
            amount=minor_units(request.amount, unit.exponent),
            cycle_id="",
            expires_at_seconds=expires,
        )
    ]


def _movement(
    payment: Payment, state: str, evidence: str | None, actor: bytes
) -> MarkPaymentPending | FinalisePayment | ReturnPayment | ExpirePayment:
    name = payment.order.payment_id
    match state:
        case PaymentState.PENDING:
            return MarkPaymentPending(request_id="", actor=actor, payment_id=name)
        case PaymentState.EXPIRED:
            return ExpirePayment(request_id="", actor=actor, payment_id=name)
        case PaymentState.FINAL:
            return FinalisePayment(request_id="", actor=actor, payment_id=name, evidence=_evidence(payment, evidence))
        case PaymentState.RETURNED:
            return ReturnPayment(request_id="", actor=actor, payment_id=name, evidence=_evidence(payment, evidence))
        case _:
            raise InvalidInput(f"state {state[:40]!r}: expected pending, final, returned or expired")


def _evidence(payment: Payment, text: str | None) -> Evidence:
    """Whoever records says that the evidence is over the payment's whole amount; the ledger notes who that was."""
    kind, _, reference = (text or "").partition(":")
    if kind not in _EVIDENCE or not reference:
        raise InvalidInput("name the evidence: --evidence bank:REFERENCE or transaction:REFERENCE")
    return Evidence(kind=_EVIDENCE[kind], reference=reference, amount=payment.order.amount, currency=payment.order.currency)


async def _liability(at: Desk, fact_id: str) -> Liability:
    try:
        raw = bytes.fromhex(fact_id.removeprefix("0x"))
    except ValueError:
        raise InvalidInput(f"fact id {fact_id[:80]!r}: expected hexadecimal digits") from None
    found = await at.service.liability_of_fact(raw)
    if found is None:
        raise InvalidInput(f"fact {fact_id[:80]} has no liability on this ledger")
    return found


async def _disputes(at: Desk) -> list[Dispute]:
    found: list[Dispute] = []
    while page := await at.service.disputes(after_id=found[-1].claim.dispute_id if found else "", limit=_PAGE):
        found.extend(page)
    return found


def _before_and_after(liability: Liability, amount: int, target: Account) -> None:
    if not 0 < amount <= liability.free:
        raise InvalidInput(
            f"{money(amount, liability.exponent)} is not within what is open and not held, "
            f"{money(liability.free, liability.exponent)} {liability.currency}"
        )
    _show_change(liability, posted(liability, Posting(0, liability.sequence, Account.FREE, target, amount)))


def _release_before_and_after(liability: Liability, held: int, credited: int) -> None:
    if not credited <= held <= liability.held:
        raise InvalidInput(
            f"the dispute holds {money(min(held, liability.held), liability.exponent)}; no more can be credited or released"
        )
    freed = posted(liability, Posting(0, liability.sequence, Account.HELD, Account.FREE, held - credited))
    _show_change(liability, posted(freed, Posting(0, liability.sequence, Account.HELD, Account.CREDITED, credited)))


def _show_change(before: Liability, after: Liability) -> None:
    names = ("open", "held", "netted", "paid", "credited")
    rows = [
        (when, *(money(getattr(each, name), each.exponent) for name in names))
        for when, each in (("before", before), ("after", after))
    ]
    show_table(f"liability {before.sequence}, {before.currency}", ("", *names), rows, right=names)


def _order_json(each: InstructPayment, at: Desk) -> Json:
    return {
        "payment_id": each.payment_id,
        "debtor": at.name(each.debtor),
        "creditor": at.name(each.creditor),
        "amount": str(each.amount),
        "currency": each.currency,
        "exponent": each.exponent,
    }
