"""ICS-24 v2 paths and ICS-4 v2 commitments, byte for byte as ibc-go and solidity-ibc-eureka make them."""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum
from hashlib import sha256
from typing import NewType

from relayer.core.ids import ClientId, Sequence
from relayer.core.packet import Acknowledgement, Packet, Payload
from relayer.errors import InvalidInput

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
    return raw_commitment(packet.destination_client.encode(), packet.timeout_timestamp, map(_payload_parts, packet.payloads))


def raw_commitment(destination_client: bytes, timeout_timestamp: int, payloads: Iterable[Iterable[bytes]]) -> bytes:
    """32 bytes, of a packet that this program may not be able to carry. Each payload: source port, destination port,
    version, encoding, value. Raises InvalidInput for a timeout of more than 8 bytes."""
    if timeout_timestamp >> 64:
        raise InvalidInput(f"timeout {timeout_timestamp}: more than 8 bytes")
    hashes = b"".join(sha256(b"".join(sha256(part).digest() for part in parts)).digest() for parts in payloads)
    return sha256(
        _PROTOCOL_VERSION
        + sha256(destination_client).digest()
        + sha256(timeout_timestamp.to_bytes(8, "big")).digest()
        + sha256(hashes).digest()
    ).digest()


def acknowledgement_commitment(acknowledgement: Acknowledgement) -> bytes:
    """32 bytes."""
    hashes = b"".join(sha256(answer).digest() for answer in acknowledgement.app_acknowledgements)
    return sha256(_PROTOCOL_VERSION + hashes).digest()


def _payload_parts(payload: Payload) -> tuple[bytes, ...]:
    texts = (payload.source_port, payload.destination_port, payload.version, payload.encoding)
    return (*(text.encode() for text in texts), payload.value)
