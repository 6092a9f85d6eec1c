"""One property: the same requests have the same answers over HTTP and over gRPC."""

from __future__ import annotations

import asyncio
import math
import tempfile
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import grpc
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.applications import Starlette

from relayer.facts.signed_json import signed_to_json
from relayer.messages.signed_facts import request_to_message
from relayer.push.service.bounds import Limits, Tokens
from relayer.push.service.http import application
from relayer.testing.clock import ManualClock
from relayer.wire.interledger.push.v1 import push_pb2
from tests.support.push_rpc import access, refused, served, stub_of, submission
from tests.support.push_service import OTHER, OWN, TOKENS, ask, claim_values, deliver, opened_service, signed_facts
from tests.support.pushing import PARTIES, STRANGER, PushLedger

_HASH = "0x" + "11" * 32
_MEMBERS = {
    "kind": st.sampled_from(["trip_completed", "credit_note", "journey", ""]),
    "category": st.sampled_from(["fare", "tax", "Fare"]),
    "creditor": st.sampled_from([*PARTIES, STRANGER, "KCS"]),
    "debtor": st.sampled_from([*PARTIES, "de*nbm", ""]),
    "currency": st.sampled_from(["EUR", "USD", "euro"]),
    "exponent": st.sampled_from([0, 2, 18, 19]),
    "net": st.sampled_from([0, 1, 1_840, -1, 2**128 - 1, 2**128]),
    "tax": st.sampled_from([0, 350, -350, 2**128]),
    "service_end": st.sampled_from([0, 1_771_999_940, 2**63]),
    "due_date": st.sampled_from([1, 1_772_086_400]),
    "document": st.sampled_from([{"trip": "T-1"}, {}, {"n": 2**53 + 1}, {"big": 10**30}, {"half": 0.5}, ["T-1"], "T-1"]),
    "related": st.sampled_from(["T-1", "T-9", ""]),
    "related_fact": st.just(_HASH),
}
_IDS = st.sampled_from(["T-1", "T-2", "2026/11 ü?#", "", "x" * 65, "\u0007"])
_KEYS = st.sampled_from(["k-1", "k-2", "", "ü", '"', "k" * 256])
_SYSTEMS = st.sampled_from([OWN, OWN, OTHER])
_ROOMY = Limits(claims_per_second=1_000.0, requests=4)


@st.composite
def claims(draw: st.DrawFn) -> dict[str, Any]:
    """Mostly sound, with a member or two that is changed or missing; sometimes with the document's hash in its place."""
    changed = draw(st.lists(st.sampled_from(sorted(_MEMBERS)), max_size=2, unique=True))
    values = claim_values(draw(_IDS), **{name: draw(_MEMBERS[name]) for name in changed})
    if "related" in values and "related_fact" in values:
        del values["related"]
    if draw(st.booleans()):
        del values["document"]
        values["document_hash"] = draw(st.sampled_from([_HASH, "0x1111", "0x" + "00" * 32]))
    for name in draw(st.lists(st.sampled_from(sorted(values)), max_size=1)):
        del values[name]
    return values


_REQUESTS = st.one_of(
    st.tuples(st.just("submit"), _SYSTEMS, _KEYS, claims()),
    st.tuples(st.just("submit"), _SYSTEMS, _KEYS, claims()),
    st.tuples(st.just("claim"), _SYSTEMS, _IDS.filter(bool)),
    st.tuples(st.just("statistics"), _SYSTEMS),
    st.tuples(st.just("signed"), _SYSTEMS, st.integers(1, 3), st.booleans()),
    st.just(("deliver",)),
    st.tuples(st.just("switch")),
)


@settings(max_examples=20)
@given(requests=st.lists(_REQUESTS, min_size=1, max_size=8))
def test_the_same_requests_have_the_same_answers_over_http_and_grpc(requests: list[tuple[Any, ...]]) -> None:
    asyncio.run(_compared(requests))


async def _compared(requests: list[tuple[Any, ...]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        async with AsyncExitStack() as opened:
            ledgers, folders, services = [], [], []
            for name in ("http", "grpc"):
                own = Path(folder) / name
                own.mkdir()
                ledger = PushLedger()
                ledgers.append(ledger)
                folders.append(own)
                services.append(await opened_service(opened, own, ledger, ManualClock(), _ROOMY))
            app = application(services[0], Tokens(TOKENS))
            stub = stub_of(await opened.enter_async_context(served(services[1])))
            for request in requests:
                match request:
                    case ("switch",):
                        for ledger in ledgers:
                            ledger.is_down = not ledger.is_down
                    case ("deliver",):
                        for own, ledger in zip(folders, ledgers, strict=True):
                            await deliver(own, ledger)
                    case _:
                        over_http = await _over_http(app, request)
                        assert await _over_grpc(stub, request) == over_http, request
            liabilities = [[each.liability_id for each in ledger.liabilities] for ledger in ledgers]
            assert liabilities[0] == liabilities[1]


async def _over_http(app: Starlette, request: tuple[Any, ...]) -> Any:
    match request:
        case ("submit", system, key, values):
            headers = (("Idempotency-Key", f'"{key}"'),) if key else ()
            answer = await ask(app, "POST", "/v1/claims", system=system, headers=headers, values=values)
        case ("claim", system, business_id):
            answer = await ask(app, "GET", f"/v1/claims/{business_id}", system=system)
        case ("statistics", system):
            answer = await ask(app, "GET", "/v1/statistics", system=system)
        case ("signed", system, count, is_damaged):
            values = signed_to_json(signed_facts(OWN, count))
            values["signature"] = "0x" + "11" * 65 if is_damaged else values["signature"]
            answer = await ask(app, "POST", "/v1/signed-facts", system=system, values=values)
        case _:
            raise AssertionError(request)
    if answer.status >= 400:
        # The place of an idempotency key, and so its words, are another one.
        detail = "" if answer.code.startswith("idempotency_key_") else answer.body["detail"]
        return {**answer.body, "detail": detail, "retry_after": answer.headers.get("retry-after")}
    return answer.body if isinstance(answer.body, list) else _timeless(answer.body)


async def _over_grpc(stub: Any, request: tuple[Any, ...]) -> Any:
    match request:
        case ("submit", system, key, values):
            call = stub.Submit(submission(values, key), metadata=access(system))
        case ("claim", system, business_id):
            call = stub.GetClaim(push_pb2.GetClaimRequest(business_id=business_id), metadata=access(system))
        case ("statistics", system):
            call = stub.GetStatistics(push_pb2.GetStatisticsRequest(), metadata=access(system))
        case ("signed", system, count, is_damaged):
            message = request_to_message(signed_facts(OWN, count)).signed_facts
            if is_damaged:
                message.signature = b"\x11" * 65
            call = stub.SubmitSigned(push_pb2.SubmitSignedRequest(signed_facts=message), metadata=access(system))
        case _:
            raise AssertionError(request)
    try:
        return _as_json(await call)
    except grpc.aio.AioRpcError:
        refusal = await refused(call)
    told = {name: getattr(refusal.problem, name) for name in ("type", "title", "status", "detail", "code")}
    told["detail"] = "" if refusal.code.startswith("idempotency_key_") else told["detail"]
    ledger_code = {"ledger_code": refusal.problem.ledger_code} if refusal.problem.ledger_code else {}
    retry_after = None if refusal.retry_after is None else str(refusal.retry_after)
    return {**told, **ledger_code, "retry_after": retry_after}


def _as_json(answer: Any) -> Any:
    """As HTTP has it."""
    match answer:
        case push_pb2.Receipt():
            return _plain(answer)
        case push_pb2.ClaimStatus():
            found = answer.reference if answer.HasField("reference") else None
            values = _plain(answer)
            del values["reference"]
            return _timeless(
                {
                    **values,
                    "state": push_pb2.ClaimState.Name(answer.state).removeprefix("CLAIM_STATE_").lower(),
                    "liability_id": None if found is None else "0x" + found.liability_id.hex(),
                    "settlement_sequence": None if found is None else found.settlement_sequence,
                    "head_hash": None if found is None else "0x" + found.head_hash.hex(),
                    "ledger": None if found is None else found.ledger,
                    "answered_at": answer.answered_at if answer.HasField("answered_at") else None,
                }
            )
        case push_pb2.SubmitSignedResponse():
            return [
                {
                    **_plain(each),
                    "liability_id": "0x" + each.liability_id.hex() if each.HasField("liability_id") else None,
                    "sequence": each.sequence if each.HasField("sequence") else None,
                }
                for each in answer.facts
            ]
        case _:
            return _timeless(_plain(answer))


def _plain(message: Any) -> dict[str, Any]:
    values = {each.name: getattr(message, each.name) for each in message.DESCRIPTOR.fields}
    return {name: "0x" + value.hex() if isinstance(value, bytes) else value for name, value in values.items()}


def _timeless(values: dict[str, Any]) -> dict[str, Any]:
    """Both services have the same clock of the machine, and were asked one after the other."""
    times = {name: values[name] is not None and math.isfinite(values[name]) for name in _TIMES & set(values)}
    return {**values, **times}


_TIMES = {"created_at", "answered_at", "oldest_seconds"}
