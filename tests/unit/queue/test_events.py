"""CloudEvents in and out: both modes, both forms of the data, and what is refused."""

from __future__ import annotations

import json
from typing import Any

import pytest
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent

from relayer.codes.facts import FactCode, FactStatus
from relayer.errors import InvalidInput
from relayer.facts.codec import FactAnswer
from relayer.queue.events import (
    MAXIMUM_MESSAGE_BYTES,
    Answered,
    FactsEvent,
    Message,
    read_answer,
    read_facts,
    write_answer,
    write_facts,
)
from tests.support.queueing import a_fact, an_event, write_facts_json

EVENT = an_event(a_fact(1), a_fact(2), reply_to="interledger.answers.me")


@pytest.mark.parametrize("write", [write_facts, write_facts_json])
@pytest.mark.parametrize("structured", [True, False])
def test_an_event_reads_as_it_was_written(write: Any, structured: bool) -> None:
    assert read_facts(write(EVENT, structured=structured)) == EVENT


def test_a_structured_event_is_one_that_the_sdk_reads() -> None:
    event = JSONFormat().read(CloudEvent, write_facts_json(EVENT).body)
    assert (event.get_id(), event.get_source(), event.get_specversion()) == (EVENT.event_id, EVENT.source, "1.0")


def test_a_producer_without_headers_sends_the_structured_form() -> None:
    assert read_facts(Message(headers={}, body=write_facts_json(EVENT).body)) == EVENT


def changed(**attributes: object) -> Message:
    told = json.loads(write_facts_json(EVENT).body)
    told |= attributes
    return Message(headers={}, body=json.dumps({key: value for key, value in told.items() if value is not None}).encode())


def binary(**headers: str) -> Message:
    message = write_facts(EVENT)
    named = dict(message.headers) | {f"ce-{name}": value for name, value in headers.items()}
    return Message(headers={name: value for name, value in named.items() if value}, body=message.body)


BAD = {
    "no event": (Message(headers={}, body=b"\xff\x00"), "no CloudEvent"),
    "a list": (Message(headers={}, body=b"[]"), "neither a structured"),
    "deep": (Message(headers={}, body=b"[" * 100_000), "no CloudEvent"),
    "no id": (changed(id=None), "'id'"),
    "long id": (changed(id="x" * 257), "'id'"),
    "a number for the source": (changed(source=7), "'source'"),
    "a number for the subject of the answer": (changed(replyto=7), "expected text"),
    "an id of no character": (changed(id="\ud800"), "no CloudEvent"),
    "an id of two lines": (changed(id="a\r\nb"), "printable"),
    "data of no character": (changed(data={"signedFacts": {"way": "\ud800"}}), "no CloudEvent"),
    "specification 2": (changed(specversion="2.0"), "version '2.0'"),
    "a newer message": (changed(type="interledger.settlement.v2.RecordFacts"), "upgrade the consumers"),
    "no data": (changed(data=None), "no RecordFactsRequest"),
    "other data": (changed(data={"unheard": 1}), "no RecordFactsRequest"),
    "a fact less": (changed(data={"signedFacts": {"way": "WAY_PUSHED"}}), "signed facts|chain id|expected"),
    "plain text": (changed(datacontenttype="text/plain", data="hello"), "data of type"),
    "no binary type": (binary(type=""), "'type'"),
    "binary data of no character": (
        Message(
            headers=dict(binary(specversion="1.0").headers) | {"content-type": "application/json"},
            body=b'{"signedFacts": {"way": "\\ud800"}}',
        ),
        "no RecordFactsRequest",
    ),
    "other bytes": (Message(headers=write_facts(EVENT).headers, body=b"\x0a\xff"), "cannot be|parse|bytes"),
    "2 MB": (Message(headers=write_facts(EVENT).headers, body=bytes(MAXIMUM_MESSAGE_BYTES + 1)), "at most"),
}


@pytest.mark.parametrize("case", BAD)
def test_what_cannot_be_read_is_a_sentence(case: str) -> None:
    message, words = BAD[case]
    with pytest.raises(InvalidInput, match=words):
        read_facts(message)


def test_a_changed_byte_of_the_data_changes_the_request_or_is_refused() -> None:
    message = write_facts(EVENT)
    for place in range(0, len(message.body), 7):
        body = bytearray(message.body)
        body[place] ^= 1
        try:
            found = read_facts(Message(headers=message.headers, body=bytes(body)))
        except InvalidInput:
            continue
        assert found.request != EVENT.request


ANSWERS = (
    FactAnswer(status=FactStatus.ACCEPTED, code=FactCode.OK, liability_id=b"\1" * 32, sequence=7, head_hash=b"\2" * 32),
    FactAnswer(
        status=FactStatus.REJECTED, code=FactCode.NO_AGREEMENT, liability_id=bytes(32), sequence=0, head_hash=b"\3" * 32
    ),
)


@pytest.mark.parametrize("answered", [Answered(answers=ANSWERS), Answered(code="settlement/33", reason="not signed")])
def test_an_answer_reads_as_it_was_written(answered: Answered) -> None:
    message = write_answer(EVENT, answered, ledger="settlement-1")
    assert read_answer(message) == (EVENT.event_id, answered)
    assert message.headers["ce-id"] == f"{EVENT.event_id}.answer"


def test_an_answer_says_the_code_by_name_and_the_id_of_each_fact() -> None:
    told = json.loads(write_answer(EVENT, Answered(answers=ANSWERS), ledger="settlement-1").body)
    assert [(each["factId"], each["code"]) for each in told["answers"]] == [
        ("0x" + EVENT.request.facts[0].fact_id.hex(), "ok"),
        ("0x" + EVENT.request.facts[1].fact_id.hex(), "no_agreement"),
    ]


def test_an_answer_that_is_none_is_refused() -> None:
    for message in (write_facts(EVENT), Message(headers=write_answer(EVENT, Answered(), ledger="x").headers, body=b"{}")):
        with pytest.raises(InvalidInput):
            read_answer(message)


def test_events_are_told_apart_by_their_source_as_well() -> None:
    other = FactsEvent(event_id=EVENT.event_id, source="urn:other", reply_to="", request=EVENT.request)
    assert read_facts(write_facts(other)).source == "urn:other"
