"""CloudEvents 1.0 in the broker's messages, in both of the specification's modes: structured JSON, and binary with a header
for each attribute (the NATS binding: ``ce-id``, ``ce-type`` …). Pure.

The data are an interledger.settlement.v1.RecordFactsRequest: its canonical bytes (application/protobuf) or its JSON form
(application/json, as protobuf defines it).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cloudevents.core.base import BaseCloudEvent
from cloudevents.core.exceptions import BaseCloudEventException, CloudEventValidationError
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent
from google.protobuf import json_format

from relayer.codes.facts import FactCode, FactStatus
from relayer.codes.limits import MAXIMUM_SIGNED_BYTES
from relayer.errors import InvalidInput
from relayer.facts.codec import FactAnswer
from relayer.facts.proving import FactsRequest
from relayer.facts.signing import SignedFacts
from relayer.messages.signed_facts import decode_request, encode_request, request_from_message
from relayer.queue.names import FACTS_ANSWERED, RECORD_FACTS
from relayer.wire.interledger.settlement.v1 import facts_pb2

MAXIMUM_MESSAGE_BYTES = 2 * MAXIMUM_SIGNED_BYTES
"""Of a message with its headers: a request of the largest size in base 64 fits."""
STRUCTURED = "application/cloudevents+json"
PROTOBUF = "application/protobuf"
JSON = "application/json"
CONTENT_TYPE = "content-type"
REPLY_TO = "replyto"
"""Extension attribute: the subject that the answer goes to."""

_PREFIX = "ce-"
_ATTRIBUTES = ("specversion", "id", "source", "type")
_MAXIMUM_TEXT = 256
_FORMAT = JSONFormat()
_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What the broker holds of one message. Header names are in lower case."""

    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class FactsEvent:
    """A request to record facts. `reply_to` is empty unless the producer names a subject."""

    event_id: str
    source: str
    reply_to: str
    request: SignedFacts


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """What became of a request: an answer for each fact, or why all of it was refused."""

    answers: tuple[FactAnswer, ...] = ()
    code: str = ""
    reason: str = ""

    @property
    def rejected(self) -> tuple[FactCode, ...]:
        """The codes of the facts that became no liability."""
        return tuple(FactCode(each.code) for each in self.answers if each.status is FactStatus.REJECTED)


@dataclass(frozen=True, slots=True, kw_only=True)
class AnsweredFact:
    """One fact's answer, with the request's event and the chain id of the ledger that gave it."""

    fact_id: bytes
    answer: FactAnswer
    event_id: str
    ledger: str


def read_facts(message: Message) -> FactsEvent:
    """Raises InvalidInput, with a sentence for whoever published it."""
    size = len(message.body) + sum(len(name) + len(value) for name, value in message.headers.items())
    if size > MAXIMUM_MESSAGE_BYTES:
        raise InvalidInput(f"a message of {size} bytes, at most {MAXIMUM_MESSAGE_BYTES}; sign fewer facts at once")
    attributes, data = _structured(message.body) if _is_structured(message) else _binary(message)
    _require(attributes)
    if attributes["type"] != RECORD_FACTS:
        raise InvalidInput(
            f"an event of type {attributes['type']!r}; this version reads {RECORD_FACTS}. If the producer is newer, "
            "upgrade the consumers and drive the dead letter"
        )
    reply_to = attributes.get(REPLY_TO, "")
    if not isinstance(reply_to, str):
        raise InvalidInput(f"the attribute {REPLY_TO!r} is the subject that the answer goes to; expected text")
    return FactsEvent(
        event_id=attributes["id"],
        source=attributes["source"],
        reply_to=reply_to,
        request=_request(str(attributes.get("datacontenttype", JSON)), data),
    )


def write_facts(event: FactsEvent, *, structured: bool = False) -> Message:
    """The message for a request, with the canonical bytes of its facts as data."""
    attributes = {"id": event.event_id, "source": event.source, "type": RECORD_FACTS, "datacontenttype": PROTOBUF}
    if event.reply_to:
        attributes[REPLY_TO] = event.reply_to
    return _message(attributes, encode_request(event.request), structured=structured)


def write_answer(event: FactsEvent, answered: Answered, *, ledger: str) -> Message:
    """The event that tells the producer. Its id follows from the request's, so that a second one is recognised."""
    ids = [each.fact_id for each in event.request.facts]
    data: dict[str, Any] = {
        "request": {"id": event.event_id, "source": event.source},
        "ledger": ledger,
        "answers": [_answer(fact_id, each) for fact_id, each in zip(ids, answered.answers, strict=False)],
    }
    if answered.code:
        data["refused"] = {"code": answered.code, "reason": answered.reason}
    attributes = {
        "id": f"{event.event_id}.answer",
        "source": f"urn:interledger:{ledger}",
        "type": FACTS_ANSWERED,
        "subject": event.event_id,
        "datacontenttype": JSON,
    }
    return _message(attributes, data, structured=False)


def read_answer(message: Message) -> tuple[str, Answered]:
    """The request's id and what became of it. Raises InvalidInput."""
    attributes, data = _structured(message.body) if _is_structured(message) else _binary(message)
    _require(attributes)
    if attributes["type"] != FACTS_ANSWERED:
        raise InvalidInput(f"an event of type {attributes['type'][:_MAXIMUM_TEXT]!r}, expected {FACTS_ANSWERED}")
    try:
        told = _parsed(data)
        refused = told.get("refused", {})
        answers = tuple(_read_answer(each) for each in told["answers"])
        return str(told["request"]["id"]), Answered(
            answers=answers, code=str(refused.get("code", "")), reason=str(refused.get("reason", ""))
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InvalidInput(f"an answer that cannot be read: {error}") from error


def read_answered_facts(message: Message) -> list[AnsweredFact]:
    """Each fact's answer by its id. Raises InvalidInput."""
    event_id, answered = read_answer(message)
    _, data = _structured(message.body) if _is_structured(message) else _binary(message)
    try:
        told = _parsed(data)
        ids = [bytes.fromhex(each["factId"][2:]) for each in told["answers"]]
        ledger = str(told["ledger"])
    except (KeyError, TypeError, ValueError) as error:
        raise InvalidInput(f"an answer that cannot be read: {error}") from error
    return [
        AnsweredFact(fact_id=key, answer=answer, event_id=event_id, ledger=ledger)
        for key, answer in zip(ids, answered.answers, strict=True)
    ]


def _answer(fact_id: bytes, answer: FactAnswer) -> dict[str, Any]:
    return {
        "factId": "0x" + fact_id.hex(),
        "status": FactStatus(answer.status).name.lower(),
        "code": FactCode(answer.code).name.lower(),
        "liabilityId": "0x" + answer.liability_id.hex(),
        # As text: many readers of JSON lose digits of large numbers.
        "sequence": str(answer.sequence),
        "headHash": "0x" + answer.head_hash.hex(),
    }


def _read_answer(told: Mapping[str, Any]) -> FactAnswer:
    return FactAnswer(
        status=FactStatus[told["status"].upper()],
        code=FactCode[told["code"].upper()],
        liability_id=bytes.fromhex(told["liabilityId"][2:]),
        sequence=int(told["sequence"]),
        head_hash=bytes.fromhex(told["headHash"][2:]),
    )


def _request(content_type: str, data: object) -> SignedFacts:
    kind = content_type.partition(";")[0].strip().lower()
    if kind == PROTOBUF and isinstance(data, bytes):
        return _signed(decode_request(data))
    if kind != JSON:
        raise InvalidInput(f"data of type {content_type[:_MAXIMUM_TEXT]!r}; expected {PROTOBUF} or {JSON}")
    try:
        message = json_format.ParseDict(_parsed(data), facts_pb2.RecordFactsRequest())
    except (json_format.ParseError, ValueError, TypeError, RecursionError) as error:
        raise InvalidInput(f"data that are no RecordFactsRequest: {str(error)[:_MAXIMUM_TEXT]}") from error
    return _signed(request_from_message(message))


def _signed(request: FactsRequest) -> SignedFacts:
    if not isinstance(request, SignedFacts):
        raise InvalidInput("facts with proofs in a queue; an agent delivers them to the ledger itself")
    return request


def _parsed(data: object) -> Any:
    """Structured events have their JSON data parsed already."""
    return _json(data) if isinstance(data, bytes) else data


def _json(body: bytes) -> Any:
    """Raises ValueError, also for escapes that stand for no character: neither protobuf nor the broker takes such text."""
    found = json.loads(body.decode())
    if _SURROGATE.search(body):
        json.dumps(found, ensure_ascii=False).encode()
    return found


def _is_structured(message: Message) -> bool:
    return message.headers.get(CONTENT_TYPE, "").partition(";")[0].strip().lower() == STRUCTURED or (
        # A producer that sets no headers can only have sent the structured form.
        not any(name.startswith(_PREFIX) for name in message.headers)
    )


def _structured(body: bytes) -> tuple[dict[str, Any], object]:
    try:
        told = _json(body)
        if not isinstance(told, dict):
            raise InvalidInput("a message that is neither a structured CloudEvent nor one with ce- headers")
        _require(told)
        event = _FORMAT.read(CloudEvent, body)
    except (ValueError, TypeError, RecursionError, BaseCloudEventException) as error:
        raise InvalidInput(f"a message that is no CloudEvent: {_words(error)}") from error
    return dict(event.get_attributes()), event.get_data()


def _binary(message: Message) -> tuple[dict[str, Any], object]:
    attributes: dict[str, Any] = {
        name.removeprefix(_PREFIX): value for name, value in message.headers.items() if name.startswith(_PREFIX)
    }
    attributes.setdefault("datacontenttype", message.headers.get(CONTENT_TYPE, JSON))
    return attributes, message.body


def _require(attributes: Mapping[str, Any]) -> None:
    """The library makes up what is missing; here an event without an id or of another version is an error."""
    for name in _ATTRIBUTES:
        value = attributes.get(name)
        if not isinstance(value, str) or not 0 < len(value) <= _MAXIMUM_TEXT or not value.isprintable():
            # What is not printable cannot go back in a header of the answer.
            raise InvalidInput(
                f"a CloudEvent needs the attribute {name!r}: text of 1 to {_MAXIMUM_TEXT} printable characters"
            )
    if attributes["specversion"] != "1.0":
        raise InvalidInput(f"a CloudEvent of version {attributes['specversion']!r}; this version reads 1.0")


def _message(attributes: dict[str, Any], data: dict[str, Any] | bytes, *, structured: bool) -> Message:
    try:
        event: BaseCloudEvent = CloudEvent({"specversion": "1.0", **attributes}, data)
    except BaseCloudEventException as error:
        raise InvalidInput(f"no CloudEvent can be made: {_words(error)}") from error
    if structured:
        return Message(headers={CONTENT_TYPE: STRUCTURED}, body=_FORMAT.write(event))
    named = {name: value for name, value in event.get_attributes().items() if name not in {"time", "datacontenttype"}}
    headers = {f"{_PREFIX}{name}": str(value) for name, value in named.items()}
    body = _FORMAT.write_data(data, attributes["datacontenttype"])
    return Message(headers={CONTENT_TYPE: attributes["datacontenttype"], **headers}, body=body)


def _words(error: Exception) -> str:
    if isinstance(error, CloudEventValidationError):
        return "; ".join(f"{name}: {each}" for name, found in error.errors.items() for each in _listed(found))[
            :_MAXIMUM_TEXT
        ]
    return str(error)[:_MAXIMUM_TEXT]


def _listed(found: object) -> Sequence[object]:
    return found if isinstance(found, list) else [found]
