"""What a bank's report is evidence of: payments that arrived, and payments whose money went back.

Each transaction is judged separately: accepted as evidence of exactly one movement of one payment, or refused with the first
applicable reason of EntryRefusal. It must never round, guess a reference, or accept the same entry twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import assert_never

from relayer.iso20022.accounts import BankAccount
from relayer.iso20022.camt import BankTransaction, is_reference, read_report
from relayer.iso20022.errors import EntryRefusal
from relayer.iso20022.money import format_amount, parse_amount
from relayer.iso20022.payment import BankPayment

_PREFIX = "camt:"

Refusal = tuple[EntryRefusal, str]
Accounts = Mapping[str, BankAccount]


class Movement(StrEnum):
    """What the money did."""

    FINAL = "final"
    """It is on the creditor's account."""
    RETURNED = "returned"
    """It is back on the debtor's account, or has left the creditor's again."""


class Stage(StrEnum):
    """How far a payment is. In words of its own: this package knows no settlement ledger."""

    INSTRUCTED = "instructed"
    PENDING = "pending"
    FINAL = "final"
    RETURNED = "returned"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What is recorded of a payment."""

    stage: Stage
    is_late: bool = False
    """Its time has ended, so that it cannot become final any more."""
    evidence: str = ""
    """The reference of the newest evidence; of another form than `evidence_reference` gives if a person recorded it."""


_NEXT = {
    Movement.FINAL: "instruct a new payment of this amount and record this entry for it, or send the money back",
    Movement.RETURNED: "nothing has to be recorded",
}
_WAITING = Standing(stage=Stage.INSTRUCTED)


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptedEntry:
    """Evidence of one movement of one payment."""

    payment: BankPayment
    movement: Movement
    transaction: BankTransaction


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedEntry:
    """A refused transaction. `detail` is for people."""

    reason: EntryRefusal
    detail: str
    transaction: BankTransaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Notification:
    """The verdict on one file. `document_hash` is SHA-256 over its bytes, to be recorded with the evidence."""

    message_id: str
    document_hash: bytes
    accepted: tuple[AcceptedEntry, ...]
    refused: tuple[RefusedEntry, ...]


def evidence_reference(transaction: BankTransaction) -> str:
    """What a ledger keeps: the entry's identity and the bank's reference, but no account number."""
    return f"{_PREFIX}{transaction.identity}:{transaction.bank_reference[:40]}"


def import_report(
    raw: bytes, expected: Iterable[BankPayment], *, accounts: Accounts, standings: Mapping[str, Standing]
) -> Notification:
    """Judges every transaction of the file, one after the other, as if those before had been recorded.

    `accounts` by OCPI-style party id; an account that is not named is not compared. `standings` by payment id; a payment
    without any is waited for. Raises BankMessageRefused for the file, never for a transaction.
    """
    report = read_report(raw)
    payments = {payment.payment_id: payment for payment in expected}
    current = dict(standings)
    accepted: list[AcceptedEntry] = []
    refused: list[RefusedEntry] = []
    for transaction in report.transactions:
        match _verdict(transaction, payments, accounts, current):
            case AcceptedEntry() as entry:
                current[entry.payment.payment_id] = Standing(
                    stage=Stage(entry.movement.value), evidence=evidence_reference(transaction)
                )
                accepted.append(entry)
            case RefusedEntry() as entry:
                refused.append(entry)
    return Notification(
        message_id=report.message_id,
        document_hash=report.document_hash,
        accepted=tuple(accepted),
        refused=tuple(refused),
    )


def _verdict(
    transaction: BankTransaction,
    payments: Mapping[str, BankPayment],
    accounts: Accounts,
    standings: Mapping[str, Standing],
) -> AcceptedEntry | RefusedEntry:
    payment = _find(transaction, payments, standings)
    if not isinstance(payment, BankPayment):
        return _refused(transaction, payment)
    movement = _movement(transaction, payment, accounts)
    if not isinstance(movement, Movement):
        return _refused(transaction, movement)
    standing = standings.get(payment.payment_id, _WAITING)
    refusal = _unlike(transaction, payment) or _untimely(transaction, movement, standing)
    if refusal is not None:
        return _refused(transaction, refusal)
    return AcceptedEntry(payment=payment, movement=movement, transaction=transaction)


def _refused(transaction: BankTransaction, refusal: Refusal) -> RefusedEntry:
    reason, detail = refusal
    return RefusedEntry(reason=reason, detail=detail, transaction=transaction)


def _find(
    transaction: BankTransaction, payments: Mapping[str, BankPayment], standings: Mapping[str, Standing]
) -> BankPayment | Refusal:
    """The payment that the transaction refers to."""
    reference = transaction.end_to_end_id
    if not is_reference(reference):
        return EntryRefusal.REFERENCE_MISSING, "the bank gives no end-to-end id"
    if reference in payments:
        return payments[reference]
    if reference in standings:
        return EntryRefusal.REPEATED, "this payment has its evidence already"
    return EntryRefusal.REFERENCE_UNKNOWN, f"no payment {reference} is expected"


def _movement(transaction: BankTransaction, payment: BankPayment, accounts: Accounts) -> Movement | Refusal:
    """What the money did, by whose account it is, its direction, and whether the bank calls it a return."""
    debtor, creditor = accounts.get(payment.debtor), accounts.get(payment.creditor)
    is_creditors = creditor is not None and creditor.number == transaction.account
    is_debtors = debtor is not None and debtor.number == transaction.account and not is_creditors
    if (is_debtors and transaction.is_credit) or (is_creditors and transaction.is_return and not transaction.is_credit):
        movement = Movement.RETURNED
    elif transaction.is_return:
        return (
            EntryRefusal.REVERSED,
            "a reversal or a return, on an account that is not known to be the debtor's, or to have given the money back",
        )
    elif not transaction.is_credit:
        return EntryRefusal.NOT_CREDITED, "a debit; the creditor's bank must report a credit"
    else:
        movement = Movement.FINAL
    if not transaction.is_booked:
        return EntryRefusal.NOT_BOOKED, "not booked yet"
    if movement is Movement.FINAL and creditor is not None and not is_creditors:
        return (
            EntryRefusal.ACCOUNT_DIFFERS,
            f"account {transaction.account} is not the known account of {payment.creditor}",
        )
    return movement


def _unlike(transaction: BankTransaction, payment: BankPayment) -> Refusal | None:
    """The first respect in which the money is not the payment's."""
    if transaction.currency != payment.currency:
        return EntryRefusal.CURRENCY_DIFFERS, f"{transaction.currency} in place of {payment.currency}"
    if parse_amount(transaction.amount, exponent=payment.exponent) != payment.amount:
        stated = format_amount(payment.amount, exponent=payment.exponent)
        return EntryRefusal.AMOUNT_DIFFERS, f"{transaction.amount} where the payment is of {stated}"
    if not transaction.adds_up:
        return EntryRefusal.DETAILS_DIFFER, "the entry's amount is not the sum of its transactions"
    return None


def _untimely(transaction: BankTransaction, movement: Movement, standing: Standing) -> Refusal | None:
    """Why a payment that is this far cannot make this movement."""
    is_known = standing.evidence == evidence_reference(transaction)
    goes_back = movement is Movement.RETURNED
    match standing.stage:
        case Stage.FINAL | Stage.RETURNED if is_known:
            return EntryRefusal.REPEATED, "this entry is recorded already"
        case Stage.RETURNED:
            return EntryRefusal.PAYMENT_RETURNED, f"the payment was returned and its debt is open again; {_NEXT[movement]}"
        case Stage.EXPIRED:
            return EntryRefusal.PAYMENT_EXPIRED, f"the payment has expired and its debt is open again; {_NEXT[movement]}"
        case Stage.FINAL if not goes_back:
            return _second_credit(standing)
        case Stage.INSTRUCTED | Stage.PENDING if standing.is_late and not (goes_back and standing.stage is Stage.PENDING):
            return EntryRefusal.DEADLINE_PASSED, "the payment's time has ended; it expires, and its debt is open again"
        case Stage.INSTRUCTED | Stage.PENDING | Stage.FINAL:
            return None
        case _:
            assert_never(standing.stage)


def _second_credit(standing: Standing) -> Refusal:
    """What a person recorded may be this very entry; another entry that was read from a file is not."""
    kind, _, reference = standing.evidence.partition(":")
    if f"{kind}:" != _PREFIX:
        return EntryRefusal.REPEATED, "this payment has its evidence already"
    return (
        EntryRefusal.PAID_AGAIN,
        f"entry {reference.partition(':')[2]} has made this payment final; by this one the money came twice",
    )
