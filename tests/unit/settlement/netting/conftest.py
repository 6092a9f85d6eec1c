"""The published example: six operators, 19 debts, in cents."""

from __future__ import annotations

import pytest

from relayer.settlement.netting.debts import Debt, DebtNetwork, PartyId, Unit, debt_network

EUR = Unit(currency="EUR", exponent=2)
SCENARIO = """
NBM KCS 2192754  NBM ROL 1158441  NBM VLT 491351   NBM ATX 720731   KCS VLT 1861541  KCS NBM 783133  KCS ISR 343196
ROL VLT 593524   ROL NBM 392166   ROL KCS 144347   VLT NBM 272187   VLT ATX 202334   VLT ISR 114835
ATX VLT 1052940  ATX ISR 409344   ATX NBM 544448   ISR NBM 1206532  ISR ROL 169278   ISR KCS 487543
"""


def network_of(text: str) -> DebtNetwork:
    """``A B 5`` thrice over makes three debts: A owes B 5."""
    words = iter(text.split())
    debts = [
        Debt(debtor=PartyId(debtor.encode()), creditor=PartyId(creditor.encode()), amount=int(amount))
        for debtor, creditor, amount in zip(words, words, words, strict=True)
    ]
    return debt_network(unit=EUR, parties={party for debt in debts for party in (debt.debtor, debt.creditor)}, debts=debts)


@pytest.fixture
def parse():
    return network_of


@pytest.fixture
def scenario() -> DebtNetwork:
    return network_of(SCENARIO)


@pytest.fixture
def scenario_with_hold() -> DebtNetwork:
    """2,856.00 of what KCS owes VLT is disputed and takes no part."""
    return network_of(SCENARIO.replace("KCS VLT 1861541", "KCS VLT 1575941"))
