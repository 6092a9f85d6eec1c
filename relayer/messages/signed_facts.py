"""Signed and proven facts and their answers as interledger.settlement.v1 messages. Reading is strict."""

from __future__ import annotations

from collections.abc import Sequence

from relayer.codes.limits import MAXIMUM_SIGNED_BYTES
from relayer.encoding.canonical import encode, parse
from relayer.encoding.mapping import mapping
from relayer.errors import InvalidInput
from relayer.facts.codec import FactAnswer
from relayer.facts.proving import FactProof, FactsRequest
from relayer.facts.signing import SignedFacts
from relayer.wire.interledger.settlement.v1 import facts_pb2

_SIGNED = mapping(SignedFacts, facts_pb2.SignedFacts)
_PROVEN = mapping(FactProof, facts_pb2.FactProof)
_ANSWER = mapping(FactAnswer, facts_pb2.FactAnswer)


def request_to_message(request: FactsRequest) -> facts_pb2.RecordFactsRequest:
    """The request to record the facts."""
    if isinstance(request, FactProof):
        return facts_pb2.RecordFactsRequest(fact_proof=_PROVEN.to_message(request))
    return facts_pb2.RecordFactsRequest(signed_facts=_SIGNED.to_message(request))


def request_from_message(message: facts_pb2.RecordFactsRequest) -> FactsRequest:
    """Raises InvalidInput for a request without facts, or of a kind that this version does not know."""
    match message.WhichOneof("request"):
        case "signed_facts":
            return _SIGNED.from_message(message.signed_facts)
        case "fact_proof":
            return _PROVEN.from_message(message.fact_proof)
        case _:
            raise InvalidInput("a request without facts, or of a kind that this version does not know")


def signed_from_message(message: facts_pb2.SignedFacts) -> SignedFacts:
    """Raises InvalidInput."""
    return _SIGNED.from_message(message)


def encode_request(request: FactsRequest) -> bytes:
    """The canonical bytes, for whoever keeps a request or puts it into a queue. Raises InvalidInput above 1 MiB."""
    encoded = encode(request_to_message(request))
    if len(encoded) > MAXIMUM_SIGNED_BYTES:
        raise InvalidInput(f"facts: {len(encoded)} bytes, at most {MAXIMUM_SIGNED_BYTES}; send fewer at once")
    return encoded


def decode_request(raw: bytes) -> FactsRequest:
    """The inverse of encode_request. Raises InvalidInput for anything else."""
    return request_from_message(parse(facts_pb2.RecordFactsRequest, raw, maximum_bytes=MAXIMUM_SIGNED_BYTES))


def answers_to_message(answers: Sequence[FactAnswer]) -> facts_pb2.RecordFactsResponse:
    """One for each fact, in the order of the request."""
    return facts_pb2.RecordFactsResponse(answers=map(_ANSWER.to_message, answers))


def answers_from_message(message: facts_pb2.RecordFactsResponse) -> tuple[FactAnswer, ...]:
    """Raises InvalidInput for a status or a code that this version does not know."""
    return tuple(map(_ANSWER.from_message, message.answers))
