"""Packet messages and client updates as ibc-go takes them (ibc.core.channel.v2, ibc.core.client.v1), framed for a TxBody,
and what the answers to them say.
"""

from __future__ import annotations

from collections.abc import Sequence

from relayer.core.ids import ClientId
from relayer.ledgers.cosmos.errors import MalformedAnswer
from relayer.ledgers.cosmos.questions import parse
from relayer.ledgers.cosmos.signing import framed
from relayer.messages.packets import packet_message_to_message
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
    responses: Sequence[any_.Any] = parse(base_abci.TxMsgData, data).msg_responses
    return responses


def packet_outcomes(responses: Sequence[any_.Any]) -> list[Outcome]:
    """REDUNDANT for what ibc-go calls a no-op. Raises MalformedAnswer for answers to anything but packets."""
    return [_outcome(response) for response in responses]


def _outcome(response: any_.Any) -> Outcome:
    kind = _RESPONSES.get(response.type_url)
    if kind is None:
        raise MalformedAnswer(f"{response.type_url[:100]!r} answers a packet message")
    result = parse(kind, response.value).result
    return Outcome.REDUNDANT if result == channel_tx.RESPONSE_RESULT_TYPE_NOOP else Outcome.DELIVERED
