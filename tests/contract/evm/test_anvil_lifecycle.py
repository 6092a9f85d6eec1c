"""A real anvil and an embedded ledger with its settlement application, joined by both light clients and three authorities.

Anvil keeps a slot that became zero, so a cleared commitment is proven by a leaf whose value is the empty string. And the
operators of the embedded ledger are replaced while its Solidity light client is many headers behind.
"""

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
from relayer.app.evidence import ProvingEnd, gather, life_of, trust_of
from relayer.authority.attestor import Attestor
from relayer.authority.server import start
from relayer.authority.store import SignedHashes, create_record
from relayer.codes.facts import FactCategory, FactKind
from relayer.core.commitment import PathKind, commitment_path
from relayer.core.events import AcknowledgementWritten, PacketAcknowledged, PacketCommitted, PacketFact
from relayer.core.ids import ClientId, Height, LedgerId, TimestampSeconds
from relayer.core.packet import Packet, PacketKey
from relayer.devnet.nodes import MNEMONIC, Anvil, AnvilOptions
from relayer.evidence.codec import encode_evidence
from relayer.evidence.model import Claim, Ending
from relayer.evidence.trust import decode_trust, encode_trust
from relayer.evidence.verify import verify_file
from relayer.facts.schema import Fact, party_id
from relayer.ledgers.embedded.chain.operators import OperatorKey, equal_validators
from relayer.ledgers.embedded.ledger import EmbeddedLedger
from relayer.ledgers.evm.authority_endpoint import AuthorityEndpoint
from relayer.ledgers.evm.block_source import EvmBlockSource
from relayer.ledgers.evm.calls import storage_slot
from relayer.ledgers.evm.connection import ConnectionOptions, EvmConnection
from relayer.ledgers.evm.deployment import deploy_contracts
from relayer.ledgers.evm.facts_contract import FactsContract
from relayer.ledgers.evm.fees import DynamicPrice
from relayer.ledgers.evm.finality import LatestIsFinal
from relayer.ledgers.evm.ledger import EvmLedger, EvmLedgerOptions
from relayer.ledgers.evm.rpc import JsonRpc
from relayer.light_clients.known import KNOWN
from relayer.ports.journal import Entry
from relayer.ports.ledger import AcknowledgePacket, Outcome, ReceivePacket, SubmissionBatch, client_reference
from relayer.ports.prover import ClientTerms
from relayer.proofs.client import ClientIdentity
from tests.support.embedded import KEYS, embedded_ledger

pytestmark = pytest.mark.node
TERMS = ClientTerms(trusting_period_seconds=86_400, max_clock_drift_seconds=60)
ON_SETTLEMENT = ClientId("poa-evm-0")
SUCCESSORS = tuple(OperatorKey(bytes([number]) * 32) for number in range(11, 15))

Account.enable_unaudited_hdwallet_features()


@pytest.fixture(scope="module")
def anvil() -> Iterator[Anvil]:
    with Anvil(AnvilOptions()) as node:
        yield node


@pytest.fixture(scope="module")
def owners() -> Iterator[LocalAccount]:
    """Funded accounts, each for one channel."""
    return (Account.from_mnemonic(MNEMONIC, account_path=f"m/44'/60'/0'/0/{index}") for index in itertools.count())


@dataclass(kw_only=True)
class Channel:
    """From contracts on the node to an embedded ledger, carried by hand."""

    evm: EvmLedger
    settlement: EmbeddedLedger
    client: ClientId
    facts: FactsContract
    connection: EvmConnection
    router: bytes
    folder: Path

    def ends(self) -> tuple[ProvingEnd, ProvingEnd]:
        return (
            ProvingEnd(ledger=self.evm, client=self.client),
            ProvingEnd(ledger=self.settlement, client=ON_SETTLEMENT),
        )

    async def send(self) -> Packet:
        sequence = await self.facts.next_sequence()
        fact = Fact(
            fact_id=self.facts.fact_id(sequence),
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
            issuer_sequence=sequence,
            related_fact=bytes(32),
            document_hash=bytes(32),
        )
        await self.facts.mint([fact])
        sent = await self.facts.send(self.client, [fact], timeout_timestamp=TimestampSeconds(int(time.time()) + 3_600))
        told = await self.told(self.evm, PacketCommitted)
        return next(each.packet for each in told if each.packet.sequence == sent)

    async def told(self, ledger: EvmLedger | EmbeddedLedger, kind: type[PacketFact]) -> list[PacketFact]:
        facts = await ledger.events(after=Height(0), until=(await ledger.head()).height)
        return [fact for fact in facts if isinstance(fact, kind)]

    async def receive(self, packet: Packet) -> None:
        status, head = await self.settlement.client_status(ON_SETTLEMENT), await self.evm.head()
        update = await self.evm.client_update(
            client_reference(self.settlement, ON_SETTLEMENT, status), trusted=status.latest_height, target=head.height
        )
        path = commitment_path(self.client, PathKind.COMMITMENT, packet.sequence)
        (proof,) = await self.evm.prove([path], at=head.height)
        batch = SubmissionBatch(
            client_id=ON_SETTLEMENT, update=update, messages=(ReceivePacket(packet=packet, proof=proof),)
        )
        assert [each.outcome for each in (await self.settlement.submit(batch)).results] == [Outcome.DELIVERED]
        await self.settlement.advance()

    async def follow(self) -> int:
        """Brings the Solidity light client to the head; how many updates that takes."""
        rounds = 0
        head = (await self.settlement.head()).height
        while (latest := (await self.evm.client_status(self.client)).latest_height) < head:
            update = await self.settlement.client_update(
                client_reference(self.evm, self.client), trusted=latest, target=head
            )
            await self.evm.submit(SubmissionBatch(client_id=self.client, update=update, messages=()))
            rounds += 1
        return rounds

    async def acknowledge(self, packet: Packet) -> None:
        await self.follow()
        at = (await self.evm.client_status(self.client)).latest_height
        answers = await self.told(self.settlement, AcknowledgementWritten)
        (answer,) = [each for each in answers if each.packet == packet]
        path = commitment_path(ON_SETTLEMENT, PathKind.ACKNOWLEDGEMENT, packet.sequence)
        (proof,) = await self.settlement.prove([path], at=at)
        message = AcknowledgePacket(packet=packet, acknowledgement=answer.acknowledgement, proof=proof)
        receipt = await self.evm.submit(SubmissionBatch(client_id=self.client, update=None, messages=(message,)))
        assert [(each.outcome, each.detail) for each in receipt.results] == [(Outcome.DELIVERED, "")]

    async def life(self, packet: Packet) -> list[Entry]:
        """What a relayer would have journaled."""
        facts = [
            *await self.told(self.evm, PacketCommitted),
            *await self.told(self.settlement, AcknowledgementWritten),
            *await self.told(self.evm, PacketAcknowledged),
        ]
        mine = [fact for fact in facts if fact.packet == packet]
        return [
            Entry(row=row, recorded_at_ms=0, event=fact, effects=(), previous=bytes(32), hash=bytes(32))
            for row, fact in enumerate(mine, start=1)
        ]


@pytest.fixture
async def channel(anvil: Anvil, owners: Iterator[LocalAccount], tmp_path: Path) -> AsyncIterator[Channel]:
    async with AsyncExitStack() as stack:
        clock, owner = SystemClock(), next(owners)
        options = ConnectionOptions(
            chain_id=anvil.chain_id,
            endpoints=(anvil.url,),
            fees=DynamicPrice(cap_wei=100 * 10**9, tip_wei=10**9),
            finality=LatestIsFinal(),
        )
        connection = EvmConnection(options, owner, clock)
        stack.push_async_callback(connection.close)
        contracts = await deploy_contracts(connection)
        settlement = embedded_ledger(tmp_path / "settlement", clock)
        await settlement.connect()
        identity = ClientIdentity(
            host_chain_id=settlement.chain_id, host_genesis=settlement.genesis_hash, client_id=ON_SETTLEMENT
        )
        endpoints = [await authority(stack, anvil, tmp_path / f"authority-{index}.sqlite", identity) for index in range(3)]
        evm = EvmLedger(
            EvmLedgerOptions(
                ledger_id=LedgerId("contracts"),
                connection=options,
                router=contracts.router,
                authorities=tuple(endpoints),
                threshold=2,
            ),
            owner,
            clock,
        )
        stack.push_async_callback(evm.close)
        await evm.connect()
        await settlement.create_client(
            await evm.initial_client(TERMS), counterparty_client_id=None, counterparty_merkle_prefix=()
        )
        client = await evm.create_client(
            await settlement.initial_client(TERMS),
            counterparty_client_id=ON_SETTLEMENT,
            counterparty_merkle_prefix=settlement.merkle_prefix,
        )
        await settlement.register_counterparty(
            ON_SETTLEMENT, counterparty_client_id=client, counterparty_merkle_prefix=evm.merkle_prefix
        )
        facts = FactsContract(connection.node, connection.deployer, address=contracts.facts, chain_id=anvil.chain_id)
        for party in ("DE*KCS", "DE*NBM"):
            await facts.register_party(party, bytes.fromhex(owner.address[2:]))
        await facts.add_issuer(bytes.fromhex(owner.address[2:]), party_id("DE*KCS"))
        await facts.register_ledger(client, settlement.chain_id)
        made = Channel(
            evm=evm,
            settlement=settlement,
            client=client,
            facts=facts,
            connection=connection,
            router=contracts.router,
            folder=tmp_path / "settlement",
        )
        yield made
        await made.settlement.close()


async def authority(stack: AsyncExitStack, anvil: Anvil, record: Path, client: ClientIdentity) -> AuthorityEndpoint:
    source = EvmBlockSource(JsonRpc([anvil.url], chain_id=anvil.chain_id), LatestIsFinal())
    stack.push_async_callback(source.close)
    create_record(record)
    store = stack.enter_context(SignedHashes(record))
    attestor = Attestor(account=Account.create(), chain_id=anvil.chain_id, clients=[client], source=source, store=store)
    server = await start(attestor)
    stack.push_async_callback(server.stop)
    return AuthorityEndpoint(address=attestor.address, target=f"127.0.0.1:{server.port}")


async def test_a_whole_life_is_exported_and_verified_though_anvil_keeps_the_cleared_slot(channel: Channel) -> None:
    packet = await channel.send()
    await channel.receive(packet)
    await channel.acknowledge(packet)
    source, destination = channel.ends()
    evidence, verdict = await gather(
        life_of(_key(packet), await channel.life(packet)), source=source, destination=destination
    )
    assert verdict.ending is Ending.ACKNOWLEDGED
    assert [each.claim for each in verdict.proven] == [
        Claim.PACKET_COMMITTED,
        Claim.ACKNOWLEDGEMENT_WRITTEN,
        Claim.COMMITMENT_CLEARED,
    ]
    trust = decode_trust(encode_trust(await trust_of(source, destination)), KNOWN.trust_readers)
    assert verify_file(encode_evidence(evidence), trust) == verdict
    # The proof of the cleared commitment ends in a leaf, not in nothing: its value is 0x80, the empty string.
    slot = storage_slot(commitment_path(channel.client, PathKind.COMMITMENT, packet.sequence))
    proof = await channel.connection.node.proof(channel.router, [slot], verdict.proven[2].height)
    assert proof.storage[0][-1].endswith(b"\x80")


async def test_the_solidity_light_client_follows_operators_that_were_all_replaced(channel: Channel) -> None:
    """Nobody whom the contract trusts signs the newest header, and it is many headers behind."""
    before = await channel.send()
    await channel.receive(before)
    await channel.settlement.close()
    channel.settlement = embedded_ledger(channel.folder, SystemClock(), keys=(*KEYS, *SUCCESSORS))
    await channel.settlement.connect()
    await channel.settlement.change_validators(equal_validators(SUCCESSORS))
    for _ in range(20):
        await channel.settlement.advance()
    assert 2 <= await channel.follow() <= 8
    await channel.acknowledge(before)
    after = await channel.send()
    await channel.receive(after)
    await channel.acknowledge(after)


async def test_half_of_the_operators_are_replaced_one_set_after_another(channel: Channel) -> None:
    """Three sets while the contract sleeps: it follows from header to header."""
    packet = await channel.send()
    await channel.receive(packet)
    await channel.settlement.close()
    channel.settlement = embedded_ledger(channel.folder, SystemClock(), keys=(*KEYS, *SUCCESSORS))
    await channel.settlement.connect()
    for members in ((*KEYS[2:], *SUCCESSORS[:2]), SUCCESSORS, KEYS):
        await channel.settlement.change_validators(equal_validators(members))
        for _ in range(3):
            await channel.settlement.advance()
    await channel.acknowledge(packet)


def _key(packet: Packet) -> PacketKey:
    return PacketKey("main", LedgerId("contracts"), packet.sequence)
