"""A bank for tests and demonstrations: it executes a pain.001 file and tells each creditor so in a camt.054 notification.

It books every transfer at once and never refuses. Real banks do neither; what they may answer instead is for tests to write.
"""

from __future__ import annotations

from hashlib import sha256

from lxml import etree

from relayer.iso20022.documents import (
    CAMT_054,
    PAIN_001,
    check_schema,
    namespace,
    new_document,
    read_document,
    write_document,
)
from relayer.iso20022.times import iso_date, iso_date_time

_VERSION = CAMT_054[-1]


def execute(payment_file: bytes, *, at_seconds: int) -> list[bytes]:
    """One notification per creditor's account, ordered by account number. Raises BankMessageRefused for a broken file."""
    root = read_document(payment_file, PAIN_001)
    by_account: dict[str, list[etree._Element]] = {}
    for transfer in root.iter(_pain("CdtTrfTxInf")):
        by_account.setdefault(_text(transfer, "CdtrAcct", "Id"), []).append(transfer)
    return [_notify(account, transfers, at_seconds) for account, transfers in sorted(by_account.items())]


def _notify(account: str, transfers: list[etree._Element], at_seconds: int) -> bytes:
    root = new_document(_VERSION)
    message = _add(root, "BkToCstmrDbtCdtNtfctn")
    header = _add(message, "GrpHdr")
    name = sha256(f"{account} {at_seconds}".encode()).hexdigest()[:16]
    _add(header, "MsgId", f"BANK-{name}")
    _add(header, "CreDtTm", iso_date_time(at_seconds))
    notification = _add(message, "Ntfctn")
    _add(notification, "Id", f"NTF-{name}")
    _copy_account(_add(_add(notification, "Acct"), "Id"), transfers[0])
    for transfer in transfers:
        _add_entry(notification, transfer, at_seconds)
    check_schema(root, _VERSION)
    return write_document(root)


def _add_entry(notification: etree._Element, transfer: etree._Element, at_seconds: int) -> None:
    (amount,) = transfer.iter(_pain("InstdAmt"))
    (end_to_end_id,) = transfer.iter(_pain("EndToEndId"))
    entry = _add(notification, "Ntry")
    _add(entry, "Amt", amount.text).set("Ccy", amount.get("Ccy", ""))
    _add(entry, "CdtDbtInd", "CRDT")
    _add(_add(entry, "Sts"), "Cd", "BOOK")
    _add(_add(entry, "BookgDt"), "Dt", iso_date(at_seconds))
    _add(entry, "AcctSvcrRef", sha256(f"{end_to_end_id.text} {at_seconds}".encode()).hexdigest()[:16])
    _add(_add(_add(entry, "BkTxCd"), "Prtry"), "Cd", "NTRF")
    references = _add(_add(_add(entry, "NtryDtls"), "TxDtls"), "Refs")
    _add(references, "EndToEndId", end_to_end_id.text)


def _copy_account(identification: etree._Element, transfer: etree._Element) -> None:
    number = _text(transfer, "CdtrAcct", "Id")
    if transfer.find("/".join((_pain("CdtrAcct"), _pain("Id"), _pain("IBAN")))) is not None:
        _add(identification, "IBAN", number)
    else:
        _add(_add(identification, "Othr"), "Id", number)


def _text(element: etree._Element, *path: str) -> str:
    """All text below, without the indentation."""
    found = element.find("/".join(map(_pain, path)))
    return "" if found is None else "".join(str(each).strip() for each in found.itertext())


def _add(parent: etree._Element, tag: str, text: str | None = None) -> etree._Element:
    element = etree.SubElement(parent, f"{{{namespace(_VERSION)}}}{tag}")
    element.text = text
    return element


def _pain(tag: str) -> str:
    return f"{{{namespace(PAIN_001)}}}{tag}"
