"""pain.001.001.09: the payments that remain after a netting cycle, as credit transfers that a bank executes.

The same payments in any order give the same bytes, with one instruction for each debtor and currency, and another one for
what cannot be a SEPA transfer. Names in a SEPA instruction are written in the EPC's characters. The file instructs a
bank to pay; only camt.054 shows whether it did.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from lxml import etree

from relayer.iso20022.accounts import BankAccount
from relayer.iso20022.documents import PAIN_001, check_schema, namespace, new_document, write_document
from relayer.iso20022.errors import BankMessageRefused, MessageProblem
from relayer.iso20022.money import MAXIMUM_EXPONENT, format_amount
from relayer.iso20022.payment import BankPayment, cycle_tag
from relayer.iso20022.sepa import EURO, EURO_EXPONENT, cents, is_sepa, latin
from relayer.iso20022.times import iso_date, iso_date_time

_MESSAGE_ID = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]{0,27}[A-Za-z0-9])?", re.ASCII)
_MAXIMUM_INITIATOR = 70


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferBatch:
    """The head of the file. Times are unix seconds; the execution date is that day in UTC."""

    message_id: str
    """Unique per initiator, for ever; at most 29 characters, because the instructions' ids extend it."""
    initiator: str
    """Name of the party that submits the file to the bank."""
    created_at: int
    execute_at: int

    def __post_init__(self) -> None:
        if not _MESSAGE_ID.fullmatch(self.message_id):
            raise BankMessageRefused(
                MessageProblem.IDENTIFIER, f"message id {self.message_id!r}: use up to 29 letters, digits, dots and dashes"
            )
        if not self.initiator.strip() or len(self.initiator) > _MAXIMUM_INITIATOR or not self.initiator.isprintable():
            raise BankMessageRefused(MessageProblem.TEXT, f"initiator {self.initiator[:40]!r}: expected 1 to 70 characters")


def export_pain001(order: TransferBatch, payments: Iterable[BankPayment], accounts: Mapping[str, BankAccount]) -> bytes:
    """The file. `accounts` by OCPI-style party id. Raises BankMessageRefused(EMPTY, ACCOUNT, REPEATED, AMOUNT, TIME)."""
    unordered = list(payments)
    _check_set(unordered, accounts)
    sepa = {each.payment_id for each in unordered if is_sepa(each, accounts[each.debtor], accounts[each.creditor])}
    ordered = sorted(
        unordered,
        key=lambda each: (each.debtor, each.currency, each.payment_id not in sepa, each.exponent, each.payment_id),
    )
    root = new_document(PAIN_001)
    message = _add(root, "CstmrCdtTrfInitn")
    header = _add(message, "GrpHdr")
    _add(header, "MsgId", order.message_id)
    _add(header, "CreDtTm", iso_date_time(order.created_at))
    _add_totals(header, ordered)
    _add(_add(header, "InitgPty"), "Nm", latin(order.initiator) if sepa else order.initiator)
    groups = groupby(ordered, key=lambda each: (each.debtor, each.currency, each.payment_id in sepa))
    for number, ((_, _, in_sepa), group) in enumerate(groups, start=1):
        listed = list(group)
        named = {
            party: replace(accounts[party], name=latin(accounts[party].name)) if in_sepa else accounts[party]
            for each in listed
            for party in (each.debtor, each.creditor)
        }
        _add_instruction(message, order, number, listed, named, in_sepa=in_sepa)
    check_schema(root, PAIN_001)
    return write_document(root)


def _check_set(payments: Sequence[BankPayment], accounts: Mapping[str, BankAccount]) -> None:
    if not payments:
        raise BankMessageRefused(MessageProblem.EMPTY, "there is nothing to pay, and a bank refuses an empty file")
    seen: set[str] = set()
    for payment in payments:
        if payment.payment_id in seen:
            raise BankMessageRefused(MessageProblem.REPEATED, f"{payment.payment_id} is among the payments twice")
        seen.add(payment.payment_id)
        for party in (payment.debtor, payment.creditor):
            if party not in accounts:
                raise BankMessageRefused(
                    MessageProblem.ACCOUNT, f"no account of {party} is known; add it to the accounts file"
                )


def _add_instruction(
    message: etree._Element,
    order: TransferBatch,
    number: int,
    payments: Sequence[BankPayment],
    accounts: Mapping[str, BankAccount],
    *,
    in_sepa: bool,
) -> None:
    first = payments[0]
    debtor = accounts[first.debtor]
    instruction = _add(message, "PmtInf")
    _add(instruction, "PmtInfId", f"{order.message_id}-{number:05d}")
    _add(instruction, "PmtMtd", "TRF")
    _add_totals(instruction, payments)
    if in_sepa:
        _add(_add(_add(instruction, "PmtTpInf"), "SvcLvl"), "Cd", "SEPA")
    _add(_add(instruction, "ReqdExctnDt"), "Dt", iso_date(order.execute_at))
    _add_party(instruction, "Dbtr", debtor)
    _add(_add_account(instruction, "DbtrAcct", debtor), "Ccy", first.currency)
    _add_agent(instruction, "DbtrAgt", debtor)
    _add(instruction, "ChrgBr", "SLEV" if in_sepa else "SHAR")
    for payment in payments:
        _add_transfer(instruction, payment, accounts[payment.creditor])


def _add_transfer(instruction: etree._Element, payment: BankPayment, creditor: BankAccount) -> None:
    transfer = _add(instruction, "CdtTrfTxInf")
    identification = _add(transfer, "PmtId")
    _add(identification, "InstrId", payment.payment_id)
    _add(identification, "EndToEndId", payment.payment_id)
    _add(_add(transfer, "Amt"), "InstdAmt", _amount(payment)).set("Ccy", payment.currency)
    if creditor.bic:
        _add_agent(transfer, "CdtrAgt", creditor)
    _add_party(transfer, "Cdtr", creditor)
    _add_account(transfer, "CdtrAcct", creditor)
    _add(_add(transfer, "Purp"), "Cd", "NETT")
    _add(_add(transfer, "RmtInf"), "Ustrd", _remittance(payment))


def _amount(payment: BankPayment) -> str:
    """Euros have two digits after the point, whatever unit the ledger counts in."""
    if payment.currency == EURO:
        return format_amount(cents(payment), exponent=EURO_EXPONENT)
    return format_amount(payment.amount, exponent=payment.exponent)


def _remittance(payment: BankPayment) -> str:
    """For the reader of the account statement, in characters that every SEPA bank supports."""
    parties = f"{payment.debtor} to {payment.creditor}".replace("*", " ")
    return f"Netting cycle {cycle_tag(payment.cycle_id)}, {parties}" if payment.cycle_id else parties


def _add_totals(parent: etree._Element, payments: Sequence[BankPayment]) -> None:
    """The control sum adds the amounts of all currencies, as the standard defines it."""
    scale = max(each.exponent for each in payments)
    total = sum(each.amount * 10 ** (scale - each.exponent) for each in payments)
    _add(parent, "NbOfTxs", str(len(payments)))
    _add(parent, "CtrlSum", format_amount(total, exponent=min(scale, MAXIMUM_EXPONENT)))


def _add_party(parent: etree._Element, tag: str, account: BankAccount) -> None:
    party = _add(parent, tag)
    _add(party, "Nm", account.name)
    if account.lei:
        _add(_add(_add(party, "Id"), "OrgId"), "LEI", account.lei)


def _add_account(parent: etree._Element, tag: str, account: BankAccount) -> etree._Element:
    element = _add(parent, tag)
    identification = _add(element, "Id")
    if account.is_iban:
        _add(identification, "IBAN", account.number)
    else:
        _add(_add(identification, "Othr"), "Id", account.number)
    return element


def _add_agent(parent: etree._Element, tag: str, account: BankAccount) -> None:
    institution = _add(_add(parent, tag), "FinInstnId")
    if account.bic:
        _add(institution, "BICFI", account.bic)
    else:
        _add(_add(institution, "Othr"), "Id", "NOTPROVIDED")


def _add(parent: etree._Element, tag: str, text: str | None = None) -> etree._Element:
    element = etree.SubElement(parent, _name(tag))
    element.text = text
    return element


def _name(tag: str) -> str:
    return f"{{{namespace(PAIN_001)}}}{tag}"
