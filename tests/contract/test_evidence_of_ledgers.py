"""Evidence gathered from two real embedded ledgers by the ports alone, and read by somebody who only has the file."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from relayer.app.evidence import ProvingEnd, gather, life_of, trust_of
from relayer.core.commitment import PathKind, commitment_path
from relayer.core.effects import EffectKind
from relayer.core.events import AcknowledgementWritten, PacketAcknowledged, PacketCommitted, PacketFact, PacketTimedOut
from relayer.core.ids import ClientId, Height, LedgerId, TimestampSeconds
from relayer.core.packet import Packet, PacketKey
from relayer.errors import HeightPruned, InvalidInput
from relayer.evidence.codec import encode_evidence, encode_hops
from relayer.evidence.errors import EvidenceRefused, Flaw
from relayer.evidence.hops import verify_hops
from relayer.evidence.model import Claim, Ending, PacketEvidence
from relayer.evidence.trust import Trust, decode_trust, encode_trust
from relayer.evidence.verify import verify_file
from relayer.ledgers.embedded.chain.operators import OperatorKey, equal_validators
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
from relayer.ports.prover import ClientTerms, Proof
from relayer.proofs.comet.types import ValidatorSet
from relayer.testing.clock import ManualClock
from relayer.testing.factories import a_payload
from tests.support.embedded import KEYS, EchoApplication, embedded_ledger

TERMS = ClientTerms(trusting_period_seconds=14 * 86_400, max_clock_drift_seconds=60)


@dataclass(slots=True)
class Channel:
    clock: ManualClock
    source: EmbeddedLedger
    destination: EmbeddedLedger
    source_client: ClientId
    destination_client: ClientId
    key: PacketKey

    def ends(self) -> tuple[ProvingEnd, ProvingEnd]:
        return (
            ProvingEnd(ledger=self.source, client=self.source_client),
            ProvingEnd(ledger=self.destination, client=self.destination_client),
        )

    async def send(self, seconds: int) -> Packet:
        deadline = TimestampSeconds(int(self.clock.now()) + seconds)
        sequence = await self.source.send_packet(
            self.source_client, a_payload(), timeout_timestamp=deadline, signer="anyone"
        )
        return Packet(
            sequence=sequence,
            source_client=self.source_client,
            destination_client=self.destination_client,
            timeout_timestamp=deadline,
            payloads=(a_payload(),),
        )

    async def carry(self, packet: Packet, kind: PathKind) -> None:
        """One step of a relayer: proves on one ledger, submits to the other."""
        goes_back = kind is not PathKind.COMMITMENT
        origin, host = (self.destination, self.source) if goes_back else (self.source, self.destination)
        client = self.source_client if goes_back else self.destination_client
        followed = packet.destination_client if goes_back else packet.source_client
        status = await host.client_status(client)
        head = await origin.head()
        update = await origin.client_update(
            client_reference(host, client),
            trusted=status.latest_height,
            target=head.height,
        )
        (proof,) = await origin.prove([commitment_path(followed, kind, packet.sequence)], at=head.height)
        message = await self._message(packet, kind, proof)
        receipt = await host.submit(SubmissionBatch(client_id=client, update=update, messages=(message,)))
        assert [each.outcome for each in receipt.results] == [Outcome.DELIVERED]

    async def _message(self, packet: Packet, kind: PathKind, proof: Proof) -> PacketMessage:
        match kind:
            case PathKind.COMMITMENT:
                return ReceivePacket(packet=packet, proof=proof)
            case PathKind.RECEIPT:
                return TimeoutPacket(packet=packet, proof=proof)
            case PathKind.ACKNOWLEDGEMENT:
                (told,) = await self.told(self.destination, AcknowledgementWritten)
                assert isinstance(told, AcknowledgementWritten)
                return AcknowledgePacket(packet=packet, acknowledgement=told.acknowledgement, proof=proof)

    async def told(self, ledger: EmbeddedLedger, *kinds: type[PacketFact]) -> list[PacketFact]:
        head = await ledger.head()
        events = await ledger.events(after=Height(0), until=head.height)
        return [event for event in events if isinstance(event, kinds)]

    async def journaled(self, *notes: EffectNote) -> list[Entry]:
        """What a relayer would have written down."""
        facts = [
            *await self.told(self.source, PacketCommitted),
            *await self.told(self.destination, AcknowledgementWritten),
            *await self.told(self.source, PacketAcknowledged, PacketTimedOut),
        ]
        return [
            Entry(row=row, recorded_at_ms=0, event=event, effects=notes, previous=bytes(32), hash=bytes(32))
            for row, event in enumerate(facts, start=1)
        ]


async def paired(clock: ManualClock, one: EmbeddedLedger, other: EmbeddedLedger) -> Channel:
    """Of two connected ledgers; packets go from the first one."""
    clients = []
    for host, followed in ((one, other), (other, one)):
        creation = await followed.initial_client(TERMS)
        clients.append(await host.create_client(creation, counterparty_client_id=None, counterparty_merkle_prefix=()))
    for host, mine, theirs in ((one, *clients), (other, *reversed(clients))):
        await host.register_counterparty(mine, counterparty_client_id=theirs, counterparty_merkle_prefix=(b"ibc", b""))
    return Channel(
        clock=clock,
        source=one,
        destination=other,
        source_client=clients[0],
        destination_client=clients[1],
        key=PacketKey("main", LedgerId("source"), 1),
    )


@pytest.fixture
async def channel(tmp_path: Path) -> AsyncIterator[Channel]:
    clock = ManualClock()
    one, other = (
        embedded_ledger(tmp_path / name, clock, name=name, applications={"settlement": EchoApplication()})
        for name in ("source", "destination")
    )
    await one.connect()
    await other.connect()
    yield await paired(clock, one, other)
    await one.close()
    await other.close()


@pytest.fixture
async def onward(channel: Channel, tmp_path: Path) -> AsyncIterator[Channel]:
    """From the destination of the channel to one more ledger."""
    far = embedded_ledger(tmp_path / "far", channel.clock, name="far", applications={"settlement": EchoApplication()})
    await far.connect()
    yield await paired(channel.clock, channel.destination, far)
    await far.close()


async def proven(channel: Channel, *notes: EffectNote) -> tuple[Ending, list[Claim]]:
    """What somebody reads out of the file who has nothing but a trust file."""
    source, destination = channel.ends()
    evidence, verdict = await gather(
        life_of(channel.key, await channel.journaled(*notes)), source=source, destination=destination
    )
    trust = decode_trust(encode_trust(await trust_of(source, destination)), KNOWN.trust_readers)
    assert verify_file(encode_evidence(evidence), trust) == verdict
    return verdict.ending, [each.claim for each in verdict.proven]


async def test_each_step_of_an_acknowledged_packet_can_be_shown(channel: Channel) -> None:
    packet = await channel.send(600)
    assert await proven(channel) == (Ending.SENT, [Claim.PACKET_COMMITTED])
    await channel.carry(packet, PathKind.COMMITMENT)
    assert (await proven(channel))[0] is Ending.ANSWERED
    await channel.carry(packet, PathKind.ACKNOWLEDGEMENT)
    assert await proven(channel) == (
        Ending.ACKNOWLEDGED,
        [Claim.PACKET_COMMITTED, Claim.ACKNOWLEDGEMENT_WRITTEN, Claim.COMMITMENT_CLEARED],
    )


async def test_a_timeout_can_be_shown_before_and_after_the_source_heard_of_it(channel: Channel) -> None:
    packet = await channel.send(60)
    channel.clock.advance(61)
    await channel.source.advance()
    head = await channel.destination.advance()
    wanted = EffectNote(kind=EffectKind.TIMEOUT, key=channel.key, provable_from=head.height)
    assert await proven(channel, wanted) == (Ending.EXPIRED, [Claim.PACKET_COMMITTED, Claim.RECEIPT_ABSENT])
    await channel.carry(packet, PathKind.RECEIPT)
    assert (await proven(channel))[0] is Ending.TIMED_OUT


async def test_a_trust_file_for_another_set_of_operators_refuses_the_evidence(channel: Channel) -> None:
    await channel.send(600)
    source, destination = channel.ends()
    evidence, _ = await gather(life_of(channel.key, await channel.journaled()), source=source, destination=destination)
    trust = await trust_of(source, destination)
    one, other = trust.ends
    fewer = ValidatorSet.of(one.ledger.validator_sets[0].validators[:3])
    changed = replace(trust, ends=(replace(one, ledger=replace(one.ledger, validator_sets=(fewer,))), other))
    with pytest.raises(EvidenceRefused):
        verify_file(encode_evidence(evidence), changed)


async def test_evidence_outlives_a_change_of_operators(channel: Channel) -> None:
    """The file holds what the old set signed; what is trusted afterwards is the new one."""
    packet = await channel.send(600)
    source, destination = channel.ends()
    before = await trust_of(source, destination)
    members = before.ends[0].ledger.validator_sets[0]
    await channel.source.change_validators(ValidatorSet.of(members.validators[:3]))
    await channel.source.advance()
    await channel.carry(packet, PathKind.COMMITMENT)
    await channel.carry(packet, PathKind.ACKNOWLEDGEMENT)
    evidence, verdict = await gather(life_of(channel.key, await channel.journaled()), source=source, destination=destination)
    assert verdict.ending is Ending.ACKNOWLEDGED
    after = await trust_of(source, destination)
    old, new = before.ends[0].ledger, after.ends[0].ledger
    both = replace(old, validator_sets=old.validator_sets + new.validator_sets)
    ending = verify_file(
        encode_evidence(evidence), replace(after, ends=(replace(after.ends[0], ledger=both), after.ends[1]))
    )
    assert ending == verdict
    with pytest.raises(EvidenceRefused):
        verify_file(encode_evidence(evidence), after)


async def test_a_light_client_follows_operators_that_were_all_replaced(channel: Channel, tmp_path: Path) -> None:
    """Nobody whom the client trusts signs the newest header, and it is many headers behind."""
    successors = tuple(OperatorKey(bytes([number]) * 32) for number in range(11, 15))
    packet = await channel.send(600)
    await channel.source.close()
    source = embedded_ledger(
        tmp_path / "source",
        channel.clock,
        name="source",
        keys=(*KEYS, *successors),
        applications={"settlement": EchoApplication()},
    )
    await source.connect()
    channel.source = source
    await source.change_validators(equal_validators(successors))
    for _ in range(20):
        await source.advance()
    rounds = 0
    while (status := await channel.destination.client_status(channel.destination_client)).latest_height < (
        head := (await source.head()).height
    ):
        update = await source.client_update(
            client_reference(channel.destination, channel.destination_client), trusted=status.latest_height, target=head
        )
        batch = SubmissionBatch(client_id=channel.destination_client, update=update, messages=())
        await channel.destination.submit(batch)
        rounds += 1
    assert 2 <= rounds <= 8
    await source.advance()
    await channel.carry(packet, PathKind.COMMITMENT)
    await channel.carry(packet, PathKind.ACKNOWLEDGEMENT)
    await channel.carry(await channel.send(600), PathKind.COMMITMENT)


async def test_a_packet_that_the_journal_does_not_know_is_refused(channel: Channel) -> None:
    with pytest.raises(InvalidInput, match="does not know"):
        life_of(channel.key, [])


async def test_pruned_state_is_asked_for_at_the_head_unless_it_must_be_old(channel: Channel) -> None:
    packet = await channel.send(600)
    await channel.carry(packet, PathKind.COMMITMENT)
    await channel.carry(packet, PathKind.ACKNOWLEDGEMENT)
    life = life_of(channel.key, await channel.journaled())
    source, destination = channel.ends()
    kept = (await channel.destination.advance()).height
    pruned = replace(destination, ledger=Pruned(channel.destination, keeps_from=kept))
    _, verdict = await gather(life, source=source, destination=pruned)
    assert verdict.proven[1].height == kept
    head = (await channel.source.head()).height
    with pytest.raises(HeightPruned):
        await gather(life, source=replace(source, ledger=Pruned(channel.source, keeps_from=head)), destination=destination)


class Pruned:
    """A ledger that forgot its old states and answers everything else."""

    def __init__(self, ledger: EmbeddedLedger, *, keeps_from: Height) -> None:
        self._ledger = ledger
        self._keeps_from = keeps_from

    def __getattr__(self, name: str) -> object:
        return getattr(self._ledger, name)

    async def prove(self, paths: list[bytes], *, at: Height) -> object:
        if at < self._keeps_from:
            raise HeightPruned(f"height {at} is pruned")
        return await self._ledger.prove(paths, at=at)


async def gathered(channel: Channel, packet: Packet) -> tuple[PacketEvidence, Trust]:
    """Of an acknowledged packet."""
    facts = [
        each
        for ledger, kind in (
            (channel.source, PacketCommitted),
            (channel.destination, AcknowledgementWritten),
            (channel.source, PacketAcknowledged),
        )
        for each in await channel.told(ledger, kind)
        if each.packet == packet
    ]
    entries = [
        Entry(row=row, recorded_at_ms=0, event=event, effects=(), previous=bytes(32), hash=bytes(32))
        for row, event in enumerate(facts, start=1)
    ]
    source, destination = channel.ends()
    evidence, _ = await gather(life_of(channel.key, entries), source=source, destination=destination)
    return evidence, await trust_of(source, destination)


async def acknowledged(channel: Channel, seconds: int) -> Packet:
    packet = await channel.send(seconds)
    await channel.carry(packet, PathKind.COMMITMENT)
    await channel.carry(packet, PathKind.ACKNOWLEDGEMENT)
    return packet


async def test_all_hops_of_a_forwarded_packet_are_shown_in_one_file(channel: Channel, onward: Channel) -> None:
    """Offline, by whoever has a trust file for each channel; the hub between them need not be believed."""
    first, first_trust = await gathered(channel, await acknowledged(channel, 600))
    second, second_trust = await gathered(onward, await acknowledged(onward, 500))
    raw = encode_hops([first, second])
    trusts = [decode_trust(encode_trust(each), KNOWN.trust_readers) for each in (second_trust, first_trust)]
    assert [verdict.ending for verdict in verify_hops(raw, trusts)] == [Ending.ACKNOWLEDGED] * 2
    # The file of one packet is read by the same verb.
    assert [verdict.packet for verdict in verify_hops(encode_evidence(first), trusts)] == [first.packet]
    for hops, trusted, flaw in (
        ([second, first], trusts, Flaw.STORY),
        ([first, first], trusts, Flaw.STORY),
        ([first, second], trusts[:1], Flaw.OTHER_LEDGER),
    ):
        with pytest.raises(EvidenceRefused) as refused:
            verify_hops(encode_hops(hops), trusted)
        assert refused.value.flaw is flaw


async def test_hops_that_are_not_of_one_way_are_refused(channel: Channel, onward: Channel) -> None:
    """The attacker: shows a genuine first hop of one packet beside the genuine second hop of another one."""
    first, first_trust = await gathered(channel, await acknowledged(channel, 600))
    later, later_trust = await gathered(onward, await acknowledged(onward, 700))
    trusts = [first_trust, later_trust]
    with pytest.raises(EvidenceRefused, match="hop 2 does not end before hop 1"):
        verify_hops(encode_hops([first, later]), trusts)
    (payload,) = later.packet.payloads
    others = replace(payload, value=payload.value + b"!"), replace(payload, version="fact-2")
    for other in others:
        forged = replace(later, packet=replace(later.packet, payloads=(other,), timeout_timestamp=TimestampSeconds(1)))
        with pytest.raises(EvidenceRefused, match="carries another payload"):
            verify_hops(encode_hops([first, forged]), trusts)
    # Bytes that fit are not enough either: each hop is proven by itself.
    earlier = replace(later.packet, timeout_timestamp=TimestampSeconds(first.packet.timeout_timestamp - 1))
    with pytest.raises(EvidenceRefused) as refused:
        verify_hops(encode_hops([first, replace(later, packet=earlier)]), trusts)
    assert refused.value.flaw is Flaw.PROOF
