"""camt.053 and camt.054 (versions 02, 04 and 08): what banks report about accounts, transaction by transaction.

A malformed file is refused as a whole. Nothing is judged, rounded or guessed here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256

from lxml import etree

from relayer.iso20022.accounts import plain_number
from relayer.iso20022.documents import CAMT_053, CAMT_054, read_document, report_tags
from relayer.iso20022.errors import BankMessageRefused, MessageProblem
from relayer.iso20022.money import MAXIMUM_EXPONENT, parse_amount

MAXIMUM_TRANSACTIONS = 50_000

_BOOKED = "BOOK"
_CREDIT = "CRDT"
_TRUE = {"true", "1"}
_NO_REFERENCE = {"", "NOTPROVIDED", "NOTAVAILABLE", "NONREF", "NONE", "UNKNOWN"}
"""What banks write where a reference is mandatory and they have none: EPC rulebooks, SWIFT's MT 940, custom."""
_RETURN_CODES = {"RRTN", "RPCR"}
"""Bank transaction sub-families (ISO 20022 external code list): a payment is returned, or recalled."""
_RETURNED_ITEM = "NRTI"
"""SWIFT's transaction type of a returned item, which banks put before a code of their own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BankTransaction:
    """One transaction as the bank reports it. Texts are empty where the bank gives none."""

    position: str
    """Its position: report, entry and transaction, counted from 1, for example ``1/3/1``."""
    account: str
    """The account that is reported on; an IBAN without spaces, in capitals."""
    end_to_end_id: str
    amount: str
    currency: str
    is_credit: bool
    is_booked: bool
    is_return: bool
    """A reversal, or a payment that is returned or recalled."""
    adds_up: bool
    """The entry's amount is the sum of its transactions."""
    booking_date: str
    """As in the file: a date or a date with time."""
    servicer_reference: str
    """The account servicer's reference of the transaction; else of the entry, with the transaction's number if it has
    several. Banks repeat them, so none identifies an entry. Empty: none, or a word for none."""
    message_id: str

    @property
    def bank_reference(self) -> str:
        """For people: where to look it up. Without a reference, the message's id and the position in it."""
        return self.servicer_reference or f"{self.message_id}/{self.position}"

    @property
    def identity(self) -> str:
        """A hash of account, direction, amount, day, end-to-end id and reference: the same for the same entry in whichever
        message reports it, another one for another entry, whatever references the bank repeats or leaves out."""
        fields = (
            self.account,
            "credit" if self.is_credit else "debit",
            "return" if self.is_return else "",
            str(parse_amount(self.amount, exponent=MAXIMUM_EXPONENT)),
            self.currency,
            self.booking_date[:10],
            self.end_to_end_id,
            self.servicer_reference,
        )
        return sha256("\n".join(fields).encode()).hexdigest()[:32]


@dataclass(frozen=True, slots=True, kw_only=True)
class BankReport:
    """What one file says. `document_hash` is SHA-256 over its bytes."""

    message_id: str
    document_hash: bytes
    transactions: tuple[BankTransaction, ...]


def read_report(raw: bytes) -> BankReport:
    """Every transaction of a statement or notification. Raises BankMessageRefused and nothing else."""
    root = read_document(raw, *CAMT_053, *CAMT_054)
    (message,) = root
    found: list[BankTransaction] = []
    for transaction in _transactions(message):
        if len(found) == MAXIMUM_TRANSACTIONS:
            raise BankMessageRefused(
                MessageProblem.TOO_LARGE, f"more than {MAXIMUM_TRANSACTIONS} transactions; split the file"
            )
        found.append(transaction)
    return BankReport(
        message_id=_text(message, "GrpHdr", "MsgId"), document_hash=sha256(raw).digest(), transactions=tuple(found)
    )


def is_reference(text: str) -> bool:
    """Whether it refers to anything: banks have words for none."""
    return text.upper() not in _NO_REFERENCE


def _transactions(message: etree._Element) -> Iterator[BankTransaction]:
    _, report_tag = report_tags(_namespace(message).rpartition(":")[2])
    message_id = _text(message, "GrpHdr", "MsgId")
    for number, report in enumerate(_children(message, report_tag), start=1):
        account = plain_number(_text(report, "Acct", "Id", "IBAN") or _text(report, "Acct", "Id", "Othr", "Id"))
        for line, entry in enumerate(_children(report, "Ntry"), start=1):
            yield from _of_entry(entry, account=account, message_id=message_id, position=f"{number}/{line}")


def _of_entry(entry: etree._Element, *, account: str, message_id: str, position: str) -> Iterator[BankTransaction]:
    """One item per transaction; an entry without details counts as one transaction without references."""
    details = [each for group in _children(entry, "NtryDtls") for each in _children(group, "TxDtls")]
    is_single = len(details) < 2
    amounts = [_own_amount(each, is_single=is_single) for each in details]
    adds_up = _adds_up(entry, details, amounts)
    for part, detail in enumerate(details or [entry], start=1):
        own = amounts[part - 1] if amounts else None
        amount = _children(entry, "Amt")[0] if own is None else own
        yield BankTransaction(
            position=f"{position}/{part}",
            account=account,
            end_to_end_id=_text(detail, "Refs", "EndToEndId"),
            amount=(amount.text or "").strip(),
            currency=amount.get("Ccy", ""),
            is_credit=_is_credit(entry, detail, is_single=is_single),
            is_booked=_BOOKED in {_text(entry, "Sts"), _text(entry, "Sts", "Cd")},
            is_return=_is_return(entry, detail),
            adds_up=adds_up,
            booking_date=_text(entry, "BookgDt", "Dt") or _text(entry, "BookgDt", "DtTm"),
            servicer_reference=_reference(entry, detail, None if is_single else part),
            message_id=message_id,
        )


def _is_credit(entry: etree._Element, detail: etree._Element, *, is_single: bool) -> bool:
    """A batch may have parts of both directions; a single transaction must have the direction of its entry."""
    return _direction(entry, detail) == _CREDIT and (_text(entry, "CdtDbtInd") == _CREDIT or not is_single)


def _direction(entry: etree._Element, detail: etree._Element) -> str:
    return _text(detail, "CdtDbtInd") or _text(entry, "CdtDbtInd")


def _is_return(entry: etree._Element, detail: etree._Element) -> bool:
    if _text(entry, "RvslInd") in _TRUE or _children(detail, "RtrInf"):
        return True
    return any(
        _text(level, "BkTxCd", "Domn", "Fmly", "SubFmlyCd") in _RETURN_CODES
        or _text(level, "BkTxCd", "Prtry", "Cd").startswith(_RETURNED_ITEM)
        for level in (entry, detail)
    )


def _reference(entry: etree._Element, detail: etree._Element, part: int | None) -> str:
    own = _text(detail, "Refs", "AcctSvcrRef")
    if is_reference(own):
        return own
    whole = _text(entry, "AcctSvcrRef")
    if not is_reference(whole):
        return ""
    return whole if part is None else f"{whole}/{part}"


def _own_amount(detail: etree._Element, *, is_single: bool) -> etree._Element | None:
    """Version 02 has amounts of a batch's parts among the amount details alone."""
    own = _children(detail, "Amt")
    if own or is_single:
        return own[0] if own else None
    return detail.find("/".join(f"{{{_namespace(detail)}}}{tag}" for tag in ("AmtDtls", "TxAmt", "Amt")))


def _adds_up(entry: etree._Element, details: Sequence[etree._Element], amounts: Sequence[etree._Element | None]) -> bool:
    """Whether the transactions add up to the entry: those of the other direction are taken off. A single one without an
    amount of its own has the entry's."""
    if len(details) <= 1 and amounts in ([], [None]):
        return True
    whole, total = _children(entry, "Amt")[0], 0
    for detail, amount in zip(details, amounts, strict=True):
        if amount is None or amount.get("Ccy") != whole.get("Ccy"):
            return False
        part = parse_amount(amount.text or "", exponent=MAXIMUM_EXPONENT) or 0
        total += part if _direction(entry, detail) == _text(entry, "CdtDbtInd") else -part
    return total == parse_amount(whole.text or "", exponent=MAXIMUM_EXPONENT)


def _namespace(element: etree._Element) -> str:
    return etree.QName(element).namespace or ""


def _children(parent: etree._Element, tag: str) -> list[etree._Element]:
    return parent.findall(f"{{{_namespace(parent)}}}{tag}")


def _text(parent: etree._Element, *path: str) -> str:
    found = parent.find("/".join(f"{{{_namespace(parent)}}}{tag}" for tag in path))
    return "" if found is None else (found.text or "").strip()
