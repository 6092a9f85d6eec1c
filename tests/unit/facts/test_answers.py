"""What an acknowledgement says of each fact: an acknowledged packet may carry refused business."""

from __future__ import annotations

from dataclasses import replace

import pytest

from relayer.codes.facts import FactCode, FactStatus
from relayer.codes.news import Status, StatusAnswer
from relayer.core.commitment import UNIVERSAL_ERROR_ACKNOWLEDGEMENT
from relayer.core.packet import Acknowledgement, Packet
from relayer.facts.answers import answers_in
from relayer.facts.codec import FactAnswer, encode_answers
from relayer.facts.status_codec import (
    STATUS_VERSION,
    StatusPacketData,
    StatusUpdate,
    encode_status_answers,
    encode_status_packet,
)
from relayer.testing.factories import CONTRACT, a_fact, a_fact_payload, a_packet

FACTS = a_fact(1), a_fact(2)
PACKET = replace(a_packet(), payloads=(a_fact_payload(*FACTS),))
OK = FactAnswer(status=FactStatus.ACCEPTED, liability_id=bytes(32), sequence=1, head_hash=bytes(32), code=FactCode.OK)
NO_AGREEMENT = replace(OK, status=FactStatus.REJECTED, sequence=0, code=FactCode.NO_AGREEMENT)


def codes(packet: Packet, told: bytes) -> list[tuple[bytes, str, bool]]:
    answers = answers_in(packet, Acknowledgement(app_acknowledgements=(told,)))
    return [(each.fact_id, each.code, each.accepted) for each in answers]


def test_each_fact_has_its_answer_whatever_the_port_of_its_contract() -> None:
    named = replace(PACKET, payloads=(replace(PACKET.payload, source_port="facts-7"),))
    assert codes(named, encode_answers([OK, OK])) == codes(PACKET, encode_answers([OK, OK]))
    assert codes(PACKET, encode_answers([OK, NO_AGREEMENT])) == [
        (FACTS[0].fact_id, "ok", True),
        (FACTS[1].fact_id, "no_agreement", False),
    ]


@pytest.mark.parametrize(
    ("told", "code"),
    [(UNIVERSAL_ERROR_ACKNOWLEDGEMENT, "universal_error"), (b"?", "unreadable"), (encode_answers([OK]), "unreadable")],
)
def test_a_packet_that_was_refused_whole_counts_for_all_its_facts(told: bytes, code: str) -> None:
    assert codes(PACKET, told) == [(fact.fact_id, code, False) for fact in FACTS]


@pytest.mark.parametrize("port", ["settlement", "facts-7"])
def test_news_have_answers_too(port: str) -> None:
    updates = tuple(
        StatusUpdate(
            fact_id=fact.fact_id,
            liability_id=bytes(32),
            status=Status.SETTLED,
            sequence=number,
            reference=bytes(32),
            open=0,
        )
        for number, fact in enumerate(FACTS, start=1)
    )
    data = encode_status_packet(StatusPacketData(chain_id=1, contract=CONTRACT, updates=updates))
    payload = replace(PACKET.payload, version=STATUS_VERSION, destination_port=port, value=data)
    packet = replace(PACKET, payloads=(payload,))
    told = encode_status_answers([StatusAnswer.STALE, StatusAnswer.UNKNOWN_FACT])
    assert [(code, fine) for _, code, fine in codes(packet, told)] == [("stale", True), ("unknown_fact", False)]
    assert [fine for *_, fine in codes(packet, UNIVERSAL_ERROR_ACKNOWLEDGEMENT)] == [False, False]
    assert [code for _, code, _ in codes(packet, b"?")] == ["unreadable", "unreadable"]


def test_what_belongs_to_another_application_has_none() -> None:
    assert codes(a_packet(), b"fine") == []
    other = replace(PACKET.payload, destination_port="transfer")
    assert codes(replace(PACKET, payloads=(other,)), encode_answers([OK, OK])) == []
    to_a_stranger = replace(PACKET.payload, version=STATUS_VERSION, source_port="transfer")
    assert codes(replace(PACKET, payloads=(to_a_stranger,)), encode_answers([OK, OK])) == []
    unknown = replace(PACKET.payload, version="fact-9")
    assert codes(replace(PACKET, payloads=(unknown,)), encode_answers([OK, OK])) == []
