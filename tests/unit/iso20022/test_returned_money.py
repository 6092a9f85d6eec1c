"""Money that comes, goes back, comes twice or too late: the true reason is given, only arrived money proves a payment."""

from __future__ import annotations

from dataclasses import replace

import pytest

from relayer.iso20022.accounts import BankAccount
from relayer.iso20022.documents import CAMT_053, CAMT_054
from relayer.iso20022.errors import BankMessageRefused, EntryRefusal, MessageProblem
from relayer.iso20022.evidence import Movement, Stage, Standing, evidence_reference, import_report
from relayer.iso20022.payment import BankPayment
from tests.support.bank_reports import Entry, Part, a_report

FIRST = "2026-11-DENBM-DEKCS-EUR1"
SECOND = "2026-11-ATATX-DEKCS-EUR1"
DEBTOR = "DE89370400440532013000"
CREDIT = Entry(amount="12.34", parts=(Part(end_to_end_id=FIRST),), reference="N-1")
BACK = replace(CREDIT, code="RRTN", reference="N-2")
MESSAGES = (*CAMT_053, *CAMT_054)
Accounts = dict[str, BankAccount]


def judged(
    raw: bytes, payments: list[BankPayment], accounts: Accounts, standing: Standing | None = None
) -> list[Movement | EntryRefusal]:
    standings = {} if standing is None else {FIRST: standing}
    found = import_report(raw, payments, accounts=accounts, standings=standings)
    assert not (found.accepted and found.refused)
    return [each.movement for each in found.accepted] or [each.reason for each in found.refused]


@pytest.mark.parametrize("message", MESSAGES)
def test_statements_and_notifications_of_every_version_are_evidence(
    message: str, payments: list[BankPayment], accounts: Accounts
) -> None:
    batch = Entry(
        amount="112.34", parts=(Part(end_to_end_id=FIRST, amount="12.34"), Part(end_to_end_id=SECOND, amount="100"))
    )
    found = import_report(a_report(batch, message=message), payments, accounts=accounts, standings={})
    assert [(each.payment, each.movement) for each in found.accepted] == [
        (payments[0], Movement.FINAL),
        (payments[1], Movement.FINAL),
    ]
    assert not found.refused


def test_one_message_is_not_taken_for_the_other(payments: list[BankPayment], accounts: Accounts) -> None:
    mixed = a_report(CREDIT, message=CAMT_053[0]).replace(CAMT_053[0].encode(), CAMT_054[0].encode())
    with pytest.raises(BankMessageRefused) as refused:
        import_report(mixed, payments, accounts=accounts, standings={})
    assert refused.value.problem is MessageProblem.SCHEMA


@pytest.mark.parametrize("message", MESSAGES)
@pytest.mark.parametrize("stage", [Stage.INSTRUCTED, Stage.PENDING, Stage.FINAL])
def test_returned_money_on_the_debtors_account_reopens_a_payment_and_never_proves_one(
    message: str, stage: Stage, payments: list[BankPayment], accounts: Accounts
) -> None:
    for entry in (BACK, replace(BACK, code="RPCR"), replace(BACK, code="ESCT"), replace(BACK, is_reversal=True)):
        raw = a_report(entry, account=DEBTOR, message=message)
        assert judged(raw, payments, accounts, Standing(stage=stage)) == [Movement.RETURNED]


def test_a_return_by_the_banks_own_code_or_by_its_reason_proves_no_payment(
    payments: list[BankPayment], accounts: Accounts
) -> None:
    own_code = "<BkTxCd><Prtry><Cd>NRTI+159+9310</Cd><Issr>DK</Issr></Prtry></BkTxCd>"
    for more in (own_code, "<RtrInf><Rsn><Cd>AC04</Cd></Rsn></RtrInf>"):
        entry = replace(CREDIT, parts=(Part(end_to_end_id=FIRST, more=more),))
        assert judged(a_report(entry), payments, accounts) == [EntryRefusal.REVERSED]
        assert judged(a_report(entry), payments, {}) == [EntryRefusal.REVERSED]
        assert judged(a_report(entry, account=DEBTOR), payments, accounts) == [Movement.RETURNED]


def test_a_credit_that_the_creditor_loses_again_reopens_the_payment(payments: list[BankPayment], accounts: Accounts) -> None:
    for entry in (replace(BACK, direction="DBIT"), replace(CREDIT, direction="DBIT", is_reversal=True)):
        assert judged(a_report(entry), payments, accounts, Standing(stage=Stage.FINAL)) == [Movement.RETURNED]


FINAL = Standing(stage=Stage.FINAL, evidence="camt:0123:N-0")


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        (replace(CREDIT, is_reversal=True), EntryRefusal.REVERSED),
        (BACK, EntryRefusal.REVERSED),
        (replace(CREDIT, direction="DBIT"), EntryRefusal.NOT_CREDITED),
        (replace(CREDIT, status="PDNG"), EntryRefusal.NOT_BOOKED),
        (replace(CREDIT, amount="12.33"), EntryRefusal.AMOUNT_DIFFERS),
        (CREDIT, EntryRefusal.PAID_AGAIN),
    ],
)
def test_the_true_reason_wins_over_a_payment_being_final(
    entry: Entry, reason: EntryRefusal, payments: list[BankPayment], accounts: Accounts
) -> None:
    assert judged(a_report(entry), payments, accounts, FINAL) == [reason]


LATE = {
    "credit of an expired one": (Standing(stage=Stage.EXPIRED), a_report(CREDIT), EntryRefusal.PAYMENT_EXPIRED),
    "return of an expired one": (
        Standing(stage=Stage.EXPIRED),
        a_report(BACK, account=DEBTOR),
        EntryRefusal.PAYMENT_EXPIRED,
    ),
    "credit of a returned one": (Standing(stage=Stage.RETURNED), a_report(CREDIT), EntryRefusal.PAYMENT_RETURNED),
    "another return": (Standing(stage=Stage.RETURNED), a_report(BACK, account=DEBTOR), EntryRefusal.PAYMENT_RETURNED),
    "credit after the deadline": (
        Standing(stage=Stage.PENDING, is_late=True),
        a_report(CREDIT),
        EntryRefusal.DEADLINE_PASSED,
    ),
    "return of an order that nobody took": (
        Standing(stage=Stage.INSTRUCTED, is_late=True),
        a_report(BACK, account=DEBTOR),
        EntryRefusal.DEADLINE_PASSED,
    ),
    "late return": (Standing(stage=Stage.PENDING, is_late=True), a_report(BACK, account=DEBTOR), Movement.RETURNED),
    "late return of a final one": (
        Standing(stage=Stage.FINAL, is_late=True),
        a_report(BACK, account=DEBTOR),
        Movement.RETURNED,
    ),
}


@pytest.mark.parametrize("name", LATE)
def test_money_that_comes_too_late_is_named_as_such(name: str, payments: list[BankPayment], accounts: Accounts) -> None:
    standing, raw, result = LATE[name]
    assert judged(raw, payments, accounts, standing) == [result]


def test_the_same_entry_in_a_statement_is_a_repeat_and_another_one_is_paid_again(
    payments: list[BankPayment], accounts: Accounts
) -> None:
    (arrived,) = import_report(a_report(CREDIT), payments, accounts=accounts, standings={}).accepted
    standing = Standing(stage=Stage.FINAL, evidence=evidence_reference(arrived.transaction))
    in_a_statement = a_report(replace(CREDIT, amount="12.340"), message=CAMT_053[0], message_id="M-2")
    assert judged(in_a_statement, payments, accounts, standing) == [EntryRefusal.REPEATED]
    for other in (replace(CREDIT, reference="N-3"), replace(CREDIT, day="2026-12-01")):
        assert judged(a_report(other), payments, accounts, standing) == [EntryRefusal.PAID_AGAIN]


def test_what_one_file_says_of_a_payment_is_judged_in_order(payments: list[BankPayment], accounts: Accounts) -> None:
    raw = a_report(CREDIT, replace(BACK, direction="DBIT"), replace(CREDIT, reference="N-3"))
    found = import_report(raw, payments, accounts=accounts, standings={})
    assert [each.movement for each in found.accepted] == [Movement.FINAL, Movement.RETURNED]
    assert [each.reason for each in found.refused] == [EntryRefusal.PAYMENT_RETURNED]


def batch_of(amount: str, direction: str, *parts: tuple[str, str, str]) -> Entry:
    return Entry(
        amount=amount,
        direction=direction,
        parts=tuple(Part(end_to_end_id=name, amount=part, direction=way) for name, part, way in parts),
    )


@pytest.mark.parametrize(
    "batch",
    [
        batch_of("102.34", "CRDT", (FIRST, "12.34", "CRDT"), (SECOND, "100", "CRDT"), ("CHARGES", "10", "DBIT")),
        batch_of("87.66", "DBIT", ("OTHER", "200", "DBIT"), (FIRST, "12.34", "CRDT"), (SECOND, "100", "CRDT")),
    ],
)
def test_a_batch_is_the_sum_of_its_parts_with_their_signs(
    batch: Entry, payments: list[BankPayment], accounts: Accounts
) -> None:
    found = import_report(a_report(batch), payments, accounts=accounts, standings={})
    assert [each.payment for each in found.accepted] == payments[:2]


def test_a_batch_that_adds_up_only_without_signs_is_refused(payments: list[BankPayment], accounts: Accounts) -> None:
    batch = batch_of("122.34", "CRDT", (FIRST, "12.34", "CRDT"), (SECOND, "100", "CRDT"), ("CHARGES", "10", "DBIT"))
    found = import_report(a_report(batch), payments, accounts=accounts, standings={})
    assert not found.accepted
    assert [each.reason for each in found.refused[:2]] == 2 * [EntryRefusal.DETAILS_DIFFER]


@pytest.mark.parametrize("reference", ["NONREF", "NOTPROVIDED", "nonref", "", "CONSTANT"])
def test_references_that_banks_repeat_or_leave_out_identify_no_entry(
    reference: str, payments: list[BankPayment], accounts: Accounts
) -> None:
    entries = (
        replace(CREDIT, reference=reference, parts=(Part(end_to_end_id=FIRST, reference=reference),)),
        replace(CREDIT, reference=reference, amount="100", parts=(Part(end_to_end_id=SECOND, reference=reference),)),
    )
    found = import_report(a_report(*entries, message_id="NONREF"), payments, accounts=accounts, standings={}).accepted
    assert len(found) == len({evidence_reference(each.transaction) for each in found}) == 2
    assert all(len(evidence_reference(each.transaction).encode()) <= 200 for each in found)


def test_an_end_to_end_id_that_says_there_is_none_is_missing(payments: list[BankPayment], accounts: Accounts) -> None:
    for word in ("NONREF", "NOTPROVIDED", "notprovided"):
        entry = replace(CREDIT, parts=(Part(end_to_end_id=word),))
        assert judged(a_report(entry), payments, accounts) == [EntryRefusal.REFERENCE_MISSING]
