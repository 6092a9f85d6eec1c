"""Statements and notifications as banks write them, in every version that is read: small ones, made here."""

from __future__ import annotations

from dataclasses import dataclass

from relayer.iso20022.documents import namespace, report_tags


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A transaction of an entry."""

    end_to_end_id: str
    amount: str = ""
    direction: str = ""
    reference: str = ""
    more: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An entry, booked unless `status` says otherwise."""

    amount: str
    parts: tuple[Part, ...]
    direction: str = "CRDT"
    reference: str = ""
    status: str = "BOOK"
    day: str = "2026-11-30"
    code: str = "ESCT"
    is_reversal: bool = False


def a_report(
    *entries: Entry, account: str = "DE02120300000000202051", message: str = "camt.054.001.08", message_id: str = "M-1"
) -> bytes:
    """The file. Amounts are euros."""
    root, report = report_tags(message)
    balance = "<Bal><Tp><CdOrPrtry><Cd>CLBD</Cd></CdOrPrtry></Tp></Bal>" if report == "Stmt" else ""
    created = "<CreDtTm>2026-11-30T18:00:00Z</CreDtTm>"
    written = "".join(_entry(each, message) for each in entries)
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><Document xmlns="{namespace(message)}"><{root}>'
        f"<GrpHdr><MsgId>{message_id}</MsgId>{created}</GrpHdr>"
        f"<{report}><Id>R-1</Id>{created}<Acct><Id><IBAN>{account}</IBAN></Id></Acct>{balance}{written}</{report}>"
        f"</{root}></Document>"
    ).encode()


def _entry(entry: Entry, message: str) -> str:
    status = f"<Cd>{entry.status}</Cd>" if message.endswith("08") else entry.status
    return (
        f'<Ntry><Amt Ccy="EUR">{entry.amount}</Amt><CdtDbtInd>{entry.direction}</CdtDbtInd>'
        f"<RvslInd>{str(entry.is_reversal).lower()}</RvslInd><Sts>{status}</Sts><BookgDt><Dt>{entry.day}</Dt></BookgDt>"
        f"{_text('AcctSvcrRef', entry.reference)}<BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>RCDT</Cd>"
        f"<SubFmlyCd>{entry.code}</SubFmlyCd></Fmly></Domn></BkTxCd>"
        f"<NtryDtls>{''.join(_part(each, message) for each in entry.parts)}</NtryDtls></Ntry>"
    )


def _part(part: Part, message: str) -> str:
    """Version 02 has no amount of a transaction but among the amount details, and no direction."""
    amount = f'<Amt Ccy="EUR">{part.amount}</Amt>' if part.amount else ""
    if message.endswith("02"):
        amount = f"<AmtDtls><TxAmt>{amount}</TxAmt></AmtDtls>" if amount else ""
    else:
        amount += _text("CdtDbtInd", part.direction)
    references = f"{_text('AcctSvcrRef', part.reference)}{_text('EndToEndId', part.end_to_end_id)}"
    return f"<TxDtls><Refs>{references}</Refs>{amount}{part.more}</TxDtls>"


def _text(tag: str, text: str) -> str:
    return f"<{tag}>{text}</{tag}>" if text else ""
