"""A settlement ledger in memory with two parties that agreed on euros, and a valid fact to change in one place."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from relayer.facts.codec import FactAnswer, fact_hash
from relayer.facts.schema import Fact, party_id
from relayer.settlement.decide import decide
from relayer.settlement.model.acts import OPERATOR, LogHead
from relayer.settlement.model.commands import Command
from relayer.settlement.model.facts import FactPacket, RecordFacts
from relayer.settlement.model.parties import Agreement, CurrencyTerms, Party, RecordAgreement, RegisterParty
from relayer.settlement.reader import EmptyState
from relayer.settlement.state import Overlay
from relayer.testing.factories import BUSINESS_CHAIN_ID, CONTRACT, ISSUER, a_fact
from tests.support.issuing import issuing_for

NOW = 1_772_000_000
ORIGIN = FactPacket(
    chain_id=BUSINESS_CHAIN_ID,
    contract=CONTRACT,
    issuer=ISSUER,
    client_id="poa-evm-0",
    packet_sequence=1,
    height=7,
    transaction="AB" * 32,
)


def a_party(ocpi_id: str, **changes: Any) -> Party:
    made = Party(party_id=party_id(ocpi_id), ocpi_id=ocpi_id, name=f"Operator {ocpi_id}", lei="", vat_id="")
    return replace(made, **changes)


def an_agreement(**changes: Any) -> Agreement:
    made = Agreement(
        agreement_id="NBM pays KCS",
        creditor=party_id("DE*KCS"),
        debtor=party_id("DE*NBM"),
        currencies=(CurrencyTerms(currency="EUR", exponent=2, open_limit=5_000),),
    )
    return replace(made, **changes)


class Ledger:
    """Applies what is decided, as a ledger does."""

    def __init__(self) -> None:
        self.state = Overlay(EmptyState())

    def agree(self, request_id: str, agreement: Agreement) -> LogHead:
        """In the place of the terms in force."""
        in_force = self.state.agreement(agreement.creditor, agreement.debtor)
        replaces = in_force.sequence if in_force else 0
        return self.execute(RecordAgreement(request_id=request_id, actor=OPERATOR, agreement=agreement, replaces=replaces))

    def execute(self, command: Command) -> LogHead:
        decision = decide(self.state, command, now_seconds=NOW)
        for entry in decision.entries:
            self.state.apply(entry)
        return decision.reference

    def record(
        self, *facts: Fact, hashes: tuple[bytes, ...] | None = None, origin: FactPacket = ORIGIN
    ) -> tuple[FactAnswer, ...]:
        stated = hashes or tuple(map(fact_hash, facts))
        decision = decide(self.state, RecordFacts(origin=origin, facts=facts, fact_hashes=stated), now_seconds=NOW)
        for entry in decision.entries:
            self.state.apply(entry)
        return decision.answers


@pytest.fixture
def kit() -> SimpleNamespace:
    return SimpleNamespace(Ledger=Ledger, party=a_party, agreement=an_agreement, fact=a_fact, origin=ORIGIN)


@pytest.fixture
def ledger() -> Ledger:
    made = Ledger()
    for ocpi_id in ("DE*KCS", "DE*NBM", "AT*ATX"):
        made.execute(RegisterParty(request_id=f"party {ocpi_id}", party=a_party(ocpi_id), actor=OPERATOR))
    made.execute(RecordAgreement(request_id="agreement", agreement=an_agreement(), actor=OPERATOR, replaces=0))
    for command in issuing_for("DE*KCS", "DE*NBM"):
        made.execute(command)
    return made
