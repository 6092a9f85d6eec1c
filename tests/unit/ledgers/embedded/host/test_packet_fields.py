"""A packet with any one field changed, beside the true packet's real proof: refused with a code, and nothing is recorded."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from relayer.core.commitment import PathKind, commitment_path
from relayer.core.ids import ClientId, Height, Sequence, TimestampSeconds
from relayer.core.packet import Packet
from relayer.errors import InvalidInput
from relayer.ports.ledger import Outcome, ReceivePacket, SubmissionBatch, client_reference
from relayer.testing.factories import a_fact_payload
from tests.support.evm_counterparty import CLIENT_ID
from tests.support.owing import OwingLedger

CLIENT = ClientId("poa-evm-0")
HEADER_CHANGES = {
    "sequence one more": {"sequence": Sequence(3)},
    "sequence of another packet": {"sequence": Sequence(1)},
    "source client": {"source_client": ClientId("client-7")},
    "destination client": {"destination_client": ClientId("poa-evm-7")},
}
TIMES = {"timeout one later": 1, "timeout one earlier": -1}
PAYLOAD_CHANGES = {
    "source port": {"source_port": "settlement2"},
    "destination port": {"destination_port": "settlement2"},
    "version": {"version": "fact-2"},
    "encoding": {"encoding": "application/json"},
}
VALUES = {"first byte": 0, "a byte in the middle": 200, "last byte": -1}
NAMES = (*HEADER_CHANGES, *TIMES, *PAYLOAD_CHANGES, *VALUES, "value a byte longer", "payload twice", "no payload")


class Bench(OwingLedger):
    """A second packet is on its way, with its proof."""

    async def prepare(self) -> None:
        await self.set_up()
        self.packet = Packet(
            sequence=Sequence(self.evm.next_sequence()),
            source_client=CLIENT_ID,
            destination_client=CLIENT,
            timeout_timestamp=TimestampSeconds(self.now + 600),
            payloads=(a_fact_payload(replace(self.fact(1), net=7)),),
        )
        self.evm.commit(self.packet)
        self.height = self.evm.seal()
        path = commitment_path(CLIENT_ID, PathKind.COMMITMENT, self.packet.sequence)
        (self.proof,) = await self.evm.prove([path], at=self.height)

    async def deliver(self, packet: Packet) -> tuple[Outcome, str]:
        update = await self.evm.client_update(client_reference(self.ledger, CLIENT), trusted=Height(1), target=self.height)
        message = ReceivePacket(packet=packet, proof=self.proof)
        receipt = await self.ledger.submit(SubmissionBatch(client_id=CLIENT, update=update, messages=(message,)))
        (result,) = receipt.results
        return result.outcome, result.code


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    made = Bench(tmp_path / "ledger", {("DE*NBM", "DE*KCS"): 1000})
    await made.prepare()
    yield made
    await made.ledger.close()


def changed(packet: Packet, name: str) -> Packet:
    payload = packet.payload
    value = payload.value
    if name in HEADER_CHANGES:
        return replace(packet, **HEADER_CHANGES[name])
    if name in TIMES:
        return replace(packet, timeout_timestamp=TimestampSeconds(packet.timeout_timestamp + TIMES[name]))
    if name in PAYLOAD_CHANGES:
        return replace(packet, payloads=(replace(payload, **PAYLOAD_CHANGES[name]),))
    if name in VALUES:
        at = VALUES[name] % len(value)
        flipped = value[:at] + bytes([value[at] ^ 1]) + value[at + 1 :]
        return replace(packet, payloads=(replace(payload, value=flipped),))
    if name == "value a byte longer":
        return replace(packet, payloads=(replace(payload, value=value + b"\x00"),))
    return replace(packet, payloads=(payload, payload) if name == "payload twice" else ())


@pytest.mark.parametrize("name", NAMES)
async def test_a_changed_packet_is_refused_and_the_true_one_is_taken(bench: Bench, name: str) -> None:
    before = len(await bench.ledger.settlement.liabilities(after_sequence=0, limit=10))
    try:
        packet = changed(bench.packet, name)
    except InvalidInput:
        assert name in {"payload twice", "no payload"}, "such a packet cannot even be made"
        return
    outcome, code = await bench.deliver(packet)
    if name == "sequence of another packet":
        # That one has been received, so the host does not even look: nothing can come of it.
        assert outcome is Outcome.REDUNDANT
    else:
        assert outcome is Outcome.REFUSED
        assert code.split("/")[0] in {"channelv2", "clientv2", "client", "ibc", "02-client", "poa-evm", "commitment"}, code
    assert len(await bench.ledger.settlement.liabilities(after_sequence=0, limit=10)) == before
    assert await bench.deliver(bench.packet) == (Outcome.DELIVERED, "")
    assert await bench.deliver(bench.packet) == (Outcome.REDUNDANT, "")
