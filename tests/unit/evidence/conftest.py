"""A packet's life on two small ledgers with real headers, signatures and proofs, and what a reader trusts of them."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest

from relayer.core.commitment import PathKind, acknowledgement_commitment, commitment_path, packet_commitment
from relayer.core.ids import ClientId, Height
from relayer.core.packet import Acknowledgement, Packet
from relayer.evidence.model import Claim, LedgerName, PacketEvidence, ProvenStatement
from relayer.evidence.trust import Trust, TrustedEnd
from relayer.evidence.verify import claimed_path
from relayer.light_clients.poa_evm import EvmTrust
from relayer.light_clients.tendermint import CometTrust
from relayer.ports.prover import ClientReference
from relayer.proofs.comet.client_types import decode_client_header
from relayer.proofs.comet.types import NANOSECONDS
from relayer.testing.clock import START, ManualClock
from relayer.testing.factories import ACKNOWLEDGEMENT, ROUTE, ROUTE_BACK, a_packet
from tests.support.comet_chain import CometChain
from tests.support.evm_counterparty import CHAIN_ID, ROUTER, EvmCounterparty

TIMEOUT = int(START) + 100
EVM_CLIENT = ClientId("client-0")
COMET_CLIENT = ClientId("poa-evm-0")
EVM = LedgerName(chain_id=str(CHAIN_ID), client_type="poa-evm")
GENESIS = bytes([1] * 32)
COMET = LedgerName(chain_id="settlement-1", client_type="07-tendermint")


@dataclass(slots=True)
class Ledgers:
    """Both ledgers of a channel. Time passes as a test says."""

    clock: ManualClock
    evm: EvmCounterparty
    comet: CometChain

    def seal_comet(self) -> Height:
        return self.comet.seal(int(self.clock.now() * NANOSECONDS))

    async def on_evm(self, claim: Claim, packet: Packet, *, at: Height) -> ProvenStatement:
        reference = ClientReference(host_chain_id=self.comet.chain_id, host_genesis=GENESIS, client_id=COMET_CLIENT)
        update = await self.evm.client_update(reference, trusted=Height(1), target=at)
        (proof,) = await self.evm.prove([claimed_path(claim, packet)], at=at)
        return ProvenStatement(claim=claim, height=at, header=update.value, proof=proof.value)

    def on_comet(self, claim: Claim, packet: Packet) -> ProvenStatement:
        """At the newest header."""
        at = self.comet.height
        update = self.comet.update(trusted=Height(at - 1))
        (proof,) = self.comet.prove([claimed_path(claim, packet)], at=at)
        return ProvenStatement(claim=claim, height=at, header=update.value, proof=proof.value)

    def trust(self) -> Trust:
        validators = decode_client_header(self.comet.update(trusted=Height(1)).value).validators
        return Trust(
            ends=(
                TrustedEnd(
                    client_id=EVM_CLIENT,
                    genesis_hash=b"",
                    ledger=EvmTrust(chain_id=EVM.chain_id, router=ROUTER, engine=self.evm.engine),
                ),
                TrustedEnd(
                    client_id=COMET_CLIENT,
                    genesis_hash=GENESIS,
                    ledger=CometTrust(chain_id=COMET.chain_id, validator_sets=(validators,)),
                ),
            )
        )


@pytest.fixture
def ledgers() -> Ledgers:
    clock = ManualClock()
    comet = CometChain(validators=4, time=int(clock.now() * NANOSECONDS))
    ledgers = Ledgers(clock=clock, evm=EvmCounterparty(clock), comet=comet)
    clock.advance(1)
    for other in range(2, 7):
        ledgers.evm.commit(a_packet(other, timeout=TIMEOUT))
        comet.put(commitment_path(COMET_CLIENT, PathKind.RECEIPT, a_packet(other).sequence), b"\x02")
    ledgers.seal_comet()
    return ledgers


@pytest.fixture
def trust(ledgers: Ledgers) -> Trust:
    return ledgers.trust()


def evidence_of(packet: Packet, answer: Acknowledgement | None, *statements: ProvenStatement) -> PacketEvidence:
    return PacketEvidence(source=EVM, destination=COMET, packet=packet, acknowledgement=answer, statements=statements)


async def _sent(ledgers: Ledgers) -> tuple[Packet, ProvenStatement]:
    packet = a_packet(7, timeout=TIMEOUT)
    ledgers.evm.commit(packet)
    at = ledgers.evm.seal()
    return packet, await ledgers.on_evm(Claim.PACKET_COMMITTED, packet, at=at)


async def _cleared(ledgers: Ledgers, packet: Packet) -> ProvenStatement:
    """The commitment of another packet takes its place in the trie: what is shown is absent."""
    ledgers.evm.erase(claimed_path(Claim.COMMITMENT_CLEARED, packet))
    return await ledgers.on_evm(Claim.COMMITMENT_CLEARED, packet, at=ledgers.evm.seal())


@pytest.fixture
async def acknowledged(ledgers: Ledgers) -> PacketEvidence:
    """From the EVM ledger to the CometBFT ledger and back."""
    packet, sent = await _sent(ledgers)
    path = commitment_path(COMET_CLIENT, PathKind.ACKNOWLEDGEMENT, packet.sequence)
    ledgers.comet.put(path, acknowledgement_commitment(ACKNOWLEDGEMENT))
    ledgers.clock.advance(5)
    ledgers.seal_comet()
    answered = ledgers.on_comet(Claim.ACKNOWLEDGEMENT_WRITTEN, packet)
    return evidence_of(packet, ACKNOWLEDGEMENT, sent, answered, await _cleared(ledgers, packet))


@pytest.fixture
async def timed_out(ledgers: Ledgers) -> PacketEvidence:
    packet, sent = await _sent(ledgers)
    ledgers.clock.advance(200)
    ledgers.seal_comet()
    absent = ledgers.on_comet(Claim.RECEIPT_ABSENT, packet)
    return evidence_of(packet, None, sent, absent, await _cleared(ledgers, packet))


@pytest.fixture
async def returned(ledgers: Ledgers) -> PacketEvidence:
    """The other direction: committed on the CometBFT ledger, answered by the EVM ledger."""
    packet = a_packet(9, route=ROUTE_BACK, timeout=TIMEOUT)
    assert (packet.source_client, ROUTE.source_client) == (COMET_CLIENT, EVM_CLIENT)
    path = claimed_path(Claim.PACKET_COMMITTED, packet)
    ledgers.comet.put(path, packet_commitment(packet))
    ledgers.clock.advance(2)
    ledgers.seal_comet()
    sent = ledgers.on_comet(Claim.PACKET_COMMITTED, packet)
    ledgers.evm.write(claimed_path(Claim.ACKNOWLEDGEMENT_WRITTEN, packet), acknowledgement_commitment(ACKNOWLEDGEMENT))
    answered = await ledgers.on_evm(Claim.ACKNOWLEDGEMENT_WRITTEN, packet, at=ledgers.evm.seal())
    ledgers.comet.remove(path)
    ledgers.clock.advance(2)
    ledgers.seal_comet()
    cleared = ledgers.on_comet(Claim.COMMITMENT_CLEARED, packet)
    forth = evidence_of(packet, ACKNOWLEDGEMENT, sent, answered, cleared)
    return replace(forth, source=COMET, destination=EVM)
