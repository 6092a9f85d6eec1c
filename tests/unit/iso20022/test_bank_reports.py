"""Notifications as evidence: one that is right, and one mutation of it for each reason to refuse."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256

import pytest

from relayer.iso20022 import camt
from relayer.iso20022.accounts import BankAccount
from relayer.iso20022.errors import BankMessageRefused, EntryRefusal, MessageProblem
from relayer.iso20022.evidence import Stage, Standing, import_report
from relayer.iso20022.payment import BankPayment

FIRST = "2026-11-DENBM-DEKCS-EUR1"
Accounts = dict[str, BankAccount]


def test_a_notification_is_evidence_of_the_payments_that_it_names(
    notification: str, payments: list[BankPayment], accounts: Accounts
) -> None:
    raw = notification.encode()
    found = import_report(raw, payments, accounts=accounts, standings={})
    assert not found.refused
    assert [(entry.payment, entry.transaction.bank_reference, entry.transaction.position) for entry in found.accepted] == [
        (payments[0], "2026113012345678", "1/1/1"),
        (payments[1], "PART-1", "1/2/1"),
        (payments[2], "PART-2", "1/2/2"),
    ]
    assert [entry.transaction.booking_date for entry in found.accepted] == ["2026-11-30", *2 * ["2026-11-30T09:15:00Z"]]
    assert found.message_id == "BANK-20261130-0001"
    assert found.document_hash == sha256(raw).digest()


def _with(old: str, new: str) -> Callable[[str], str]:
    def mutate(text: str) -> str:
        assert text.count(old) == 1, "the mutation must hit exactly one place"
        return text.replace(old, new)

    return mutate


_E2E = f"<EndToEndId>{FIRST}</EndToEndId>"
_AMOUNT = '<Amt Ccy="EUR">12.34</Amt>\n        <CdtDbtInd>CRDT</CdtDbtInd>\n        <Sts><Cd>BOOK</Cd></Sts>'
_REFS = "</Refs>\n            <RltdPties>"
MUTATIONS = {
    "a cent less": (_with(">12.34<", ">12.33<"), EntryRefusal.AMOUNT_DIFFERS),
    "a cent more": (_with(">12.34<", ">12.35<"), EntryRefusal.AMOUNT_DIFFERS),
    "a part of a cent": (_with(">12.34<", ">12.341<"), EntryRefusal.AMOUNT_DIFFERS),
    "a hundred times more": (_with(">12.34<", ">1234<"), EntryRefusal.AMOUNT_DIFFERS),
    "another currency": (_with('Ccy="EUR">12.34<', 'Ccy="USD">12.34<'), EntryRefusal.CURRENCY_DIFFERS),
    "an unknown reference": (_with(_E2E, "<EndToEndId>INVOICE 7</EndToEndId>"), EntryRefusal.REFERENCE_UNKNOWN),
    "another attempt": (_with(_E2E, f"<EndToEndId>{FIRST[:-1]}2</EndToEndId>"), EntryRefusal.REFERENCE_UNKNOWN),
    "a reference in small letters": (_with(_E2E, _E2E.replace("EUR1", "eur1")), EntryRefusal.REFERENCE_UNKNOWN),
    "no reference": (_with(_E2E, ""), EntryRefusal.REFERENCE_MISSING),
    "a reference lost on the way": (_with(_E2E, "<EndToEndId>NOTPROVIDED</EndToEndId>"), EntryRefusal.REFERENCE_MISSING),
    "a debit": (_with(_AMOUNT, _AMOUNT.replace("CRDT", "DBIT")), EntryRefusal.NOT_CREDITED),
    "a debit in the details": (
        _with(_REFS, "</Refs>\n            <CdtDbtInd>DBIT</CdtDbtInd><RltdPties>"),
        EntryRefusal.NOT_CREDITED,
    ),
    "pending": (_with(_AMOUNT, _AMOUNT.replace("BOOK", "PDNG")), EntryRefusal.NOT_BOOKED),
    "a status of the bank's own": (
        _with(_AMOUNT, _AMOUNT.replace("<Cd>BOOK</Cd>", "<Prtry>BOOK</Prtry>")),
        EntryRefusal.NOT_BOOKED,
    ),
    "a reversal": (_with(_AMOUNT, _AMOUNT.replace("<Sts>", "<RvslInd>true</RvslInd><Sts>")), EntryRefusal.REVERSED),
    "a return": (
        _with("netting</Ustrd></RmtInf>", "netting</Ustrd></RmtInf><RtrInf><Rsn><Cd>AC04</Cd></Rsn></RtrInf>"),
        EntryRefusal.REVERSED,
    ),
    "the amount in the details too": (
        _with(_REFS, '</Refs>\n            <Amt Ccy="EUR">12.34</Amt><RltdPties>'),
        None,
    ),
    "the entry is less than its transaction": (
        lambda text: _with(_REFS, '</Refs>\n            <Amt Ccy="EUR">12.34</Amt><RltdPties>')(
            text.replace('<Amt Ccy="EUR">12.34</Amt>\n', '<Amt Ccy="EUR">11.00</Amt>\n', 1)
        ),
        EntryRefusal.DETAILS_DIFFER,
    ),
    "exchanged": (
        _with(_REFS, '</Refs>\n            <Amt Ccy="USD">12.34</Amt><RltdPties>'),
        EntryRefusal.CURRENCY_DIFFERS,
    ),
}


@pytest.mark.parametrize("name", MUTATIONS)
def test_what_is_not_evidence_is_refused_alone(
    name: str, notification: str, payments: list[BankPayment], accounts: Accounts
) -> None:
    mutate, reason = MUTATIONS[name]
    found = import_report(mutate(notification).encode(), payments, accounts=accounts, standings={})
    assert [(entry.reason, entry.transaction.position) for entry in found.refused] == ([(reason, "1/1/1")] if reason else [])
    assert [entry.payment for entry in found.accepted][-2:] == payments[1:], "the rest is kept"


def test_another_account_than_the_creditors_is_refused(
    notification: str, payments: list[BankPayment], accounts: Accounts
) -> None:
    moved = notification.replace("DE02120300000000202051", "DE75512108001245126199")
    found = import_report(moved.encode(), payments, accounts=accounts, standings={})
    assert {entry.reason for entry in found.refused} == {EntryRefusal.ACCOUNT_DIFFERS}
    assert not found.accepted


def test_a_batch_that_does_not_add_up_is_refused_in_all_its_parts(
    notification: str, payments: list[BankPayment], accounts: Accounts
) -> None:
    short = _with(">100.05<", ">100.04<")(notification)
    found = import_report(short.encode(), payments, accounts=accounts, standings={})
    assert [entry.reason for entry in found.refused] == 2 * [EntryRefusal.DETAILS_DIFFER]
    assert [entry.payment for entry in found.accepted] == payments[:1]


FIRST_PART, SECOND_PART = '<Amt Ccy="EUR">100</Amt>', '<Amt Ccy="EUR">0.050</Amt>'


@pytest.mark.parametrize(
    ("parts", "reasons"),
    [
        ((FIRST_PART, SECOND_PART.replace("EUR", "USD")), [EntryRefusal.DETAILS_DIFFER, EntryRefusal.CURRENCY_DIFFERS]),
        (('<Amt Ccy="EUR">100.05</Amt>', ""), 2 * [EntryRefusal.DETAILS_DIFFER]),
        (("", ""), 2 * [EntryRefusal.DETAILS_DIFFER]),
    ],
)
def test_an_entry_is_not_counted_twice(
    notification: str, payments: list[BankPayment], accounts: Accounts, parts: tuple[str, str], reasons: list[EntryRefusal]
) -> None:
    """Payments of 100.05 are waited for wherever the bank leaves open which part of 100.05 each transaction has."""
    first, second = parts
    if not second:
        payments[1:] = [replace(each, amount=10005) for each in payments[1:]]
    text = _with(FIRST_PART, first)(_with(SECOND_PART, second)(notification))
    found = import_report(text.encode(), payments, accounts=accounts, standings={})
    assert [entry.reason for entry in found.refused] == reasons
    assert [entry.payment for entry in found.accepted] == payments[:1]


def test_a_second_entry_for_a_payment_is_refused(notification: str, payments: list[BankPayment], accounts: Accounts) -> None:
    start, end = notification.index("<Ntry>"), notification.index("</Ntry>") + len("</Ntry>")
    twice = notification[:end] + notification[start:end] + notification[end:]
    found = import_report(twice.encode(), payments, accounts=accounts, standings={})
    assert [(entry.reason, entry.transaction.position) for entry in found.refused] == [(EntryRefusal.REPEATED, "1/2/1")]
    assert len(found.accepted) == 3


@pytest.mark.parametrize("still_expected", [True, False])
def test_a_file_imported_again_gives_nothing_new(
    notification: str, payments: list[BankPayment], accounts: Accounts, still_expected: bool
) -> None:
    recorded = {payment.payment_id: Standing(stage=Stage.FINAL) for payment in payments}
    expected = payments if still_expected else []
    found = import_report(notification.encode(), expected, accounts=accounts, standings=recorded)
    assert [entry.reason for entry in found.refused] == 3 * [EntryRefusal.REPEATED]
    assert not found.accepted


def test_a_wrong_entry_does_not_use_up_its_payment(
    notification: str, payments: list[BankPayment], accounts: Accounts
) -> None:
    start, end = notification.index("<Ntry>"), notification.index("</Ntry>") + len("</Ntry>")
    wrong = notification[start:end].replace("12.34", "1.00")
    found = import_report(
        (notification[:start] + wrong + notification[start:]).encode(), payments, accounts=accounts, standings={}
    )
    assert [entry.reason for entry in found.refused] == [EntryRefusal.AMOUNT_DIFFERS]
    assert [entry.payment for entry in found.accepted] == payments


def test_an_entry_without_details_has_no_reference(
    notification: str, payments: list[BankPayment], accounts: Accounts
) -> None:
    start, end = notification.index("<NtryDtls>"), notification.index("</NtryDtls>") + len("</NtryDtls>")
    found = import_report((notification[:start] + notification[end:]).encode(), payments, accounts=accounts, standings={})
    assert [entry.reason for entry in found.refused] == [EntryRefusal.REFERENCE_MISSING]


def test_every_accepted_transaction_has_a_reference_of_its_own(
    notification: str, payments: list[BankPayment], accounts: Accounts
) -> None:
    def references(text: str) -> list[str]:
        found = import_report(text.encode(), payments, accounts=accounts, standings={}).accepted
        return [entry.transaction.bank_reference for entry in found]

    for part in (1, 2):
        notification = notification.replace(f"<AcctSvcrRef>PART-{part}</AcctSvcrRef>", "")
    assert references(notification) == ["2026113012345678", "2026113012345679/1", "2026113012345679/2"]
    without = re.sub("<AcctSvcrRef>[0-9]+</AcctSvcrRef>", "", notification)
    assert references(without) == [f"BANK-20261130-0001/{position}" for position in ("1/1/1", "1/2/1", "1/2/2")]


def test_an_account_that_is_not_known_is_not_compared(notification: str, payments: list[BankPayment]) -> None:
    assert len(import_report(notification.encode(), payments, accounts={}, standings={}).accepted) == 3


def test_an_account_without_iban_is_compared_by_its_number(
    notification: str, payments: list[BankPayment], accounts: Accounts
) -> None:
    other = notification.replace("<IBAN>DE02120300000000202051</IBAN>", "<Othr><Id>0001-7654321</Id></Othr>")
    accounts["DE*KCS"] = replace(accounts["DE*KCS"], number="0001-7654321")
    assert len(import_report(other.encode(), payments, accounts=accounts, standings={}).accepted) == 3


def test_a_yen_has_no_fraction(notification: str, accounts: Accounts, yen: BankPayment) -> None:
    yen = replace(yen, creditor="DE*KCS", amount=12)
    text = notification.replace(FIRST, yen.payment_id).replace('"EUR">12.34', '"JPY">12.00')
    assert [entry.payment for entry in import_report(text.encode(), [yen], accounts=accounts, standings={}).accepted] == [
        yen
    ]
    odd = text.replace("12.00", "12.34")
    refused = import_report(odd.encode(), [yen], accounts=accounts, standings={}).refused
    assert refused[0].reason is EntryRefusal.AMOUNT_DIFFERS


def test_transactions_are_bounded(
    notification: str, payments: list[BankPayment], accounts: Accounts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(camt, "MAXIMUM_TRANSACTIONS", 2)
    with pytest.raises(BankMessageRefused) as refused:
        import_report(notification.encode(), payments, accounts=accounts, standings={})
    assert refused.value.problem is MessageProblem.TOO_LARGE
