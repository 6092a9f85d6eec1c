"""The ledger as a service: access, health, reflection, bounds, typed errors over the wire, streams, and the heartbeat."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc

from relayer.core.commitment import CommitmentPath
from relayer.core.ids import ClientId, Height, LedgerId
from relayer.errors import (
    AccessDenied,
    ConfigurationError,
    InvalidInput,
    InvariantBroken,
    LedgerRefused,
    LedgerUnavailable,
    LimitExceeded,
    NotFinal,
    RelayerError,
    WrongLedger,
)
from relayer.facts.schema import party_id
from relayer.ledgers.embedded.served.server import LedgerServer, serve
from relayer.ledgers.remote.ledger import RemoteLedger
from relayer.ledgers.served import adapter_service
from relayer.ledgers.served.access import Access, Reads
from relayer.messages.statuses import error_of, status_of
from relayer.ports.ledger import ClientCondition
from relayer.ports.prover import ClientTerms
from relayer.settlement.model.acts import OPERATOR
from relayer.settlement.model.parties import (
    Agreement,
    AgreementInForce,
    ClosePeriod,
    CurrencyTerms,
    Party,
    RecordAgreement,
    RegisterParty,
)
from relayer.testing.clock import ManualClock
from relayer.testing.factories import a_payload
from relayer.transport import Places, socket_name
from relayer.waiting import arrival, until_true
from relayer.wire.interledger.adapter.v1 import adapter_pb2, adapter_pb2_grpc
from relayer.wire.interledger.settlement.v1 import log_pb2, parties_pb2, service_pb2_grpc
from tests.support.embedded import EchoApplication, embedded_ledger
from tests.support.evm_counterparty import CLIENT_ID, EvmCounterparty
from tests.support.served import ledger_server

TOKEN = "operators-token"
TERMS = ClientTerms(trusting_period_seconds=1_000, max_clock_drift_seconds=15)


class RealClock:
    def __init__(self) -> None:
        self.started = asyncio.get_running_loop().time()

    def now(self) -> float:
        return 1_800_000_000 + asyncio.get_running_loop().time() - self.started

    def elapsed(self) -> float:
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


@pytest.fixture
async def served(tmp_path: Path) -> AsyncIterator[SimpleNamespace]:
    clock = ManualClock()
    ledger = embedded_ledger(tmp_path, clock, applications={"settlement": EchoApplication()})
    await ledger.connect()
    server = ledger_server(ledger, tmp_path / "ledger.sock", token=TOKEN, reads=Reads.OPEN)
    await server.start()
    address = f"unix:{tmp_path / 'ledger.sock'}"
    opened: list[RemoteLedger] = []

    def remote(*, token: str | None = None, chain_id: str = "settlement-1") -> RemoteLedger:
        made = RemoteLedger(ledger_id=LedgerId("settlement"), address=address, chain_id=chain_id, clock=clock, token=token)
        opened.append(made)
        return made

    async with grpc.aio.insecure_channel(f"unix:{socket_name(tmp_path / 'ledger.sock')}") as channel:
        yield SimpleNamespace(
            ledger=ledger, clock=clock, remote=remote, operator=remote(token=TOKEN), channel=channel, server=server
        )
    for each in opened:
        await each.close()
    await server.stop()
    await ledger.close()


def new_party(ocpi_id: str = "DE*KCS") -> RegisterParty:
    party = Party(party_id=party_id(ocpi_id), ocpi_id=ocpi_id, name="Kiez Käse 🚲", lei="L", vat_id="V")
    return RegisterParty(request_id=ocpi_id, party=party, actor=OPERATOR)


async def test_business_verbs_reach_the_ledger(served) -> None:
    settlement = served.operator.settlement
    for ocpi_id in ("DE*KCS", "DE*NBM"):
        await settlement.execute(new_party(ocpi_id))
    agreement = Agreement(
        agreement_id="a",
        creditor=party_id("DE*KCS"),
        debtor=party_id("DE*NBM"),
        currencies=(CurrencyTerms(currency="EUR", exponent=2, open_limit=2**100),),
    )
    await settlement.execute(RecordAgreement(request_id="a", agreement=agreement, actor=OPERATOR, replaces=0))
    head = await settlement.execute(ClosePeriod(request_id="c", cut_off_seconds=5, actor=OPERATOR))
    assert head.sequence == 4
    assert await settlement.parties() == await served.ledger.settlement.parties()
    (in_force,) = await served.ledger.settlement.agreements()
    assert in_force == AgreementInForce(agreement=agreement, sequence=head.sequence - 1)
    assert await settlement.agreements() == [in_force]
    assert await settlement.consent(party_id("DE*KCS")) is None
    assert await settlement.positions() == []
    assert await settlement.liability(bytes(32)) is None
    assert await settlement.liability_of_fact(bytes(32)) is None
    assert await settlement.liabilities(after_sequence=0, limit=5) == []
    assert await settlement.waiting_news(after=("", b""), limit=5) == []


async def test_a_refused_command_keeps_its_code(served) -> None:
    await served.operator.settlement.execute(new_party())
    other = new_party()
    with pytest.raises(LedgerRefused) as caught:
        await served.operator.settlement.execute(replace(other, party=replace(other.party, name="Other")))
    assert caught.value.code == "settlement/2"


async def test_guarded_verbs_need_the_token(served) -> None:
    creation = await EvmCounterparty(served.clock).initial_client(TERMS)
    for ledger in (served.remote(), served.remote(token="wrong"), served.remote(token=TOKEN + "x")):
        with pytest.raises(AccessDenied):
            await ledger.settlement.execute(new_party())
        with pytest.raises(AccessDenied):
            await ledger.create_client(creation, counterparty_client_id=None, counterparty_merkle_prefix=())
        with pytest.raises(AccessDenied):
            await ledger.register_counterparty(
                ClientId("poa-evm-0"), counterparty_client_id=CLIENT_ID, counterparty_merkle_prefix=(b"",)
            )
        with pytest.raises(AccessDenied):
            await ledger.recover_client(ClientId("poa-evm-0"), creation)
    assert await served.ledger.settlement.parties() == []
    assert (await served.ledger.head()).height == 1


@pytest.mark.parametrize(
    "metadata",
    [
        (),
        (("authorization", TOKEN),),
        (("authorization", f"bearer {TOKEN}"),),
        (("authorization", f"Bearer {TOKEN}"), ("authorization", "Bearer other")),
    ],
)
async def test_only_one_exact_bearer_token_opens(served, metadata) -> None:
    stub = service_pb2_grpc.SettlementStub(served.channel)
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await stub.Execute(log_pb2.Command(request_id="c", close_period=parties_pb2.ClosePeriod()), metadata=metadata)
    assert caught.value.code() is grpc.StatusCode.UNAUTHENTICATED


async def test_without_a_token_nobody_may_set_up(tmp_path: Path) -> None:
    ledger = embedded_ledger(tmp_path, ManualClock())
    await ledger.connect()
    server = ledger_server(ledger, tmp_path / "ledger.sock")
    await server.start()
    remote = RemoteLedger(
        ledger_id=LedgerId("x"),
        address=f"unix:{tmp_path / 'ledger.sock'}",
        chain_id="settlement-1",
        clock=ManualClock(),
        token="",
    )
    with pytest.raises(AccessDenied):
        await remote.settlement.execute(new_party())
    await remote.close()
    await server.stop()
    await ledger.close()


async def test_clients_are_set_up_over_the_wire(served) -> None:
    evm = EvmCounterparty(served.clock)
    creation = await evm.initial_client(TERMS)
    client = await served.operator.create_client(creation, counterparty_client_id=None, counterparty_merkle_prefix=())
    for _ in range(2):
        await served.operator.register_counterparty(
            client, counterparty_client_id=CLIENT_ID, counterparty_merkle_prefix=(b"",)
        )
    status = await served.remote().client_status(client)
    assert status == await served.ledger.client_status(client)
    raw = await adapter_pb2_grpc.LedgerAdapterStub(served.channel).GetClientStatus(
        adapter_pb2.ClientStatusRequest(client_id=client)
    )
    assert (raw.client_state_type_url, raw.client_state) == (creation.client_state_type_url, creation.client_state)
    with pytest.raises(LedgerRefused) as caught:
        await served.operator.register_counterparty(
            client, counterparty_client_id=ClientId("client-1"), counterparty_merkle_prefix=(b"",)
        )
    assert caught.value.code == "ibc/8"


async def test_an_expired_client_is_recovered_over_the_wire(served) -> None:
    evm = EvmCounterparty(served.clock)
    client = await served.operator.create_client(
        await evm.initial_client(TERMS), counterparty_client_id=None, counterparty_merkle_prefix=()
    )
    with pytest.raises(LedgerRefused) as caught:
        await served.operator.recover_client(client, await evm.initial_client(TERMS))
    assert caught.value.code == "client/24"
    served.clock.advance(TERMS.trusting_period_seconds)
    assert (await served.ledger.client_status(client)).condition is ClientCondition.EXPIRED
    evm.seal()
    await served.operator.recover_client(client, await evm.initial_client(TERMS))
    assert (await served.ledger.client_status(client)).condition is ClientCondition.ACTIVE


async def test_typed_errors_survive_the_wire(served) -> None:
    remote = served.remote()
    path = CommitmentPath(b"path")
    with pytest.raises(NotFinal):
        await remote.prove([path], at=Height(99))
    with pytest.raises(NotFinal):
        await remote.prove([path], at=Height(1))
    with pytest.raises(LimitExceeded):
        await remote.prove([path] * 1001, at=Height(1))
    with pytest.raises(InvalidInput):
        await remote.prove([CommitmentPath(b"x" * 257)], at=Height(1))
    with pytest.raises(WrongLedger):
        await served.remote(chain_id="another-1").connect()


async def test_a_message_over_the_bound_is_refused_by_the_transport(served) -> None:
    stub = adapter_pb2_grpc.LedgerAdapterStub(served.channel)
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await stub.Prove(adapter_pb2.ProveRequest(paths=[bytes(21 * 1024 * 1024)]))
    assert caught.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED


@pytest.mark.parametrize(
    "request_",
    [
        adapter_pb2.SubmitRequest(messages=[adapter_pb2.PacketMessage()]),
        adapter_pb2.SubmitRequest(messages=[adapter_pb2.PacketMessage(receive=adapter_pb2.ReceivePacket())]),
        adapter_pb2.SubmitRequest(messages=[adapter_pb2.PacketMessage(acknowledge=adapter_pb2.AcknowledgePacket())]),
    ],
)
async def test_malformed_submissions_are_invalid(served, request_) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await adapter_pb2_grpc.LedgerAdapterStub(served.channel).Submit(request_)
    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT


async def test_events_that_are_too_many_at_once_are_asked_for_in_parts(served, monkeypatch) -> None:
    evm = EvmCounterparty(served.clock)
    client = await served.ledger.create_client(
        await evm.initial_client(TERMS), counterparty_client_id=None, counterparty_merkle_prefix=()
    )
    await served.ledger.register_counterparty(client, counterparty_client_id=CLIENT_ID, counterparty_merkle_prefix=(b"",))
    for _ in range(5):
        deadline = int(served.clock.now()) + 60
        await served.ledger.send_packet(client, a_payload(), timeout_timestamp=deadline, signer="anyone")
    head = await served.ledger.head()
    whole = await served.ledger.events(after=Height(0), until=head.height)
    monkeypatch.setattr(adapter_service, "MAXIMUM_EVENT_BYTES", 150)
    assert len(whole) == 5
    assert await served.remote().events(after=Height(0), until=head.height) == whole


async def test_heads_are_streamed(served) -> None:
    hints = served.remote().head_hints()
    await anext(hints)
    await served.ledger.advance()
    await arrival(anext(hints), "a hint")
    await hints.aclose()


async def test_stopping_ends_the_streams_at_once(served) -> None:
    async def listen() -> None:
        async for _ in served.remote().head_hints():
            pass

    listener = asyncio.create_task(listen())
    await asyncio.sleep(0)
    started = asyncio.get_running_loop().time()
    await served.server.stop()
    assert asyncio.get_running_loop().time() - started < 4
    listener.cancel()


async def test_health_and_reflection_answer(served) -> None:
    health = health_pb2_grpc.HealthStub(served.channel)
    for service in ("", "interledger.adapter.v1.LedgerAdapter", "interledger.settlement.v1.Settlement"):
        answer = await health.Check(health_pb2.HealthCheckRequest(service=service))
        assert answer.status == health_pb2.HealthCheckResponse.SERVING
    stub = reflection_pb2_grpc.ServerReflectionStub(served.channel)
    request = reflection_pb2.ServerReflectionRequest(list_services="")
    async for answer in stub.ServerReflectionInfo(iter([request])):
        names = {service.name for service in answer.list_services_response.service}
    assert {"interledger.adapter.v1.LedgerAdapter", "interledger.settlement.v1.Settlement"} <= names


async def test_a_port_in_use_is_told(served) -> None:
    access = Access(operator=None)
    second = LedgerServer(served.ledger, places=Places(tcp="127.0.0.1:0"), access=access)
    port = await second.start()
    with pytest.raises(ConfigurationError, match="choose another port"):
        await LedgerServer(served.ledger, places=Places(tcp=f"127.0.0.1:{port}"), access=access).start()
    await second.stop()


async def test_a_dead_service_is_unavailable() -> None:
    remote = RemoteLedger(
        ledger_id=LedgerId("x"),
        address="127.0.0.1:1",
        chain_id="settlement-1",
        clock=ManualClock(),
        request_timeout_seconds=5,
    )
    with pytest.raises(LedgerUnavailable):
        await remote.connect()
    await remote.close()


async def test_serving_opens_and_closes_the_ledger(tmp_path: Path) -> None:
    ledger, stop, ready = embedded_ledger(tmp_path, ManualClock()), asyncio.Event(), asyncio.Event()
    ports: list[int] = []

    def told(port: int) -> None:
        ports.append(port)
        ready.set()

    task = asyncio.create_task(
        serve(
            ledger, places=Places(tcp="127.0.0.1:0"), access=Access(operator=TOKEN), reads=Reads.OPEN, stop=stop, ready=told
        )
    )
    await arrival(ready.wait(), "the server")
    remote = RemoteLedger(
        ledger_id=LedgerId("x"), address=f"127.0.0.1:{ports[0]}", chain_id="settlement-1", clock=ManualClock()
    )
    await remote.connect()
    assert remote.merkle_prefix == (b"ibc", b"")
    await remote.close()
    stop.set()
    await arrival(task, "the end")
    again = embedded_ledger(tmp_path, ManualClock())
    await again.connect()
    await again.close()


async def test_the_heartbeat_lets_time_pass_and_stops(tmp_path: Path) -> None:
    ledger = embedded_ledger(tmp_path, RealClock())
    ledger.session._heartbeat_seconds = 0.05
    await ledger.connect()
    hints = ledger.head_hints()
    for _ in range(3):
        await arrival(anext(hints), "a hint")
    head = await ledger.head()
    assert head.height >= 4
    await ledger.close()
    with pytest.raises(StopAsyncIteration):
        await anext(hints)
    with pytest.raises(LedgerUnavailable):
        await ledger.head()


async def test_a_heartbeat_outlives_a_ledger_that_cannot_write(tmp_path: Path, monkeypatch) -> None:
    ledger = embedded_ledger(tmp_path, RealClock())
    ledger.session._heartbeat_seconds = 0.02
    await ledger.connect()
    hints = ledger.head_hints()
    await arrival(anext(hints), "a hint")
    chain = ledger.session._opened()
    failed, advance = asyncio.Event(), chain.advance
    loop = asyncio.get_running_loop()

    def fail(**_: object) -> None:
        loop.call_soon_threadsafe(failed.set)
        raise LedgerUnavailable("disk full")

    monkeypatch.setattr(chain, "advance", fail)
    await arrival(failed.wait(), "the failure")
    monkeypatch.setattr(chain, "advance", advance)
    height = (await ledger.head()).height
    while (await ledger.head()).height <= height:
        await arrival(anext(hints), "a hint")
    await ledger.close()


async def test_a_broken_heartbeat_stops_the_ledger(tmp_path: Path, monkeypatch) -> None:
    ledger = embedded_ledger(tmp_path, RealClock())
    ledger.session._heartbeat_seconds = 0.02
    await ledger.connect()
    monkeypatch.setattr(ledger.session._opened(), "advance", lambda: None)
    heartbeat = ledger.session._heartbeat
    assert heartbeat is not None

    async def ended() -> bool:
        return heartbeat.done()

    await until_true(ended, "the heartbeat to end")
    with pytest.raises(InvariantBroken):
        await ledger.head()
    await ledger.close()


@pytest.mark.parametrize("kind", [NotFinal, LimitExceeded, AccessDenied, InvalidInput, LedgerUnavailable])
def test_every_status_means_one_error(kind: type[RelayerError]) -> None:
    failure = grpc.aio.AioRpcError(status_of(kind("why")), grpc.aio.Metadata(), grpc.aio.Metadata(), details="why")
    assert type(error_of(failure, ledger="x")) is kind
