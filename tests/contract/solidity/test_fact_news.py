"""News of a settlement ledger's liabilities change facts by verified packets alone, in the order of that ledger's log."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace

import pytest
from evm_harness import OWNER, STRANGER
from facts_bench import (
    ACKNOWLEDGED,
    CANCELLED,
    CHAIN_ID,
    CREDITED,
    DISPUTED,
    ISSUER,
    MINTED,
    NONE,
    REJECTED,
    SENT,
    SETTLED,
    TIMED_OUT,
    abi,
    accepted,
    answers,
    rejected,
)
from news_bench import CAUSE, RECORDED, REST, NewsBench, answer_of, update
from router_bench import LOCAL, PREFIX, UNIVERSAL_ERROR

from relayer.codes.facts import FactCode
from relayer.codes.news import Status, StatusAnswer
from relayer.facts.schema import Fact
from relayer.facts.status_codec import MAXIMUM_SEQUENCE, decode_status_answers

APPLIED, STALE, UNKNOWN, WRONG, FINAL, *_ = StatusAnswer
OTHER_CLIENT, OTHER_LEDGER = "client-1", "settlement-1"


@pytest.fixture
def bench() -> NewsBench:
    return NewsBench()


LEADS_TO = {
    Status.SETTLED: SETTLED,
    Status.DISPUTED: DISPUTED,
    Status.RELEASED: ACKNOWLEDGED,
    Status.CREDITED: CREDITED,
}
EVENTS = {
    Status.SETTLED: "FactSettled",
    Status.DISPUTED: "FactDisputed",
    Status.RELEASED: "FactReleased",
    Status.CREDITED: "FactCredited",
}


def _reject(bench: NewsBench, fact: Fact) -> None:
    bench.acknowledge(bench.send_facts([fact]), answers(rejected(FactCode.BAD_TOTAL)))


def _after(status: Status) -> Callable[[NewsBench, Fact], None]:
    def reach(bench: NewsBench, fact: Fact) -> None:
        _acknowledge(bench, fact)
        assert bench.tell(update(fact, status)) == (APPLIED,)

    return reach


def _acknowledge(bench: NewsBench, fact: Fact) -> None:
    bench.acknowledge(bench.send_facts([fact]), answers(accepted(fact, RECORDED)))


REACH: dict[int, Callable[[NewsBench, Fact], object]] = {
    MINTED: lambda _bench, _fact: None,
    SENT: lambda bench, fact: bench.send_facts([fact]),
    ACKNOWLEDGED: _acknowledge,
    REJECTED: _reject,
    TIMED_OUT: lambda bench, fact: bench.time_out(bench.send_facts([fact])),
    CANCELLED: lambda bench, fact: bench.facts.call("cancel", fact.issuer_sequence, sender=ISSUER),
    SETTLED: _after(Status.SETTLED),
    DISPUTED: _after(Status.DISPUTED),
    CREDITED: _after(Status.CREDITED),
}
TAKES_NEWS = {ACKNOWLEDGED, DISPUTED, CREDITED}
NEVER_SENT = {MINTED, CANCELLED}


class TestStates:
    @pytest.mark.parametrize("status", Status)
    @pytest.mark.parametrize("state", REACH)
    def test_every_state_and_every_status(self, bench: NewsBench, state: int, status: Status) -> None:
        (fact,) = bench.mint()
        REACH[state](bench, fact)
        assert bench.state(fact) == state
        before = bench.facts.call("factStatus", fact.fact_id).value
        (answer,) = bench.tell(update(fact, status, sequence=RECORDED + 2))
        if state in TAKES_NEWS:
            assert (answer, bench.state(fact)) == (APPLIED, LEADS_TO[status])
            assert bench.news(fact) == (RECORDED + 2, 0 if status is Status.SETTLED else REST)
        else:
            assert answer is (UNKNOWN if state in NEVER_SENT else FINAL if state == SETTLED else WRONG)
            assert bench.facts.call("factStatus", fact.fact_id).value == before

    def test_a_fact_that_was_never_minted(self, bench: NewsBench) -> None:
        fact = bench.fact(9)
        assert bench.tell(update(fact)) == (UNKNOWN,)
        assert bench.state(fact) == NONE

    @pytest.mark.parametrize("status", Status)
    def test_the_change_is_announced(self, bench: NewsBench, status: Status) -> None:
        (fact,) = bench.settled_facts()
        outcome = bench.receive(bench.packet_of(update(fact, status)))
        event = outcome.named(EVENTS[status])[0].arguments
        assert (event["factId"], event["settlementReference"], event["newsSequence"]) == (
            fact.fact_id,
            CAUSE,
            RECORDED + 1,
        )
        assert status is Status.SETTLED or event["open"] == REST
        (metadata,) = outcome.named("MetadataUpdate")
        assert metadata.arguments["_tokenId"] == int.from_bytes(fact.fact_id, "big")

    @pytest.mark.parametrize("status", Status)
    def test_what_was_acknowledged_stays(self, bench: NewsBench, status: Status) -> None:
        (fact,) = bench.settled_facts()
        before = bench.status(fact)
        bench.tell(update(fact, status))
        assert bench.status(fact)[1:] == before[1:]
        assert bench.facts.call("locked", int.from_bytes(fact.fact_id, "big")).value is True

    @pytest.mark.parametrize("status", Status)
    def test_no_news_lets_a_fact_go_again(self, bench: NewsBench, status: Status) -> None:
        (fact,) = bench.settled_facts()
        bench.tell(update(fact, status))
        assert bench.facts.refusal("send", LOCAL, bench.evm.time + 600, "", [abi(fact)], sender=ISSUER) == "FactStateWrong"
        assert bench.facts.refusal("cancel", 1, sender=ISSUER) == "FactStateWrong"


class TestOrder:
    def test_older_news_never_undo_newer_ones(self, bench: NewsBench) -> None:
        (fact,) = bench.settled_facts()
        assert bench.tell(update(fact, Status.RELEASED, sequence=RECORDED + 5)) == (APPLIED,)
        for sequence in (RECORDED + 5, RECORDED + 4, RECORDED, 1):
            assert bench.tell(update(fact, Status.DISPUTED, sequence=sequence)) == (STALE,)
        assert (bench.state(fact), bench.news(fact)) == (ACKNOWLEDGED, (RECORDED + 5, REST))

    @pytest.mark.parametrize("sequence", [1, RECORDED])
    def test_nothing_was_before_the_liability_itself(self, bench: NewsBench, sequence: int) -> None:
        (fact,) = bench.settled_facts()
        assert bench.tell(update(fact, sequence=sequence)) == (STALE,)

    @pytest.mark.parametrize("seed", range(6))
    def test_any_order_of_arrival_leads_to_the_same_state(self, bench: NewsBench, seed: int) -> None:
        (fact,) = bench.settled_facts()
        story = [Status.DISPUTED, Status.RELEASED, Status.CREDITED, Status.DISPUTED, Status.CREDITED, Status.SETTLED]
        told = [update(fact, status, sequence=RECORDED + 1 + number) for number, status in enumerate(story)]
        random.Random(seed).shuffle(told)
        for each in told:
            assert bench.tell(each)[0] in {APPLIED, STALE}
        assert (bench.state(fact), bench.news(fact)) == (SETTLED, (RECORDED + 6, 0))

    def test_the_greatest_sequence_is_believed(self, bench: NewsBench) -> None:
        (fact,) = bench.settled_facts()
        assert bench.tell(update(fact, sequence=MAXIMUM_SEQUENCE)) == (APPLIED,)
        assert bench.tell(update(fact, Status.SETTLED, sequence=MAXIMUM_SEQUENCE)) == (STALE,)

    def test_a_fact_that_stands_twice_in_a_packet(self, bench: NewsBench) -> None:
        first, second = bench.settled_facts(2)
        told = bench.tell(
            update(first, Status.DISPUTED, sequence=9),
            update(first, Status.DISPUTED, sequence=9),
            update(second, Status.CREDITED, sequence=10),
            update(first, Status.RELEASED, sequence=8),
            update(first, Status.SETTLED, sequence=11),
            update(first, Status.SETTLED, sequence=12),
        )
        assert told == (APPLIED, STALE, APPLIED, STALE, APPLIED, FINAL)
        assert (bench.state(first), bench.state(second)) == (SETTLED, CREDITED)

    def test_a_packet_that_is_relayed_twice(self, bench: NewsBench) -> None:
        (fact,) = bench.settled_facts()
        packet = bench.packet_of(update(fact))
        bench.receive(packet)
        assert [event.name for event in bench.receive(packet).events] == ["Noop"]


class TestWhoIsBelieved:
    def test_only_the_ledger_that_the_fact_went_to(self, bench: NewsBench) -> None:
        (fact,) = bench.settled_facts()
        bench.router.call("addClient((string,bytes[]),address)", (OTHER_LEDGER, PREFIX), bench.light_client.address)
        foreign = bench.packet_of(update(fact, Status.SETTLED), source=OTHER_LEDGER, destination=OTHER_CLIENT)
        assert answer_of(bench.receive(foreign)) == UNIVERSAL_ERROR  # nobody named a ledger behind this client
        bench.facts.call("registerLedger", OTHER_CLIENT, "another", sender=OWNER)
        again = replace(foreign, sequence=2)
        assert decode_status_answers(answer_of(bench.receive(again))) == (UNKNOWN,)
        assert (bench.state(fact), bench.news(fact)) == (ACKNOWLEDGED, (0, 0))

    def test_only_for_the_liability_that_was_acknowledged(self, bench: NewsBench) -> None:
        (fact,) = bench.settled_facts()
        for other in (bytes(32), b"\x01" * 32):
            assert bench.tell(update(fact, liability_id=other)) == (UNKNOWN,)

    def test_a_liability_with_another_id_is_known_by_it(self, bench: NewsBench) -> None:
        (fact,) = bench.mint()
        other = replace(accepted(fact, RECORDED), liability_id=b"\x42" * 32)
        bench.acknowledge(bench.send_facts([fact]), answers(other))
        assert bench.tell(update(fact, liability_id=b"\x42" * 32)) == (APPLIED,)
        assert bench.status(fact)[6] == b"\x42" * 32

    @pytest.mark.parametrize("sender", [ISSUER, OWNER, STRANGER])
    def test_only_through_the_router(self, bench: NewsBench, sender: str) -> None:
        (fact,) = bench.settled_facts()
        packet = bench.packet_of(update(fact, Status.SETTLED))
        message = (packet.source, packet.destination, packet.sequence, packet.payload, sender)
        assert bench.facts.refusal("onRecvPacket", message, sender=sender) == "NotRouter"
        assert bench.state(fact) == ACKNOWLEDGED


def _word(number: int, value: int) -> Callable[[bytes], bytes]:
    return lambda good: good[: 32 * number] + value.to_bytes(32, "big") + good[32 * number + 32 :]


MALFORMED: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda _: b"",
    "one byte": lambda good: good[:1],
    "head alone": lambda good: good[:160],
    "cut": lambda good: good[:-1],
    "longer": lambda good: good + b"\0",
    "an update too many": lambda good: good + good[-192:],
    "an update too few": lambda good: good[:-192],
    "other offset": _word(0, 64),
    "other inner offset": _word(3, 128),
    "no update": lambda good: _word(4, 0)(good)[:160],
    "huge count": _word(4, 2**255),
    "count that wraps around": _word(4, 2**256 // 192 + 2),
    "status 0": _word(7, 0),
    "status 5": _word(7, 5),
    "huge status": _word(7, 2**255 + 1),
    "sequence 0": _word(8, 0),
    "long sequence": _word(8, 2**64),
    "long amount": _word(10, 2**128),
    "settled with something open": _word(7, 1),
    "the second update alone": _word(13, 0),
    "other chain": _word(1, CHAIN_ID + 1),
    "other contract": _word(2, 1),
    "padded contract": lambda good: good[:64] + b"\1" + good[65:],
}


class TestMalformed:
    @pytest.mark.parametrize("spoil", MALFORMED.values(), ids=MALFORMED)
    def test_is_refused_as_a_whole_and_answered(self, bench: NewsBench, spoil: Callable[[bytes], bytes]) -> None:
        facts = bench.settled_facts(2)
        good = bench.packet_of(*map(update, facts))
        assert answer_of(bench.receive(replace(good, value=spoil(good.value)))) == UNIVERSAL_ERROR
        assert [bench.state(fact) for fact in facts] == [ACKNOWLEDGED] * 2
        assert decode_status_answers(answer_of(bench.receive(replace(good, sequence=2)))) == (APPLIED,) * 2

    @pytest.mark.parametrize(
        "changes",
        [
            {"version": "fact-1"},
            {"version": "status-2"},
            {"encoding": "application/json"},
            {"source_port": "transfer"},
        ],
    )
    def test_so_is_everything_but_news(self, bench: NewsBench, changes: dict[str, str]) -> None:
        (fact,) = bench.settled_facts()
        assert answer_of(bench.receive(bench.packet_of(update(fact), **changes))) == UNIVERSAL_ERROR
        assert bench.state(fact) == ACKNOWLEDGED


def test_sixty_four_updates() -> None:
    bench = NewsBench("Shanghai")
    facts = bench.settled_facts(64)
    told = bench.tell(*(update(fact, Status.SETTLED) for fact in facts))
    assert told == (APPLIED,) * 64
    assert {bench.state(fact) for fact in facts} == {SETTLED}
