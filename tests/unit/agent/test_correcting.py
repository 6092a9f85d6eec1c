"""Corrections: facts of their own that make up the difference, once, and nothing that facts cannot do."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from relayer.agent.agent import SettlementAgent
from relayer.agent.correcting import corrections, record
from relayer.codes.facts import FactKind
from relayer.errors import InvalidInput
from relayer.facts.words import keccak256
from relayer.rating.rules import RuleFile
from tests.support.agents import RULES, World, trips


def with_minimum(cents: int, *, maximum: int = 9_000) -> RuleFile:
    rule = RULES.events[0]
    claim = replace(rule.claims[0], tariff=replace(rule.claims[0].tariff, minimum=cents, maximum=maximum))
    return replace(RULES, events=(replace(rule, claims=(claim,)),), digest=(1 + cents).to_bytes(32, "big"))


@pytest.fixture
async def world(tmp_path: Path) -> World:
    """One trip of 11 minutes: 315 net, 60 tax."""
    made = World(tmp_path)
    made.chain.mine(*trips(1, 1))
    made.chain.mine(empty=1)
    agent = made.start()
    await agent.pull()
    agent.store.close()
    return made


async def corrected(agent: SettlementAgent) -> int:
    """How many facts the correction made."""
    event = agent.store.events_at(keccak256(trips(1, 1)[0].trip).hex(), 0, limit=1)[0]
    assert event is not None
    made = await corrections(agent, event)
    if made:
        await record(agent, event, made)
        await agent.pull()
    return len(made)


def shape(world: World) -> list[tuple[FactKind, int, int]]:
    return [(FactKind(fact.kind), fact.net, fact.tax) for fact in world.settlement.order]


async def test_too_little_becomes_an_extra_claim_with_its_part_of_tax(world: World) -> None:
    agent = world.start(with_minimum(1_000))
    assert await corrected(agent) == 1
    assert shape(world)[1:] == [(FactKind.TRIP_COMPLETED, 685, 130)]
    assert sum(fact.gross for fact in world.settlement.order) == 1_190
    assert await corrected(agent) == 0, "a repeat finds nothing left"
    agent.store.close()


async def test_too_much_becomes_a_credit_note(world: World) -> None:
    agent = world.start(with_minimum(0, maximum=100))
    assert await corrected(agent) == 1
    (first, credit) = world.settlement.order
    assert (FactKind(credit.kind), credit.gross, credit.related_fact) == (FactKind.CREDIT_NOTE, 375 - 119, first.fact_id)
    assert await corrected(agent) == 0
    agent.store.close()


async def test_corrections_have_ids_of_their_own_even_after_the_database_is_lost(world: World) -> None:
    agent = world.start(with_minimum(1_000))
    await corrected(agent)
    agent.store.close()
    world.path.unlink()
    agent = world.start(with_minimum(2_000))
    await agent.pull()
    assert await corrected(agent) == 1
    agent.store.close()
    assert sum(fact.gross for fact in world.settlement.order) == 2_380
    assert [fact.issuer_sequence & 15 for fact in world.settlement.order] == [0, 8, 9]


async def test_another_party_gets_a_claim_and_the_first_one_its_credit(world: World) -> None:
    other = {name: "DE*TRA" if party == "DE*NBM" else party for name, party in RULES.parties["operators"].items()}
    agent = world.start(replace(RULES, parties={"operators": other, "old": {"x": "DE*NBM"}}, digest=b"\x02" * 32))
    assert await corrected(agent) == 2
    kinds = [kind for kind, _, _ in shape(world)]
    assert sorted(kinds[1:]) == [FactKind.TRIP_COMPLETED, FactKind.CREDIT_NOTE]
    assert await corrected(agent) == 0
    agent.store.close()


async def test_what_was_paid_is_not_credited(world: World) -> None:
    world.settlement.paid[world.settlement.order[0].fact_id] = 375
    agent = world.start(with_minimum(0, maximum=100))
    with pytest.raises(InvalidInput, match="256 minor units too much were claimed and are not open"):
        await corrected(agent)
    agent.store.close()
