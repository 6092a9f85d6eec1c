"""Signed facts and their answers as interledger.settlement.v1 messages. Reading is strict."""

from __future__ import annotations

from collections.abc import Sequence

from relayer.codes.limits import MAXIMUM_SIGNED_BYTES
from relayer.encoding.canonical import encode, parse
from relayer.encoding.mapping import mapping
from relayer.errors import InvalidInput
from relayer.facts.codec import FactAnswer
from relayer.facts.signing import SignedFacts
from relayer.wire.interledger.settlement.v1 import facts_pb2

_SIGNED = mapping(SignedFacts, facts_pb2.SignedFacts)
_ANSWER = mapping(FactAnswer, facts_pb2.FactAnswer)


def request_to_message(request: SignedFacts) -> facts_pb2.RecordFactsRequest:
    """The request to record the facts."""
    return facts_pb2.RecordFactsRequest(signed_facts=_SIGNED.to_message(request))


def request_from_message(message: facts_pb2.RecordFactsRequest) -> SignedFacts:
    """Raises InvalidInput for a request without facts, or of a kind that this version does not know."""
    if message.WhichOneof("request") is None:
        raise InvalidInput("a request without facts, or of a kind that this version does not know")
    return _SIGNED.from_message(message.signed_facts)


def encode_request(request: SignedFacts) -> bytes:
    """The canonical bytes, for whoever keeps a request or puts it into a queue. Raises InvalidInput above 1 MiB."""
    encoded = encode(request_to_message(request))
    if len(encoded) > MAXIMUM_SIGNED_BYTES:
        raise InvalidInput(f"signed facts: {len(encoded)} bytes, at most {MAXIMUM_SIGNED_BYTES}; sign fewer at once")
    return encoded


def decode_request(raw: bytes) -> SignedFacts:
    """The inverse of encode_request. Raises InvalidInput for anything else."""
    return request_from_message(parse(facts_pb2.RecordFactsRequest, raw, maximum_bytes=MAXIMUM_SIGNED_BYTES))


def answers_to_message(answers: Sequence[FactAnswer]) -> facts_pb2.RecordFactsResponse:
    """One for each fact, in the order of the request."""
    return facts_pb2.RecordFactsResponse(answers=map(_ANSWER.to_message, answers))


def answers_from_message(message: facts_pb2.RecordFactsResponse) -> tuple[FactAnswer, ...]:
    """Raises InvalidInput for a status or a code that this version does not know."""
    return tuple(map(_ANSWER.from_message, message.answers))
