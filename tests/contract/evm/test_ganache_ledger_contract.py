"""The EVM ledger on Ganache keeps the contract of all ledgers; its counterparty is the embedded ledger, proven both ways."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace

import pytest
import pytest_asyncio
from eth_account import Account

from relayer.app.clock import SystemClock
from relayer.authority.attestor import Attestor
from relayer.authority.server import start
from relayer.authority.store import SignedHashes, create_record
from relayer.codes.facts import FactCategory, FactKind
from relayer.codes.ibc import IbcCode
from relayer.core.events import PacketCommitted
from relayer.core.ids import Height, LedgerId, TimestampSeconds
from relayer.core.packet import Packet
from relayer.devnet.nodes import Ganache, GanacheOptions
from relayer.facts.codec import PORT
from relayer.facts.schema import Fact, party_id
from relayer.ledgers.embedded.chain.folder import create_ledger
from relayer.ledgers.embedded.chain.operators import OperatorKey
from relayer.ledgers.embedded.ledger import EmbeddedLedger
from relayer.ledgers.evm.authority_endpoint import AuthorityEndpoint
from relayer.ledgers.evm.block_source import EvmBlockSource
from relayer.ledgers.evm.connection import ConnectionOptions, EvmConnection
from relayer.ledgers.evm.deployment import deploy_contracts
from relayer.ledgers.evm.facts_contract import FactsContract
from relayer.ledgers.evm.fees import DynamicPrice
from relayer.ledgers.evm.finality import LatestIsFinal
from relayer.ledgers.evm.ledger import EvmLedger, EvmLedgerOptions
from relayer.ledgers.evm.rpc import JsonRpc
from relayer.proofs.client import ClientIdentity
from relayer.testing.capability_contract import CheckedSuite, PairsAtCreationSuite, PricedSuite, VouchedSuite
from relayer.testing.factories import a_payload
from relayer.testing.ledger_contract import LedgerBench, LedgerContractSuite, LedgerSide
from relayer.testing.own_client_contract import OwnClientSuite
from relayer.testing.refusal_contract import RefusalSuite
from relayer.testing.world import pair

CHAIN_ID = 4713
IDENTITY = ClientIdentity(host_chain_id="settlement-1", host_genesis=b"", client_id="poa-evm-0")
TEST_PORT = "letters"


class ShiftedClock(SystemClock):
    """The wall clock, ahead by what a test let pass."""

    ahead = 0

    def now(self) -> float:
        return time.time() + self.ahead

    def elapsed(self) -> float:
        return super().elapsed() + self.ahead


class Letters:
    """An application that lets anybody send and expects nothing back."""

    def on_send(self, *_) -> None:
        return None

    def on_acknowledge(self, *_) -> None:
        return None

    def on_timeout(self, *_) -> None:
        return None


@dataclass
class Issuer:
    """Sends one new fact a packet."""

    ledger: EvmLedger
    facts: FactsContract
    client: str

    async def send(self, timeout_timestamp: TimestampSeconds) -> Packet:
        number = await self.facts.next_sequence()
        fact = Fact(
            fact_id=self.facts.fact_id(number),
            schema=1,
            kind=FactKind.FINE,
            category=FactCategory.FINE,
            creditor=party_id("DE*KCS"),
            debtor=party_id("DE*NBM"),
            currency=b"EUR",
            exponent=2,
            net=100,
            tax=0,
            service_end=1,
            due_date=2,
            issuer_sequence=number,
            related_fact=bytes(32),
            document_hash=bytes(32),
        )
        await self.facts.mint([fact])
        before = (await self.ledger.head()).height
        await self.facts.send(self.client, [fact], timeout_timestamp=timeout_timestamp)
        after = (await self.ledger.head()).height
        (event,) = await self.ledger.events(after=before, until=after)
        assert isinstance(event, PacketCommitted)
        return event.packet


async def send_letter(ledger: EmbeddedLedger, client, timeout_timestamp: TimestampSeconds) -> Packet:
    payload = replace(a_payload(), source_port=TEST_PORT, destination_port=PORT)
    sequence = await ledger.send_packet(client, payload, timeout_timestamp=timeout_timestamp, signer="anybody")
    events = await ledger.events(after=Height(0), until=(await ledger.head()).height)
    (packet,) = [each.packet for each in events if isinstance(each, PacketCommitted) and each.packet.sequence == sequence]
    return packet


async def authorities(stack: AsyncExitStack, url: str, folder) -> tuple[AuthorityEndpoint, ...]:
    endpoints = []
    for index in range(3):
        source = EvmBlockSource(JsonRpc([url], chain_id=CHAIN_ID), LatestIsFinal())
        stack.push_async_callback(source.close)
        create_record(folder / f"authority-{index}.sqlite")
        store = stack.enter_context(SignedHashes(folder / f"authority-{index}.sqlite"))
        attestor = Attestor(account=Account.create(), chain_id=CHAIN_ID, clients=[IDENTITY], source=source, store=store)
        server = await start(attestor)
        stack.push_async_callback(server.stop)
        endpoints.append(AuthorityEndpoint(address=attestor.address, target=f"127.0.0.1:{server.port}"))
    return tuple(endpoints)


async def settlement_ledger(stack: AsyncExitStack, folder, clock) -> EmbeddedLedger:
    keys = [OperatorKey(bytes([7]) * 32)]
    create_ledger(folder, chain_id="settlement-1", keys=keys, now=int(clock.now() * 10**9))
    ledger = EmbeddedLedger(
        ledger_id=LedgerId("settlement"),
        folder=folder,
        chain_id="settlement-1",
        keys=keys,
        clock=clock,
        heartbeat_seconds=None,
        applications={TEST_PORT: Letters()},
    )
    await ledger.connect()
    stack.push_async_callback(ledger.close)
    return ledger


async def build(stack: AsyncExitStack, folder) -> LedgerBench:
    node = stack.enter_context(Ganache(GanacheOptions(chain_id=CHAIN_ID)))
    clock, owner = ShiftedClock(), Account.from_key(FIRST_KEY)
    options = ConnectionOptions(chain_id=CHAIN_ID, endpoints=(node.url,), fees=DynamicPrice(cap_wei=10**11, tip_wei=10**9))
    connection = EvmConnection(options, owner, clock)
    stack.push_async_callback(connection.close)
    contracts = await deploy_contracts(connection)
    configured = EvmLedgerOptions(
        ledger_id=LedgerId("contracts"),
        connection=options,
        router=contracts.router,
        authorities=await authorities(stack, node.url, folder),
        threshold=2,
    )
    ledger = EvmLedger(configured, owner, clock)
    stack.push_async_callback(ledger.close)
    await ledger.connect()
    settlement = await settlement_ledger(stack, folder / "settlement", clock)
    back, there = await pair((settlement, settlement, settlement), (ledger, ledger, ledger))
    client = there.source_client
    facts = FactsContract(connection.node, connection.deployer, address=contracts.facts, chain_id=CHAIN_ID)
    await facts.register_party("DE*KCS", facts.account)
    await facts.add_issuer(facts.account, party_id("DE*KCS"))
    await facts.register_ledger(client, "settlement-1")

    async def pass_time(seconds: int) -> None:
        clock.ahead += seconds
        await connection.rpc.call("evm_increaseTime", seconds)
        await connection.rpc.call("evm_mine")
        await settlement.advance()

    return LedgerBench(
        subject=LedgerSide(ledger=ledger, prover=ledger, client=client, send_packet=Issuer(ledger, facts, client).send),
        counterparty=LedgerSide(
            ledger=settlement,
            prover=settlement,
            client=back.source_client,
            send_packet=lambda timeout: send_letter(settlement, back.source_client, timeout),
        ),
        pass_time=pass_time,
        misconfigured=EvmLedger(replace(configured, connection=replace(options, chain_id=99)), owner, clock),
        names=REVERTS,
    )


REVERTS = {
    IbcCode.TIMEOUT_ELAPSED: ["IBCInvalidTimeoutTimestamp"],
    IbcCode.TIMEOUT_NOT_REACHED: ["IBCInvalidTimeoutTimestamp"],
    IbcCode.INVALID_PACKET: ["IBCPacketCommitmentMismatch"],
    IbcCode.INVALID_COUNTERPARTY: ["IBCInvalidCounterparty"],
    IbcCode.INVALID_PROOF: ["NotMember", "ProofMalformed"],
    IbcCode.PROOF_HEIGHT_AHEAD: ["ConsensusTimestampNotFound"],
}

FIRST_KEY = "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80"
"""The first account of the public development mnemonic."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def evm_bench(tmp_path_factory) -> AsyncIterator[LedgerBench]:
    async with AsyncExitStack() as stack:
        yield await build(stack, tmp_path_factory.mktemp("bench"))


@pytest.mark.node
@pytest.mark.asyncio(loop_scope="module")
class TestEvmLedger(
    LedgerContractSuite, OwnClientSuite, RefusalSuite, PricedSuite, VouchedSuite, PairsAtCreationSuite, CheckedSuite
):
    @pytest.fixture
    def bench(self, evm_bench: LedgerBench) -> LedgerBench:
        return evm_bench
