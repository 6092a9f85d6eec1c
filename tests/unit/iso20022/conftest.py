"""Fictional parties with published example accounts, and builders of what a bank would say."""

from __future__ import annotations

from pathlib import Path

import pytest

from relayer.iso20022.accounts import Account
from relayer.iso20022.payment import Payment

VECTORS = Path(__file__).resolve().parents[2] / "vectors" / "iso20022"


@pytest.fixture
def accounts() -> dict[str, Account]:
    return {
        "DE*NBM": Account(
            name="Nordbahn MaaS GmbH", number="DE89370400440532013000", bic="COBADEFFXXX", lei="529900T8BM49AURSDO55"
        ),
        "DE*KCS": Account(name="KiezCar AG", number="DE02120300000000202051"),
        "DE*ROL": Account(name="Rolla", number="DE02500105170137075030"),
        "AT*ATX": Account(name="AlpenTaxi", number="AT611904300234573201", bic="BKAUATWW"),
        "JP*DEN": Account(name="Densha", number="0001-7654321"),
    }


@pytest.fixture
def payments() -> list[Payment]:
    def to_kiezcar(debtor: str, amount: int) -> Payment:
        return Payment(cycle_id="2026-11", debtor=debtor, creditor="DE*KCS", currency="EUR", exponent=2, amount=amount)

    return [to_kiezcar("DE*NBM", 1234), to_kiezcar("AT*ATX", 10000), to_kiezcar("DE*ROL", 5)]


@pytest.fixture
def notification() -> str:
    return (VECTORS / "camt.054.xml").read_text()
