"""A hub between two EVM ledgers and two settlement ledgers: what is sent on, what comes back, and what is left."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from relayer.codes.facts import FactCode, FactStatus
from relayer.codes.forward import ForwardRefusal
from relayer.codes.limits import NEWS_WAIT_SECONDS
from relayer.codes.news import Status, StatusAnswer
from relayer.core.commitment import UNIVERSAL_ERROR_ACKNOWLEDGEMENT
from relayer.core.events import PacketCommitted
from relayer.core.ids import ClientId
from relayer.core.packet import Packet
from relayer.errors import LedgerRefused
from relayer.facts.schema import Fact, party_id
from relayer.facts.status_codec import (
    STATUS_VERSION,
    StatusPacketData,
    StatusUpdate,
    decode_status_answers,
    encode_status_answers,
    encode_status_packet,
)
from relayer.forwarding.model import RemoveRoute, Route, SetRoute
from relayer.ledgers.embedded.chain.verify import verify
from relayer.settlement.model.disputes import WriteOff
from relayer.settlement.model.news import NewsAnswer
from relayer.testing.factories import CONTRACT
from tests.support.embedded import embedded_ledger
from tests.support.hub import MARGIN, TERMS, Star, a_fact_of, facts_for


@pytest.fixture
async def star(tmp_path: Path) -> AsyncIterator[Star]:
    made = Star(tmp_path)
    await made.set_up()
    yield made
    await made.close()


async def codes(star: Star, packet) -> list[FactCode] | None:
    answers = await star.answers(packet)
    return None if answers is None else [each.code for each in answers]


async def test_a_fact_goes_to_the_far_ledger_and_its_reference_comes_back(star: Star) -> None:
    before = await star.keys()
    packet = star.send("a", facts_for("north-1", a_fact_of("a", 1), a_fact_of("a", 2)))
    await star.receive("a", packet)
    assert await star.answers(packet) is None
    (onward,) = await star.sent("hub", "north")
    assert onward.payload.value == packet.payload.value
    assert onward.timeout_timestamp == packet.timeout_timestamp - MARGIN
    (forward,) = await star.hub.forwarding.forwards(after=("", 0), limit=10)
    assert (forward.in_client, forward.in_sequence) == (packet.destination_client, packet.sequence)
    assert (forward.out_client, forward.out_sequence) == (onward.source_client, onward.sequence)
    await star.carry("hub", "north", onward)
    await star.bring_back("hub", "north", onward)
    far = await star.far["north"].settlement.liabilities(after_sequence=0, limit=10)
    assert await star.written("hub", packet) == await star.written("north", onward)
    answers = await star.answers(packet)
    assert answers is not None
    assert [(each.status, each.liability_id) for each in answers] == [(FactStatus.ACCEPTED, one.liability_id) for one in far]
    assert await star.keys() == before
    assert await star.hub.forwarding.forwards(after=("", 0), limit=10) == []
    assert await star.hub.settlement.liabilities(after_sequence=0, limit=10) == []


async def test_what_is_for_the_hub_itself_is_settled_there(star: Star) -> None:
    for number, destination in enumerate(("", "hub-1"), start=1):
        packet = star.send("a", facts_for(destination, a_fact_of("a", number)))
        await star.receive("a", packet)
        assert await codes(star, packet) == [FactCode.UNKNOWN_PARTY]


async def test_two_origins_reach_two_far_ledgers(star: Star) -> None:
    packets = {}
    for origin in ("a", "b"):
        for far in ("north", "south"):
            number = 1 if far == "north" else 2
            packets[origin, far] = star.send(origin, facts_for(f"{far}-1", a_fact_of(origin, number), origin=origin))
            await star.receive(origin, packets[origin, far])
    for far in ("north", "south"):
        onward = await star.sent("hub", far)
        await star.carry("hub", far, *onward)
        await star.bring_back("hub", far, *onward)
        held = await star.far[far].settlement.liabilities(after_sequence=0, limit=10)
        assert {each.origin.chain_id for each in held} == {1337, 1338}
    assert [await codes(star, packet) for packet in packets.values()] == [[FactCode.OK]] * 4


async def test_a_far_ledger_that_is_down_past_the_timeout(star: Star) -> None:
    left = await star.keys()
    packet = star.send("a", facts_for("north-1"))
    await star.receive("a", packet)
    (onward,) = await star.sent("hub", "north")
    star.clock.advance(3_600)
    await star.time_out("hub", "north", onward)
    assert await codes(star, packet) == [FactCode.FAR_TIMEOUT]
    assert await star.keys() == left
    again = star.send("a", facts_for("north-1"))
    await star.receive("a", again)
    onward = (await star.sent("hub", "north"))[-1]
    await star.carry("hub", "north", onward)
    await star.bring_back("hub", "north", onward)
    assert await codes(star, again) == [FactCode.OK]


async def test_a_far_refusal_of_the_whole_packet_is_an_answer_for_each_fact(star: Star) -> None:
    """The far ledger trusts the hub with one chain only, so it answers facts of another with the universal error."""
    await star.far["north"].trust_chains(star.clients["north", "hub"], ["1337"])
    packet = star.send("b", facts_for("north-1", a_fact_of("b", 1), a_fact_of("b", 2), origin="b"))
    await star.receive("b", packet)
    (onward,) = await star.sent("hub", "north")
    await star.carry("hub", "north", onward)
    far = await star.written("north", onward)
    assert far is not None
    assert far.app_acknowledgement == UNIVERSAL_ERROR_ACKNOWLEDGEMENT
    await star.bring_back("hub", "north", onward)
    assert await codes(star, packet) == [FactCode.FAR_REFUSED] * 2
    assert await star.far["north"].settlement.liabilities(after_sequence=0, limit=10) == []


async def test_a_route_that_is_removed_in_flight(star: Star) -> None:
    packet = star.send("a", facts_for("north-1"))
    await star.receive("a", packet)
    await star.hub.forwarding.change(RemoveRoute(destination="north-1"))
    late = star.send("a", facts_for("north-1", a_fact_of("a", 2)))
    await star.receive("a", late)
    assert await codes(star, late) == [FactCode.NO_ROUTE]
    (gone,) = [use for use in await star.hub.forwarding.routes() if use.route.destination == "north-1"]
    assert (gone.open_forwards, gone.route.client_id) == (1, "")
    (onward,) = await star.sent("hub", "north")
    await star.carry("hub", "north", onward)
    await star.bring_back("hub", "north", onward)
    assert await codes(star, packet) == [FactCode.OK]
    assert "north-1" not in {use.route.destination for use in await star.hub.forwarding.routes()}


async def test_a_dead_leg_fills_its_own_quota_and_nobody_elses(star: Star) -> None:
    """`north` is down: three facts of `a` are its share, the fourth place is left for `b`; `south` goes on."""
    packets = [star.send("a", facts_for("north-1", a_fact_of("a", number))) for number in range(1, 5)]
    await star.receive("a", *packets)
    assert [await codes(star, each) for each in packets] == [None, None, None, [FactCode.ROUTE_FULL]]
    others = [star.send("b", facts_for("north-1", a_fact_of("b", number), origin="b")) for number in (1, 2)]
    await star.receive("b", *others)
    assert [await codes(star, each) for each in others] == [None, [FactCode.ROUTE_FULL]]
    flowing = [star.send("a", facts_for("south-1", a_fact_of("a", number))) for number in range(5, 8)]
    await star.receive("a", *flowing)
    onward = await star.sent("hub", "south")
    await star.carry("hub", "south", *onward)
    await star.bring_back("hub", "south", *onward)
    assert [await codes(star, each) for each in flowing] == [[FactCode.OK]] * 3
    star.clock.advance(3_600)
    await star.time_out("hub", "north", *await star.sent("hub", "north"))
    assert [await codes(star, each) for each in (*packets[:3], others[0])] == [[FactCode.FAR_TIMEOUT]] * 4
    assert [use.open_forwards for use in await star.hub.forwarding.routes()] == [0] * 6


async def test_a_chain_that_a_client_may_not_speak_for(star: Star) -> None:
    """`b` claims facts of `a`'s chain; the hub itself refuses them, whatever the far ledger would believe it."""
    forged = star.send("b", facts_for("north-1", a_fact_of("a")))
    await star.receive("b", forged)
    written = await star.written("hub", forged)
    assert written is not None
    assert written.app_acknowledgement == UNIVERSAL_ERROR_ACKNOWLEDGEMENT
    assert await star.sent("hub", "north") == []


async def test_a_hub_is_believed_nothing_before_an_operator_lists_its_chains(star: Star) -> None:
    """A client of a hub speaks for the hub's own chain id alone; there is no wildcard."""
    north = star.far["north"]
    assert await star.hub.trusted_chains(star.clients["hub", "a"]) == ("1337",)
    assert await star.hub.trusted_chains(star.clients["hub", "north"]) == ("north-1",)
    assert await north.trusted_chains(star.clients["north", "hub"]) == ("1337", "1338")
    assert await north.trusted_chains(ClientId("07-tendermint-9")) == ()
    for chains in (
        [],
        ["*"],
        ["1338", "1337"],
        ["1337", "1337"],
        ["1" * 79],
        ["999", "1000", "01"],
        [""],
        [str(n) for n in range(1_000, 1_257)],
    ):
        with pytest.raises(LedgerRefused, match=r"chain"):
            await north.trust_chains(star.clients["north", "hub"], chains)
    with pytest.raises(LedgerRefused, match="no client"):
        await north.trust_chains(ClientId("07-tendermint-9"), ["1337"])


async def test_news_go_home_by_the_same_table(star: Star) -> None:
    fact = a_fact_of("a")
    await settled_far(star, fact)
    await star.far["north"].settlement.execute(write_off(fact))
    (news,) = await star.sent("north", "hub")
    await star.carry("north", "hub", news)
    assert await star.written("hub", news) is None
    (home,) = await star.sent("hub", "a")
    assert home.payload.value == news.payload.value
    assert home.payload.destination_port == "settlement"
    await star.answer_evm("a", home, encode_status_answers([StatusAnswer.APPLIED]))
    await star.bring_back("north", "hub", news)
    assert await star.far["north"].settlement.waiting_news(after=("", b""), limit=10) == []
    assert {key[:14] for key in await star.keys()} == {b"forward/routes"}


async def test_news_that_do_not_arrive_wait_and_are_sent_again(star: Star) -> None:
    """First nobody may bring them to `a`, then `a` refuses the packet: both are answers that the settlement ledger reads."""
    fact = a_fact_of("a")
    await settled_far(star, fact)
    await star.hub.forwarding.change(RemoveRoute(destination="1337", origin_client=star.clients["hub", "north"]))
    await star.far["north"].settlement.execute(write_off(fact))
    (news,) = await star.sent("north", "hub")
    await star.carry("north", "hub", news)
    await star.bring_back("north", "hub", news)
    assert await last_answers(star) == [NewsAnswer.RETURNED]
    await star.route("1337", "a", through="north")
    star.clock.advance(NEWS_WAIT_SECONDS + 1)
    await star.far["north"].advance()
    news = (await star.sent("north", "hub"))[-1]
    await star.carry("north", "hub", news)
    (home,) = await star.sent("hub", "a")
    await star.answer_evm("a", home, UNIVERSAL_ERROR_ACKNOWLEDGEMENT)
    await star.bring_back("north", "hub", news)
    assert await last_answers(star) == [NewsAnswer.REFUSED]


async def test_news_through_a_client_that_may_not_bring_them(star: Star) -> None:
    """A contract ledger, which is a client of the hub like any other, reports a debt of `a` as settled."""
    update = StatusUpdate(
        fact_id=a_fact_of("a").fact_id,
        liability_id=b"\x02" * 32,
        status=Status.SETTLED,
        sequence=9,
        reference=b"\x03" * 32,
        open=0,
    )
    value = encode_status_packet(StatusPacketData(chain_id=1337, contract=CONTRACT, updates=(update,)))
    forged = star.send("b", replace(facts_for(""), version=STATUS_VERSION, value=value))
    await star.receive("b", forged)
    written = await star.written("hub", forged)
    assert written is not None
    assert decode_status_answers(written.app_acknowledgement) == (StatusAnswer.RETURNED,)
    assert await star.sent("hub", "a") == []


async def test_nothing_is_sent_back_to_where_it_came_from(star: Star) -> None:
    await star.route("elsewhere-1", "a")
    for destination in ("elsewhere-1", "1337"):
        packet = star.send("a", facts_for(destination))
        await star.receive("a", packet)
        assert await codes(star, packet) == [FactCode.NO_ROUTE]


async def test_a_loop_of_two_hubs_dies_of_time(star: Star) -> None:
    """Two pairs of clients between two hubs, each of which sends facts for a third ledger to the other one."""
    north, margin = star.far["north"], 600
    second = {}
    for name, host, other in (("hub", star.hub, north), ("north", north, star.hub)):
        creation = await other.initial_client(TERMS)
        second[name] = await host.create_client(creation, counterparty_client_id=None, counterparty_merkle_prefix=())
    for name, host, other in (("hub", star.hub, "north"), ("north", north, "hub")):
        await host.register_counterparty(
            second[name], counterparty_client_id=second[other], counterparty_merkle_prefix=(b"ibc", b"")
        )
    await north.trust_chains(second["north"], ["1337"])
    await star.hub.trust_chains(second["hub"], ["1337"])
    there = Route(
        destination="lost-1", client_id=star.clients["hub", "north"], quota=9, origin_quota=9, margin_seconds=margin
    )
    await star.hub.forwarding.change(SetRoute(route=there))
    await north.forwarding.change(SetRoute(route=replace(there, client_id=second["north"])))
    before = await star.keys()
    packet = star.send("a", facts_for("lost-1"), seconds=3_600)
    await star.receive("a", packet)
    hops: list[tuple[str, str, Packet]] = []
    names = ["hub", "north"]
    while (sent := await unanswered(star, names[0], hops)) is not None:
        hops.append((*names, sent))
        star.clients[names[1], names[0]], kept = sent.destination_client, star.clients[names[1], names[0]]
        await star.carry(names[0], names[1], sent)
        star.clients[names[1], names[0]] = kept
        names.reverse()
    assert len(hops) == 4
    timeouts = [packet.timeout_timestamp, *(each.timeout_timestamp for _, _, each in hops)]
    assert [early - late for early, late in pairwise(timeouts)] == [margin] * 4
    for source, target, each in reversed(hops):
        star.clients[source, target], kept = each.source_client, star.clients[source, target]
        await star.bring_back(source, target, each)
        star.clients[source, target] = kept
    assert await codes(star, packet) == [FactCode.NO_TIME_LEFT]
    assert await star.keys() == before


async def unanswered(star: Star, name: str, hops: Sequence[tuple[str, str, Packet]]) -> Packet | None:
    """The packet for the third ledger that was sent last and not carried yet."""
    known = [each for _, _, each in hops]
    sent = [each.packet for each in await star.events(name) if isinstance(each, PacketCommitted)]
    return next((each for each in sent if each not in known), None)


async def test_too_little_time_for_the_next_leg(star: Star) -> None:
    for number, seconds in enumerate((2 * MARGIN, MARGIN, 1), start=1):
        packet = star.send("a", facts_for("north-1", a_fact_of("a", number)), seconds=seconds)
        await star.receive("a", packet)
        assert await codes(star, packet) == [FactCode.NO_TIME_LEFT]


async def test_a_route_to_a_client_that_has_expired(star: Star) -> None:
    star.clock.advance(TERMS.trusting_period_seconds - 100)
    evm = star.evm["a"]
    packet = star.send("a", facts_for("north-1"))
    await star.receive("a", packet)
    (onward,) = await star.sent("hub", "north")
    star.clock.advance(200)
    evm.seal()
    late = star.send("a", facts_for("north-1", a_fact_of("a", 2)))
    await star.receive("a", late)
    assert await codes(star, late) == [FactCode.NO_ROUTE]
    assert onward.payload.value == packet.payload.value


async def test_the_hub_restarts_and_is_replayed_with_open_forwards(star: Star) -> None:
    packet = star.send("a", facts_for("north-1"))
    await star.receive("a", packet)
    (onward,) = await star.sent("hub", "north")
    routes = await star.hub.forwarding.routes()
    await star.hub.close()
    verify(star.folder / "hub")
    star.hub = embedded_ledger(star.folder / "hub", star.clock, name="hub")
    await star.hub.connect()
    assert await star.hub.forwarding.routes() == routes
    await star.carry("hub", "north", onward)
    await star.bring_back("hub", "north", onward)
    assert await codes(star, packet) == [FactCode.OK]
    await star.hub.close()
    verify(star.folder / "hub")


ROUTE = Route(destination="north-1", client_id="07-tendermint-2", quota=4, origin_quota=3, margin_seconds=MARGIN)


REFUSED = [
    (SetRoute(route=replace(ROUTE, quota=0)), ForwardRefusal.INVALID_ROUTE, "quota 0"),
    (SetRoute(route=replace(ROUTE, margin_seconds=1)), ForwardRefusal.INVALID_ROUTE, "margin of 1 seconds"),
    (SetRoute(route=replace(ROUTE, destination="hub-1")), ForwardRefusal.INVALID_ROUTE, "this ledger itself"),
    (SetRoute(route=replace(ROUTE, destination="*")), ForwardRefusal.INVALID_ROUTE, "expected a chain id"),
    (SetRoute(route=replace(ROUTE, client_id="poa-evm-9")), ForwardRefusal.CLIENT_NOT_FOUND, "poa-evm-9"),
    (SetRoute(route=replace(ROUTE, origin_client="poa-evm-9")), ForwardRefusal.CLIENT_NOT_FOUND, "poa-evm-9"),
    (RemoveRoute(destination="nowhere-1"), ForwardRefusal.ROUTE_NOT_FOUND, "no route to 'nowhere-1'"),
]


async def test_routes_that_may_not_be(star: Star) -> None:
    before = await star.hub.forwarding.routes()
    for command, code, words in REFUSED:
        with pytest.raises(LedgerRefused, match=words) as refused:
            await star.hub.forwarding.change(command)
        assert refused.value.code == f"forward/{code}"
    assert await star.hub.forwarding.routes() == before


async def test_the_same_route_again_makes_no_block(star: Star) -> None:
    (known,) = [use.route for use in await star.hub.forwarding.routes() if use.route.destination == "north-1"]
    head = await star.hub.head()
    await star.hub.forwarding.change(SetRoute(route=known))
    assert await star.hub.head() == head
    await star.hub.forwarding.change(SetRoute(route=replace(known, quota=9)))
    assert [use.route.quota for use in await star.hub.forwarding.routes() if use.route.destination == "north-1"] == [9]


async def settled_far(star: Star, fact: Fact) -> None:
    """A fact of `a` has become a liability of `north`."""
    packet = star.send("a", facts_for("north-1", fact))
    await star.receive("a", packet)
    (onward,) = await star.sent("hub", "north")
    await star.carry("hub", "north", onward)
    await star.bring_back("hub", "north", onward)
    assert await codes(star, packet) == [FactCode.OK]


def write_off(fact: Fact) -> WriteOff:
    return WriteOff(request_id="mercy", actor=party_id("DE*KCS"), fact_id=fact.fact_id, amount=1_000, reason="small")


async def last_answers(star: Star) -> list[NewsAnswer]:
    waiting = await star.far["north"].settlement.waiting_news(after=("", b""), limit=10)
    return [each.last_answer for each in waiting]
