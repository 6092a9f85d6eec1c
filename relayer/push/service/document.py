"""The service's description in OpenAPI 3.1, for clients in any language."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from relayer.codes.limits import MAXIMUM_FACT_SECONDS, MAXIMUM_OBJECT_ID_BYTES, MAXIMUM_SIGNED_FACTS
from relayer.facts.form import CATEGORIES, KINDS
from relayer.facts.ways import SIGNED_WAYS
from relayer.push.service.bounds import MAXIMUM_BODY_BYTES
from relayer.push.service.problems import ProblemCode
from relayer.push.service.requests import KEY_PATTERN
from relayer.views.facts import DeliveredFact
from relayer.views.push import ClaimView, PushStatusView, ReceiptView
from relayer.views.schema import document as schema_document

_PARTY = {"type": "string", "pattern": r"^[A-Z]{2}\*[A-Z0-9]{3}$", "description": "an OCPI-style id, such as DE*KCS"}
_HASH = {"type": "string", "pattern": "^0x[0-9a-fA-F]{64}$"}
_SECONDS = {"type": "integer", "minimum": 0, "maximum": MAXIMUM_FACT_SECONDS, "description": "unix seconds"}
_UNITS = {"type": "integer", "minimum": 0, "maximum": 2**128 - 1, "description": "whole minor units"}
_EXPONENT = {"type": "integer", "minimum": 0, "maximum": 18, "description": "digits after the currency's point"}
_CURRENCY = {"type": "string", "pattern": "^[A-Z]{3}$", "description": "ISO 4217"}
_ID = {
    "type": "string",
    "minLength": 1,
    "maxLength": MAXIMUM_OBJECT_ID_BYTES,
    "description": f"the business system's own id: at most {MAXIMUM_OBJECT_ID_BYTES} bytes of printable text",
}


def _hex(length: int | None = None) -> dict[str, Any]:
    return {"type": "string", "pattern": "^0x([0-9a-f]{2})*$" if length is None else f"^0x[0-9a-f]{{{2 * length}}}$"}


def _object(properties: dict[str, Any], *, optional: tuple[str, ...] = (), description: str) -> dict[str, Any]:
    return {
        "type": "object",
        "description": description,
        "properties": properties,
        "required": [name for name in properties if name not in optional],
        "additionalProperties": False,
    }


def _claim() -> dict[str, Any]:
    properties = {
        "business_id": _ID,
        "kind": {"enum": list(KINDS)},
        "category": {"enum": list(CATEGORIES), "default": "fare"},
        "creditor": _PARTY,
        "debtor": _PARTY,
        "currency": _CURRENCY,
        "exponent": {**_EXPONENT, "default": 2},
        "net": _UNITS,
        "tax": {**_UNITS, "default": 0},
        "service_end": _SECONDS,
        "due_date": _SECONDS,
        "document": {
            "type": "object",
            "description": "what the claim is about; only its hash is kept (RFC 8785, keccak256)",
        },
        "document_hash": _HASH,
        "related": _ID,
        "related_fact": _HASH,
    }
    optional = ("category", "exponent", "tax", "document", "document_hash", "related", "related_fact")
    words = "`creditor` claims from `debtor`. One of document and document_hash; at most one of related and related_fact."
    either = {"oneOf": [{"required": ["document"]}, {"required": ["document_hash"]}]}
    return {**_object(properties, optional=optional, description=words), **either}


def _signed_facts() -> dict[str, Any]:
    amount = {"type": "string", "pattern": "^(0|[1-9][0-9]{0,38})$", "description": "whole minor units as text"}
    number = {"type": "integer", "minimum": 0}
    fact = {
        "fact_id": _hex(32),
        "schema": number,
        "kind": number,
        "category": number,
        "creditor": _hex(32),
        "debtor": _hex(32),
        "currency": _CURRENCY,
        "exponent": _EXPONENT,
        "net": amount,
        "tax": amount,
        "service_end": _SECONDS,
        "due_date": _SECONDS,
        "issuer_sequence": number,
        "related_fact": _hex(32),
        "document_hash": _hex(32),
    }
    properties = {
        "way": {"enum": sorted(SIGNED_WAYS)},
        "chain_id": {"type": "integer", "minimum": 1},
        "contract": _hex(20),
        "issuer": _hex(20),
        "facts": {
            "type": "array",
            "minItems": 1,
            "maxItems": MAXIMUM_SIGNED_FACTS,
            "items": _object(fact, description="As it is hashed and signed."),
        },
        "object_ids": {"type": "array", "maxItems": MAXIMUM_SIGNED_FACTS, "items": {"type": "string"}},
        "system": {"type": "string", "maxLength": MAXIMUM_OBJECT_ID_BYTES},
        "rules": _hex(),
        "signature": _hex(),
    }
    return _object(properties, description="Facts of one issuer with its signature for the settlement ledger.")


_PROBLEM = {
    "type": "object",
    "description": "RFC 9457. `detail` says what is wrong and what to do; `ledger_code` is the ledger's own code.",
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "code": {"enum": [code.value for code in ProblemCode]},
        "ledger_code": {"type": "string"},
    },
    "required": ["type", "title", "status", "detail", "code"],
    "additionalProperties": False,
}
_REASONS = {
    "400": "not JSON, or no usable idempotency key",
    "401": "no token that is known",
    "403": "the token of another system",
    "404": "the system has no such claim",
    "409": "a request with this key is under way",
    "413": f"more than {MAXIMUM_BODY_BYTES} bytes",
    "415": "not application/json",
    "422": "invalid, or the same id or key with other content, or refused by the settlement ledger",
    "429": "too many claims in a second, or too many requests at the same time",
    "503": "the outbox or the settlement ledger does not answer",
}


def _answers(status: str, words: str, schema: dict[str, Any], *refusals: str) -> dict[str, Any]:
    answers: dict[str, Any] = {
        status: {"description": words, "content": {"application/json": {"schema": schema}}},
    }
    for each in sorted({"401", "429", "503", *refusals}):
        problem = {"schema": {"$ref": "#/components/schemas/Problem"}}
        answers[each] = {"description": _REASONS[each], "content": {"application/problem+json": problem}}
        if each in {"429", "503"}:
            answers[each]["headers"] = {"Retry-After": {"description": "seconds", "schema": {"type": "integer"}}}
    return answers


def _body(name: str) -> dict[str, Any]:
    return {"required": True, "content": {"application/json": {"schema": _of(name)}}}


def _of(name: str) -> dict[str, Any]:
    return {"$ref": f"#/components/schemas/{name}"}


def _paths() -> dict[str, Any]:
    key = {
        "name": "Idempotency-Key",
        "in": "header",
        "required": True,
        "description": "one for each claim, in quotes; the same key with the same content has the same answer",
        "schema": {"type": "string", "pattern": KEY_PATTERN},
    }
    submit: dict[str, Any] = {
        "operationId": "submitClaim",
        "summary": "Hand in a claim. It is kept before the answer, and delivered to the settlement ledger after it.",
        "parameters": [key],
        "requestBody": _body("Claim"),
        "responses": _answers("202", "kept", _of("ReceiptView"), "400", "409", "413", "415", "422"),
    }
    submit["responses"]["202"]["headers"] = {
        "Location": {"description": "where its outcome is", "schema": {"type": "string"}}
    }
    claim = {
        "operationId": "getClaim",
        "summary": "What became of a claim by now.",
        "parameters": [{"name": "business_id", "in": "path", "required": True, "schema": _ID}],
        "responses": _answers("200", "the claim", _of("ClaimView"), "404"),
    }
    per_fact = {"type": "array", "items": _of("DeliveredFact")}
    refused = ("400", "403", "413", "415", "422")
    signed = {
        "operationId": "submitSignedFacts",
        "summary": "Hand in facts that their issuer has signed. A fact that comes again has its first reference.",
        "requestBody": _body("SignedFacts"),
        "responses": _answers("200", "an answer for each fact", per_fact, *refused),
    }
    statistics = {
        "operationId": "getStatistics",
        "summary": "The system's claims by state.",
        "responses": _answers("200", "counts", _of("PushStatusView")),
    }
    description = {
        "operationId": "getDescription",
        "summary": "This document.",
        "security": [],
        "responses": {
            "200": {"description": "OpenAPI 3.1", "content": {"application/json": {"schema": {"type": "object"}}}},
        },
    }
    return {
        "/v1/claims": {"post": submit},
        "/v1/claims/{business_id}": {"get": claim},
        "/v1/signed-facts": {"post": signed},
        "/v1/statistics": {"get": statistics},
        "/openapi.json": {"get": description},
    }


@lru_cache(maxsize=1)
def openapi() -> dict[str, Any]:
    """The document."""
    views: Any = schema_document(
        {"receipt": ReceiptView, "claim": ClaimView, "fact": DeliveredFact, "statistics": PushStatusView}
    )["$defs"]
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Push service",
            "version": "1",
            "description": "Claims of business systems, on their way to a settlement ledger.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "security": [{"token": []}],
        "paths": _paths(),
        "components": {
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer", "description": "of one system"}},
            "schemas": {
                "Claim": _claim(),
                "SignedFacts": _signed_facts(),
                "Problem": _PROBLEM,
                **{name: views[name] for name in ("ReceiptView", "ClaimView", "DeliveredFact", "PushStatusView")},
            },
        },
    }
