"""camt.054.001.08: what the creditors' banks report about their accounts, used as evidence that payments arrived.

A malformed file is refused as a whole. In a valid file each transaction is judged separately: accepted as evidence of
exactly one payment, or refused with the first applicable reason of EntryRefusal. It must never round, guess a
reference, or accept the same payment twice.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

from lxml import etree

from relayer.iso20022.accounts import BankAccount
from relayer.iso20022.documents import CAMT_054, namespace, read_document
from relayer.iso20022.errors import BankMessageRefused, EntryRefusal, MessageProblem
from relayer.iso20022.money import MAXIMUM_EXPONENT, format_amount, parse_amount
from relayer.iso20022.payment import BankPayment

MAXIMUM_TRANSACTIONS = 50_000

_BOOKED = "BOOK"
_NOT_PROVIDED = "NOTPROVIDED"
_TRUE = {"true", "1"}


@dataclass(frozen=True, slots=True, kw_only=True)
class BankTransaction:
    """One transaction of a notification as the bank reports it. Texts are empty where the bank gives none."""

    position: str
    """Its position: notification, entry and transaction, counted from 1, for example ``1/3/1``."""
    account: str
    end_to_end_id: str
    amount: str
    currency: str
    is_credit: bool
    is_booked: bool
    is_reversal: bool
    adds_up: bool
    """The entry's amount is the sum of its transactions."""
    booking_date: str
    """As in the file: a date or a date with time."""
    bank_reference: str
    """Account servicer's reference of the transaction; else of the entry, with the transaction's number if it has several;
    else the message's id and the position. Unique within an account."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptedEntry:
    """Evidence of one payment."""

    payment: BankPayment
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


def import_camt054(
    raw: bytes,
    expected: Iterable[BankPayment],
    *,
    accounts: Mapping[str, BankAccount],
    recorded: Collection[str],
) -> Notification:
    """Judges every transaction of the file.

    `accounts` by OCPI-style party id; the account of an unnamed creditor is not compared. `recorded`: ids of
    payments that have evidence already. Raises BankMessageRefused for the file, never for a transaction.
    """
    root = read_document(raw, CAMT_054)
    waited_for = {payment.payment_id: payment for payment in expected}
    taken = set(recorded)
    accepted: list[AcceptedEntry] = []
    refused: list[RefusedEntry] = []
    for transaction in _transactions(root):
        if len(accepted) + len(refused) == MAXIMUM_TRANSACTIONS:
            raise BankMessageRefused(
                MessageProblem.TOO_LARGE, f"more than {MAXIMUM_TRANSACTIONS} transactions; split the file"
            )
        match _verdict(transaction, waited_for, accounts, taken):
            case AcceptedEntry() as entry:
                taken.add(transaction.end_to_end_id)
                accepted.append(entry)
            case RefusedEntry() as entry:
                refused.append(entry)
    return Notification(
        message_id=_text(root, "BkToCstmrDbtCdtNtfctn", "GrpHdr", "MsgId"),
        document_hash=sha256(raw).digest(),
        accepted=tuple(accepted),
        refused=tuple(refused),
    )


def _verdict(
    transaction: BankTransaction,
    waited_for: Mapping[str, BankPayment],
    accounts: Mapping[str, BankAccount],
    taken: Collection[str],
) -> AcceptedEntry | RefusedEntry:
    payment = _find(transaction, waited_for, taken)
    if isinstance(payment, BankPayment):
        refusal = _judge(transaction, payment, accounts.get(payment.creditor), taken)
        if refusal is None:
            return AcceptedEntry(payment=payment, transaction=transaction)
    else:
        refusal = payment
    reason, detail = refusal
    return RefusedEntry(reason=reason, detail=detail, transaction=transaction)


def _find(
    transaction: BankTransaction, waited_for: Mapping[str, BankPayment], taken: Collection[str]
) -> BankPayment | tuple[EntryRefusal, str]:
    """The payment that the transaction refers to."""
    reference = transaction.end_to_end_id
    if reference in {"", _NOT_PROVIDED}:
        return EntryRefusal.REFERENCE_MISSING, "the bank gives no end-to-end id"
    if reference in waited_for:
        return waited_for[reference]
    if reference in taken:
        return EntryRefusal.REPEATED, "this payment has its evidence already"
    return EntryRefusal.REFERENCE_UNKNOWN, f"no payment {reference} is expected"


def _judge(
    transaction: BankTransaction, payment: BankPayment, creditor: BankAccount | None, taken: Collection[str]
) -> tuple[EntryRefusal, str] | None:
    """The first reason that applies; None: evidence of `payment`."""
    amount = parse_amount(transaction.amount, exponent=payment.exponent)
    rules = (
        (transaction.is_reversal, EntryRefusal.REVERSED, "a reversal or a return"),
        (not transaction.is_credit, EntryRefusal.NOT_CREDITED, "a debit; the creditor's bank must report a credit"),
        (not transaction.is_booked, EntryRefusal.NOT_BOOKED, "not booked yet"),
        (
            creditor is not None and creditor.number != transaction.account,
            EntryRefusal.ACCOUNT_DIFFERS,
            f"account {transaction.account} is not the known account of {payment.creditor}",
        ),
        (
            transaction.currency != payment.currency,
            EntryRefusal.CURRENCY_DIFFERS,
            f"{transaction.currency} in place of {payment.currency}",
        ),
        (
            amount != payment.amount,
            EntryRefusal.AMOUNT_DIFFERS,
            f"{transaction.amount} where {format_amount(payment.amount, exponent=payment.exponent)} is due",
        ),
        (
            not transaction.adds_up,
            EntryRefusal.DETAILS_DIFFER,
            "the entry's amount is not the sum of its transactions",
        ),
        (transaction.end_to_end_id in taken, EntryRefusal.REPEATED, "this payment has its evidence already"),
    )
    return next(((reason, detail) for applies, reason, detail in rules if applies), None)


def _transactions(root: etree._Element) -> Iterator[BankTransaction]:
    """One item per transaction; an entry without details counts as one transaction without references."""
    message = _children(root, "BkToCstmrDbtCdtNtfctn")[0]
    message_id = _text(message, "GrpHdr", "MsgId")
    for number, notification in enumerate(_children(message, "Ntfctn"), start=1):
        account = _text(notification, "Acct", "Id", "IBAN") or _text(notification, "Acct", "Id", "Othr", "Id")
        for line, entry in enumerate(_children(notification, "Ntry"), start=1):
            details = [each for group in _children(entry, "NtryDtls") for each in _children(group, "TxDtls")]
            adds_up = _adds_up(entry, details)
            for part, detail in enumerate(details or [entry], start=1):
                position = f"{number}/{line}/{part}"
                yield _transaction(
                    entry,
                    detail,
                    account=account,
                    position=position,
                    adds_up=adds_up,
                    reference=_reference(entry, detail, part if len(details) > 1 else None) or f"{message_id}/{position}",
                )


def _transaction(
    entry: etree._Element, detail: etree._Element, *, account: str, position: str, adds_up: bool, reference: str
) -> BankTransaction:
    amount = (_children(detail, "Amt") or _children(entry, "Amt"))[0]
    directions = {_text(entry, "CdtDbtInd"), _text(detail, "CdtDbtInd") or _text(entry, "CdtDbtInd")}
    return BankTransaction(
        position=position,
        account=account,
        end_to_end_id=_text(detail, "Refs", "EndToEndId"),
        amount=(amount.text or "").strip(),
        currency=amount.get("Ccy", ""),
        is_credit=directions == {"CRDT"},
        is_booked=_text(entry, "Sts", "Cd") == _BOOKED,
        is_reversal=_text(entry, "RvslInd") in _TRUE or bool(_children(detail, "RtrInf")),
        adds_up=adds_up,
        booking_date=_text(entry, "BookgDt", "Dt") or _text(entry, "BookgDt", "DtTm"),
        bank_reference=reference,
    )


def _reference(entry: etree._Element, detail: etree._Element, part: int | None) -> str:
    own = _text(detail, "Refs", "AcctSvcrRef")
    whole = _text(entry, "AcctSvcrRef")
    return own or (whole if part is None or not whole else f"{whole}/{part}")


def _adds_up(entry: etree._Element, details: Sequence[etree._Element]) -> bool:
    """Whether the transactions add up to the entry. A single one without an amount of its own has the entry's."""
    amounts = [each for detail in details for each in _children(detail, "Amt")]
    if len(details) <= 1 and not amounts:
        return True
    whole = _children(entry, "Amt")[0]
    if len(amounts) != len(details) or any(each.get("Ccy") != whole.get("Ccy") for each in amounts):
        return False
    parts = [parse_amount(each.text or "", exponent=MAXIMUM_EXPONENT) or 0 for each in amounts]
    return sum(parts) == parse_amount(whole.text or "", exponent=MAXIMUM_EXPONENT)


def _children(parent: etree._Element, tag: str) -> list[etree._Element]:
    return parent.findall(f"{{{namespace(CAMT_054)}}}{tag}")


def _text(parent: etree._Element, *path: str) -> str:
    found = parent.find("/".join(f"{{{namespace(CAMT_054)}}}{tag}" for tag in path))
    return "" if found is None else (found.text or "").strip()
