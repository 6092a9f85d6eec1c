"""A real chain and an embedded ledger follow each other by `07-tendermint`: Go's light client takes our headers and proofs,
ours takes the chain's, and everything that became of a packet can be shown to somebody who only has a file."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import pytest
from eth_account.signers.local import LocalAccount

from relayer.app.clock import SystemClock
from relayer.app.evidence import ProvingEnd, gather, life_of, trust_of
from relayer.core.commitment import PathKind, commitment_path
from relayer.core.effects import EffectKind
from relayer.core.events import (
    AcknowledgementWritten,
    PacketAcknowledged,
    PacketCommitted,
    PacketFact,
    PacketTimedOut,
    ReceiptWritten,
)
from relayer.core.ids import ClientId, Height, LedgerId, TimestampSeconds
from relayer.core.packet import Packet, PacketKey
from relayer.devnet.chain_node import BECH32_PREFIX, DENOMINATION, SettlementChain
from relayer.evidence.codec import encode_evidence
from relayer.evidence.model import Claim, Ending
from relayer.evidence.trust import decode_trust, encode_trust
from relayer.evidence.verify import verify_file
from relayer.ledgers.cosmos.fees import FeePolicy
from relayer.ledgers.cosmos.ledger import CosmosLedger, CosmosLedgerOptions
from relayer.ledgers.embedded.ledger import EmbeddedLedger
from relayer.light_clients.known import KNOWN
from relayer.ports.journal import EffectNote, Entry
from relayer.ports.ledger import (
    AcknowledgePacket,
    Outcome,
    PacketMessage,
    ReceivePacket,
    SubmissionBatch,
    TimeoutPacket,
    client_reference,
)
from relayer.ports.prover import ClientTerms
from relayer.testing.factories import a_payload
from relayer.waiting import until_true
from tests.support.embedded import EchoApplication, embedded_ledger

pytestmark = [pytest.mark.node, pytest.mark.chain]

TERMS = ClientTerms(trusting_period_seconds=86_400, max_clock_drift_seconds=60)
SOURCE = LedgerId("embedded")


@dataclass(slots=True)
class Channel:
    """From an embedded ledger to a real chain."""

    source: EmbeddedLedger
    chain: CosmosLedger
    source_client: ClientId
    chain_client: ClientId

    def ends(self) -> tuple[ProvingEnd, ProvingEnd]:
        return (
            ProvingEnd(ledger=self.source, client=self.source_client),
            ProvingEnd(ledger=self.chain, client=self.chain_client),
        )

    async def send(self, seconds: int) -> Packet:
        deadline = TimestampSeconds(int(time.time()) + seconds)
        sequence = await self.source.send_packet(
            self.source_client, a_payload(), timeout_timestamp=deadline, signer="anyone"
        )
        return Packet(
            sequence=sequence,
            source_client=self.source_client,
            destination_client=self.chain_client,
            timeout_timestamp=deadline,
            payloads=(a_payload(),),
        )

    async def carry(self, packet: Packet, kind: PathKind, *, at_least: int = 0) -> None:
        """One step of a relayer: proves on one ledger, submits to the other."""
        back = kind is not PathKind.COMMITMENT
        origin: EmbeddedLedger | CosmosLedger = self.chain if back else self.source
        host: EmbeddedLedger | CosmosLedger = self.source if back else self.chain
        client = self.source_client if back else self.chain_client
        followed = packet.destination_client if back else packet.source_client
        status = await host.client_status(client)
        head = await self.head_after(origin, max(status.latest_height, at_least))
        update = await origin.client_update(
            client_reference(host, client),
            trusted=status.latest_height,
            target=head,
        )
        (proof,) = await origin.prove([commitment_path(followed, kind, packet.sequence)], at=head)
        message: PacketMessage
        match kind:
            case PathKind.COMMITMENT:
                message = ReceivePacket(packet=packet, proof=proof)
            case PathKind.RECEIPT:
                message = TimeoutPacket(packet=packet, proof=proof)
            case PathKind.ACKNOWLEDGEMENT:
                told = await self.told(packet, AcknowledgementWritten)
                assert isinstance(told, AcknowledgementWritten)
                message = AcknowledgePacket(packet=packet, acknowledgement=told.acknowledgement, proof=proof)
        receipt = await host.submit(SubmissionBatch(client_id=client, update=update, messages=(message,)))
        assert [(each.outcome, each.detail) for each in receipt.results] == [(Outcome.DELIVERED, "")]

    async def head_after(self, ledger: EmbeddedLedger | CosmosLedger, height: int) -> Height:
        """A newer head than `height`; the embedded ledger seals one when it is asked to."""
        if isinstance(ledger, EmbeddedLedger):
            return (await ledger.advance()).height

        async def newer() -> bool:
            return (await ledger.head()).height > height

        await until_true(newer, f"a block above {height}")
        return (await ledger.head()).height

    async def told(self, packet: Packet, kind: type[PacketFact], *, by: str = "chain") -> PacketFact:
        """A fact of the packet, once its ledger tells it."""
        ledger = self.chain if by == "chain" else self.source
        found: list[PacketFact] = []

        async def told() -> bool:
            head = await ledger.head()
            facts = await ledger.events(after=Height(0), until=head.height)
            found.extend(fact for fact in facts if isinstance(fact, kind) and fact.packet == packet)
            return bool(found)

        await until_true(told, f"{kind.__name__} of {packet.sequence}")
        return found[0]

    async def proven(self, packet: Packet, *notes: EffectNote, facts: list[PacketFact]) -> tuple[Ending, list[Claim]]:
        """What somebody reads out of the file who has nothing but a trust file."""
        key = PacketKey("main", SOURCE, packet.sequence)
        entries = [
            Entry(row=row, recorded_at_ms=0, event=fact, effects=notes, previous=bytes(32), hash=bytes(32))
            for row, fact in enumerate(facts, start=1)
        ]
        source, destination = self.ends()
        evidence, verdict = await gather(life_of(key, entries), source=source, destination=destination)
        trust = decode_trust(encode_trust(await trust_of(source, destination)), KNOWN.trust_readers)
        assert verify_file(encode_evidence(evidence), trust) == verdict
        return verdict.ending, [each.claim for each in verdict.proven]


@pytest.fixture
async def channel(tmp_path: Path, chain: SettlementChain, relayer_account: LocalAccount) -> AsyncIterator[Channel]:
    clock = SystemClock()
    source = embedded_ledger(tmp_path, clock, name=SOURCE, applications={"settlement": EchoApplication()})
    options = CosmosLedgerOptions(
        ledger_id=LedgerId("chain"),
        chain_id=chain.chain_id,
        endpoints=chain.endpoints,
        prefix=BECH32_PREFIX,
        fees=FeePolicy(price=Fraction(0), denomination=DENOMINATION, cap=0),
    )
    ledger = CosmosLedger(options, relayer_account, clock)
    await source.connect()
    await ledger.connect()
    on_chain = await ledger.create_client(
        await source.initial_client(TERMS), counterparty_client_id=None, counterparty_merkle_prefix=()
    )
    on_source = await source.create_client(
        await ledger.initial_client(TERMS), counterparty_client_id=None, counterparty_merkle_prefix=()
    )
    await ledger.register_counterparty(
        on_chain, counterparty_client_id=on_source, counterparty_merkle_prefix=source.merkle_prefix
    )
    await source.register_counterparty(
        on_source, counterparty_client_id=on_chain, counterparty_merkle_prefix=ledger.merkle_prefix
    )
    yield Channel(source, ledger, on_source, on_chain)
    await ledger.close()
    await source.close()


async def test_clients_follow_each_other(channel: Channel) -> None:
    status = await channel.chain.client_status(channel.chain_client)
    assert (status.client_type, status.counterparty_chain_id) == ("07-tendermint", channel.source.chain_id)
    assert status.counterparty_client_id == channel.source_client


async def test_a_packet_goes_and_comes_back_and_all_of_it_can_be_shown(channel: Channel) -> None:
    packet = await channel.send(600)
    facts = [await channel.told(packet, PacketCommitted, by="source")]
    assert await channel.proven(packet, facts=facts) == (Ending.SENT, [Claim.PACKET_COMMITTED])
    await channel.carry(packet, PathKind.COMMITMENT)
    received = await channel.told(packet, ReceiptWritten)
    facts.append(await channel.told(packet, AcknowledgementWritten))
    assert received.height == facts[-1].height
    assert (await channel.proven(packet, facts=facts))[0] is Ending.ANSWERED
    await channel.carry(packet, PathKind.ACKNOWLEDGEMENT, at_least=facts[-1].height)
    facts.append(await channel.told(packet, PacketAcknowledged, by="source"))
    ending, claims = await channel.proven(packet, facts=facts)
    assert claims == [Claim.PACKET_COMMITTED, Claim.ACKNOWLEDGEMENT_WRITTEN, Claim.COMMITMENT_CLEARED]
    assert ending is Ending.ACKNOWLEDGED


async def test_a_timeout_is_proven_by_absence(channel: Channel) -> None:
    packet = await channel.send(2)
    facts = [await channel.told(packet, PacketCommitted, by="source")]

    async def late() -> bool:
        return (await channel.chain.head()).timestamp >= packet.timeout_timestamp

    await until_true(late, "the packet's timeout")
    head = await channel.chain.head()
    wanted = EffectNote(kind=EffectKind.TIMEOUT, key=PacketKey("main", SOURCE, packet.sequence), provable_from=head.height)
    assert await channel.proven(packet, wanted, facts=facts) == (
        Ending.EXPIRED,
        [Claim.PACKET_COMMITTED, Claim.RECEIPT_ABSENT],
    )
    await channel.carry(packet, PathKind.RECEIPT, at_least=head.height)
    facts.append(await channel.told(packet, PacketTimedOut, by="source"))
    assert (await channel.proven(packet, wanted, facts=facts))[0] is Ending.TIMED_OUT
