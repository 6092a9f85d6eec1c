"""The description of the queue holds for what is really sent."""

from __future__ import annotations

import json
from typing import Any

import pytest
from jsonschema import Draft7Validator, Draft202012Validator, ValidationError

from relayer.codes.facts import FactCode, FactStatus
from relayer.devnet.nodes import ensure_node_modules
from relayer.facts.codec import FactAnswer
from relayer.queue.asyncapi import asyncapi
from relayer.queue.events import Answered, Message, write_answer
from relayer.queue.names import Names
from tests.support.paths import ROOT
from tests.support.queueing import a_fact, an_event, write_facts_json

DOCUMENT = asyncapi(Names(), ("nats://127.0.0.1:4222", "tls://broker.example:4222"))
EVENT = an_event(a_fact(1), reply_to="interledger.answers.me")
ANSWER = FactAnswer(status=FactStatus.ACCEPTED, code=FactCode.OK, liability_id=b"\1" * 32, sequence=7, head_hash=b"\2" * 32)


def validator(message: str, part: str) -> Draft202012Validator:
    described = DOCUMENT["components"]["messages"][message][part]
    return Draft202012Validator({**described, "components": DOCUMENT["components"]})


def check(message: str, sent: Message) -> None:
    validator(message, "headers").validate(dict(sent.headers))
    validator(message, "payload").validate(json.loads(sent.body))


def test_messages_are_as_described() -> None:
    check("recordFacts", write_facts_json(EVENT, structured=False))
    check("factsAnswered", write_answer(EVENT, Answered(answers=(ANSWER,)), ledger="settlement-1"))
    check("factsAnswered", write_answer(EVENT, Answered(code="settlement/33", reason="no"), ledger="settlement-1"))


@pytest.fixture(scope="module")
def published() -> Draft7Validator:
    """AsyncAPI's own schema of its documents."""
    folder = ROOT / "tests" / "specs"
    ensure_node_modules(folder)
    version = DOCUMENT["asyncapi"]
    schema = json.loads((folder / f"node_modules/@asyncapi/specs/schemas/{version}.json").read_text())
    return Draft7Validator(schema)


def test_the_document_is_one_by_asyncapis_own_schema(published: Draft7Validator) -> None:
    assert [each.message for each in published.iter_errors(json.loads(json.dumps(DOCUMENT)))] == []


@pytest.mark.parametrize(
    ("part", "name", "value"),
    [
        ("info", "version", None),
        ("servers", "hots", "127.0.0.1"),
        ("channels", "messages", []),
        ("operations", "action", "take"),
    ],
)
def test_what_the_schema_does_not_have_is_found(published: Draft7Validator, part: str, name: str, value: object) -> None:
    document = json.loads(json.dumps(DOCUMENT))
    place = document[part] if part == "info" else next(iter(document[part].values()))
    place[name] = value
    assert list(published.iter_errors(document))


@pytest.mark.parametrize("change", [{"signature": None}, {"unheard": 1}, {"facts": []}])
def test_what_is_not_described_is_refused(change: dict[str, Any]) -> None:
    told = json.loads(write_facts_json(EVENT, structured=False).body)
    told["signedFacts"] = {key: value for key, value in (told["signedFacts"] | change).items() if value is not None}
    with pytest.raises(ValidationError):
        validator("recordFacts", "payload").validate(told)


def test_every_reference_leads_somewhere() -> None:
    def references(part: object) -> list[str]:
        if isinstance(part, dict):
            own = [part["$ref"]] if "$ref" in part else []
            return own + [found for each in part.values() for found in references(each)]
        return [found for each in part for found in references(each)] if isinstance(part, list) else []

    for reference in references(DOCUMENT):
        place: Any = DOCUMENT
        for step in reference.removeprefix("#/").split("/"):
            place = place[step]
        assert place


def test_servers_and_subjects_are_those_of_the_configuration() -> None:
    other = asyncapi(Names(prefix="clearing"), ("nats://127.0.0.1:4222",))
    assert other["channels"]["facts"]["address"] == "clearing.facts.{system}"
    assert [each["host"] for each in DOCUMENT["servers"].values()] == ["127.0.0.1:4222", "broker.example:4222"]
