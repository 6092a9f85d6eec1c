"""Calldata of the router's functions (solidity-ibc-eureka's ICS26Router): selectors and arguments."""

from __future__ import annotations

from collections.abc import Sequence

from relayer.core.commitment import CommitmentPath, PathKind, commitment_path
from relayer.ledgers.evm.abi import Reader, dynamic_array, dynamic_bytes, encode_packet_message, encode_tuple
from relayer.ports.ledger import AcknowledgePacket, PacketMessage, ReceivePacket, TimeoutPacket
from relayer.ports.prover import Proof
from relayer.proofs.keccak import keccak256

RECEIVE_PACKET = bytes.fromhex("5ebd10ca")
ACKNOWLEDGE_PACKET = bytes.fromhex("1bca011a")
TIMEOUT_PACKET = bytes.fromhex("b98c330a")
UPDATE_CLIENT = bytes.fromhex("6fbf8079")
MULTICALL = bytes.fromhex("ac9650d8")
GET_COMMITMENT = bytes.fromhex("7795820c")
GET_CLIENT = bytes.fromhex("7eb78932")
GET_COUNTERPARTY = bytes.fromhex("b0777bfa")
GET_NEXT_CLIENT_SEQUENCE = keccak256(b"getNextClientSeq()")[:4]

COMMITMENTS_SLOT = bytes.fromhex("1260944489272988d9df285149b5aa1b0f48f2136d6f416159f840a3e0747600")
"""ERC-7201 base slot of `ibc.storage.IBCStore`: the mapping of hashed paths to commitments."""


def storage_slot(path: CommitmentPath) -> bytes:
    """32 bytes: where the router keeps the commitment of a path."""
    return keccak256(keccak256(path) + COMMITMENTS_SLOT)


def message_call(message: PacketMessage, proof: Proof) -> bytes:
    """Calldata of one packet message; `proof` is already in the light client's own form."""
    match message:
        case ReceivePacket(packet=packet):
            return RECEIVE_PACKET + encode_packet_message(packet, None, proof)
        case AcknowledgePacket(packet=packet, acknowledgement=acknowledgement):
            return ACKNOWLEDGE_PACKET + encode_packet_message(packet, acknowledgement.app_acknowledgement, proof)
        case TimeoutPacket(packet=packet):
            return TIMEOUT_PACKET + encode_packet_message(packet, None, proof)


def decisive_path(message: PacketMessage) -> CommitmentPath:
    """What shows that another relayer was first: a stored receipt, or a deleted commitment."""
    packet = message.packet
    if isinstance(message, ReceivePacket):
        return commitment_path(packet.destination_client, PathKind.RECEIPT, packet.sequence)
    return commitment_path(packet.source_client, PathKind.COMMITMENT, packet.sequence)


def update_call(client_id: str, message: bytes) -> bytes:
    """updateClient(string,bytes)."""
    return UPDATE_CLIENT + encode_tuple((dynamic_bytes(client_id.encode()), dynamic_bytes(message)))


def multicall(calls: Sequence[bytes]) -> bytes:
    """multicall(bytes[]): all or nothing."""
    return MULTICALL + encode_tuple((dynamic_array([dynamic_bytes(call) for call in calls]),))


def commitment_call(path: CommitmentPath) -> bytes:
    """getCommitment(bytes32)."""
    return GET_COMMITMENT + keccak256(path)


def client_call(selector: bytes, client_id: str) -> bytes:
    """A view that takes one client id."""
    return selector + encode_tuple((dynamic_bytes(client_id.encode()),))


def read_multicall(answer: bytes, count: int, maximum: int) -> list[bytes]:
    """The results of a multicall of views, in order. Raises InvalidInput."""
    reader = Reader(answer)
    reader.expect_offset(0, 32)
    reader.expect_offset(32, count)
    results, after = [], 64 + 32 * count
    for index in range(count):
        reader.expect_offset(64 + 32 * index, after - 64)
        result, after = reader.byte_string(after, maximum)
        results.append(result)
    reader.finish(after)
    return results
