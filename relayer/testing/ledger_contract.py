"""What every ledger must do, as a pytest class: subclass it and give it a `bench` fixture.

    class TestMyLedger(LedgerContractSuite):
        @pytest.fixture
        async def bench(self) -> LedgerBench: ...

What the simulation shows of the engine holds for a ledger that passes here. The counterparty is whatever the bench gives.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import TypeVar

try:
    import pytest as pytest  # noqa: PLC0414 (the other suites take it from here, and so say the same where it is absent)
except ModuleNotFoundError as error:
    raise ModuleNotFoundError(
        "the ledger contract suite needs pytest: install the extra `testing`", name="pytest"
    ) from error

from relayer.codes.ibc import IbcCode
from relayer.core.commitment import PathKind, commitment_path
from relayer.core.events import (
    AcknowledgementWritten,
    LedgerFact,
    PacketAcknowledged,
    PacketCommitted,
    PacketTimedOut,
)
from relayer.core.ids import ClientId, Height, TimestampSeconds
from relayer.core.packet import Packet
from relayer.errors import NotFinal, WrongLedger
from relayer.light_clients.known import KNOWN
from relayer.ports.capabilities import CAPABILITIES, Priced, capability
from relayer.ports.ledger import (
    AcknowledgePacket,
    ClientCondition,
    Ledger,
    MessageResult,
    Outcome,
    PacketMessage,
    ReceivePacket,
    SubmissionBatch,
    TimeoutPacket,
    client_reference,
)
from relayer.ports.prover import ClientTerms, Proof, Prover
from relayer.waiting import until_true

_Fact = TypeVar("_Fact", PacketCommitted, AcknowledgementWritten, PacketAcknowledged, PacketTimedOut)
_PATIENCE_SECONDS = 20.0
_HOUR = 3_600


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerSide:
    """One ledger of a pair. `client` is its light client of the other, paired and active."""

    ledger: Ledger
    prover: Prover
    client: ClientId
    send_packet: Callable[[TimestampSeconds], Awaitable[Packet]]
    """Sends a packet that the other side's application answers, with this timeout."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerBench:
    """A ledger under test with a counterparty, both connected."""

    subject: LedgerSide
    counterparty: LedgerSide
    pass_time: Callable[[int], Awaitable[None]]
    """Both ledgers reach a head at least so many seconds later."""
    misconfigured: Ledger
    """The subject's ledger as an operator would configure it who expects another chain id; not connected."""
    operated: Ledger | None = None
    """The subject with its operator's rights; None: `subject` has them, or the ledger has no operator."""
    names: Mapping[IbcCode, Collection[str]] = field(default_factory=dict)
    """What the subject calls a refusal of ibc-go; what is left out has the name that ibc-go gives it."""
    short_seconds: int = 30
    """A timeout that delivery can keep and `pass_time` lets run out; small where time cannot be made to pass."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Proven:
    batch: SubmissionBatch
    results: Sequence[MessageResult]

    @property
    def outcomes(self) -> list[Outcome]:
        """In the order of the messages."""
        return [result.outcome for result in self.results]


class LedgerContractSuite:
    """Every test is independent; a bench may be shared, since no test depends on what others did before."""

    async def test_it_offers_exactly_what_its_suites_show(self, bench: LedgerBench) -> None:
        shown = {vars(each)["shows"] for each in type(self).__mro__ if "shows" in vars(each)}
        offered = {kind for kind in CAPABILITIES if capability(bench.subject.ledger, kind) is not None}
        assert offered == shown, "a capability and its suite of relayer.testing.capability_contract go together"

    async def test_a_submission_that_has_no_price_costs_nothing(self, bench: LedgerBench) -> None:
        batch = await receives(bench.counterparty, bench.subject, [await send(bench.counterparty, bench)])
        receipt = await bench.subject.ledger.submit(batch)
        assert receipt.transactions
        if capability(bench.subject.ledger, Priced) is None:
            assert receipt.fee == 0

    async def test_heads_only_grow(self, bench: LedgerBench) -> None:
        first = await bench.subject.ledger.head()
        await bench.pass_time(bench.short_seconds)
        second = await bench.subject.ledger.head()
        assert second.height > first.height
        assert second.timestamp >= first.timestamp + bench.short_seconds
        assert second.hash != first.hash
        third = await bench.subject.ledger.head()
        assert third.height >= second.height
        assert third.timestamp >= second.timestamp

    async def test_a_sent_packet_is_told(self, bench: LedgerBench) -> None:
        before = await bench.subject.ledger.head()
        packet = await send(bench.subject, bench)
        fact = await told(bench.subject, PacketCommitted, packet)
        assert fact.packet == packet
        assert fact.height > before.height
        assert fact.transaction
        assert (packet.source_client, packet.destination_client) == (bench.subject.client, bench.counterparty.client)

    async def test_facts_of_a_height_never_change(self, bench: LedgerBench) -> None:
        await told(bench.subject, PacketCommitted, await send(bench.subject, bench))
        head = await bench.subject.ledger.head()
        first = await bench.subject.ledger.events(after=Height(0), until=head.height)
        await told(bench.subject, PacketCommitted, await send(bench.subject, bench))
        assert await bench.subject.ledger.events(after=Height(0), until=head.height) == first

    async def test_pages_tell_the_same_as_one_reading(self, bench: LedgerBench) -> None:
        for _ in range(2):
            await told(bench.subject, PacketCommitted, await send(bench.subject, bench))
        head = await bench.subject.ledger.head()
        whole = list(await bench.subject.ledger.events(after=Height(0), until=head.height))
        paged: list[LedgerFact] = []
        edges = sorted({0, head.height, *(fact.height for fact in whole), *(max(fact.height - 1, 0) for fact in whole)})
        for after, until in pairwise(edges):
            paged += await bench.subject.ledger.events(after=Height(after), until=Height(until))
        assert paged == whole
        assert [fact.height for fact in whole] == sorted(fact.height for fact in whole)

    async def test_a_packet_is_received_and_answered(self, bench: LedgerBench) -> None:
        packet = await send(bench.counterparty, bench)
        proven = await deliver(bench.counterparty, bench.subject, [packet])
        assert proven.outcomes == [Outcome.DELIVERED]
        fact = await told(bench.subject, AcknowledgementWritten, packet)
        assert fact.packet == packet
        assert fact.acknowledgement.app_acknowledgement

    async def test_receiving_again_is_redundant(self, bench: LedgerBench) -> None:
        packet = await send(bench.counterparty, bench)
        proven = await deliver(bench.counterparty, bench.subject, [packet])
        again = await bench.subject.ledger.submit(replace(proven.batch, update=None))
        assert [result.outcome for result in again.results] == [Outcome.REDUNDANT]

    async def test_several_packets_go_in_one_submission(self, bench: LedgerBench) -> None:
        packets = [await send(bench.counterparty, bench) for _ in range(3)]
        proven = await deliver(bench.counterparty, bench.subject, packets)
        assert proven.outcomes == [Outcome.DELIVERED] * 3
        for packet in packets:
            await told(bench.subject, AcknowledgementWritten, packet)

    async def test_a_bad_proof_is_refused_and_the_others_go_on(self, bench: LedgerBench) -> None:
        packets = [await send(bench.counterparty, bench) for _ in range(3)]
        batch = await receives(bench.counterparty, bench.subject, packets)
        bad = batch.messages[1]
        receipt = await bench.subject.ledger.submit(damaged(batch, 1))
        assert [result.outcome for result in receipt.results] == [
            Outcome.DELIVERED,
            Outcome.REFUSED,
            Outcome.DELIVERED,
        ]
        assert receipt.results[1].code
        assert receipt.results[1].detail
        assert (await bench.subject.ledger.submit(replace(batch, update=None, messages=(bad,)))).results[
            0
        ].outcome is Outcome.DELIVERED

    async def test_a_proof_of_another_packet_is_refused(self, bench: LedgerBench) -> None:
        packets = [await send(bench.counterparty, bench) for _ in range(2)]
        batch = await receives(bench.counterparty, bench.subject, packets)
        swapped = replace(batch.messages[0], proof=batch.messages[1].proof)
        receipt = await bench.subject.ledger.submit(replace(batch, messages=(swapped,)))
        assert [result.outcome for result in receipt.results] == [Outcome.REFUSED]

    async def test_an_invented_packet_is_refused(self, bench: LedgerBench) -> None:
        packet = await send(bench.counterparty, bench)
        batch = await receives(bench.counterparty, bench.subject, [packet])
        invented = replace(packet, timeout_timestamp=TimestampSeconds(packet.timeout_timestamp + 1))
        receipt = await bench.subject.ledger.submit(replace(batch, messages=(replace(batch.messages[0], packet=invented),)))
        assert [result.outcome for result in receipt.results] == [Outcome.REFUSED]

    async def test_the_client_update_comes_first(self, bench: LedgerBench) -> None:
        packet = await send(bench.counterparty, bench)
        await bench.pass_time(1)
        batch = await receives(bench.counterparty, bench.subject, [packet])
        assert batch.update is not None
        early = await bench.subject.ledger.submit(replace(batch, update=None))
        assert [result.outcome for result in early.results] == [Outcome.REFUSED]
        whole = await bench.subject.ledger.submit(batch)
        assert [result.outcome for result in whole.results] == [Outcome.DELIVERED]
        status = await bench.subject.ledger.client_status(bench.subject.client)
        assert status.latest_height == batch.update.height

    async def test_a_client_is_updated_without_packets(self, bench: LedgerBench) -> None:
        await bench.pass_time(bench.short_seconds)
        before = await bench.subject.ledger.client_status(bench.subject.client)
        batch = await receives(bench.counterparty, bench.subject, [])
        receipt = await bench.subject.ledger.submit(batch)
        assert receipt.results == ()
        after = await bench.subject.ledger.client_status(bench.subject.client)
        assert after.latest_height > before.latest_height
        assert after.latest_timestamp > before.latest_timestamp

    async def test_a_late_packet_is_refused(self, bench: LedgerBench) -> None:
        packet = await send(bench.counterparty, bench, seconds=bench.short_seconds)
        await bench.pass_time(bench.short_seconds + 1)
        proven = await deliver(bench.counterparty, bench.subject, [packet])
        assert proven.outcomes == [Outcome.REFUSED]

    async def test_an_acknowledgement_comes_back(self, bench: LedgerBench) -> None:
        packet = await send(bench.subject, bench)
        await deliver(bench.subject, bench.counterparty, [packet])
        batch = await acknowledges(bench.counterparty, bench.subject, packet)
        receipt = await bench.subject.ledger.submit(batch)
        assert [result.outcome for result in receipt.results] == [Outcome.DELIVERED]
        assert (await told(bench.subject, PacketAcknowledged, packet)).packet == packet
        again = await bench.subject.ledger.submit(replace(batch, update=None))
        assert [result.outcome for result in again.results] == [Outcome.REDUNDANT]

    async def test_a_packet_times_out_by_proof_of_absence(self, bench: LedgerBench) -> None:
        packet = await send(bench.subject, bench, seconds=bench.short_seconds)
        await bench.pass_time(bench.short_seconds + 1)
        batch = await timeouts(bench.counterparty, bench.subject, packet)
        receipt = await bench.subject.ledger.submit(batch)
        assert [result.outcome for result in receipt.results] == [Outcome.DELIVERED]
        assert (await told(bench.subject, PacketTimedOut, packet)).packet == packet
        again = await bench.subject.ledger.submit(replace(batch, update=None))
        assert [result.outcome for result in again.results] == [Outcome.REDUNDANT]

    async def test_a_timeout_before_its_time_is_refused(self, bench: LedgerBench) -> None:
        packet = await send(bench.subject, bench)
        receipt = await bench.subject.ledger.submit(await timeouts(bench.counterparty, bench.subject, packet))
        assert [result.outcome for result in receipt.results] == [Outcome.REFUSED]

    async def test_a_timeout_of_a_received_packet_is_refused(self, bench: LedgerBench) -> None:
        packet = await send(bench.subject, bench, seconds=bench.short_seconds)
        await deliver(bench.subject, bench.counterparty, [packet])
        await bench.pass_time(bench.short_seconds + 1)
        receipt = await bench.subject.ledger.submit(await timeouts(bench.counterparty, bench.subject, packet))
        assert [result.outcome for result in receipt.results] == [Outcome.REFUSED]

    async def test_a_client_tells_whom_it_follows(self, bench: LedgerBench) -> None:
        status = await bench.subject.ledger.client_status(bench.subject.client)
        assert status.condition is ClientCondition.ACTIVE
        assert status.client_id == bench.subject.client
        assert status.client_type
        assert status.counterparty_client_id == bench.counterparty.client
        assert status.counterparty_chain_id == bench.counterparty.ledger.chain_id
        assert status.latest_height > 0
        assert status.latest_timestamp > 0
        assert status.trusting_period_seconds > 0

    async def test_an_unknown_client_is_said_to_be_unknown(self, bench: LedgerBench) -> None:
        status = await bench.subject.ledger.client_status(ClientId("unknown-client-99"))
        assert status.condition is ClientCondition.UNKNOWN

    async def test_nothing_is_proven_above_the_head(self, bench: LedgerBench) -> None:
        head = await bench.subject.ledger.head()
        path = commitment_path(bench.subject.client, PathKind.COMMITMENT, (await send(bench.subject, bench)).sequence)
        with pytest.raises(NotFinal):
            await bench.subject.prover.prove([path], at=Height(head.height + 1_000))

    async def test_first_states_at_a_named_height_come_with_their_header(self, bench: LedgerBench) -> None:
        prover = bench.subject.prover
        terms = ClientTerms(trusting_period_seconds=86_400, max_clock_drift_seconds=30)
        named = (await bench.subject.ledger.head()).height
        await send(bench.subject, bench)
        creation = await prover.initial_client(terms, at=named)
        message = await prover.first_header(named)
        assert creation.height == message.height == named
        kind = KNOWN.of_header(message.type_url)
        if kind is not None:
            assert len(kind.first_header(creation.client_state, creation.consensus_state, message.value)) == 32
        with pytest.raises(NotFinal):
            await prover.initial_client(terms, at=Height((await bench.subject.ledger.head()).height + 100_000))

    async def test_another_chain_is_refused(self, bench: LedgerBench) -> None:
        with pytest.raises(WrongLedger):
            await bench.misconfigured.connect()
        await bench.misconfigured.close()


async def send(side: LedgerSide, bench: LedgerBench, *, seconds: int = _HOUR) -> Packet:
    """A packet that the side's ledger has committed and reports."""
    heads = [await bench.subject.ledger.head(), await bench.counterparty.ledger.head()]
    packet = await side.send_packet(TimestampSeconds(max(head.timestamp for head in heads) + seconds))
    await told(side, PacketCommitted, packet)
    return packet


async def told(side: LedgerSide, kind: type[_Fact], packet: Packet) -> _Fact:
    """The fact, once the ledger reports it. Raises Stalled if it never does."""
    found: list[_Fact] = []

    async def is_told() -> bool:
        head = await side.ledger.head()
        facts = await side.ledger.events(after=Height(0), until=head.height)
        found.extend(fact for fact in facts if isinstance(fact, kind) and fact.packet == packet)
        return bool(found)

    what = f"{side.ledger.ledger_id} to report {kind.__name__} of packet {packet.sequence}"
    await until_true(is_told, what, stalled_after_seconds=_PATIENCE_SECONDS, poll_seconds=0.02)
    return found[0]


async def _batch(
    origin: LedgerSide, host: LedgerSide, paths: Sequence[bytes], build: Callable[[int, Proof], PacketMessage]
) -> SubmissionBatch:
    """Proofs at the origin's head, with the client update that they need."""
    status = await host.ledger.client_status(host.client)
    head = await origin.ledger.head()
    update = None
    if head.height > status.latest_height:
        reference = client_reference(host.ledger, host.client)
        update = await origin.prover.client_update(reference, trusted=status.latest_height, target=head.height)
        assert update.height == head.height
    at = Height(max(head.height, status.latest_height))
    proofs = await origin.prover.prove(paths, at=at) if paths else ()  # type: ignore[arg-type]
    assert [proof.height for proof in proofs] == [at] * len(paths)
    messages = tuple(build(number, proof) for number, proof in enumerate(proofs))
    return SubmissionBatch(client_id=host.client, update=update, messages=messages)


async def receives(origin: LedgerSide, host: LedgerSide, packets: Sequence[Packet]) -> SubmissionBatch:
    """What delivers the packets to `host`, not submitted yet."""
    paths = [commitment_path(packet.source_client, PathKind.COMMITMENT, packet.sequence) for packet in packets]
    return await _batch(origin, host, paths, lambda number, proof: ReceivePacket(packet=packets[number], proof=proof))


async def acknowledges(origin: LedgerSide, host: LedgerSide, packet: Packet) -> SubmissionBatch:
    """The acknowledgement that `origin` wrote, proven for `host`, with the client update that the proof needs."""
    fact = await told(origin, AcknowledgementWritten, packet)
    path = commitment_path(packet.destination_client, PathKind.ACKNOWLEDGEMENT, packet.sequence)
    return await _batch(
        origin,
        host,
        [path],
        lambda _, proof: AcknowledgePacket(packet=packet, acknowledgement=fact.acknowledgement, proof=proof),
    )


async def timeouts(origin: LedgerSide, host: LedgerSide, packet: Packet) -> SubmissionBatch:
    """The timeout of a packet that `host` sent, with `origin`'s proof that it was not received."""
    path = commitment_path(packet.destination_client, PathKind.RECEIPT, packet.sequence)
    return await _batch(origin, host, [path], lambda _, proof: TimeoutPacket(packet=packet, proof=proof))


async def deliver(origin: LedgerSide, host: LedgerSide, packets: Sequence[Packet]) -> _Proven:
    """Packets of `origin` received by `host`, and what it answered."""
    batch = await receives(origin, host, packets)
    receipt = await host.ledger.submit(batch)
    return _Proven(batch=batch, results=receipt.results)


def damaged(batch: SubmissionBatch, index: int) -> SubmissionBatch:
    """The batch with one bit of a message's proof flipped."""
    bad = batch.messages[index]
    message = replace(bad, proof=replace(bad.proof, value=flipped(bad.proof.value)))
    return replace(batch, messages=(*batch.messages[:index], message, *batch.messages[index + 1 :]))


def flipped(value: bytes) -> bytes:
    """The bytes with one bit of the middle one changed."""
    middle = len(value) // 2
    return value[:middle] + bytes([value[middle] ^ 1]) + value[middle + 1 :]
