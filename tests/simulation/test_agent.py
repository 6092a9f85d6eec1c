"""The agent over a ledger that reorganises, refuses long ranges and is far ahead, and over its own death at every step: each
trip becomes one liability, with one reference, whatever happens."""

from __future__ import annotations

import random
import threading
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
from eth_abi import encode

from relayer.codes.facts import FactCode
from relayer.errors import ConfigurationError, JournalLocked, LedgerError, LedgerRefused, LedgerUnavailable
from relayer.facts.schema import party_id
from relayer.rating.rules import FromField, RuleFile
from tests.support.agents import RULES, World, net, trips
from tests.support.fake_evm import NOON, FakeTrip, no_step
from tests.support.trips import RETAILER

KILLS = 200


class Killed(BaseException):
    """The process is gone."""


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


async def pulled(world: World, rules: RuleFile = RULES) -> None:
    agent = world.start(rules)
    try:
        await agent.pull()
    finally:
        agent.store.close()


async def test_trips_become_liabilities_and_references(world: World) -> None:
    made = trips(1, 20)
    for trip in made:
        world.chain.mine(trip)
    world.chain.mine(empty=1)
    await pulled(world)
    assert world.amounts() == sorted(map(net, made))
    assert {trip.trip for trip in made} == set(world.chain.references)
    recorded = {answer.liability_id for _, answer in world.settlement.recorded.values()}
    assert set(world.chain.references.values()) == recorded
    assert {request.rules for request in world.settlement.requests} == {RULES.digest}
    assert [fact.service_end for fact in world.settlement.order] == sorted(f.service_end for f in world.settlement.order)


async def test_blocks_that_are_not_final_are_not_read(world: World) -> None:
    world.chain.mine(*trips(1, 3))
    world.chain.mine()
    await pulled(world)
    assert world.amounts() == []
    world.chain.mine()
    await pulled(world)
    assert len(world.amounts()) == 3


@pytest.mark.parametrize("cap", ["most_blocks", "most_logs"])
async def test_a_node_that_refuses_long_ranges_is_asked_for_less(world: World, cap: str) -> None:
    made = trips(1, 60)
    for trip in made:
        world.chain.mine(trip, empty=7)
    world.chain.mine(empty=1)
    setattr(world.chain, cap, 5)
    await pulled(world)
    assert world.amounts() == sorted(map(net, made))


async def test_200_kills_lose_nothing_and_double_nothing(world: World) -> None:
    """At every kind of step in turn: before and after requests, recordings, writes and commits. Now and then the database is
    lost as well, and the chain grows, reorganises within what is not final, and refuses long ranges."""
    dice = random.Random(13)
    made: list[FakeTrip] = []
    kills = 0
    while kills < KILLS:
        fresh = trips(len(made) + 1, dice.randrange(4))
        made += fresh
        for trip in fresh:
            world.chain.mine(trip, empty=dice.randrange(3))
        if world.chain.height > 5 and dice.random() < 0.3:
            for trip in world.chain.reorganise(dice.randrange(1, 3)):
                world.chain.mine(trip)
        world.chain.most_blocks = dice.choice([1, 3, 10, 1_000])
        kills += await _life(world, left=dice.randrange(1, 40))
        if dice.random() < 0.05:
            for name in ("agent.db", "agent.db-wal", "agent.db-shm"):
                world.path.with_name(name).unlink(missing_ok=True)
    world.step = no_step
    world.chain.mine(empty=2)
    await pulled(world)
    assert world.amounts() == sorted(map(net, made)), "0 lost, 0 doubled"
    assert world.chain.writes == len(made) == len(world.chain.references)


async def _life(world: World, *, left: int) -> int:
    """One process, which dies after so many steps, if it has as many."""

    def step(_name: str) -> None:
        nonlocal left
        left -= 1
        if left == 0:
            raise Killed

    world.step = step
    agent = world.start()
    commits = agent.store._transaction

    def dying():  # type: ignore[no-untyped-def]
        step("before commit")
        return commits()

    agent.store._transaction = dying  # type: ignore[method-assign]
    try:
        await agent.pull()
    except Killed:
        return 1
    finally:
        agent.store.close()
    return 0


async def test_a_reorganisation_of_final_blocks_makes_no_second_liability(world: World) -> None:
    """The finality setting was too weak: what was recorded stays, in whichever block its transaction is now."""
    made = trips(1, 6)
    for trip in made:
        world.chain.mine(trip)
    world.chain.mine(empty=1)
    await pulled(world)
    lost = world.chain.reorganise(6)
    world.chain.mine(empty=3)
    for trip in reversed(lost):
        world.chain.mine(trip)
    world.chain.mine(*trips(7, 1), empty=3)
    world.chain.mine(empty=1)
    await pulled(world)
    assert world.amounts() == sorted(map(net, [*made, *trips(7, 1)]))


async def test_what_changed_with_a_reorganisation_is_shown_and_not_settled_again(world: World) -> None:
    (trip,) = trips(1, 1)
    world.chain.mine(trip)
    world.chain.mine(empty=1)
    await pulled(world)
    world.chain.reorganise(3)
    world.chain.mine(replace(trip, seconds=7_200))
    world.chain.mine(empty=1)
    agent = world.start()
    await agent.pull()
    (shown,) = agent.store.unrated(after=0, limit=10)
    agent.store.close()
    assert shown.code == "changed_by_reorganisation"
    assert world.amounts() == [net(trip)]


async def test_a_claim_that_was_tried_is_not_recorded_once_its_block_is_gone(world: World) -> None:
    """The settlement ledger was down when it was tried, so nobody owes anything for a trip that the ledger never had."""
    (trip,) = trips(1, 1)
    world.chain.mine(trip)
    world.chain.mine(empty=1)
    world.settlement.down = True
    with pytest.raises(LedgerUnavailable):
        await pulled(world)
    world.chain.reorganise(3)
    world.chain.mine(empty=3)
    world.settlement.down = False
    await pulled(world)
    assert world.amounts() == []
    world.chain.mine(trip)
    world.chain.mine(empty=1)
    await pulled(world)
    assert world.amounts() == [net(trip)], "it is back"


async def test_a_claim_that_was_tried_is_not_recorded_once_its_transaction_says_something_else(world: World) -> None:
    (trip,) = trips(1, 1)
    world.chain.mine(trip)
    world.chain.mine(empty=1)
    world.settlement.down = True
    with pytest.raises(LedgerUnavailable):
        await pulled(world)
    world.chain.reorganise(3)
    world.chain.mine(replace(trip, seconds=7_200))
    world.chain.mine(empty=1)
    world.settlement.down = False
    agent = world.start()
    await agent.pull()
    agent.store.retry()
    await agent.pull()
    refused = agent.store.claims(states=("refused",), after=0, limit=10)
    agent.store.close()
    assert world.amounts() == []
    assert [each.code for each in refused] == ["changed_by_reorganisation"]


async def test_a_start_over_a_million_past_blocks(world: World) -> None:
    """From the cursor on: nothing before it is read again."""
    world.chain.mine(*trips(1, 2))
    world.chain.mine(*trips(3, 2), empty=1_000_000)
    world.chain.mine(empty=1)
    agent = world.start(blocks_per_query=10_000)
    report = await agent.pull()
    agent.store.close()
    assert (report.events, report.recorded, report.block) == (4, 4, world.chain.height - 2)
    asked: list[str] = []
    world.step = asked.append
    await pulled(world)
    assert "eth_getLogs" not in asked


async def test_a_pair_waits_for_its_earlier_claim_and_others_go_on(world: World) -> None:
    """A limit that is reached holds back one pair; its claims are recorded in the order of their events once it passes."""
    other = {"operators": {**RULES.parties["operators"], "0x" + "05" * 20: "DE*TRA"}}
    rules = replace(RULES, parties=other)
    world.settlement.refuses = lambda fact: FactCode.LIMIT_EXCEEDED if fact.debtor == party_id("DE*NBM") else FactCode.OK
    made = trips(1, 10)
    for at, trip in enumerate(made):
        world.chain.mine(replace(trip, retailer=b"\x05" * 20 if at % 2 else RETAILER))
    world.chain.mine(empty=1)
    agent = world.start(rules)
    report = await agent.pull()
    assert report.codes.keys() == {"limit_exceeded"}
    assert len(world.settlement.order) == 5
    waiting = agent.store.claims(states=("waiting",), after=0, limit=10)
    assert {each.code for each in waiting} <= {"limit_exceeded", None}
    world.settlement.refuses = lambda _fact: FactCode.OK
    assert (await agent.pull()).recorded == 0, "not before its next try"
    await world.clock.sleep(4_000)
    await agent.pull()
    agent.store.close()
    late = [fact.issuer_sequence for fact in world.settlement.order[5:]]
    assert late == sorted(late)
    assert len(late) == 5


BAD: dict[str, tuple[FakeTrip, str]] = {
    "unmapped party": (FakeTrip(trip=b"\x01" * 32, seconds=600, provider=b"\x09" * 20), "party_unmapped"),
    "an ABI that does not fit": (FakeTrip(trip=b"\x02" * 32, seconds=600, data=b"\x01" * 32), "event_malformed"),
    "numbers that do not fit the ABI": (FakeTrip(trip=b"\x03" * 32, seconds=600, data=b"\xff" * 128), "event_malformed"),
    "2 MB": (FakeTrip(trip=b"\x05" * 32, seconds=600, data=b"\x01" * 2_000_000), "event_malformed"),
    "one party": (FakeTrip(trip=b"\x04" * 32, seconds=600, retailer=FakeTrip(b"", 0).provider), "same_party"),
}


@pytest.mark.parametrize("case", BAD, ids=str)
async def test_a_bad_event_in_the_middle_is_kept_with_its_code_and_the_rest_goes_on(world: World, case: str) -> None:
    bad, code = BAD[case]
    before, after = trips(1, 2)
    world.chain.mine(before, bad, after)
    world.chain.mine(empty=1)
    agent = world.start()
    await agent.pull()
    (shown,) = agent.store.unrated(after=0, limit=10)
    agent.store.close()
    assert shown.code == code
    assert shown.detail
    assert world.amounts() == sorted([net(before), net(after)])


async def test_a_party_that_is_added_later_is_rated_after_the_next_start(world: World) -> None:
    world.chain.mine(FakeTrip(trip=b"\x01" * 32, seconds=600, provider=b"\x09" * 20))
    world.chain.mine(empty=1)
    await pulled(world)
    assert world.amounts() == []
    parties = {"operators": {**RULES.parties["operators"], "0x" + "09" * 20: "DE*TRA"}}
    await pulled(world, replace(RULES, parties=parties, digest=b"\x02" * 32))
    assert len(world.amounts()) == 1
    assert world.settlement.requests[-1].rules == b"\x02" * 32


async def test_a_changed_rule_file_re_rates_nothing_that_is_settled(world: World) -> None:
    """Not even if the database is lost: the ledger has the fact with another content, and the difference is shown."""
    world.chain.mine(*trips(1, 3))
    world.chain.mine(empty=1)
    await pulled(world)
    settled = world.amounts()
    rule = RULES.events[0]
    dearer = replace(rule.claims[0], tariff=replace(rule.claims[0].tariff, minimum=4_000))
    changed = replace(RULES, events=(replace(rule, claims=(dearer,)),), digest=b"\x03" * 32)
    await pulled(world, changed)
    assert world.amounts() == settled
    world.path.unlink()
    agent = world.start(changed)
    await agent.pull()
    refused = agent.store.claims(states=("refused",), after=0, limit=10)
    agent.store.close()
    assert [each.code for each in refused] == ["settled_otherwise"] * 3
    assert world.amounts() == settled


async def test_another_reference_is_never_overwritten(world: World) -> None:
    first, second = trips(1, 2)
    world.chain.references[first.trip] = b"\x99" * 32
    world.chain.mine(first, second)
    world.chain.mine(empty=1)
    agent = world.start()
    await agent.pull()
    counts = await agent.counts()
    agent.store.close()
    assert (counts.references_written, counts.references_wrong) == (1, 1)
    assert world.chain.references[first.trip] == b"\x99" * 32


async def test_a_reference_that_the_abi_has_no_place_for_holds_up_no_pull(world: World) -> None:
    (rule,) = RULES.events
    assert rule.write_back is not None
    write = replace(rule.write_back.write, arguments=(b"too short", "{liability_id}"))
    world.chain.mine(*trips(1, 2))
    world.chain.mine(empty=1)
    agent = world.start(replace(RULES, events=(replace(rule, write_back=replace(rule.write_back, write=write)),)))
    assert (await agent.pull()).recorded == 2
    counts = await agent.counts()
    agent.store.close()
    assert (counts.references_due, counts.references_wrong) == (0, 2)


@pytest.mark.parametrize("fault", ["down", "whole"])
async def test_a_settlement_ledger_that_takes_nothing_loses_nothing(world: World, fault: str) -> None:
    made = trips(1, 20)
    world.chain.mine(*made)
    world.chain.mine(empty=1)
    setattr(world.settlement, fault, True if fault == "down" else "bad_signature")
    agent = world.start()
    expected: type[LedgerError] = LedgerUnavailable if fault == "down" else LedgerRefused
    with pytest.raises(expected):
        await agent.pull()
    assert agent.last_error
    setattr(world.settlement, fault, False if fault == "down" else None)
    await world.clock.sleep(4_000)
    await agent.pull()
    agent.store.close()
    assert world.amounts() == sorted(map(net, made))


async def test_what_the_ledger_cannot_read_holds_up_no_other_pair(world: World) -> None:
    """The fault: one fact that the settlement ledger cannot read, at the head of a batch, and every pull ended with it."""
    rules = replace(RULES, parties={"operators": {**RULES.parties["operators"], "0x" + "05" * 20: "DE*TRA"}})
    poison, *others = trips(1, 6)
    world.settlement.unreadable = lambda fact: fact.debtor == party_id("DE*TRA")
    world.chain.mine(replace(poison, retailer=b"\x05" * 20), *others)
    world.chain.mine(empty=1)
    agent = world.start(rules)
    report = await agent.pull()
    assert (report.recorded, report.put_off, report.codes) == (5, 1, {"not_readable": 1})
    world.settlement.unreadable = lambda _fact: False
    await world.clock.sleep(4_000)
    assert (await agent.pull()).recorded == 1
    agent.store.close()
    assert world.amounts() == sorted(map(net, [poison, *others]))


async def test_a_revoked_issuer_records_nothing_and_loses_nothing(world: World) -> None:
    world.settlement.refuses = lambda _fact: FactCode.ISSUER_NOT_AUTHORISED
    made = trips(1, 3)
    world.chain.mine(*made)
    world.chain.mine(empty=1)
    agent = world.start()
    report = await agent.pull()
    assert (report.recorded, set(report.codes)) == (0, {"issuer_not_authorised"})
    world.settlement.refuses = lambda _fact: FactCode.OK
    for _ in made:  # each pair in the order of its events
        await world.clock.sleep(4_000)
        await agent.pull()
    agent.store.close()
    assert world.amounts() == sorted(map(net, made))


@pytest.mark.parametrize("code", ["division_by_zero", "amount_overflow"])
async def test_a_tariff_that_cannot_be_calculated_stops_no_other(world: World, code: str) -> None:
    """The fault: an event in the middle with nobody aboard, or with more metres than money goes for."""
    rule = RULES.events[0]
    tariff = rule.claims[0].tariff
    if code == "division_by_zero":
        changed = replace(tariff, lines=tuple(replace(line, divided_by="riders") for line in tariff.lines))
        metres, riders = 1, 0
    else:
        dear = replace(tariff.lines[1], price=Fraction(2**70), quantity=FromField(name="metres"))
        changed = replace(tariff, lines=(dear,), maximum=None)
        metres, riders = 2**32 - 1, 1
    rules = replace(RULES, events=(replace(rule, claims=(replace(rule.claims[0], tariff=changed),)),))
    data = encode(["uint64", "uint64", "uint32", "uint16"], [NOON, NOON + 600, metres, riders])
    bad = FakeTrip(trip=b"\x01" * 32, seconds=0, data=data)
    before, after = trips(1, 2)
    world.chain.mine(before, bad, after)
    world.chain.mine(empty=1)
    agent = world.start(rules)
    report = await agent.pull()
    (shown,) = agent.store.unrated(after=0, limit=10)
    agent.store.close()
    assert (shown.code, report.recorded) == (code, 2)
    assert shown.detail


async def test_the_hosts_event_loop_does_no_work_of_the_database(world: World) -> None:
    """The fault: whatever else ran in the agent's process stood still while the agent's database was written."""
    bad = FakeTrip(trip=b"\x01" * 32, seconds=600, provider=b"\x09" * 20)
    world.chain.mine(*trips(1, 20), bad)
    world.chain.mine(empty=1)
    await pulled(world)
    world.chain.reorganise(2)
    world.chain.mine(*trips(21, 5))
    world.chain.mine(empty=1)
    agent = world.start()
    threads = set()
    translated = agent.store._translated

    def noted():  # type: ignore[no-untyped-def]
        threads.add(threading.get_ident())
        return translated()

    agent.store._translated = noted  # type: ignore[method-assign]
    await agent.pull()
    counts = await agent.counts()
    agent.store.close()
    assert counts.recorded > 5
    assert threads
    assert threading.get_ident() not in threads


async def test_one_agent_for_one_database_and_one_ledger(world: World) -> None:
    agent = world.start()
    with pytest.raises(JournalLocked):
        world.start()
    agent.store.close()
    with pytest.raises(ConfigurationError, match="another contract ledger"):
        world.start(replace(RULES, chain_id=1))
