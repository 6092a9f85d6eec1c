"""interledger.push.v1 from and to what the core takes and gives. Reading is strict, as that of JSON is."""

from __future__ import annotations

import re
from typing import Any, TypeVar

from google.protobuf.any_pb2 import Any as AnyMessage
from google.protobuf.duration_pb2 import Duration
from google.protobuf.message import DecodeError, Message
from google.rpc import error_details_pb2, status_pb2

from relayer.errors import InvalidInput
from relayer.facts.json_text import load_json
from relayer.facts.signing import SignedFacts
from relayer.messages.signed_facts import signed_from_message
from relayer.push.records import ClaimState, Outcome, Statistics
from relayer.push.service.problems import PROBLEM_TYPE, Problem
from relayer.views.facts import DeliveredFact
from relayer.wire.interledger.push.v1 import push_pb2
from relayer.wire.interledger.settlement.v1 import facts_pb2

_AMOUNT = re.compile(r"0|-?[1-9][0-9]{0,38}", re.ASCII)
_AMOUNTS = frozenset({"net", "tax"})
_MAXIMUM_DETAIL_BYTES = 1_000
"""What a refused call says is three times in its trailing metadata, once with three characters for a byte, and 8 KiB have
room there."""
_STATES = {
    ClaimState.WAITING: push_pb2.CLAIM_STATE_WAITING,
    ClaimState.DELIVERED: push_pb2.CLAIM_STATE_DELIVERED,
    ClaimState.REFUSED: push_pb2.CLAIM_STATE_REFUSED,
    ClaimState.PARKED: push_pb2.CLAIM_STATE_PARKED,
}
_M = TypeVar("_M", bound=Message)


def read(kind: type[_M], raw: bytes) -> _M:
    """Raises InvalidInput for bytes that are no such message, and for one with fields that this version does not know."""
    message = kind()
    try:
        message.ParseFromString(raw)
    except DecodeError as error:
        raise InvalidInput("the request is not the message of this call; use a client of the same version") from error
    size, anything = message.ByteSize(), _anything(message)
    anything.DiscardUnknownFields()
    if message.ByteSize() != size:
        raise InvalidInput("the request has fields that this version does not know; use a client of the same version")
    return message


def claim_values(claim: push_pb2.Claim) -> dict[str, object]:
    """As the JSON form of the same claim has them, so that a key stands for the same content however it came."""
    values: dict[str, object] = {}
    for field, value in claim.ListFields():
        name = field.name
        if name == "document_json":
            values["document"] = load_json(value)
        elif name in _AMOUNTS:
            values[name] = _amount(name, value)
        else:
            values[name] = f"0x{value.hex()}" if isinstance(value, bytes) else value
    return values


def _amount(name: str, text: str) -> int:
    if not _AMOUNT.fullmatch(text):
        raise InvalidInput(f"claim: {name}: expected whole minor units in decimal")
    return int(text)


def signed_of(message: facts_pb2.SignedFacts) -> SignedFacts:
    """Raises InvalidInput."""
    return signed_from_message(message)


def receipt(outcome: Outcome) -> push_pb2.Receipt:
    """Of a claim that is kept."""
    return push_pb2.Receipt(
        business_id=outcome.business_id,
        issuer_sequence=outcome.issuer_sequence,
        fact_id=_bytes(outcome.fact_id),
        fact_hash=_bytes(outcome.fact_hash),
    )


def claim_status(outcome: Outcome) -> push_pb2.ClaimStatus:
    """What became of a claim."""
    found = outcome.reference
    reference = None
    if found is not None:
        reference = push_pb2.Reference(
            ledger=found.ledger,
            liability_id=_bytes(found.liability_id),
            settlement_sequence=found.sequence,
            head_hash=_bytes(found.head_hash),
        )
    return push_pb2.ClaimStatus(
        business_id=outcome.business_id,
        state=_STATES[outcome.state],
        issuer_sequence=outcome.issuer_sequence,
        fact_id=_bytes(outcome.fact_id),
        fact_hash=_bytes(outcome.fact_hash),
        attempts=outcome.attempts,
        code=outcome.code,
        reason=outcome.reason,
        reference=reference,
        created_at=outcome.created_at,
        answered_at=outcome.answered_at,
        callback_error=outcome.callback_error,
    )


def delivered_fact(fact: DeliveredFact) -> push_pb2.DeliveredFact:
    """The answer to one signed fact."""
    return push_pb2.DeliveredFact(
        fact_id=_bytes(fact.fact_id),
        accepted=fact.accepted,
        code=fact.code,
        liability_id=None if fact.liability_id is None else _bytes(fact.liability_id),
        sequence=fact.sequence,
        head_hash=_bytes(fact.head_hash),
    )


def statistics(found: Statistics) -> push_pb2.Statistics:
    """Counts of one system."""
    return push_pb2.Statistics(
        waiting=found.waiting,
        delivered=found.delivered,
        refused=found.refused,
        parked=found.parked,
        retries=found.retries,
        callback_errors=found.callback_errors,
        oldest_seconds=found.oldest_seconds,
    )


def detail_of(problem: Problem) -> str:
    """What is wrong, in the length that a call's metadata has room for."""
    encoded = problem.detail.encode()
    if len(encoded) <= _MAXIMUM_DETAIL_BYTES:
        return problem.detail
    return encoded[: _MAXIMUM_DETAIL_BYTES - 3].decode(errors="ignore") + "…"


def status_details(problem: Problem, code: int) -> bytes:
    """The google.rpc.Status of a refused call. `code`: its gRPC status."""
    told = push_pb2.Problem(
        type=PROBLEM_TYPE,
        title=problem.status.phrase,
        status=int(problem.status),
        detail=detail_of(problem),
        code=problem.code.value,
        ledger_code=problem.ledger_code or "",
    )
    details = [_packed(told)]
    if problem.retry_after is not None:
        details.append(_packed(error_details_pb2.RetryInfo(retry_delay=Duration(seconds=problem.retry_after))))
    status = status_pb2.Status(code=code, message=detail_of(problem), details=details)
    encoded: bytes = status.SerializeToString()
    return encoded


def _packed(message: Message) -> AnyMessage:
    packed = AnyMessage()
    packed.Pack(message)
    return packed


def _anything(message: Message) -> Any:
    """The stubs lack DiscardUnknownFields."""
    return message


def _bytes(text: str) -> bytes:
    """Of 0x and digits; `ledger` names and empty texts never come here."""
    return bytes.fromhex(text.removeprefix("0x"))
