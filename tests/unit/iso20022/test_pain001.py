"""Payment files: bytes that stand on disk, order that does not matter, and what is never written."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from relayer.iso20022.accounts import BankAccount
from relayer.iso20022.documents import PAIN_001, namespace, read_document
from relayer.iso20022.errors import BankMessageRefused, MessageProblem
from relayer.iso20022.pain001 import TransferBatch, export_pain001
from relayer.iso20022.payment import BankPayment, cycle_tag, parse_payment_id, payment_id_for
from relayer.iso20022.times import execution_notes
from tests.support.paths import VECTORS

MESSAGES = VECTORS / "iso20022"
ORDER = TransferBatch(
    message_id="NET-2026-11", initiator="Clearing office", created_at=1_796_040_000, execute_at=1_796_083_200
)
Accounts = dict[str, BankAccount]


def texts(raw: bytes, tag: str) -> list[str | None]:
    return [each.text for each in read_document(raw, PAIN_001).iter(f"{{{namespace(PAIN_001)}}}{tag}")]


def problem_of(order: TransferBatch, payments: list[BankPayment], accounts: Accounts) -> MessageProblem:
    with pytest.raises(BankMessageRefused) as refused:
        export_pain001(order, payments, accounts)
    return refused.value.problem


def test_the_file_is_the_one_on_disk(payments: list[BankPayment], yen: BankPayment, accounts: Accounts) -> None:
    """The file on disk was checked with the full schema of the standard when it was written."""
    assert export_pain001(ORDER, [*payments, yen], accounts) == (MESSAGES / "pain.001.xml").read_bytes()


def test_the_order_of_payments_does_not_matter(payments: list[BankPayment], yen: BankPayment, accounts: Accounts) -> None:
    straight = export_pain001(ORDER, [*payments, yen], accounts)
    assert export_pain001(ORDER, [yen, *reversed(payments)], accounts) == straight


def test_totals_count_and_add_every_payment(payments: list[BankPayment], yen: BankPayment, accounts: Accounts) -> None:
    raw = export_pain001(ORDER, [*payments, yen], accounts)
    assert texts(raw, "NbOfTxs") == ["4", "1", "1", "1", "1"]
    assert texts(raw, "CtrlSum") == ["812.39", "100.00", "12.34", "700", "0.05"]


def test_only_euros_between_ibans_are_sepa(payments: list[BankPayment], yen: BankPayment, accounts: Accounts) -> None:
    assert texts(export_pain001(ORDER, payments[:1], accounts), "ChrgBr") == ["SLEV"]
    assert texts(export_pain001(ORDER, [yen], accounts), "ChrgBr") == ["SHAR"]
    accounts["DE*KCS"] = replace(accounts["DE*KCS"], number="202051")
    assert texts(export_pain001(ORDER, payments[:1], accounts), "ChrgBr") == ["SHAR"]


def test_every_end_to_end_id_leads_back(payments: list[BankPayment], accounts: Accounts) -> None:
    raw = export_pain001(ORDER, payments, accounts)
    back = {parse_payment_id(text or "") for text in texts(raw, "EndToEndId")}
    assert {(each.cycle_tag, each.debtor, each.creditor, each.currency) for each in back} == {
        (cycle_tag(each.cycle_id), each.debtor, each.creditor, each.currency) for each in payments
    }
    assert "Netting cycle 2026-11, DE NBM to DE KCS" in texts(raw, "Ustrd")


def test_names_are_written_as_text_and_not_as_markup(payments: list[BankPayment], accounts: Accounts) -> None:
    accounts["DE*KCS"] = replace(accounts["DE*KCS"], name="Müller & <Söhne>", number="202051")
    assert "Müller & <Söhne>" in texts(export_pain001(ORDER, payments[:1], accounts), "Nm")


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("Müller & <Söhne>", "Mueller + .Soehne."),
        ("Straßenbahn Łódź; Ørsted", "Strassenbahn Lodz, Orsted"),
        ("Société Générale Zürich", "Societe Generale Zuerich"),
        ("Mu\u0308ller_Bahn [Nord]", "Mueller-Bahn (Nord)"),
        ("O'Neill, Bros. (1) +/-?:", "O'Neill, Bros. (1) +/-?:"),
    ],
)
def test_names_in_a_sepa_instruction_have_the_epcs_characters(
    name: str, written: str, payments: list[BankPayment], accounts: Accounts
) -> None:
    accounts["DE*KCS"] = replace(accounts["DE*KCS"], name=name)
    order = replace(ORDER, initiator=name)
    assert texts(export_pain001(order, payments[:1], accounts), "Nm") == [written, "Nordbahn MaaS GmbH", written]


def test_a_name_that_has_no_latin_letters_is_no_sepa_name(payments: list[BankPayment], accounts: Accounts) -> None:
    for name in ("電車", "ß" * 40):
        accounts["DE*KCS"] = replace(accounts["DE*KCS"], name=name)
        assert problem_of(ORDER, payments[:1], accounts) is MessageProblem.TEXT


def test_one_odd_creditor_takes_sepa_from_nobody_else(payments: list[BankPayment], accounts: Accounts) -> None:
    mine = [replace(payments[0], payment_id=f"P-{n}", creditor=party) for n, party in enumerate(("DE*KCS", "DE*ROL"))]
    for odd in ("202051", "TR330006100519786457841326"):
        accounts["DE*ROL"] = replace(accounts["DE*ROL"], number=odd)
        raw = export_pain001(ORDER, mine, accounts)
        assert (texts(raw, "ChrgBr"), texts(raw, "EndToEndId")) == (["SLEV", "SHAR"], ["P-0", "P-1"])


def test_sepa_ends_with_its_maximum(payments: list[BankPayment], accounts: Accounts) -> None:
    most = replace(payments[0], amount=99_999_999_999)
    assert texts(export_pain001(ORDER, [most], accounts), "ChrgBr") == ["SLEV"]
    assert texts(export_pain001(ORDER, [replace(most, amount=most.amount + 1)], accounts), "ChrgBr") == ["SHAR"]


def test_euros_have_two_digits_whatever_the_ledgers_unit(payments: list[BankPayment], accounts: Accounts) -> None:
    for exponent, amount in ((0, 12), (4, 120_000)):
        odd = replace(payments[0], exponent=exponent, amount=amount)
        assert texts(export_pain001(ORDER, [odd], accounts), "InstdAmt") == ["12.00"]
    part = replace(payments[0], exponent=3, amount=12_345)
    assert problem_of(ORDER, [part], accounts) is MessageProblem.AMOUNT


@pytest.mark.parametrize(
    "printed", ["DE02 1203 0000 0000 2020 51", "de02120300000000202051", "De02 1203  0000 0000 2020 51"]
)
def test_an_iban_may_be_written_as_it_is_printed(printed: str, payments: list[BankPayment], accounts: Accounts) -> None:
    accounts["DE*KCS"] = replace(accounts["DE*KCS"], number=printed)
    assert accounts["DE*KCS"].number == "DE02120300000000202051"
    assert "DE02120300000000202051" in texts(export_pain001(ORDER, payments[:1], accounts), "IBAN")


@pytest.mark.parametrize(
    ("number", "words"),
    [
        ("DE03 1203 0000 0000 2020 51", "check digits"),
        ("de03120300000000202051", "check digits"),
        ("DE0212030000000020205", "an IBAN of DE has 22 characters, this one 21"),
    ],
)
def test_a_wrong_iban_is_not_taken_for_another_number(number: str, words: str, accounts: Accounts) -> None:
    with pytest.raises(BankMessageRefused, match=words):
        replace(accounts["DE*KCS"], number=number)


def test_an_execution_date_on_which_no_bank_works_is_told() -> None:
    monday = 1_796_040_000
    assert execution_notes(monday, monday) == []
    assert "Saturday" in execution_notes(monday - 2 * 86_400, monday - 3 * 86_400)[0]
    past, weekend = execution_notes(monday - 86_400, monday)
    assert ("in the past" in past, "Sunday" in weekend) == (True, True)


def test_what_cannot_be_paid_is_not_written(payments: list[BankPayment], accounts: Accounts) -> None:
    assert problem_of(ORDER, [], accounts) is MessageProblem.EMPTY
    assert problem_of(ORDER, [payments[0], payments[0]], accounts) is MessageProblem.REPEATED
    assert problem_of(ORDER, payments, {"DE*KCS": accounts["DE*KCS"]}) is MessageProblem.ACCOUNT
    most = replace(payments[0], amount=10**18 - 1)
    assert problem_of(ORDER, [most, replace(most, payment_id="another")], accounts) is MessageProblem.AMOUNT
    assert problem_of(replace(ORDER, created_at=0), payments, accounts) is MessageProblem.TIME
    assert problem_of(replace(ORDER, execute_at=253_402_300_800), payments, accounts) is MessageProblem.TIME


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"amount": 0}, MessageProblem.AMOUNT),
        ({"amount": -1}, MessageProblem.AMOUNT),
        ({"amount": 10**18}, MessageProblem.AMOUNT),
        ({"exponent": 6}, MessageProblem.AMOUNT),
        ({"exponent": -1}, MessageProblem.AMOUNT),
        ({"currency": "eur"}, MessageProblem.IDENTIFIER),
        ({"currency": "EURO"}, MessageProblem.IDENTIFIER),
        ({"debtor": "DE-NBM"}, MessageProblem.IDENTIFIER),
        ({"debtor": "DE*KCS"}, MessageProblem.IDENTIFIER),
        ({"creditor": "DE*KCSX"}, MessageProblem.IDENTIFIER),
        ({"payment_id": ""}, MessageProblem.IDENTIFIER),
        ({"payment_id": "x" * 36}, MessageProblem.IDENTIFIER),
        ({"payment_id": "/a"}, MessageProblem.IDENTIFIER),
        ({"payment_id": "a/"}, MessageProblem.IDENTIFIER),
        ({"payment_id": "a//b"}, MessageProblem.IDENTIFIER),
        ({"payment_id": "a b"}, MessageProblem.IDENTIFIER),
        ({"payment_id": "ä"}, MessageProblem.IDENTIFIER),
        ({"cycle_id": "x" * 129}, MessageProblem.IDENTIFIER),
        ({"cycle_id": "a\nb"}, MessageProblem.IDENTIFIER),
        ({"cycle_id": "\ud800"}, MessageProblem.IDENTIFIER),
    ],
)
def test_a_payment_that_cannot_be_is_refused(
    payments: list[BankPayment], change: dict[str, Any], problem: MessageProblem
) -> None:
    with pytest.raises(BankMessageRefused) as refused:
        replace(payments[0], **change)
    assert refused.value.problem is problem


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"number": "DE02120300000000202052"}, MessageProblem.ACCOUNT),
        ({"number": "A" * 35}, MessageProblem.TEXT),
        ({"number": ""}, MessageProblem.TEXT),
        ({"name": "x" * 71}, MessageProblem.TEXT),
        ({"name": "line\nbreak"}, MessageProblem.TEXT),
        ({"name": " padded"}, MessageProblem.TEXT),
        ({"bic": "COBADEF"}, MessageProblem.ACCOUNT),
        ({"lei": "529900T8BM49AURSDO5"}, MessageProblem.ACCOUNT),
    ],
)
def test_an_account_that_cannot_be_is_refused(accounts: Accounts, change: dict[str, str], problem: MessageProblem) -> None:
    with pytest.raises(BankMessageRefused) as refused:
        replace(accounts["DE*NBM"], **change)
    assert refused.value.problem is problem


@pytest.mark.parametrize("message_id", ["", "x" * 30, "a/b", "-a", "ä"])
def test_a_message_id_must_survive_every_bank(message_id: str) -> None:
    with pytest.raises(BankMessageRefused):
        replace(ORDER, message_id=message_id)


@pytest.mark.parametrize("initiator", ["", " ", "x" * 71, "a\tb"])
def test_an_initiator_has_a_name(initiator: str) -> None:
    with pytest.raises(BankMessageRefused):
        replace(ORDER, initiator=initiator)


@pytest.mark.parametrize("change", [{"cycle_id": ""}, {"attempt": 0}, {"attempt": 10}, {"currency": "E"}, {"debtor": "KCS"}])
def test_an_id_that_would_not_lead_back_is_not_made(change: dict[str, Any]) -> None:
    parts = {"cycle_id": "2026-11", "debtor": "DE*NBM", "creditor": "DE*KCS", "currency": "EUR"}
    assert payment_id_for(**parts) == "2026-11-DENBM-DEKCS-EUR1"
    with pytest.raises(BankMessageRefused):
        payment_id_for(**{**parts, **change})


def test_a_payment_outside_of_any_cycle_has_the_ledgers_own_id(payments: list[BankPayment], accounts: Accounts) -> None:
    free = replace(payments[0], payment_id="INV/2026:7", cycle_id="")
    raw = export_pain001(ORDER, [free], accounts)
    assert texts(raw, "EndToEndId") == ["INV/2026:7"]
    assert texts(raw, "Ustrd") == ["DE NBM to DE KCS"]


def test_a_long_cycle_id_is_named_by_its_hash() -> None:
    """Base 32 of SHA-256 of the id, as any tool computes it."""
    assert cycle_tag("cycle 2026-11 of the northern consortium") == "HELHL6EQ6FKYK26R7G"
    assert cycle_tag("2026-11") == "2026-11"
    assert cycle_tag("H" + 17 * "A") != "H" + 17 * "A", "an id that looks like a hash is hashed, so that no two meet"


@pytest.mark.parametrize("text", ["", "INVOICE 7", "2026-11-DENBM-DEKCS-EUR", "2026-11-DENBM-DEKCS-EUR0", "x" * 100])
def test_a_foreign_reference_is_told_apart(text: str) -> None:
    with pytest.raises(BankMessageRefused):
        parse_payment_id(text)
