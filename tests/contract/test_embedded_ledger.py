"""Two embedded ledgers keep the contract of all ledgers, with real headers and proofs both ways, in process and served."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from relayer.core.ids import ClientId, LedgerId, TimestampSeconds
from relayer.core.packet import Packet
from relayer.ledgers.embedded.ledger import EmbeddedLedger
from relayer.ledgers.remote.ledger import RemoteLedger
from relayer.ports.prover import ClientTerms
from relayer.testing.capability_contract import BindsPortsSuite, CheckedSuite, TrustsChainsSuite
from relayer.testing.clock import ManualClock
from relayer.testing.factories import a_payload
from relayer.testing.ledger_contract import LedgerBench, LedgerContractSuite, LedgerSide
from relayer.testing.own_client_contract import FirstStateSuite, OwnClientSuite
from relayer.testing.refusal_contract import RefusalSuite
from tests.support.embedded import KEYS, EchoApplication, embedded_ledger
from tests.support.served import ledger_server

TERMS = ClientTerms(trusting_period_seconds=14 * 86_400, max_clock_drift_seconds=60)
TOKEN = "operators-token"


def new_ledger(folder: Path, name: str, clock: ManualClock) -> EmbeddedLedger:
    return embedded_ledger(folder / name, clock, name=name, applications={"settlement": EchoApplication()})


def misconfigured(folder: Path, clock: ManualClock) -> EmbeddedLedger:
    new_ledger(folder, "third", clock)
    return EmbeddedLedger(ledger_id=LedgerId("third"), folder=folder / "third", chain_id="another-1", keys=KEYS, clock=clock)


async def paired(one: EmbeddedLedger, other: EmbeddedLedger) -> tuple[ClientId, ClientId]:
    clients = []
    for host, followed in ((one, other), (other, one)):
        creation = await followed.initial_client(TERMS)
        clients.append(await host.create_client(creation, counterparty_client_id=None, counterparty_merkle_prefix=()))
    for host, mine, theirs in ((one, *clients), (other, *reversed(clients))):
        await host.register_counterparty(mine, counterparty_client_id=theirs, counterparty_merkle_prefix=(b"ibc", b""))
    return clients[0], clients[1]


def side(ledger: EmbeddedLedger, client: ClientId, theirs: ClientId, *, port: RemoteLedger | None = None) -> LedgerSide:
    async def send_packet(deadline: TimestampSeconds) -> Packet:
        sequence = await ledger.send_packet(client, a_payload(), timeout_timestamp=deadline, signer="anyone")
        return Packet(
            sequence=sequence,
            source_client=client,
            destination_client=theirs,
            timeout_timestamp=deadline,
            payloads=(a_payload(),),
        )

    return LedgerSide(ledger=port or ledger, prover=port or ledger, client=client, send_packet=send_packet)


def time_passer(clock: ManualClock, *ledgers: EmbeddedLedger):
    async def pass_time(seconds: int) -> None:
        clock.advance(seconds)
        await asyncio.gather(*(ledger.advance() for ledger in ledgers))

    return pass_time


class TestEmbeddedLedger(
    LedgerContractSuite, OwnClientSuite, FirstStateSuite, RefusalSuite, BindsPortsSuite, CheckedSuite, TrustsChainsSuite
):
    @pytest.fixture
    async def bench(self, tmp_path: Path) -> AsyncIterator[LedgerBench]:
        clock = ManualClock()
        subject, counterparty = new_ledger(tmp_path, "subject", clock), new_ledger(tmp_path, "other", clock)
        await subject.connect()
        await counterparty.connect()
        mine, theirs = await paired(subject, counterparty)
        yield LedgerBench(
            subject=side(subject, mine, theirs),
            counterparty=side(counterparty, theirs, mine),
            pass_time=time_passer(clock, subject, counterparty),
            misconfigured=misconfigured(tmp_path, clock),
        )
        await subject.close()
        await counterparty.close()


class TestServedLedger(
    LedgerContractSuite, OwnClientSuite, FirstStateSuite, RefusalSuite, BindsPortsSuite, CheckedSuite, TrustsChainsSuite
):
    @pytest.fixture
    async def bench(self, tmp_path: Path) -> AsyncIterator[LedgerBench]:
        clock = ManualClock()
        subject, counterparty = new_ledger(tmp_path, "subject", clock), new_ledger(tmp_path, "other", clock)
        await subject.connect()
        await counterparty.connect()
        mine, theirs = await paired(subject, counterparty)
        server = ledger_server(subject, tmp_path / "ledger.sock", token=TOKEN)
        await server.start()
        address = f"unix:{tmp_path / 'ledger.sock'}"
        remote, other_chain = (
            RemoteLedger(ledger_id=LedgerId("subject"), address=address, chain_id=chain_id, clock=clock, token=TOKEN)
            for chain_id in ("subject-1", "another-1")
        )
        await remote.connect()
        yield LedgerBench(
            subject=side(subject, mine, theirs, port=remote),
            counterparty=side(counterparty, theirs, mine),
            pass_time=time_passer(clock, subject, counterparty),
            misconfigured=other_chain,
        )
        await remote.close()
        await server.stop()
        await subject.close()
        await counterparty.close()
