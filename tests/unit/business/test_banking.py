"""Payments out to the bank and evidence back, on the real settlement rules."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from relayer.business.banking import Imported, judge_notification, payments_to_export, preview, record_evidence
from relayer.commands.accounts_file import read_accounts
from relayer.errors import InvalidInput, LedgerRefused
from relayer.iso20022.accounts import BankAccount
from relayer.iso20022.documents import PAIN_001, namespace, read_document
from relayer.iso20022.errors import BankMessageRefused
from relayer.iso20022.evidence import Notification
from relayer.iso20022.pain001 import TransferBatch, export_pain001
from relayer.settlement.errors import CommandRefused
from relayer.settlement.model.acts import OPERATOR
from relayer.settlement.model.commands import Command
from relayer.settlement.model.parties import Party
from relayer.settlement.model.payments import (
    Evidence,
    EvidenceKind,
    ExpirePayment,
    FinalisePayment,
    InstructPayment,
    MarkPaymentPending,
    Payment,
    PaymentState,
)
from tests.support.bank_reports import Entry, Part, a_report
from tests.support.paths import VECTORS
from tests.support.settlement_bench import EUR, PARTIES, START, SettlementBench

NOTIFICATION = VECTORS / "iso20022" / "camt.054.xml"
ACCOUNTS = {
    "DE*NBM": BankAccount(name="Nordbahn", number="DE89370400440532013000"),
    "AT*ATX": BankAccount(name="AlpenTaxi", number="AT611904300234573201"),
    "DE*ROL": BankAccount(name="Rolla", number="DE02500105170137075030"),
    "DE*KCS": BankAccount(name="KiezCar", number="DE02120300000000202051"),
}
DEBTS = {
    "NBM": ("2026-11-DENBM-DEKCS-EUR1", 1234),
    "ATX": ("2026-11-ATATX-DEKCS-EUR1", 10000),
    "ROL": ("2026-11-DEROL-DEKCS-EUR1", 5),
}
ORDER = TransferBatch(message_id="M1", initiator="Office", created_at=START, execute_at=START)


class Service:
    """The verbs that banking needs, over rules in memory, in pages of two."""

    def __init__(self) -> None:
        self.bench = SettlementBench()

    async def parties(self) -> Sequence[Party]:
        found = (self.bench.state.party(party) for party in PARTIES.values())
        return [party for party in found if party is not None]

    async def payments(self, *, after_id: str, limit: int) -> Sequence[Payment]:
        found = sorted(self.bench.state.payments.items())
        return [payment for payment_id, payment in found if payment_id > after_id][: min(limit, 2)]

    async def payment(self, payment_id: str) -> Payment | None:
        return self.bench.state.payment(payment_id)

    async def execute(self, command: Command) -> None:
        try:
            self.bench.execute(command)
        except CommandRefused as refused:
            raise LedgerRefused(refused.code.name, str(refused)) from refused

    def instruct(self, debtor: str, payment_id: str, amount: int, *, creditor: str = "KCS") -> None:
        self.bench.owe(debtor, creditor, amount)
        self.bench.execute(
            InstructPayment(
                request_id=payment_id,
                actor=OPERATOR,
                payment_id=payment_id,
                debtor=PARTIES[debtor],
                creditor=PARTIES[creditor],
                currency=EUR.currency,
                exponent=EUR.exponent,
                amount=amount,
                cycle_id="",
                expires_at_seconds=START + 1000,
            )
        )

    def states(self) -> dict[str, PaymentState]:
        return {name: self.bench.state.payment(payment_id).state for name, (payment_id, _) in DEBTS.items()}


@pytest.fixture
def service() -> Service:
    made = Service()
    for debtor, (payment_id, amount) in DEBTS.items():
        made.instruct(debtor, payment_id, amount)
    return made


async def judge(service: Service, raw: bytes, accounts: dict[str, BankAccount] = ACCOUNTS) -> Notification:
    return await judge_notification(service, raw, accounts, now_seconds=service.bench.now)


async def import_notification(service: Service, raw: bytes, accounts: dict[str, BankAccount]) -> Imported:
    return await record_evidence(service, await judge(service, raw, accounts))


def codes(imported: Imported) -> list[str]:
    return [each.code for each in imported.findings]


async def test_instructed_payments_are_exported_and_become_final_by_the_banks_word(service: Service) -> None:
    payments = await payments_to_export(service, debtor=None, cycle_id=None)
    raw = export_pain001(ORDER, payments, ACCOUNTS)
    found = read_document(raw, PAIN_001).iter(f"{{{namespace(PAIN_001)}}}EndToEndId")
    assert {each.text for each in found} == {payment_id for payment_id, _ in DEBTS.values()}
    imported = await import_notification(service, NOTIFICATION.read_bytes(), ACCOUNTS)
    assert (imported.final, codes(imported)) == (3, ["", "", ""])
    assert set(service.states().values()) == {PaymentState.FINAL}
    assert await payments_to_export(service, debtor=None, cycle_id=None) == []


async def test_the_same_file_again_changes_nothing(service: Service) -> None:
    await import_notification(service, NOTIFICATION.read_bytes(), ACCOUNTS)
    head = service.bench.state.head()
    again = await import_notification(service, NOTIFICATION.read_bytes(), ACCOUNTS)
    assert (again.final, codes(again)) == (0, 3 * ["REPEATED"])
    assert service.bench.state.head() == head


async def test_a_preview_says_the_same_and_changes_nothing(service: Service) -> None:
    head = service.bench.state.head()
    notification = await judge(service, NOTIFICATION.read_bytes().replace(b">12.34<", b">1.00<"))
    told = preview(notification)
    assert service.bench.state.head() == head
    assert told == await record_evidence(service, notification)


async def test_what_is_wrong_is_refused_and_the_rest_is_kept(service: Service) -> None:
    raw = NOTIFICATION.read_text().replace(">12.34<", ">12.33<").encode()
    imported = await import_notification(service, raw, ACCOUNTS)
    assert sorted(codes(imported)) == ["", "", "AMOUNT_DIFFERS"]
    assert service.states() == {
        "NBM": PaymentState.INSTRUCTED,
        "ATX": PaymentState.FINAL,
        "ROL": PaymentState.FINAL,
    }


async def test_what_the_ledger_refuses_is_told_and_the_rest_goes_on(service: Service) -> None:
    """Somebody moves a payment between the verdict on the file and its record."""
    told = await judge(service, NOTIFICATION.read_bytes())
    await import_notification(service, NOTIFICATION.read_text().replace("PART-2", "PART-3").encode(), ACCOUNTS)
    imported = await record_evidence(service, told)
    assert codes(imported) == ["", "", "WRONG_STATE"]
    assert list(service.states().values()).count(PaymentState.FINAL) == 3


async def test_payments_past_their_time_are_not_made_final(service: Service) -> None:
    service.bench.now = START + 1000
    imported = await import_notification(service, NOTIFICATION.read_bytes(), ACCOUNTS)
    assert codes(imported) == 3 * ["DEADLINE_PASSED"]


async def test_a_payment_that_the_bank_has_taken_is_not_exported_again_and_still_waited_for(service: Service) -> None:
    await service.execute(MarkPaymentPending(request_id="p", actor=OPERATOR, payment_id=DEBTS["NBM"][0]))
    assert len(await payments_to_export(service, debtor=None, cycle_id=None)) == 2
    assert (await import_notification(service, NOTIFICATION.read_bytes(), ACCOUNTS)).final == 3


async def test_two_banks_may_use_the_same_reference(service: Service) -> None:
    service.instruct("ISR", "P-1", 1234, creditor="VLT")
    text = NOTIFICATION.read_text().replace(DEBTS["NBM"][0], "P-1")
    other = text.replace("DE02120300000000202051", "DE02500105170137075030").encode()
    await import_notification(service, NOTIFICATION.read_bytes(), ACCOUNTS)
    told = await import_notification(service, other, {**ACCOUNTS, "DE*VLT": ACCOUNTS["DE*ROL"]})
    assert next((each.payment_id, each.code) for each in told.findings) == ("P-1", "")


async def test_an_account_number_does_not_reach_the_ledger(service: Service) -> None:
    await import_notification(service, NOTIFICATION.read_bytes(), ACCOUNTS)
    payment = service.bench.state.payment(DEBTS["NBM"][0])
    assert payment.evidence.reference.endswith(":2026113012345678")
    assert "DE02" not in payment.evidence.reference


async def test_only_what_is_asked_for_is_exported(service: Service) -> None:
    (mine,) = await payments_to_export(service, debtor="AT*ATX", cycle_id=None)
    assert (mine.debtor, mine.amount) == ("AT*ATX", 10000)
    assert await payments_to_export(service, debtor=None, cycle_id="2026-10") == []


async def test_an_id_that_no_bank_carries_stops_its_export_and_nobodys_import(service: Service) -> None:
    service.instruct("VLT", "odd//id", 77)
    with pytest.raises(BankMessageRefused):
        await payments_to_export(service, debtor=None, cycle_id=None)
    assert (await import_notification(service, NOTIFICATION.read_bytes(), ACCOUNTS)).final == 3


def test_accounts_are_read_strictly(tmp_path: Path) -> None:
    file = tmp_path / "accounts.json"
    file.write_text('{"DE*KCS": {"name": "KiezCar", "number": "DE02120300000000202051"}}')
    assert read_accounts(file) == {"DE*KCS": ACCOUNTS["DE*KCS"]}
    file.write_text("\ufeff" + file.read_text())
    assert read_accounts(file) == {"DE*KCS": ACCOUNTS["DE*KCS"]}, "a byte order mark is allowed"
    for content in (
        '{"DE*KCS": {"name": "KiezCar", "number": "1", "number": "2"}}',
        "",
        "[]",
        '{"DE*KCS": {"name": "KiezCar"}}',
        '{"KCS": {"name": "KiezCar", "number": "1"}}',
        '{"DE*KCS": {"name": "KiezCar", "number": "1", "iban": "x"}}',
        '{"DE*KCS": {"name": "KiezCar", "number": "DE02120300000000202052"}}',
    ):
        file.write_text(content)
        with pytest.raises(InvalidInput):
            read_accounts(file)


NBM_ACCOUNT = ACCOUNTS["DE*NBM"].number
CREDIT = Entry(amount="12.34", parts=(Part(end_to_end_id=DEBTS["NBM"][0]),), reference="N-1")
BACK = replace(CREDIT, code="RRTN", reference="N-2")


async def both(service: Service, raw: bytes) -> list[str]:
    """The results of a dry run, which must be those of the real one."""
    head = service.bench.state.head()
    notification = await judge(service, raw)
    told = preview(notification)
    assert service.bench.state.head() == head
    assert told == await record_evidence(service, notification)
    return [each.result for each in told.findings]


@pytest.mark.parametrize("is_final", [True, False])
async def test_money_that_went_back_opens_the_debt_again(service: Service, is_final: bool) -> None:
    if is_final:
        assert await both(service, a_report(CREDIT)) == ["final"]
    raw = a_report(BACK, account=NBM_ACCOUNT, message="camt.053.001.04")
    assert await both(service, raw) == ["returned"]
    payment = service.bench.state.payment(DEBTS["NBM"][0])
    assert (payment.state, payment.evidence.reference.endswith(":N-2")) == (PaymentState.RETURNED, True)
    (debt,) = (each for each in service.bench.state.open_liabilities(EUR) if each.debtor == PARTIES["NBM"])
    assert (debt.paid, debt.held, debt.free) == (0, 0, 1234)
    assert await both(service, raw) == ["REPEATED"]
    assert await both(service, a_report(CREDIT)) == ["PAYMENT_RETURNED"]


async def test_a_dry_run_foretells_the_end_of_a_payments_time(service: Service) -> None:
    service.bench.now = START + 1000
    assert await both(service, a_report(CREDIT)) == ["DEADLINE_PASSED"]
    service.bench.execute(ExpirePayment(request_id="e", actor=OPERATOR, payment_id=DEBTS["NBM"][0]))
    assert await both(service, a_report(CREDIT)) == ["PAYMENT_EXPIRED"]


@pytest.mark.parametrize("reference", ["NONREF", "NOTPROVIDED", "", "ONE-FOR-ALL"])
async def test_a_banks_habit_with_references_blocks_no_payment(service: Service, reference: str) -> None:
    def entry(debtor: str, amount: str) -> Entry:
        return Entry(amount=amount, parts=(Part(end_to_end_id=DEBTS[debtor][0], reference=reference),), reference=reference)

    for debtor, amount in (("NBM", "12.34"), ("ATX", "100.00"), ("ROL", "0.05")):
        assert await both(service, a_report(entry(debtor, amount), message_id="CONSTANT")) == ["final"]
    assert set(service.states().values()) == {PaymentState.FINAL}


async def test_what_a_person_recorded_is_not_told_as_paid_twice(service: Service) -> None:
    evidence = Evidence(kind=EvidenceKind.BANK_STATEMENT_ENTRY, reference="N-1", amount=1234, currency="EUR")
    await service.execute(FinalisePayment(request_id="f", actor=OPERATOR, payment_id=DEBTS["NBM"][0], evidence=evidence))
    assert await both(service, a_report(CREDIT)) == ["REPEATED"]


async def test_a_second_credit_is_told_as_paid_twice(service: Service) -> None:
    assert await both(service, a_report(CREDIT)) == ["final"]
    assert await both(service, a_report(CREDIT, replace(CREDIT, reference="N-9"))) == ["REPEATED", "PAID_AGAIN"]
