"""The authorities of an EVM ledger hand over on a healthy channel: packets flow before, between and after."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from relayer.core.commitment import PathKind, commitment_path
from relayer.core.ids import ClientId, Height
from relayer.errors import ClientUnusable, LedgerRefused
from relayer.ledgers.embedded.chain.verify import verify
from relayer.ledgers.embedded.ledger import EmbeddedLedger
from relayer.ports.ledger import ClientCondition, Outcome, ReceivePacket, SubmissionBatch, client_reference
from relayer.ports.prover import ClientMessage, ClientTerms, Proof
from relayer.proofs.poa_evm.types import Misbehaviour, encode_misbehaviour
from relayer.testing.clock import ManualClock
from relayer.testing.factories import a_packet
from tests.support.embedded import embedded_ledger
from tests.support.evm_counterparty import CLIENT_ID, EvmCounterparty

CLIENT = ClientId("poa-evm-0")
TERMS = ClientTerms(trusting_period_seconds=1_000, max_clock_drift_seconds=15)
MISBEHAVIOUR = "/interledger.lightclients.poaevm.v1.Misbehaviour"


class Bench:
    """A settlement ledger, and the EVM ledger that its light client follows."""

    def __init__(self, folder: Path) -> None:
        self.clock = ManualClock()
        self.evm = EvmCounterparty(self.clock)
        self.ledger: EmbeddedLedger = embedded_ledger(folder, self.clock)

    async def set_up(self) -> None:
        await self.ledger.connect()
        creation = await self.evm.initial_client(TERMS)
        assert (
            await self.ledger.create_client(creation, counterparty_client_id=None, counterparty_merkle_prefix=()) == CLIENT
        )
        await self.ledger.register_counterparty(
            CLIENT, counterparty_client_id=CLIENT_ID, counterparty_merkle_prefix=self.evm.merkle_prefix
        )

    @property
    def reference(self):
        return client_reference(self.ledger, CLIENT)

    async def packet(self) -> tuple[ReceivePacket, ClientMessage]:
        """A packet proven at a new block, and that block's header."""
        made = a_packet(self.evm.next_sequence(), timeout=int(self.clock.now()) + 600)
        packet = replace(made, source_client=CLIENT_ID, destination_client=CLIENT)
        self.evm.commit(packet)
        height = self.evm.seal()
        path = commitment_path(CLIENT_ID, PathKind.COMMITMENT, packet.sequence)
        (proof,) = await self.evm.prove([path], at=height)
        header = await self.evm.client_update(self.reference, trusted=Height(1), target=height)
        return ReceivePacket(packet=packet, proof=Proof(value=proof.value, height=height)), header

    async def update(self, message: ClientMessage, *packets: ReceivePacket) -> list[Outcome]:
        batch = SubmissionBatch(client_id=CLIENT, update=message, messages=packets)
        return [each.outcome for each in (await self.ledger.submit(batch)).results]

    async def condition(self) -> ClientCondition:
        return (await self.ledger.client_status(CLIENT)).condition


@pytest.fixture
async def bench(tmp_path: Path):
    made = Bench(tmp_path)
    await made.set_up()
    yield made
    await made.ledger.close()


async def test_packets_flow_before_between_and_after(bench: Bench, tmp_path: Path) -> None:
    before, header = await bench.packet()
    assert await bench.update(header, before) == [Outcome.DELIVERED]
    between, header = await bench.packet()
    await bench.update(header)
    rotation = bench.evm.hand_over(bench.reference, generation=1, names=["new one", "new two"], threshold=2)
    # Proven by what those who handed over vouched for: that is not forgotten.
    assert await bench.update(rotation, between) == [Outcome.DELIVERED]
    after, header = await bench.packet()
    assert await bench.update(header, after) == [Outcome.DELIVERED]
    assert await bench.condition() is ClientCondition.ACTIVE
    await bench.ledger.close()
    verify(tmp_path)


async def test_the_retired_vouch_for_nothing_and_a_rotation_is_used_once(bench: Bench) -> None:
    late, old_header = await bench.packet()
    rotation = bench.evm.hand_over(bench.reference, generation=1, names=["new one", "new two"], threshold=2)
    await bench.update(rotation)
    with pytest.raises(LedgerRefused, match="unknown_signer"):
        await bench.update(old_header)
    assert await bench.update(old_header, late) == [Outcome.REFUSED]
    bench.evm.hand_over(bench.reference, generation=2, names=["third"], threshold=1)
    with pytest.raises(LedgerRefused, match="generation"):
        await bench.update(rotation)


async def test_evidence_against_the_retired_counts_for_their_blocks(bench: Bench) -> None:
    _, header = await bench.packet()
    await bench.update(header)
    engine, number = bench.evm.engine, bench.evm.head
    one, other = (bench.evm.header(number, bench.reference, extra=extra) for extra in (b"", b"another block"))
    _, unseen = await bench.packet()
    later = bench.evm.head
    later_pair = [bench.evm.header(later, bench.reference, extra=extra) for extra in (b"", b"another block")]
    del unseen
    rotation = bench.evm.hand_over(bench.reference, generation=1, names=["new one", "new two"], threshold=2)
    await bench.update(rotation)

    def evidence(first, second) -> ClientMessage:
        made = Misbehaviour(header_1=first, header_2=second, retired_1=engine, retired_2=engine)
        return ClientMessage(type_url=MISBEHAVIOUR, value=encode_misbehaviour(made), height=number)

    with pytest.raises(LedgerRefused, match="retired"):
        await bench.update(evidence(*later_pair))
    await bench.update(evidence(one, other))
    assert await bench.condition() is ClientCondition.FROZEN
    with pytest.raises(ClientUnusable):
        await bench.update(bench.evm.hand_over(bench.reference, generation=2, names=["third"], threshold=1))


async def test_an_expired_client_refuses_a_rotation(bench: Bench) -> None:
    bench.clock.advance(1_001)
    with pytest.raises(ClientUnusable):
        await bench.update(bench.evm.hand_over(bench.reference, generation=1, names=["new one"], threshold=1))
