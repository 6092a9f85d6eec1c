"""ICS-24 v2 paths and ICS-4 v2 commitments, byte for byte as ibc-go and solidity-ibc-eureka make them."""

from __future__ import annotations

from enum import IntEnum
from hashlib import sha256
from typing import NewType

from relayer.core.ids import ClientId, Sequence
from relayer.core.packet import Acknowledgement, Packet, Payload

CommitmentPath = NewType("CommitmentPath", bytes)
"""client id || discriminator byte || sequence as 8 big-endian bytes, without a Merkle prefix."""

UNIVERSAL_ERROR_ACKNOWLEDGEMENT = sha256(b"UNIVERSAL_ERROR_ACKNOWLEDGEMENT").digest()
"""The single application acknowledgement that means 'the application refused' (ICS-4 v2 error acknowledgement)."""

COSMOS_RECEIPT = b"\x02"
"""What ibc-go stores as a receipt; only its absence is ever proven."""

_PROTOCOL_VERSION = b"\x02"


class PathKind(IntEnum):
    """The discriminator byte of a path (ICS-24 v2)."""

    COMMITMENT = 1
    RECEIPT = 2
    ACKNOWLEDGEMENT = 3


def commitment_path(client: ClientId, kind: PathKind, sequence: Sequence) -> CommitmentPath:
    """Source client for a commitment, destination client for a receipt or an acknowledgement."""
    return CommitmentPath(client.encode() + bytes([kind]) + sequence.to_bytes(8, "big"))


def packet_commitment(packet: Packet) -> bytes:
    """32 bytes. Sequence and source client are bound by the path, not by this hash."""
    payloads = b"".join(map(_payload_hash, packet.payloads))
    return sha256(
        _PROTOCOL_VERSION
        + sha256(packet.destination_client.encode()).digest()
        + sha256(packet.timeout_timestamp.to_bytes(8, "big")).digest()
        + sha256(payloads).digest()
    ).digest()


def acknowledgement_commitment(acknowledgement: Acknowledgement) -> bytes:
    """32 bytes."""
    hashes = b"".join(sha256(answer).digest() for answer in acknowledgement.app_acknowledgements)
    return sha256(_PROTOCOL_VERSION + hashes).digest()


def _payload_hash(payload: Payload) -> bytes:
    texts = (payload.source_port, payload.destination_port, payload.version, payload.encoding)
    return sha256(b"".join(sha256(text.encode()).digest() for text in texts) + sha256(payload.value).digest()).digest()
