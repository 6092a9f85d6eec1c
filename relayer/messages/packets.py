"""Packets, their parts and the messages about them in protobuf, for every ledger: ibc.core.channel.v2 as hosts and chains
speak it, and interledger.adapter.v1, which has the same fields under one other name.

What no host may accept is refused when it is read, so what comes out of here is well formed. Bytes must be the one canonical
encoding of what they say; nothing here may repair one.
"""

from __future__ import annotations

from typing import Any, Final, TypeVar, assert_never

from google.protobuf.message import DecodeError, Message

from relayer.core.commitment import raw_commitment
from relayer.core.ids import ClientId, Sequence, TimestampSeconds
from relayer.core.packet import Acknowledgement, Packet, Payload
from relayer.errors import InvalidInput
from relayer.ports.ledger import AcknowledgePacket, PacketMessage, ReceivePacket, TimeoutPacket
from relayer.proofs.errors import ProofError
from relayer.proofs.protobuf import parse_canonical
from relayer.wire.cosmos_protos import channel_packet, channel_tx, client
from relayer.wire.interledger.adapter.v1 import adapter_pb2 as adapter

MAXIMUM_BYTES: Final = 1 << 20
"""Of one encoded packet or acknowledgement."""

_M = TypeVar("_M", bound=Message)


def packet_to_message(packet: Packet) -> channel_packet.Packet:
    """ibc.core.channel.v2.Packet."""
    return channel_packet.Packet(
        sequence=packet.sequence,
        source_client=packet.source_client,
        destination_client=packet.destination_client,
        timeout_timestamp=packet.timeout_timestamp,
        payloads=[_payload(each, channel_packet.Payload) for each in packet.payloads],
    )


def packet_from_message(message: channel_packet.Packet) -> Packet:
    """Raises InvalidInput for a packet that no host may accept."""
    return _packet(message, message.timeout_timestamp)


def packet_to_adapter(packet: Packet) -> adapter.Packet:
    """interledger.adapter.v1.Packet."""
    return adapter.Packet(
        sequence=packet.sequence,
        source_client=packet.source_client,
        destination_client=packet.destination_client,
        timeout_timestamp_seconds=packet.timeout_timestamp,
        payloads=[_payload(each, adapter.Payload) for each in packet.payloads],
    )


def packet_from_adapter(message: adapter.Packet) -> Packet:
    """Raises InvalidInput for a packet that no host may accept."""
    return _packet(message, message.timeout_timestamp_seconds)


def payload_to_message(payload: Payload) -> channel_packet.Payload:
    """ibc.core.channel.v2.Payload."""
    return _payload(payload, channel_packet.Payload)


def payload_from_message(message: channel_packet.Payload | adapter.Payload) -> Payload:
    """Raises InvalidInput for a payload that no host may accept."""
    return Payload(
        source_port=message.source_port,
        destination_port=message.destination_port,
        version=message.version,
        encoding=message.encoding,
        value=message.value,
    )


def acknowledgement_to_message(acknowledgement: Acknowledgement) -> channel_packet.Acknowledgement:
    """ibc.core.channel.v2.Acknowledgement."""
    return channel_packet.Acknowledgement(app_acknowledgements=acknowledgement.app_acknowledgements)


def acknowledgement_to_adapter(acknowledgement: Acknowledgement) -> adapter.Acknowledgement:
    """interledger.adapter.v1.Acknowledgement."""
    return adapter.Acknowledgement(app_acknowledgements=acknowledgement.app_acknowledgements)


def acknowledgement_from_message(message: channel_packet.Acknowledgement | adapter.Acknowledgement) -> Acknowledgement:
    """Raises InvalidInput for anything but one non-empty answer."""
    return Acknowledgement(app_acknowledgements=tuple(message.app_acknowledgements))


def encode_packet(packet: Packet) -> bytes:
    """Canonical bytes of an ibc.core.channel.v2.Packet."""
    encoded: bytes = packet_to_message(packet).SerializeToString(deterministic=True)
    return encoded


def decode_packet(raw: bytes) -> Packet:
    """`raw`: at most MAXIMUM_BYTES. Raises InvalidInput unless they are the canonical bytes of a packet hosts accept."""
    return packet_from_message(_parse(channel_packet.Packet, raw))


def any_packet_commitment(raw: bytes) -> bytes:
    """The commitment of a packet that hosts may accept and this program may not. Raises InvalidInput."""
    try:
        message = channel_packet.Packet.FromString(raw)
    except DecodeError as error:
        raise InvalidInput("the bytes are no packet") from error
    return commitment_of(message, message.timeout_timestamp)


def commitment_of(message: channel_packet.Packet | adapter.Packet, timeout_timestamp: int) -> bytes:
    """The commitment of a packet, whatever it holds."""
    payloads = (
        (
            each.source_port.encode(),
            each.destination_port.encode(),
            each.version.encode(),
            each.encoding.encode(),
            each.value,
        )
        for each in message.payloads
    )
    return raw_commitment(message.destination_client.encode(), timeout_timestamp, payloads)


def decode_acknowledgement(raw: bytes) -> Acknowledgement:
    """`raw`: at most MAXIMUM_BYTES. Raises InvalidInput unless they are the canonical bytes of one non-empty answer."""
    return acknowledgement_from_message(_parse(channel_packet.Acknowledgement, raw))


def packet_message_to_message(message: PacketMessage, *, signer: str) -> Message:
    """MsgRecvPacket, MsgAcknowledgement or MsgTimeout. `signer`: bech32, or empty where the ledger asks for none."""
    packet, proof = packet_to_message(message.packet), message.proof
    height = client.Height(revision_number=proof.revision, revision_height=proof.height)
    made: Message
    match message:
        case ReceivePacket():
            made = channel_tx.MsgRecvPacket(packet=packet, proof_commitment=proof.value, proof_height=height, signer=signer)
        case AcknowledgePacket(acknowledgement=acknowledgement):
            made = channel_tx.MsgAcknowledgement(
                packet=packet,
                acknowledgement=acknowledgement_to_message(acknowledgement),
                proof_acked=proof.value,
                proof_height=height,
                signer=signer,
            )
        case TimeoutPacket():
            made = channel_tx.MsgTimeout(packet=packet, proof_unreceived=proof.value, proof_height=height, signer=signer)
        case _:
            assert_never(message)
    return made


def _packet(message: channel_packet.Packet | adapter.Packet, timeout_timestamp: int) -> Packet:
    return Packet(
        sequence=Sequence(message.sequence),
        source_client=ClientId(message.source_client),
        destination_client=ClientId(message.destination_client),
        timeout_timestamp=TimestampSeconds(timeout_timestamp),
        payloads=tuple(map(payload_from_message, message.payloads)),
    )


def _payload(payload: Payload, kind: type[Any]) -> Any:
    return kind(
        source_port=payload.source_port,
        destination_port=payload.destination_port,
        version=payload.version,
        encoding=payload.encoding,
        value=payload.value,
    )


def _parse(kind: type[_M], raw: bytes) -> _M:
    try:
        return parse_canonical(kind, raw, maximum_bytes=MAXIMUM_BYTES)
    except ProofError as error:
        raise InvalidInput(str(error)) from error
