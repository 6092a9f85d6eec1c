"""A facts contract on a named port, and on the port that its address is: what it sends, what it hears, and who cannot be it.

The attackers: a stranger whose application is on another port, one who would send from ours, and an owner of the router who
would rebind the port while packets flow.
"""

from __future__ import annotations

from dataclasses import replace

import pytest
from evm_harness import OWNER, STRANGER
from facts_bench import ACKNOWLEDGED, CHAIN_ID, REJECTED, SENT, TIMED_OUT, TIMEOUT, accepted, answers
from news_bench import NewsBench, answer_of, update
from router_bench import LOCAL, UNIVERSAL_ERROR

from relayer.codes.news import Status, StatusAnswer
from relayer.facts.status_codec import decode_status_answers


@pytest.fixture(params=["facts-7", ""], ids=["named", "address"])
def bench(request: pytest.FixtureRequest) -> NewsBench:
    return NewsBench(port=request.param)


def test_the_contract_says_its_port(bench: NewsBench) -> None:
    assert bench.facts.call("port").value == bench.port
    assert bench.router.call("getIBCApp", bench.port).value == bench.facts.address


def test_facts_leave_from_it_and_their_news_arrive_there(bench: NewsBench) -> None:
    """`send_facts` and the acknowledgement are checked against the packet of the shared code: its ports are committed."""
    (fact,) = bench.settled_facts()
    assert bench.state(fact) == ACKNOWLEDGED
    assert bench.tell(update(fact, Status.DISPUTED)) == (StatusAnswer.APPLIED,)


def test_a_timeout_comes_back_to_it(bench: NewsBench) -> None:
    facts = bench.mint()
    bench.time_out(bench.send_facts(facts))
    assert bench.state(facts[0]) == TIMED_OUT


def test_news_of_a_strangers_application_are_refused(bench: NewsBench) -> None:
    """Even one that took the contract's own port, or the usual name, on the other ledger."""
    (fact,) = bench.settled_facts()
    for port in (bench.port, "facts-8", "transfer"):
        assert answer_of(bench.receive(bench.packet_of(update(fact), source_port=port))) == UNIVERSAL_ERROR
    assert bench.state(fact) == ACKNOWLEDGED


def test_a_stranger_sends_nothing_from_it(bench: NewsBench) -> None:
    packet = bench.packet(bench.mint(), 1)
    payload = (packet.source_port, packet.destination_port, packet.version, packet.encoding, packet.value)
    assert bench.router.refusal("sendPacket", (LOCAL, TIMEOUT, payload), sender=STRANGER) == "IBCUnauthorizedSender"


def test_a_port_is_not_rebound_while_packets_flow(bench: NewsBench) -> None:
    facts = bench.mint(2)
    first = bench.send_facts(facts[:1])
    other = bench.evm.deploy("BusinessFacts", bench.router.address, CHAIN_ID, bench.port)
    expected = "IBCPortAlreadyExists" if bench.port == "facts-7" else "IBCInvalidPortIdentifier"
    assert bench.router.refusal("addIBCApp(string,address)", bench.port, other.address, sender=OWNER) == expected
    second = bench.send_facts(facts[1:])
    bench.acknowledge(first, answers(accepted(facts[0], 7)))
    assert [bench.state(fact) for fact in facts] == [ACKNOWLEDGED, SENT]
    bench.acknowledge(second, UNIVERSAL_ERROR)
    assert bench.state(facts[1]) == REJECTED


def test_a_second_port_that_anybody_gives_the_contract_changes_nothing(bench: NewsBench) -> None:
    """A router lets anybody register any application under its own address."""
    if bench.port == "facts-7":
        bench.router.call("addIBCApp(address)", bench.facts.address, sender=STRANGER)
    (fact,) = bench.settled_facts()
    news = replace(bench.packet_of(update(fact)), destination_port=bench.facts.address.lower())
    assert decode_status_answers(answer_of(bench.receive(news))) == (StatusAnswer.APPLIED,)
    assert bench.send_facts(bench.mint(1, first=2)).source_port == bench.port
