"""A packet with any one field changed, beside real proofs of the true one: refused, and the true one still goes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from evm_harness import Refused
from facts_bench import ACKNOWLEDGED, ISSUER, TIMED_OUT, abi, accepted, answers
from live_bench import (
    LiveBench,
    Proof,
    answer_commitment,
    answer_path,
    commitment,
    packet_abi,
    receipt_path,
    sent_path,
)

from relayer.codes.news import Status
from relayer.core.packet import Packet
from relayer.facts.codec import fact_hash, liability_id
from relayer.facts.schema import Fact
from relayer.facts.status_codec import StatusUpdate
from relayer.proofs.keccak import keccak256

Row = tuple[Any, ...]


def _payload(at: int, value: Callable[[Any], Any]) -> Callable[[Row], Row]:
    def change(row: Row) -> Row:
        (payload,) = row[4]
        return (*row[:4], [(*payload[:at], value(payload[at]), *payload[at + 1 :])])

    return change


def _head(at: int, value: Callable[[Any], Any]) -> Callable[[Row], Row]:
    return lambda row: (*row[:at], value(row[at]), *row[at + 1 :])


CHANGES: dict[str, Callable[[Row], Row]] = {
    "sequence": _head(0, lambda value: value + 1),
    "source client": _head(1, lambda value: f"{value}0"),
    "destination client": _head(2, lambda value: f"{value}0"),
    "timeout one later": _head(3, lambda value: value + 1),
    "timeout one earlier": _head(3, lambda value: value - 1),
    "no payload": _head(4, lambda _: []),
    "payload twice": _head(4, lambda value: value * 2),
    "source port": _payload(0, lambda value: f"{value}2"),
    "destination port": _payload(1, lambda value: f"{value}2"),
    "version": _payload(2, lambda value: f"{value}2"),
    "encoding": _payload(3, lambda value: f"{value}2"),
    "first byte of the value": _payload(4, lambda value: bytes([value[0] ^ 1]) + value[1:]),
    "last byte of the value": _payload(4, lambda value: value[:-1] + bytes([value[-1] ^ 1])),
    "value a byte longer": _payload(4, lambda value: value + b"\x00"),
    "value a byte shorter": _payload(4, lambda value: value[:-1]),
}


@pytest.fixture
def bench() -> LiveBench:
    return LiveBench()


def sent(bench: LiveBench) -> tuple[Fact, Packet]:
    fact = bench.fact(1)
    bench.facts.call("mint", abi(fact), sender=ISSUER)
    timeout = bench.now + 30
    return fact, bench.fact_packet(bench.send([fact], timeout).value, [fact], timeout)


def state(bench: LiveBench, fact: Fact) -> int:
    return int(bench.facts.call("factStatus", fact.fact_id).value[0])


def refused(bench: LiveBench, function: str, *arguments: Any) -> str:
    """Or a repeat that does nothing, for a packet that never was."""
    try:
        outcome = bench.router.call(function, arguments)
    except Refused as refusal:
        return refusal.name
    assert [each.name for each in outcome.events] == ["Noop"]
    return "Noop"


@pytest.mark.parametrize("name", CHANGES)
def test_acknowledging(bench: LiveBench, name: str) -> None:
    fact, packet = sent(bench)
    answer = answers(accepted(fact, 7))
    bench.chain.put(answer_path(packet), answer_commitment(answer))
    proof = bench.proof(answer_path(packet), bench.seal())
    assert refused(bench, "ackPacket", CHANGES[name](packet_abi(packet)), answer, proof.packed, proof.at)
    assert bench.router.call("getCommitment", keccak256(sent_path(packet))).value == commitment(packet)
    bench.acknowledge(packet, answer, proof)
    assert state(bench, fact) == ACKNOWLEDGED


@pytest.mark.parametrize("name", CHANGES)
def test_timing_out(bench: LiveBench, name: str) -> None:
    fact, packet = sent(bench)
    bench.wait(60)
    proof = bench.proof(receipt_path(packet), bench.seal())
    assert refused(bench, "timeoutPacket", CHANGES[name](packet_abi(packet)), proof.packed, proof.at)
    assert bench.router.call("getCommitment", keccak256(sent_path(packet))).value == commitment(packet)
    bench.time_out(packet, proof)
    assert state(bench, fact) == TIMED_OUT


@pytest.mark.parametrize("name", CHANGES)
def test_receiving(bench: LiveBench, name: str) -> None:
    news, proof = told(bench)
    assert refused(bench, "recvPacket", CHANGES[name](packet_abi(news)), proof.packed, proof.at) != "Noop"
    assert bench.router.call("getCommitment", keccak256(receipt_path(news))).value == bytes(32)
    assert bench.receive(news, proof).named("WriteAcknowledgement")


def told(bench: LiveBench) -> tuple[Packet, Proof]:
    fact = bench.fact(1)
    update = StatusUpdate(
        fact_id=fact.fact_id,
        liability_id=liability_id(fact.fact_id, fact_hash(fact)),
        status=Status.SETTLED,
        sequence=9,
        reference=bytes(32),
        open=0,
    )
    news = bench.news_packet(1, [update], bench.now + 600)
    bench.chain.put(sent_path(news), commitment(news))
    return news, bench.proof(sent_path(news), bench.seal())


@pytest.mark.parametrize("bit", range(0, 8, 3))
def test_no_changed_byte_of_a_proof_is_believed(bench: LiveBench, bit: int) -> None:
    news, proof = told(bench)
    for at in range(len(proof.packed)):
        packed = proof.packed[:at] + bytes([proof.packed[at] ^ 1 << bit]) + proof.packed[at + 1 :]
        assert refused(bench, "recvPacket", packet_abi(news), packed, proof.at) != "Noop"
    assert bench.receive(news, replace(proof)).named("WriteAcknowledgement")
