"""Packet messages and client updates as ibc-go takes them (ibc.core.channel.v2, ibc.core.client.v1), framed for a TxBody,
and what the answers to them say.
"""

from __future__ import annotations

from collections.abc import Sequence

from google.protobuf.message import DecodeError

from relayer.core.ids import ClientId
from relayer.ledgers.cosmos.errors import MalformedAnswer
from relayer.ledgers.cosmos.signing import framed
from relayer.ledgers.packet_codec import packet_message_to_message
from relayer.ports.ledger import Outcome, PacketMessage
from relayer.ports.prover import ClientMessage
from relayer.wire.cosmos_protos import any_, channel_tx, client_tx
from relayer.wire.cosmos_sdk_protos import base_abci

_RESPONSES = {
    f"/{kind.DESCRIPTOR.full_name}": kind
    for kind in (channel_tx.MsgRecvPacketResponse, channel_tx.MsgAcknowledgementResponse, channel_tx.MsgTimeoutResponse)
}


def packet_message(message: PacketMessage, *, signer: str) -> bytes:
    """Framed MsgRecvPacket, MsgAcknowledgement or MsgTimeout."""
    return framed(packet_message_to_message(message, signer=signer))


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
