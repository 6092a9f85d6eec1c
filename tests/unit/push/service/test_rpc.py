"""The push service over gRPC, and those who try to get more than their token opens. What it shares with HTTP is in
test_same_answers.py."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from relayer.codes.settlement import RefusalCode
from relayer.facts.signing import ledger_identity
from relayer.messages.signed_facts import request_to_message
from relayer.push.database import Database
from relayer.push.service.bounds import MAXIMUM_BODY_BYTES, Tokens
from relayer.push.service.core import MAXIMUM_WATCHED, PushService
from relayer.push.service.http import application
from relayer.push.service.problems import ProblemCode
from relayer.push.service.rpc import NAME, STATUSES
from relayer.testing.clock import ManualClock
from relayer.wire.interledger.push.v1 import push_pb2
from tests.support.push_rpc import access, claim_message, refused, served, stub_of, submission
from tests.support.push_service import OTHER, OWN, SMALL, TOKENS, claim_values, deliver, opened_service, signed_facts, submit
from tests.support.pushing import STRANGER, PushLedger


@pytest.fixture
def ledger() -> PushLedger:
    return PushLedger()


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
async def service(tmp_path: Path, ledger: PushLedger, clock: ManualClock) -> AsyncIterator[PushService]:
    async with AsyncExitStack() as opened:
        yield await opened_service(opened, tmp_path, ledger, clock)


@pytest.fixture
async def channel(service: PushService) -> AsyncIterator[grpc.aio.Channel]:
    async with served(service) as opened:
        yield opened


@pytest.fixture
def stub(channel: grpc.aio.Channel) -> Any:
    return stub_of(channel)


def signed_request(system: str = OWN, count: int = 1) -> push_pb2.SubmitSignedRequest:
    message = request_to_message(signed_facts(system, count)).signed_facts
    return push_pb2.SubmitSignedRequest(signed_facts=message)


# What it is for.


async def test_a_claim_is_kept_delivered_and_shown(stub: Any, tmp_path: Path, ledger: PushLedger) -> None:
    receipt = await stub.Submit(submission(claim_values()), metadata=access())
    assert (receipt.business_id, receipt.issuer_sequence, len(receipt.fact_hash)) == ("T-1", 1, 32)
    asked = push_pb2.GetClaimRequest(business_id="T-1")
    assert (await stub.GetClaim(asked, metadata=access())).state == push_pb2.CLAIM_STATE_WAITING
    await deliver(tmp_path, ledger)
    shown = await stub.GetClaim(asked, metadata=access())
    (liability,) = ledger.liabilities
    assert (shown.state, shown.reference.liability_id) == (push_pb2.CLAIM_STATE_DELIVERED, liability.liability_id)
    counted = await stub.GetStatistics(push_pb2.GetStatisticsRequest(), metadata=access())
    assert (counted.waiting, counted.delivered) == (0, 1)


async def test_one_key_is_one_claim_over_http_and_grpc(service: PushService, stub: Any) -> None:
    over_http = (await submit(application(service, Tokens(TOKENS)), claim_values())).body
    receipt = await stub.Submit(submission(claim_values()), metadata=access())
    assert "0x" + receipt.fact_id.hex() == over_http["fact_id"]
    other = await refused(stub.Submit(submission(claim_values(net=1)), metadata=access()))
    assert (other.status, other.code) == (grpc.StatusCode.ALREADY_EXISTS, "idempotency_key_reused")


async def test_signed_facts_are_recorded_once(stub: Any, ledger: PushLedger) -> None:
    first = await stub.SubmitSigned(signed_request(count=2), metadata=access())
    assert [each.code for each in first.facts] == ["ok", "ok"]
    again = await stub.SubmitSigned(signed_request(count=2), metadata=access())
    assert [each.code for each in again.facts] == ["duplicate", "duplicate"]
    assert [each.liability_id for each in again.facts] == [each.liability_id for each in ledger.liabilities]


async def test_whoever_watches_sees_each_claim_end(
    service: PushService, stub: Any, tmp_path: Path, ledger: PushLedger
) -> None:
    await stub.Submit(submission(claim_values("T-1")), metadata=access())
    await stub.Submit(submission(claim_values("T-2", debtor=STRANGER), "k-2"), metadata=access())
    looked = 0

    async def pause(_seconds: float) -> None:
        nonlocal looked
        looked += 1
        if looked in (2, 3):
            await deliver(tmp_path, ledger)

    service.pause = pause
    seen = [
        (each.business_id, each.state, each.code)
        async for each in stub.Watch(push_pb2.WatchRequest(business_ids=["T-1", "T-2"]), metadata=access())
    ]
    waiting, refusal = push_pb2.CLAIM_STATE_WAITING, push_pb2.CLAIM_STATE_REFUSED
    assert seen[:2] == [("T-1", waiting, ""), ("T-2", waiting, "")]
    assert sorted(seen[2:]) == [("T-1", push_pb2.CLAIM_STATE_DELIVERED, "ok"), ("T-2", refusal, "unknown_party")]


async def test_a_stream_ends_after_its_time(service: PushService, stub: Any, clock: ManualClock) -> None:
    await stub.Submit(submission(claim_values()), metadata=access())

    async def pause(_seconds: float) -> None:
        clock.advance(service.watch_seconds)

    service.pause = pause
    seen = [each async for each in stub.Watch(push_pb2.WatchRequest(business_ids=["T-1"]), metadata=access())]
    assert [each.state for each in seen] == [push_pb2.CLAIM_STATE_WAITING]


async def test_health_needs_no_token(channel: grpc.aio.Channel) -> None:
    stub: Any = health_pb2_grpc.HealthStub(channel)
    found = await stub.Check(health_pb2.HealthCheckRequest(service=NAME))
    assert found.status == health_pb2.HealthCheckResponse.SERVING


def test_every_problem_has_a_status() -> None:
    assert set(STATUSES) == set(ProblemCode)


# Rights.


@pytest.mark.parametrize(
    "metadata",
    [
        (),
        (("authorization", "Bearer guessed"),),
        (("authorization", TOKENS[OWN]),),
        (*access(), *access()),
        (*access(OWN), *access(OTHER)),
        (("cookie", f"token={TOKENS[OWN]}"),),
    ],
)
async def test_without_a_token_nothing_is_learned(stub: Any, metadata: tuple[tuple[str, str], ...]) -> None:
    """The attacker has no token, or shows two."""
    watch = push_pb2.WatchRequest(business_ids=["T-1"])
    for call in (
        stub.Submit(submission(claim_values()), metadata=metadata),
        stub.SubmitSigned(signed_request(), metadata=metadata),
        stub.GetClaim(push_pb2.GetClaimRequest(business_id="T-1"), metadata=metadata),
        stub.GetStatistics(push_pb2.GetStatisticsRequest(), metadata=metadata),
        stub.Watch(watch, metadata=metadata).read(),
    ):
        refusal = await refused(call)
        assert (refusal.status, refusal.code) == (grpc.StatusCode.UNAUTHENTICATED, "token_needed")
        assert not any(token in refusal.problem.detail for token in TOKENS.values())


async def test_another_systems_token_sees_nothing(stub: Any) -> None:
    """The attacker holds the token of another system."""
    await stub.Submit(submission(claim_values()), metadata=access())
    asked = push_pb2.GetClaimRequest(business_id="T-1")
    assert (await refused(stub.GetClaim(asked, metadata=access(OTHER)))).code == "unknown_claim"
    watched = stub.Watch(push_pb2.WatchRequest(business_ids=["T-1"]), metadata=access(OTHER))
    assert (await refused(watched.read())).code == "unknown_claim"


async def test_another_systems_token_delivers_nothing(stub: Any, ledger: PushLedger) -> None:
    """The attacker has signed facts of another system, and relabels them."""
    relabelled = signed_request()
    relabelled.signed_facts.system = OTHER
    for request in (signed_request(), relabelled):
        refusal = await refused(stub.SubmitSigned(request, metadata=access(OTHER)))
        assert (refusal.status, refusal.code) == (grpc.StatusCode.PERMISSION_DENIED, "other_system")
    assert ledger.liabilities == []


async def test_a_wrong_signature_records_nothing(stub: Any, ledger: PushLedger) -> None:
    """The attacker holds a token, and no key of an issuer."""
    request = signed_request()
    request.signed_facts.signature = bytes(64) + b"\x1b"
    refusal = await refused(stub.SubmitSigned(request, metadata=access()))
    assert (refusal.status, refusal.code) == (grpc.StatusCode.FAILED_PRECONDITION, "ledger_refused")
    assert refusal.problem.ledger_code
    assert ledger.liabilities == []


async def test_a_signature_for_another_ledger_records_nothing(stub: Any, ledger: PushLedger) -> None:
    """The attacker takes to this ledger what an issuer has signed for another one."""
    message = request_to_message(signed_facts(identity=ledger_identity("settlement-2", bytes(32)))).signed_facts
    refusal = await refused(stub.SubmitSigned(push_pb2.SubmitSignedRequest(signed_facts=message), metadata=access()))
    assert refusal.problem.ledger_code == f"settlement/{RefusalCode.BAD_SIGNATURE}"
    assert ledger.liabilities == []


async def test_facts_of_a_revoked_issuer_are_refused_with_their_code(stub: Any, ledger: PushLedger) -> None:
    """The attacker has the key of an issuer that has ended."""
    ledger.end_issuer(last_sequence=2)
    (answer,) = (await stub.SubmitSigned(signed_request(), metadata=access())).facts
    assert (answer.accepted, answer.code, answer.HasField("liability_id")) == (False, "issuer_not_authorised", False)
    assert ledger.liabilities == []


# Limits.


@pytest.mark.parametrize("call", ["Submit", "SubmitSigned", "GetClaim", "Watch"])
async def test_two_megabytes_are_refused_with_what_is_allowed(channel: grpc.aio.Channel, call: str) -> None:
    """The attacker holds a token and sends 2 MB."""
    kind = channel.unary_stream if call == "Watch" else channel.unary_unary
    calling = kind(f"/{NAME}/{call}")(b"\x0a" * 2 * MAXIMUM_BODY_BYTES, metadata=access())
    refusal = await refused(calling.read() if call == "Watch" else calling)
    assert (refusal.status, refusal.code) == (grpc.StatusCode.RESOURCE_EXHAUSTED, "too_large")


async def test_more_than_grpc_takes_is_refused_by_grpc(channel: grpc.aio.Channel, stub: Any) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await channel.unary_unary(f"/{NAME}/Submit")(bytes(5 * MAXIMUM_BODY_BYTES), metadata=access())
    assert caught.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    await stub.Submit(submission(claim_values()), metadata=access())


async def test_more_claims_than_agreed_wait(stub: Any, clock: ManualClock) -> None:
    """The attacker holds a token and floods; the other system is not held up."""
    assert len((await stub.SubmitSigned(signed_request(count=250), metadata=access())).facts) == 250
    refusal = await refused(stub.Submit(submission(claim_values()), metadata=access()))
    assert (refusal.status, refusal.code, refusal.retry_after) == (grpc.StatusCode.RESOURCE_EXHAUSTED, "too_many", 2)
    await stub.Submit(submission(claim_values()), metadata=access(OTHER))
    clock.advance(2.0)
    await stub.Submit(submission(claim_values()), metadata=access())


async def test_streams_of_a_system_are_bounded(service: PushService, stub: Any) -> None:
    """The attacker holds a token and opens streams without end; the other system has its own."""
    blocked = asyncio.Event()

    async def pause(_seconds: float) -> None:
        await blocked.wait()

    service.pause = pause
    for system in (OWN, OTHER):
        await stub.Submit(submission(claim_values()), metadata=access(system))
    watch = push_pb2.WatchRequest(business_ids=["T-1"])
    streams = [stub.Watch(watch, metadata=access()) for _ in range(SMALL.streams)]
    for each in streams:
        await each.read()
    refusal = await refused(stub.Watch(watch, metadata=access()).read())
    assert (refusal.code, refusal.retry_after) == ("too_many", 1)
    await stub.Watch(watch, metadata=access(OTHER)).read()
    streams[0].cancel()
    await _answered(stub, watch)
    blocked.set()


async def _answered(stub: Any, watch: push_pb2.WatchRequest) -> None:
    """Until the server has heard that a stream is cancelled, it counts."""
    while True:
        try:
            await stub.Watch(watch, metadata=access()).read()
        except grpc.aio.AioRpcError as error:
            if error.code() is not grpc.StatusCode.RESOURCE_EXHAUSTED:
                raise
        else:
            return


@pytest.mark.parametrize("ids", [[], ["T-1", "T-1"], [f"T-{number}" for number in range(MAXIMUM_WATCHED + 1)]])
async def test_a_stream_has_some_claims_and_not_too_many(stub: Any, ids: list[str]) -> None:
    refusal = await refused(stub.Watch(push_pb2.WatchRequest(business_ids=ids), metadata=access()).read())
    assert (refusal.status, refusal.code) == (grpc.StatusCode.INVALID_ARGUMENT, "invalid")


# Bad input, and what does not answer.


@pytest.mark.parametrize("raw", [b"\xff", b"\x0a\xff", submission(claim_values()).SerializeToString() + b"\xfa\x01\x01x"])
async def test_what_this_version_does_not_know_is_refused(channel: grpc.aio.Channel, stub: Any, raw: bytes) -> None:
    """The fault: bytes that are no message, or a field of a newer version, which may change what a claim means."""
    refusal = await refused(channel.unary_unary(f"/{NAME}/Submit")(raw, metadata=access()))
    assert (refusal.status, refusal.code) == (grpc.StatusCode.INVALID_ARGUMENT, "invalid")
    assert "of the same version" in refusal.problem.detail
    assert (await stub.GetStatistics(push_pb2.GetStatisticsRequest(), metadata=access())).waiting == 0


async def test_a_field_of_a_newer_version_inside_a_claim_is_refused(channel: grpc.aio.Channel) -> None:
    newer = claim_message(claim_values()).SerializeToString() + b"\xf8\x07\x01"
    request = push_pb2.SubmitRequest(idempotency_key="k-1")
    request.claim.MergeFromString(newer)
    refusal = await refused(channel.unary_unary(f"/{NAME}/Submit")(request.SerializeToString(), metadata=access()))
    assert "does not know" in refusal.problem.detail


@pytest.mark.parametrize("net", ["", "1.5", "+1", "01", "0x1", "1_000", "\u0661", "9" * 40])
async def test_an_amount_is_whole_units_in_decimal(stub: Any, net: str) -> None:
    request = submission(claim_values())
    request.claim.net = net
    refusal = await refused(stub.Submit(request, metadata=access()))
    assert (refusal.code, refusal.problem.detail[:11]) == ("invalid", "claim: net:")


async def test_a_ledger_that_is_down_takes_no_facts(stub: Any, ledger: PushLedger) -> None:
    ledger.is_down = True
    refusal = await refused(stub.SubmitSigned(signed_request(), metadata=access()))
    assert (refusal.status, refusal.code) == (grpc.StatusCode.UNAVAILABLE, "ledger_unavailable")
    assert refusal.retry_after == 1


async def test_a_fault_of_the_service_is_said_without_its_words(service: PushService, stub: Any) -> None:
    class Broken(Database):
        async def transaction(self, _make: Any) -> Any:
            raise ValueError("postgresql://user:secret@host")

    tenant = service.tenants[OWN]
    service.tenants = {**service.tenants, OWN: replace(tenant, database=Broken(lambda: None))}
    refusal = await refused(stub.GetStatistics(push_pb2.GetStatisticsRequest(), metadata=access()))
    assert (refusal.status, refusal.code) == (grpc.StatusCode.INTERNAL, "internal")
    assert "secret" not in refusal.problem.detail


async def test_long_words_of_a_refusal_fit_into_the_metadata(stub: Any) -> None:
    for changes in ({"kind": "ü" * 100_000}, {"related": "ü" * 30}, {"creditor": "\u0001" * 9_000}):
        refusal = await refused(stub.Submit(submission(claim_values(**changes)), metadata=access()))
        assert refusal.code == "invalid"
