"""Packet messages and client updates as ibc-go takes them (ibc.core.channel.v2, ibc.core.client.v1), framed for a TxBody,
and what the answers to them say.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, assert_never

from google.protobuf.message import DecodeError

from relayer.core.ids import ClientId
from relayer.core.packet import Packet
from relayer.ledgers.cosmos.errors import MalformedAnswer
from relayer.ledgers.cosmos.signing import framed
from relayer.ports.ledger import AcknowledgePacket, Outcome, PacketMessage, ReceivePacket, TimeoutPacket
from relayer.ports.prover import ClientMessage, Proof
from relayer.wire.cosmos_protos import any_, channel_packet, channel_tx, client, client_tx
from relayer.wire.cosmos_sdk_protos import base_abci

_RESPONSES = {
    f"/{kind.DESCRIPTOR.full_name}": kind
    for kind in (channel_tx.MsgRecvPacketResponse, channel_tx.MsgAcknowledgementResponse, channel_tx.MsgTimeoutResponse)
}


def packet_message(message: PacketMessage, *, signer: str) -> bytes:
    """Framed MsgRecvPacket, MsgAcknowledgement or MsgTimeout."""
    return framed(_packet_message(message, signer))


def update_message(client_id: ClientId, update: ClientMessage, *, signer: str) -> bytes:
    """Framed MsgUpdateClient."""
    packed = any_.Any(type_url=update.type_url, value=update.value)
    return framed(client_tx.MsgUpdateClient(client_id=client_id, client_message=packed, signer=signer))


def message_responses(data: bytes) -> Sequence[any_.Any]:
    """The answers to a transaction's messages, in their order (TxMsgData). Raises MalformedAnswer."""
    try:
        responses: Sequence[any_.Any] = base_abci.TxMsgData.FromString(data).msg_responses
    except DecodeError as error:
        raise MalformedAnswer("the answers to a transaction's messages do not decode") from error
    return responses


def packet_outcomes(responses: Sequence[any_.Any]) -> list[Outcome]:
    """REDUNDANT for what ibc-go calls a no-op. Raises MalformedAnswer for answers to anything but packets."""
    return [_outcome(response) for response in responses]


def _outcome(response: any_.Any) -> Outcome:
    kind = _RESPONSES.get(response.type_url)
    if kind is None:
        raise MalformedAnswer(f"{response.type_url[:100]!r} answers a packet message")
    try:
        result = kind.FromString(response.value).result
    except DecodeError as error:
        raise MalformedAnswer(f"{response.type_url} does not decode") from error
    return Outcome.REDUNDANT if result == channel_tx.RESPONSE_RESULT_TYPE_NOOP else Outcome.DELIVERED


def _packet_message(message: PacketMessage, signer: str) -> Any:
    packet, height = _packet(message.packet), _height(message.proof)
    match message:
        case ReceivePacket(proof=proof):
            return channel_tx.MsgRecvPacket(packet=packet, proof_commitment=proof.value, proof_height=height, signer=signer)
        case AcknowledgePacket(proof=proof, acknowledgement=acknowledgement):
            return channel_tx.MsgAcknowledgement(
                packet=packet,
                acknowledgement=channel_packet.Acknowledgement(app_acknowledgements=acknowledgement.app_acknowledgements),
                proof_acked=proof.value,
                proof_height=height,
                signer=signer,
            )
        case TimeoutPacket(proof=proof):
            return channel_tx.MsgTimeout(packet=packet, proof_unreceived=proof.value, proof_height=height, signer=signer)
        case _:
            assert_never(message)


def _height(proof: Proof) -> client.Height:
    return client.Height(revision_number=proof.revision, revision_height=proof.height)


def _packet(packet: Packet) -> channel_packet.Packet:
    return channel_packet.Packet(
        sequence=packet.sequence,
        source_client=packet.source_client,
        destination_client=packet.destination_client,
        timeout_timestamp=packet.timeout_timestamp,
        payloads=[
            channel_packet.Payload(
                source_port=payload.source_port,
                destination_port=payload.destination_port,
                version=payload.version,
                encoding=payload.encoding,
                value=payload.value,
            )
            for payload in packet.payloads
        ],
    )
