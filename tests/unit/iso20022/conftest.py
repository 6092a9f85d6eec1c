"""Fictional parties with published example accounts, and builders of what a bank would say."""

from __future__ import annotations

import pytest

from relayer.iso20022.accounts import BankAccount
from relayer.iso20022.payment import BankPayment, payment_id_for
from tests.support.paths import VECTORS

MESSAGES = VECTORS / "iso20022"


@pytest.fixture
def accounts() -> dict[str, BankAccount]:
    return {
        "DE*NBM": BankAccount(
            name="Nordbahn MaaS GmbH", number="DE89370400440532013000", bic="COBADEFFXXX", lei="529900T8BM49AURSDO55"
        ),
        "DE*KCS": BankAccount(name="KiezCar AG", number="DE02120300000000202051"),
        "DE*ROL": BankAccount(name="Rolla", number="DE02500105170137075030"),
        "AT*ATX": BankAccount(name="AlpenTaxi", number="AT611904300234573201", bic="BKAUATWW"),
        "JP*DEN": BankAccount(name="Densha", number="0001-7654321"),
    }


def a_payment(debtor: str, creditor: str, amount: int, currency: str = "EUR", exponent: int = 2) -> BankPayment:
    return BankPayment(
        payment_id=payment_id_for(cycle_id="2026-11", debtor=debtor, creditor=creditor, currency=currency),
        cycle_id="2026-11",
        debtor=debtor,
        creditor=creditor,
        currency=currency,
        exponent=exponent,
        amount=amount,
    )


@pytest.fixture
def yen() -> BankPayment:
    return a_payment("DE*NBM", "JP*DEN", 700, "JPY", 0)


@pytest.fixture
def payments() -> list[BankPayment]:
    debts = {"DE*NBM": 1234, "AT*ATX": 10000, "DE*ROL": 5}
    return [a_payment(debtor, "DE*KCS", amount) for debtor, amount in debts.items()]


@pytest.fixture
def notification() -> str:
    return (MESSAGES / "camt.054.xml").read_text()
