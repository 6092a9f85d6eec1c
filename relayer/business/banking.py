"""Banks and the settlement ledger: payments go out as pain.001, statements and notifications come back as evidence.

A payment's id is its end-to-end id, so nothing else has to be remembered. The ledger decides about every piece of evidence
again; what it refuses is reported with what was wrong in the file, and the rest is kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from hashlib import sha256

from relayer.business.naming import with_names
from relayer.business.paging import all_payments
from relayer.errors import LedgerRefused
from relayer.iso20022.accounts import BankAccount
from relayer.iso20022.camt import BankTransaction
from relayer.iso20022.errors import BankMessageRefused
from relayer.iso20022.evidence import (
    AcceptedEntry,
    Movement,
    Notification,
    Stage,
    Standing,
    evidence_reference,
    import_report,
)
from relayer.iso20022.payment import BankPayment
from relayer.ports.sending import Sending
from relayer.ports.settlement import SettlementService
from relayer.settlement.model.acts import OPERATOR
from relayer.settlement.model.commands import Command
from relayer.settlement.model.payments import (
    Evidence,
    EvidenceKind,
    FinalisePayment,
    MarkPaymentPending,
    PaymentState,
    ReturnPayment,
)
from relayer.settlement.model.payments import Payment as StandingPayment


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryOutcome:
    """What one transaction came to. `code` is empty if the payment has made its movement."""

    payment_id: str
    code: str
    detail: str
    transaction: BankTransaction
    movement: Movement | None = None
    """What the transaction is evidence of; None: of nothing."""

    @property
    def result(self) -> str:
        """final, returned, or the code of why not."""
        return self.code or (self.movement or "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What one notification came to, transaction by transaction."""

    message_id: str
    findings: tuple[EntryOutcome, ...]

    @property
    def final(self) -> int:
        """How many payments it has made final."""
        return sum(each.result == Movement.FINAL for each in self.findings)

    @property
    def returned(self) -> int:
        """How many payments it has given back, so that their debts are open again."""
        return sum(each.result == Movement.RETURNED for each in self.findings)

    @property
    def refused(self) -> int:
        """How many transactions came to nothing."""
        return sum(bool(each.code) for each in self.findings)


async def payments_to_export(service: SettlementService, *, debtor: str | None, cycle_id: str | None) -> list[BankPayment]:
    """Instructed payments, of one debtor and one cycle if they are named. Raises BankMessageRefused, LedgerError."""
    names = await _names(service)
    return [
        bank_payment(each, names)
        for each in await all_payments(service)
        if each.state is PaymentState.INSTRUCTED
        and debtor in (None, names.get(each.order.debtor))
        and cycle_id in (None, each.order.cycle_id)
    ]


async def judge_notification(
    service: SettlementService, raw: bytes, accounts: Mapping[str, BankAccount], *, now_seconds: int
) -> Notification:
    """What the file is evidence of; changes nothing. Raises BankMessageRefused if the file is unusable."""
    names = await _names(service)
    payments = await all_payments(service)
    return import_report(
        raw,
        [each for each in (_exportable(each, names) for each in payments) if each is not None],
        accounts=accounts,
        standings={each.order.payment_id: _standing(each, now_seconds) for each in payments},
    )


def preview(notification: Notification) -> Imported:
    """The result of recording it, unless these payments move first."""
    found = (_finding(each, "", "") for each in notification.accepted)
    return Imported(message_id=notification.message_id, findings=(*found, *_refused(notification)))


async def record_evidence(
    service: SettlementService, notification: Notification, *, sending: Sending = nullcontext
) -> Imported:
    """Makes each movement that the notification is evidence of. What the ledger refuses does not stop the rest. `sending` is
    entered around each."""
    found = [await _record(service, each, sending) for each in notification.accepted]
    return Imported(message_id=notification.message_id, findings=(*found, *_refused(notification)))


def bank_payment(payment: StandingPayment, names: Mapping[bytes, str]) -> BankPayment:
    """As banks see it. Raises BankMessageRefused if a party is not registered or the id or the amount does not fit."""
    order = payment.order
    return BankPayment(
        payment_id=order.payment_id,
        cycle_id=order.cycle_id,
        debtor=names.get(order.debtor, f"0x{order.debtor.hex()}"),
        creditor=names.get(order.creditor, f"0x{order.creditor.hex()}"),
        currency=order.currency,
        exponent=order.exponent,
        amount=order.amount,
    )


def _exportable(payment: StandingPayment, names: Mapping[bytes, str]) -> BankPayment | None:
    """None: no bank can know it, and its id must not keep others from being recognised."""
    try:
        return bank_payment(payment, names)
    except BankMessageRefused:
        return None


def evidence_of(entry: AcceptedEntry) -> Evidence:
    """What the ledger keeps: which entry it is, and no account number."""
    return Evidence(
        kind=EvidenceKind.BANK_STATEMENT_ENTRY,
        reference=evidence_reference(entry.transaction),
        amount=entry.payment.amount,
        currency=entry.payment.currency,
    )


async def _record(service: SettlementService, entry: AcceptedEntry, sending: Sending) -> EntryOutcome:
    code = detail = ""
    try:
        for command in await _commands(service, entry):
            with sending():
                await service.execute(command)
    except LedgerRefused as refused:
        names = {party.party_id: party.ocpi_id for party in await service.parties()}
        code, detail = refused.code, with_names(refused.message, names)
    return _finding(entry, code, detail)


async def _commands(service: SettlementService, entry: AcceptedEntry) -> list[Command]:
    """The movement. Money that came back shows that the bank had taken the order, whether that was recorded or not."""
    payment_id, evidence = entry.payment.payment_id, evidence_of(entry)
    content = sha256(f"{payment_id}\n{evidence.reference}".encode()).hexdigest()
    request_id = f"bank-{content[:40]}"
    if entry.movement is Movement.FINAL:
        return [FinalisePayment(request_id=request_id, actor=OPERATOR, payment_id=payment_id, evidence=evidence)]
    back = ReturnPayment(request_id=request_id, actor=OPERATOR, payment_id=payment_id, evidence=evidence)
    payment = await service.payment(payment_id)
    if payment is None or payment.state is not PaymentState.INSTRUCTED:
        return [back]
    return [MarkPaymentPending(request_id=f"{request_id}-taken", actor=OPERATOR, payment_id=payment_id), back]


def _standing(payment: StandingPayment, now_seconds: int) -> Standing:
    return Standing(
        stage=Stage(payment.state.value),
        is_late=now_seconds >= payment.order.expires_at_seconds,
        evidence="" if payment.evidence is None else payment.evidence.reference,
    )


def _finding(entry: AcceptedEntry, code: str, detail: str) -> EntryOutcome:
    return EntryOutcome(
        payment_id=entry.payment.payment_id,
        code=code,
        detail=detail,
        transaction=entry.transaction,
        movement=entry.movement,
    )


def _refused(notification: Notification) -> list[EntryOutcome]:
    return [
        EntryOutcome(
            payment_id=each.transaction.end_to_end_id,
            code=each.reason.value,
            detail=each.detail,
            transaction=each.transaction,
        )
        for each in notification.refused
    ]


async def _names(service: SettlementService) -> Mapping[bytes, str]:
    return {party.party_id: party.ocpi_id for party in await service.parties()}
