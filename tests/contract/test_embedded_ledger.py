"""Two embedded ledgers keep the contract of all ledgers, with real headers and proofs both ways, in process and served."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from relayer.core.ids import ClientId, LedgerId, TimestampSeconds
from relayer.core.packet import Packet
from relayer.ledgers.embedded.applications import Delivery, Received
from relayer.ledgers.embedded.context import Context
from relayer.ledgers.embedded.folder import create_ledger
from relayer.ledgers.embedded.ledger import EmbeddedLedger
from relayer.ledgers.embedded.operators import OperatorKey
from relayer.ledgers.embedded.server import LedgerServer
from relayer.ledgers.remote.ledger import RemoteLedger
from relayer.ports.prover import ClientTerms
from relayer.proofs.comet import NANOSECONDS
from relayer.testing.clock import ManualClock
from relayer.testing.factories import a_payload
from relayer.testing.ledger_contract import LedgerBench, LedgerContractSuite, Side

TERMS = ClientTerms(trusting_period_seconds=14 * 86_400, max_clock_drift_seconds=60)
TOKEN = "operators-token"


class Echo:
    """Answers with the payload and lets anyone send."""

    def on_send(self, context: Context, delivery: Delivery, signer: str) -> None: ...

    def on_receive(self, context: Context, delivery: Delivery) -> Received:
        return Received(acknowledgement=b"echo " + delivery.payload.value)

    def on_acknowledge(self, context: Context, delivery: Delivery, acknowledgement: bytes) -> None: ...

    def on_timeout(self, context: Context, delivery: Delivery) -> None: ...


def new_ledger(folder: Path, name: str, clock: ManualClock, *, chain_id: str | None = None) -> EmbeddedLedger:
    keys = [OperatorKey(bytes([number + 1]) * 32) for number in range(4)]
    if chain_id is None:
        create_ledger(folder / name, chain_id=f"{name}-1", keys=keys, now=int(clock.now() * NANOSECONDS))
    return EmbeddedLedger(
        ledger_id=LedgerId(name),
        folder=folder / name,
        chain_id=chain_id or f"{name}-1",
        keys=keys[:3],
        clock=clock,
        heartbeat_seconds=None,
        applications={"settlement": Echo()},
    )


async def paired(one: EmbeddedLedger, other: EmbeddedLedger) -> tuple[ClientId, ClientId]:
    clients = []
    for host, followed in ((one, other), (other, one)):
        creation = await followed.initial_client(TERMS)
        clients.append(await host.create_client(creation, counterparty_client_id=None, counterparty_merkle_prefix=()))
    for host, mine, theirs in ((one, *clients), (other, *reversed(clients))):
        await host.register_counterparty(mine, counterparty_client_id=theirs, counterparty_merkle_prefix=(b"ibc", b""))
    return clients[0], clients[1]


def side(ledger: EmbeddedLedger, client: ClientId, theirs: ClientId, *, port: RemoteLedger | None = None) -> Side:
    async def send_packet(deadline: TimestampSeconds) -> Packet:
        sequence = await ledger.send_packet(client, a_payload(), timeout_timestamp=deadline, signer="anyone")
        return Packet(
            sequence=sequence,
            source_client=client,
            destination_client=theirs,
            timeout_timestamp=deadline,
            payloads=(a_payload(),),
        )

    return Side(ledger=port or ledger, prover=port or ledger, client=client, send_packet=send_packet)


def time_passer(clock: ManualClock, *ledgers: EmbeddedLedger):
    async def pass_time(seconds: int) -> None:
        clock.advance(seconds)
        await asyncio.gather(*(ledger.advance() for ledger in ledgers))

    return pass_time


class TestEmbeddedLedger(LedgerContractSuite):
    @pytest.fixture
    async def bench(self, tmp_path: Path) -> AsyncIterator[LedgerBench]:
        clock = ManualClock()
        subject, counterparty = new_ledger(tmp_path, "subject", clock), new_ledger(tmp_path, "other", clock)
        await subject.connect()
        await counterparty.connect()
        mine, theirs = await paired(subject, counterparty)
        new_ledger(tmp_path, "third", clock)
        yield LedgerBench(
            subject=side(subject, mine, theirs),
            counterparty=side(counterparty, theirs, mine),
            pass_time=time_passer(clock, subject, counterparty),
            misconfigured=new_ledger(tmp_path, "third", clock, chain_id="another-1"),
        )
        await subject.close()
        await counterparty.close()


class TestServedLedger(LedgerContractSuite):
    @pytest.fixture
    async def bench(self, tmp_path: Path) -> AsyncIterator[LedgerBench]:
        clock = ManualClock()
        subject, counterparty = new_ledger(tmp_path, "subject", clock), new_ledger(tmp_path, "other", clock)
        await subject.connect()
        await counterparty.connect()
        mine, theirs = await paired(subject, counterparty)
        server = LedgerServer(subject, token=TOKEN)
        address = f"127.0.0.1:{await server.start()}"
        remote, misconfigured = (
            RemoteLedger(ledger_id=LedgerId("subject"), address=address, chain_id=chain_id, clock=clock)
            for chain_id in ("subject-1", "another-1")
        )
        await remote.connect()
        yield LedgerBench(
            subject=side(subject, mine, theirs, port=remote),
            counterparty=side(counterparty, theirs, mine),
            pass_time=time_passer(clock, subject, counterparty),
            misconfigured=misconfigured,
        )
        await remote.close()
        await server.stop()
        await subject.close()
        await counterparty.close()
