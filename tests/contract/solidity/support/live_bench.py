"""Router, facts contract and the real light client over a CometBFT ledger with real headers and proofs, on one clock."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from evm_harness import OWNER, START_SECONDS, InProcessEvm, Outcome, account
from facts_bench import CHAIN_ID, CREDITOR, DEBTOR, ISSUER, abi

from relayer.core.commitment import (
    CommitmentPath,
    PathKind,
    acknowledgement_commitment,
    commitment_path,
    packet_commitment,
)
from relayer.core.ids import ClientId, Height, TimestampSeconds
from relayer.core.ids import Sequence as PacketSequence
from relayer.core.packet import Acknowledgement, Packet, Payload
from relayer.facts.codec import ENCODING, FACT_VERSION, PORT, FactPacketData, encode_packet_data, fact_hash, fact_id
from relayer.facts.schema import Fact, party_id
from relayer.facts.status_codec import STATUS_VERSION, StatusPacketData, StatusUpdate, encode_status_packet
from relayer.ledgers.evm.comet_abi import light_client_code, pack_proof, update_message
from relayer.proofs.comet.types import NANOSECONDS
from tests.support.comet_chain import MERKLE_PREFIX, CometChain

LOCAL, REMOTE = ClientId("client-0"), ClientId("poa-evm-0")
OTHER_HOLDER = account(30)
LEDGER = "settlement-1"
REVISION = 1


@dataclass(frozen=True)
class Proof:
    """Calldata: the packed proof, and the height that it is under."""

    packed: bytes
    height: int

    @property
    def at(self) -> tuple[int, int]:
        return (REVISION, self.height)


class LiveBench:
    """`chain` is the settlement ledger: what a test puts there is what it committed to."""

    def __init__(self) -> None:
        self.now = START_SECONDS
        self.chain = CometChain(chain_id=LEDGER, validators=2, time=self.now * NANOSECONDS)
        self.evm = InProcessEvm()
        self.router = self.evm.deploy("Router")
        creation = self.chain.creation(trusting_period_seconds=14 * 86_400)
        code = light_client_code(
            client_state=creation.client_state,
            consensus_state=creation.consensus_state,
            owner=bytes.fromhex(OWNER[2:]),
        )
        address, _ = self.evm.deploy_code(code)
        self.client = self.evm.at("CometBftLightClient", address)
        self.router.call("addClient((string,bytes[]),address)", (REMOTE, list(MERKLE_PREFIX)), self.client.address)
        self.facts = self.evm.deploy("BusinessFacts", self.router.address, CHAIN_ID, PORT)
        self.router.call("addIBCApp(string,address)", PORT, self.facts.address, sender=OWNER)
        for party, holder in (("DE*KCS", CREDITOR), ("DE*NBM", DEBTOR)):
            self.facts.call("registerParty", party, holder, "", "", sender=OWNER)
        self.facts.call("addIssuer", ISSUER, party_id("DE*KCS"), sender=OWNER)
        self.facts.call("registerLedger", LOCAL, LEDGER, sender=OWNER)
        self.known = [1]
        """Heights that the light client has stored."""

    def wait(self, seconds: int) -> None:
        self.now += seconds
        self.evm.set_time(self.now)

    def seal(self) -> int:
        """A header over what the settlement ledger has put, shown to the light client."""
        self.wait(1)
        height = self.chain.seal(self.now * NANOSECONDS)
        message = self.chain.update(trusted=Height(self.known[-1]))
        self.router.call("updateClient", LOCAL, update_message(message.value, known_sets=()))
        self.known.append(height)
        return int(height)

    def time_of(self, height: int) -> int:
        """Seconds."""
        return self.chain.signed(Height(height)).header.time // NANOSECONDS

    def proof(self, path: CommitmentPath, height: int) -> Proof:
        """Of whatever the settlement ledger had under the path, presence or absence."""
        (proof,) = self.chain.prove([path], at=Height(height))
        return Proof(pack_proof(proof.value), height)

    def stands(self, path: CommitmentPath, height: int) -> bytes | None:
        """What a header of the settlement ledger proves."""
        return self.chain.read(path, at=Height(height))

    def fact(self, number: int, **changes: Any) -> Fact:
        values = {
            "fact_id": fact_id(CHAIN_ID, self.contract, bytes.fromhex(ISSUER[2:]), number),
            "schema": 1,
            "kind": 2,
            "category": 1,
            "creditor": party_id("DE*KCS"),
            "debtor": party_id("DE*NBM"),
            "currency": b"EUR",
            "exponent": 2,
            "net": 1_000 + number,
            "tax": 190,
            "service_end": START_SECONDS - 60,
            "due_date": START_SECONDS + 86_400,
            "issuer_sequence": number,
            "related_fact": bytes(32),
            "document_hash": bytes(32),
        }
        return Fact(**{**values, **changes})

    @property
    def contract(self) -> bytes:
        return bytes.fromhex(self.facts.address[2:])

    def fact_packet(self, sequence: int, facts: Sequence[Fact], timeout: int) -> Packet:
        data = FactPacketData(
            chain_id=CHAIN_ID,
            contract=self.contract,
            issuer=bytes.fromhex(ISSUER[2:]),
            destination="",
            facts=tuple(facts),
            fact_hashes=tuple(map(fact_hash, facts)),
        )
        return a_packet((LOCAL, REMOTE), sequence, timeout, FACT_VERSION, encode_packet_data(data))

    def news_packet(self, sequence: int, updates: Sequence[StatusUpdate], timeout: int) -> Packet:
        data = StatusPacketData(chain_id=CHAIN_ID, contract=self.contract, updates=tuple(updates))
        return a_packet((REMOTE, LOCAL), sequence, timeout, STATUS_VERSION, encode_status_packet(data))

    def send(self, facts: Sequence[Fact], timeout: int) -> Outcome:
        return self.facts.call("send", LOCAL, timeout, "", [abi(each) for each in facts], sender=ISSUER)

    def receive(self, packet: Packet, proof: Proof) -> Outcome:
        return self.router.call("recvPacket", (packet_abi(packet), proof.packed, proof.at))

    def acknowledge(self, packet: Packet, answer: bytes, proof: Proof) -> Outcome:
        return self.router.call("ackPacket", (packet_abi(packet), answer, proof.packed, proof.at))

    def time_out(self, packet: Packet, proof: Proof) -> Outcome:
        return self.router.call("timeoutPacket", (packet_abi(packet), proof.packed, proof.at))


def a_packet(ends: tuple[ClientId, ClientId], sequence: int, timeout: int, version: str, value: bytes) -> Packet:
    payload = Payload(source_port=PORT, destination_port=PORT, version=version, encoding=ENCODING, value=value)
    return Packet(
        sequence=PacketSequence(sequence),
        source_client=ends[0],
        destination_client=ends[1],
        timeout_timestamp=TimestampSeconds(timeout),
        payloads=(payload,),
    )


def packet_abi(packet: Packet) -> tuple[Any, ...]:
    payload = packet.payload
    row = (payload.source_port, payload.destination_port, payload.version, payload.encoding, payload.value)
    return (packet.sequence, packet.source_client, packet.destination_client, packet.timeout_timestamp, [row])


def answer_path(packet: Packet) -> CommitmentPath:
    return commitment_path(packet.destination_client, PathKind.ACKNOWLEDGEMENT, packet.sequence)


def receipt_path(packet: Packet) -> CommitmentPath:
    return commitment_path(packet.destination_client, PathKind.RECEIPT, packet.sequence)


def sent_path(packet: Packet) -> CommitmentPath:
    return commitment_path(packet.source_client, PathKind.COMMITMENT, packet.sequence)


def answer_commitment(answer: bytes) -> bytes:
    return acknowledgement_commitment(Acknowledgement(app_acknowledgements=(answer,)))


def commitment(packet: Packet) -> bytes:
    return packet_commitment(packet)
