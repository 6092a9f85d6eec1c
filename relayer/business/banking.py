"""Banks and the settlement ledger: instructed payments go out as pain.001, notifications come back as evidence.

A payment's id is its end-to-end id, so nothing else has to be remembered. The ledger decides about every piece of evidence
again; what it refuses is reported with what was wrong in the file, and the rest is kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256

from relayer.business.paging import all_payments
from relayer.errors import LedgerRefused
from relayer.iso20022.accounts import BankAccount
from relayer.iso20022.camt054 import AcceptedEntry, BankTransaction, Notification, import_camt054
from relayer.iso20022.errors import BankMessageRefused
from relayer.iso20022.payment import BankPayment
from relayer.ports.settlement import SettlementService
from relayer.settlement.model.acts import OPERATOR
from relayer.settlement.model.payments import Evidence, EvidenceKind, FinalisePayment, PaymentState
from relayer.settlement.model.payments import Payment as StandingPayment

_WAITING = frozenset({PaymentState.INSTRUCTED, PaymentState.PENDING})


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryOutcome:
    """What one transaction of a notification came to. `code` is empty if the payment is final now."""

    payment_id: str
    code: str
    detail: str
    transaction: BankTransaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What one notification came to, transaction by transaction."""

    message_id: str
    findings: tuple[EntryOutcome, ...]

    @property
    def final(self) -> int:
        """How many payments it has made final."""
        return sum(not each.code for each in self.findings)


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


async def judge_notification(service: SettlementService, raw: bytes, accounts: Mapping[str, BankAccount]) -> Notification:
    """What the file is evidence of; changes nothing. Raises BankMessageRefused if the file is unusable."""
    names = await _names(service)
    payments = await all_payments(service)
    return import_camt054(
        raw,
        [each for each in (_exportable(each, names) for each in payments if each.state in _WAITING) if each is not None],
        accounts=accounts,
        recorded={each.order.payment_id for each in payments if each.evidence is not None},
    )


def preview(notification: Notification) -> Imported:
    """What recording it would come to, if the ledger accepts all that the file is evidence of."""
    final = (_finding(each, "", "") for each in notification.accepted)
    return Imported(message_id=notification.message_id, findings=(*final, *_refused(notification)))


async def record_evidence(service: SettlementService, notification: Notification) -> Imported:
    """Makes each payment final that the notification is evidence of. What the ledger refuses does not stop the rest."""
    final = [await _finalise(service, each) for each in notification.accepted]
    return Imported(message_id=notification.message_id, findings=(*final, *_refused(notification)))


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
    """What the ledger keeps: the bank's reference within an account, which is named by a hash and not by its number."""
    account = sha256(entry.transaction.account.encode()).hexdigest()[:16]
    return Evidence(
        kind=EvidenceKind.BANK_STATEMENT_ENTRY,
        reference=f"camt.054:{account}:{entry.transaction.bank_reference}",
        amount=entry.payment.amount,
        currency=entry.payment.currency,
    )


async def _finalise(service: SettlementService, entry: AcceptedEntry) -> EntryOutcome:
    evidence = evidence_of(entry)
    request = sha256(f"{entry.payment.payment_id}\n{evidence.reference}".encode()).hexdigest()
    command = FinalisePayment(
        request_id=f"bank-{request[:40]}", actor=OPERATOR, payment_id=entry.payment.payment_id, evidence=evidence
    )
    code = detail = ""
    try:
        await service.execute(command)
    except LedgerRefused as refused:
        code, detail = refused.code, refused.message
    return _finding(entry, code, detail)


def _finding(entry: AcceptedEntry, code: str, detail: str) -> EntryOutcome:
    return EntryOutcome(payment_id=entry.payment.payment_id, code=code, detail=detail, transaction=entry.transaction)


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
