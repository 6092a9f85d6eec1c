"""A Ganache for the whole session; each test that asks for a channel gets its own contracts, accounts and authorities."""

from __future__ import annotations

import itertools
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
from eth_account import Account
from eth_account.signers.local import LocalAccount

from relayer.app.clock import SystemClock
from relayer.authority.attestor import Attestor
from relayer.authority.server import start
from relayer.authority.store import SignedHashes, create_record
from relayer.codes.facts import FactCategory, FactCode, FactKind, FactStatus
from relayer.core.commitment import PathKind, acknowledgement_commitment, commitment_path
from relayer.core.events import PacketCommitted
from relayer.core.ids import ClientId, Height, LedgerId, TimestampSeconds
from relayer.core.packet import Acknowledgement, Packet
from relayer.devnet.nodes import MNEMONIC, Ganache, GanacheOptions
from relayer.facts.codec import FactAnswer, encode_answers, fact_hash, liability_id
from relayer.facts.schema import Fact, party_id
from relayer.grpc_server import RunningService
from relayer.ledgers.evm.authority_endpoint import AuthorityEndpoint
from relayer.ledgers.evm.block_source import EvmBlockSource
from relayer.ledgers.evm.connection import ConnectionOptions, EvmConnection
from relayer.ledgers.evm.deployment import deploy_contracts
from relayer.ledgers.evm.facts_contract import FactsContract
from relayer.ledgers.evm.fees import DynamicPrice, FeePolicy
from relayer.ledgers.evm.finality import LatestIsFinal
from relayer.ledgers.evm.ledger import EvmLedger, EvmLedgerOptions
from relayer.ledgers.evm.rpc import JsonRpc
from relayer.ports.ledger import AcknowledgePacket, SubmissionBatch, SubmissionReceipt
from relayer.ports.prover import ClientMessage
from relayer.proofs.client import ClientIdentity
from tests.support.comet_chain import MERKLE_PREFIX, CometChain

SETTLEMENT_CLIENT = ClientId("poa-evm-0")
IDENTITY = ClientIdentity(host_chain_id="settlement-1", host_genesis=bytes([1] * 32), client_id=SETTLEMENT_CLIENT)
FEES = DynamicPrice(cap_wei=100 * 10**9, tip_wei=10**9)

Account.enable_unaudited_hdwallet_features()


@pytest.fixture(scope="session")
def ganache() -> Iterator[Ganache]:
    with Ganache(GanacheOptions(accounts=100)) as node:
        yield node


@pytest.fixture(scope="session")
def accounts() -> Iterator[LocalAccount]:
    """Funded accounts, each handed out once, so that tests share no nonce."""
    return (Account.from_mnemonic(MNEMONIC, account_path=f"m/44'/60'/0'/0/{index}") for index in itertools.count())


def connection_options(ganache: Ganache, fees: FeePolicy = FEES) -> ConnectionOptions:
    return ConnectionOptions(
        chain_id=ganache.chain_id, endpoints=(ganache.url, ganache.websocket_url), fees=fees, finality=LatestIsFinal()
    )


@dataclass(kw_only=True)
class Channel:
    """A ledger under test, paired with a hand-driven CometBFT chain."""

    ledger: EvmLedger
    facts: FactsContract
    chain: CometChain
    client: ClientId
    connection: EvmConnection
    authorities: list[RunningService]
    options: EvmLedgerOptions
    _minted: int = 0

    async def send(self, count: int = 1, *, timeout_seconds: int = 600) -> Packet:
        """Mints and sends `count` facts in one packet, and reads it from the ledger's events."""
        facts = [self.fact(await self.facts.next_sequence() + index) for index in range(count)]
        await self.facts.mint(facts)
        before = (await self.ledger.head()).height
        sequence = await self.facts.send(self.client, facts, timeout_timestamp=self.now(timeout_seconds))
        events = await self.ledger.events(after=before, until=(await self.ledger.head()).height)
        (packet,) = [each.packet for each in events if isinstance(each, PacketCommitted)]
        assert packet.sequence == sequence
        return packet

    def fact(self, issuer_sequence: int) -> Fact:
        return Fact(
            fact_id=self.facts.fact_id(issuer_sequence),
            schema=1,
            kind=FactKind.TRIP_COMPLETED,
            category=FactCategory.FARE,
            creditor=party_id("DE*KCS"),
            debtor=party_id("DE*NBM"),
            currency=b"EUR",
            exponent=2,
            net=1_000,
            tax=190,
            service_end=1_772_366_400,
            due_date=1_774_958_400,
            issuer_sequence=issuer_sequence,
            related_fact=bytes(32),
            document_hash=bytes(32),
        )

    def now(self, seconds: int = 0) -> TimestampSeconds:
        return TimestampSeconds(int(time.time()) + seconds)

    def answer(self, facts: list[Fact]) -> Acknowledgement:
        answers = [
            FactAnswer(
                status=FactStatus.ACCEPTED,
                liability_id=liability_id(fact.fact_id, fact_hash(fact)),
                sequence=index + 1,
                head_hash=bytes([7]) * 32,
                code=FactCode.OK,
            )
            for index, fact in enumerate(facts)
        ]
        return Acknowledgement(app_acknowledgements=(encode_answers(answers),))

    def settle(self, packet: Packet, acknowledgement: Acknowledgement) -> None:
        """What the settlement ledger would store on receiving the packet."""
        client, sequence = packet.destination_client, packet.sequence
        self.chain.put(commitment_path(client, PathKind.RECEIPT, sequence), b"\x02")
        path = commitment_path(client, PathKind.ACKNOWLEDGEMENT, sequence)
        self.chain.put(path, acknowledgement_commitment(acknowledgement))

    async def update(self) -> ClientMessage:
        """Seals a header and makes the update to it from what the client has."""
        trusted = (await self.ledger.client_status(self.client)).latest_height
        self.chain.seal(time.time_ns())
        return self.chain.update(trusted=trusted)

    def acknowledge(self, packet: Packet, acknowledgement: Acknowledgement, at: Height) -> AcknowledgePacket:
        path = commitment_path(packet.destination_client, PathKind.ACKNOWLEDGEMENT, packet.sequence)
        (proof,) = self.chain.prove([path], at=at)
        return AcknowledgePacket(packet=packet, acknowledgement=acknowledgement, proof=proof)

    async def submit(self, *messages: object, update: ClientMessage | None) -> SubmissionReceipt:
        batch = SubmissionBatch(client_id=self.client, update=update, messages=messages)  # type: ignore[arg-type]
        return await self.ledger.submit(batch)


@pytest.fixture
async def channel(ganache: Ganache, accounts: Iterator[LocalAccount], tmp_path: Path) -> AsyncIterator[Channel]:
    async with AsyncExitStack() as stack:
        clock, owner = SystemClock(), next(accounts)
        connection = EvmConnection(connection_options(ganache), owner, clock)
        stack.push_async_callback(connection.close)
        contracts = await deploy_contracts(connection)
        endpoints, running = [], []
        for index in range(3):
            key = Account.create()
            source = EvmBlockSource(JsonRpc([ganache.url], chain_id=ganache.chain_id), LatestIsFinal())
            stack.push_async_callback(source.close)
            create_record(tmp_path / f"authority-{index}.sqlite")
            store = stack.enter_context(SignedHashes(tmp_path / f"authority-{index}.sqlite"))
            attestor = Attestor(account=key, chain_id=ganache.chain_id, clients=[IDENTITY], source=source, store=store)
            server = await start(attestor)
            stack.push_async_callback(server.stop)
            running.append(server)
            endpoints.append(AuthorityEndpoint(address=attestor.address, target=f"127.0.0.1:{server.port}"))
        options = EvmLedgerOptions(
            ledger_id=LedgerId("contracts"),
            connection=connection_options(ganache),
            router=contracts.router,
            authorities=tuple(endpoints),
            threshold=2,
        )
        ledger = EvmLedger(options, owner, clock)
        stack.push_async_callback(ledger.close)
        await ledger.connect()
        chain = CometChain(time=time.time_ns())
        client = await ledger.create_client(
            chain.creation(trusting_period_seconds=3_600),
            counterparty_client_id=SETTLEMENT_CLIENT,
            counterparty_merkle_prefix=MERKLE_PREFIX,
        )
        facts = FactsContract(connection.node, connection.deployer, address=contracts.facts, chain_id=ganache.chain_id)
        await facts.register_party("DE*KCS", owner_address(owner))
        await facts.register_party("DE*NBM", owner_address(owner))
        await facts.add_issuer(owner_address(owner), party_id("DE*KCS"))
        await facts.register_ledger(client, "settlement-1")
        yield Channel(
            ledger=ledger,
            facts=facts,
            chain=chain,
            client=client,
            connection=connection,
            authorities=running,
            options=options,
        )


def owner_address(account: LocalAccount) -> bytes:
    return bytes.fromhex(account.address[2:])
