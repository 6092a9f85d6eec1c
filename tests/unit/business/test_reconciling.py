"""Which liabilities a channel's facts are compared with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from types import SimpleNamespace

import pytest

from relayer.business.reconcile import Finding
from relayer.business.reconciling import ChannelBooks, liabilities_of
from relayer.codes.facts import FactCategory, FactKind
from relayer.facts.codec import fact_hash, fact_id, liability_id
from relayer.facts.schema import SCHEMA, Fact
from relayer.ports.facts import FactRecord, FactState, MintedFact
from relayer.settlement.model.facts import FactPacket, Novation, PulledFacts, PushedFacts
from relayer.settlement.model.liabilities import Liability

CONTRACT = bytes([0xAB]) * 20
FACTS = SimpleNamespace(chain_id=1337, address=CONTRACT)


def liability(**changes: object) -> SimpleNamespace:
    origin = {
        "chain_id": 1337,
        "contract": CONTRACT,
        "issuer": bytes(20),
        "client_id": "poa-evm-0",
        "packet_sequence": 1,
        "height": 1,
        "transaction": "A1",
    }
    return SimpleNamespace(origin=FactPacket(**(origin | changes)))


@pytest.mark.parametrize(
    ("changes", "is_compared"),
    [
        ({}, True),
        ({"client_id": "poa-evm-1"}, True),
        ({"chain_id": 1}, False),
        ({"contract": bytes(20)}, False),
    ],
    ids=["this channel", "another channel of the same contract", "another chain", "another contract"],
)
def test_liabilities_of_the_contract_count_whatever_their_channel(changes: dict[str, object], is_compared: bool) -> None:
    one = liability(**changes)
    assert liabilities_of(FACTS, [one]) == ((one,) if is_compared else ())


@pytest.mark.parametrize("kind", [PushedFacts, PulledFacts])
def test_a_fact_with_a_token_is_compared_by_whichever_way_it_came(kind: type[PushedFacts | PulledFacts]) -> None:
    origin = {"chain_id": 1337, "contract": CONTRACT, "issuer": bytes(20), "height": 1, "transaction": "AB"}
    stated = {"system": "bookings", "object_id": "trip/1", "rules": b""}
    here, elsewhere = (
        SimpleNamespace(origin=kind(**origin | stated | {"contract": contract})) for contract in (CONTRACT, bytes(20))
    )
    assert liabilities_of(FACTS, [here, elsewhere, SimpleNamespace(origin=Novation(cycle_id="c"))]) == (here,)


LEDGER = "settlement-1"


def minted(number: int) -> MintedFact:
    fact = Fact(
        fact_id=fact_id(1337, CONTRACT, bytes(20), number),
        schema=SCHEMA,
        kind=FactKind.TRIP_COMPLETED,
        category=FactCategory.FARE,
        creditor=bytes([1]) * 32,
        debtor=bytes([2]) * 32,
        currency=b"EUR",
        exponent=2,
        net=100,
        tax=0,
        service_end=1,
        due_date=1,
        issuer_sequence=number,
        related_fact=bytes(32),
        document_hash=bytes(32),
    )
    return MintedFact(fact=fact, issuer=bytes(20), fact_hash=fact_hash(fact), height=1, transaction="0x01")  # type: ignore[arg-type]


def acknowledged(each: MintedFact, sequence: int) -> FactRecord:
    return FactRecord(
        fact_id=each.fact.fact_id,
        state=FactState.ACKNOWLEDGED,
        code=0,
        issuer_sequence=each.fact.issuer_sequence,
        packet_sequence=1,
        settlement_sequence=sequence,
        fact_hash=fact_hash(each.fact),
        liability_id=liability_id(each.fact.fact_id, fact_hash(each.fact)),
        ledger_id=LEDGER,
        news_sequence=0,
        open=0,
    )


class TwoFacts:
    """A contract with two facts, acknowledged with the log entries 8 and 9."""

    chain_id, address = 1337, CONTRACT

    def __init__(self) -> None:
        self.minted = [minted(1), minted(2)]
        self.stored = [acknowledged(each, 8 + number) for number, each in enumerate(self.minted)]

    async def read(self, *, after: int) -> SimpleNamespace:
        return SimpleNamespace(facts=self.minted, cursor=after)

    async def records(self, fact_ids: Sequence[bytes], *, at: int) -> list[FactRecord]:
        return self.stored


class NodeThatWasDown:
    """It knows the first liability, and the second one after it was asked `answers_behind` times."""

    def __init__(self, facts: TwoFacts, *, answers_behind: int) -> None:
        self.answers_behind = answers_behind
        self.all = [
            Liability(
                liability_id=each.liability_id,
                sequence=each.settlement_sequence,
                head_hash=bytes(32),
                fact_id=each.fact_id,
                fact_hash=each.fact_hash,
                kind=FactKind.TRIP_COMPLETED,
                creditor=known.fact.creditor,
                debtor=known.fact.debtor,
                currency="EUR",
                exponent=2,
                service_end=1,
                due_date=1,
                origin=liability().origin,
                amount=100,
                open=100,
                netted=0,
                paid=0,
                credited=0,
                held=0,
            )
            for each, known in zip(facts.stored, facts.minted, strict=True)
        ]

    async def liabilities(self, *, after_sequence: int, limit: int) -> list[Liability]:
        self.answers_behind -= 1
        known = self.all if self.answers_behind < 0 else self.all[:1]
        return [each for each in known if each.sequence > after_sequence][:limit]

    async def positions(self) -> list[object]:
        return []


def books(facts: TwoFacts, node: NodeThatWasDown) -> ChannelBooks:
    return ChannelBooks(facts=facts, settlement=node, settlement_chain_id=LEDGER)  # type: ignore[arg-type]


async def test_a_node_that_is_behind_the_facts_is_waited_for() -> None:
    facts = TwoFacts()
    result = await books(facts, NodeThatWasDown(facts, answers_behind=2)).reconcile()
    assert result.agrees
    assert result.matched == 2


async def test_what_never_comes_is_missing() -> None:
    facts = TwoFacts()
    forgetful = NodeThatWasDown(facts, answers_behind=1_000_000)
    result = await replace(books(facts, forgetful), patience_seconds=0.0).reconcile()
    assert [each.finding for each in result.differences] == [Finding.LIABILITY_MISSING]
