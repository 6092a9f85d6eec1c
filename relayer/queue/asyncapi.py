"""The queue described for producers: AsyncAPI 3.0, with the schemas of the messages' data. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import version
from typing import Any
from urllib.parse import urlsplit

from relayer.codes.facts import FactCode
from relayer.codes.limits import MAXIMUM_OBJECT_ID_BYTES, MAXIMUM_SIGNED_FACTS
from relayer.queue.events import JSON, MAXIMUM_MESSAGE_BYTES, PROTOBUF, REPLY_TO, STRUCTURED
from relayer.queue.names import FACTS_ANSWERED, RECORD_FACTS, Names

_BASE64 = {"type": "string", "contentEncoding": "base64"}
_NUMBER = {"type": "string", "pattern": "^[0-9]+$", "description": "An unsigned number of up to 128 bits, as text."}
_HEX = {"type": "string", "pattern": "^0x([0-9a-f]{2})*$"}


def asyncapi(names: Names, servers: Sequence[str]) -> dict[str, Any]:
    """The document, for the broker's addresses."""
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Settlement by queue",
            "version": version("interledger-settlement-relayer"),
            "description": "Facts signed by their issuers become liabilities of a settlement ledger, each at most once.",
        },
        "defaultContentType": JSON,
        "servers": {f"broker{number}": _server(each) for number, each in enumerate(servers, start=1)},
        "channels": {
            "facts": {
                "address": f"{names.prefix}.facts.{{system}}",
                "title": "Facts to record",
                "description": f"JetStream stream {names.facts_stream}. At most {MAXIMUM_MESSAGE_BYTES} bytes a message.",
                "parameters": {"system": {"description": "Name of the business system: letters, digits, - and _."}},
                "messages": {"recordFacts": {"$ref": "#/components/messages/recordFacts"}},
            },
            "answers": {
                "address": f"{names.prefix}.answers.{{system}}",
                "title": "What became of them",
                "description": f"JetStream stream {names.answers_stream}, or the subject that the event's {REPLY_TO} names.",
                "parameters": {"system": {"description": "As above; _ if the facts name no system."}},
                "messages": {"factsAnswered": {"$ref": "#/components/messages/factsAnswered"}},
            },
            "identity": {
                "address": names.identity,
                "title": "Which ledger to sign for",
                "description": "Request and reply without a stream: an empty request is answered with the identity's bytes.",
                "messages": {"identity": {"payload": {"type": "string", "contentEncoding": "binary"}}},
            },
        },
        "operations": {
            "recordFacts": {
                "action": "receive",
                "channel": {"$ref": "#/channels/facts"},
                "reply": {"channel": {"$ref": "#/channels/answers"}},
            },
            "factsAnswered": {"action": "send", "channel": {"$ref": "#/channels/answers"}},
        },
        "components": {
            "messages": {
                "recordFacts": _message(RECORD_FACTS, "recordFactsRequest", (PROTOBUF, JSON)),
                "factsAnswered": _message(FACTS_ANSWERED, "factsAnswered", (JSON,)),
            },
            "schemas": {"recordFactsRequest": _request(), "fact": _fact(), "factsAnswered": _answered()},
        },
    }


def _server(address: str) -> dict[str, str]:
    parts = urlsplit(address)
    return {"host": parts.netloc, "protocol": "nats", "description": "TLS" if parts.scheme == "tls" else "loopback"}


def _message(event_type: str, schema: str, content_types: Sequence[str]) -> dict[str, Any]:
    """A CloudEvent in binary mode; the structured mode has the same attributes in one JSON document."""
    attributes: dict[str, Any] = {
        "ce-specversion": {"const": "1.0"},
        "ce-type": {"const": event_type},
        "ce-id": {"type": "string", "minLength": 1, "maxLength": 256},
        "ce-source": {"type": "string", "minLength": 1, "maxLength": 256, "format": "uri-reference"},
        "content-type": {"enum": list(content_types)},
    }
    required = list(attributes)
    if event_type == RECORD_FACTS:
        attributes[f"ce-{REPLY_TO}"] = {"type": "string", "description": "Subject for the answer."}
    return {
        "name": event_type,
        "title": event_type.rpartition(".")[2],
        "summary": f"CloudEvents 1.0, binary mode; or structured ({STRUCTURED}).",
        "contentType": JSON,
        "headers": {"type": "object", "properties": attributes, "required": required},
        "payload": {"$ref": f"#/components/schemas/{schema}"},
    }


def _request() -> dict[str, Any]:
    text = {"type": "string", "maxLength": MAXIMUM_OBJECT_ID_BYTES}
    return {
        "type": "object",
        "description": "JSON form of the protobuf message interledger.settlement.v1.RecordFactsRequest.",
        "required": ["signedFacts"],
        "additionalProperties": False,
        "properties": {
            "signedFacts": {
                "type": "object",
                "required": ["way", "chainId", "contract", "issuer", "facts", "signature"],
                "additionalProperties": False,
                "properties": {
                    "way": {"enum": ["WAY_PUSHED", "WAY_PULLED"]},
                    "chainId": _NUMBER,
                    "contract": _BASE64,
                    "issuer": _BASE64,
                    "facts": {
                        "type": "array",
                        "minItems": 1,
                        "maxItems": MAXIMUM_SIGNED_FACTS,
                        "items": {"$ref": "#/components/schemas/fact"},
                    },
                    "objectIds": {"type": "array", "items": text},
                    "system": text,
                    "rules": _BASE64,
                    "signature": {**_BASE64, "description": "65 bytes: EIP-712 typed data, r || s || v."},
                },
            }
        },
    }


def _fact() -> dict[str, Any]:
    texts = ("factId", "creditor", "debtor", "currency", "relatedFact", "documentHash")
    numbers = ("net", "tax", "serviceEnd", "dueDate", "issuerSequence")
    small = ("schema", "kind", "category", "exponent")
    return {
        "type": "object",
        "additionalProperties": False,
        "properties": {
            **dict.fromkeys(texts, _BASE64),
            **dict.fromkeys(numbers, _NUMBER),
            **{name: {"type": "integer", "minimum": 0} for name in small},
        },
    }


def _answered() -> dict[str, Any]:
    answer = {
        "factId": _HEX,
        "status": {"enum": ["accepted", "rejected"]},
        "code": {"enum": [code.name.lower() for code in FactCode]},
        "liabilityId": _HEX,
        "sequence": _NUMBER,
        "headHash": _HEX,
    }
    return {
        "type": "object",
        "required": ["request", "ledger", "answers"],
        "properties": {
            "request": {"type": "object", "properties": {"id": {"type": "string"}, "source": {"type": "string"}}},
            "ledger": {"type": "string"},
            "answers": {
                "type": "array",
                "items": {"type": "object", "required": list(answer), "properties": answer},
                "description": "One for each fact, in their order; none if the request was refused.",
            },
            "refused": {
                "type": "object",
                "properties": {"code": {"type": "string"}, "reason": {"type": "string"}},
                "description": "Why all of the request was refused.",
            },
        },
    }
