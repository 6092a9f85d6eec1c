"""The ledger port's values to and from interledger.adapter.v1, for whoever serves a ledger and whoever reaches one.

Values that a port forbids are refused when they are read, so what comes out of here is well formed.
"""

from __future__ import annotations

from typing import assert_never

from relayer.core.events import (
    AcknowledgementWritten,
    LedgerFact,
    PacketAcknowledged,
    PacketCommitted,
    PacketPassedOver,
    PacketTimedOut,
    ReceiptWritten,
    ReportedPassedOver,
)
from relayer.core.ids import (
    ClientId,
    Height,
    LedgerId,
    TimestampSeconds,
    TransactionId,
    parse_client_id,
    parse_sequence,
)
from relayer.encoding.decimal_text import number
from relayer.errors import InvalidInput
from relayer.messages.packets import (
    acknowledgement_from_message,
    acknowledgement_to_adapter,
    commitment_of,
    packet_from_adapter,
    packet_to_adapter,
)
from relayer.ports.ledger import (
    AcknowledgePacket,
    ClientCondition,
    ClientStatus,
    Head,
    MessageResult,
    Outcome,
    PacketMessage,
    ReceivePacket,
    SubmissionBatch,
    SubmissionReceipt,
    TimeoutPacket,
)
from relayer.ports.prover import ClientCreation, ClientMessage, Proof
from relayer.wire.interledger.adapter.v1 import adapter_pb2 as wire

_CONDITIONS = {
    ClientCondition.ACTIVE: wire.ClientStatus.ACTIVE,
    ClientCondition.FROZEN: wire.ClientStatus.FROZEN,
    ClientCondition.EXPIRED: wire.ClientStatus.EXPIRED,
    ClientCondition.UNKNOWN: wire.ClientStatus.UNKNOWN,
}
_CONDITIONS_BACK = {value: key for key, value in _CONDITIONS.items()}
_OUTCOMES = {
    Outcome.DELIVERED: wire.MessageResult.DELIVERED,
    Outcome.REDUNDANT: wire.MessageResult.REDUNDANT,
    Outcome.REFUSED: wire.MessageResult.REFUSED,
}
_OUTCOMES_BACK = {value: key for key, value in _OUTCOMES.items()}


def proof_to_message(proof: Proof) -> wire.Proof:
    """interledger.adapter.v1.Proof."""
    return wire.Proof(value=proof.value, height=proof.height, revision=proof.revision)


def proof_from_message(message: wire.Proof) -> Proof:
    """The proof as it came; the light client checks it."""
    return Proof(value=message.value, height=Height(message.height), revision=message.revision)


def head_to_message(head: Head) -> wire.Head:
    """interledger.adapter.v1.Head."""
    return wire.Head(height=head.height, timestamp_seconds=head.timestamp, hash=head.hash)


def head_from_message(message: wire.Head) -> Head:
    """The newest final height."""
    return Head(height=Height(message.height), timestamp=TimestampSeconds(message.timestamp_seconds), hash=message.hash)


def client_message_to_message(message: ClientMessage) -> wire.ClientMessage:
    """interledger.adapter.v1.ClientMessage."""
    return wire.ClientMessage(type_url=message.type_url, value=message.value, height=message.height)


def client_message_from_message(message: wire.ClientMessage) -> ClientMessage:
    """A header or misbehaviour; the light client checks it."""
    return ClientMessage(type_url=message.type_url, value=message.value, height=Height(message.height))


def creation_to_message(creation: ClientCreation) -> wire.ClientCreation:
    """interledger.adapter.v1.ClientCreation."""
    return wire.ClientCreation(
        client_type=creation.client_type,
        client_state_type_url=creation.client_state_type_url,
        client_state=creation.client_state,
        consensus_state_type_url=creation.consensus_state_type_url,
        consensus_state=creation.consensus_state,
        height=creation.height,
    )


def creation_from_message(message: wire.ClientCreation) -> ClientCreation:
    """States of a new client; the host checks them."""
    return ClientCreation(
        client_type=message.client_type,
        client_state_type_url=message.client_state_type_url,
        client_state=message.client_state,
        consensus_state_type_url=message.consensus_state_type_url,
        consensus_state=message.consensus_state,
        height=Height(message.height),
    )


def status_to_message(status: ClientStatus, *, type_url: str, state: bytes) -> wire.ClientStatus:
    """interledger.adapter.v1.ClientStatus; `state` is the light client's own, in protobuf."""
    return wire.ClientStatus(
        client_id=status.client_id,
        status=_CONDITIONS[status.condition],
        client_type=status.client_type,
        latest_height=status.latest_height,
        latest_timestamp_seconds=status.latest_timestamp,
        trusting_period_seconds=status.trusting_period_seconds,
        counterparty_client_id=status.counterparty_client_id,
        counterparty_chain_id=status.counterparty_chain_id,
        client_state_type_url=type_url,
        client_state=state,
    )


def status_from_message(message: wire.ClientStatus) -> ClientStatus:
    """Raises InvalidInput for a status that the service does not define."""
    condition = _CONDITIONS_BACK.get(message.status)
    if condition is None:
        raise InvalidInput(f"client {message.client_id}: status {message.status} is not defined")
    return ClientStatus(
        client_id=ClientId(message.client_id),
        condition=condition,
        client_type=message.client_type,
        latest_height=Height(message.latest_height),
        latest_timestamp=TimestampSeconds(message.latest_timestamp_seconds),
        trusting_period_seconds=message.trusting_period_seconds,
        counterparty_client_id=message.counterparty_client_id,
        counterparty_chain_id=message.counterparty_chain_id,
        client_state=message.client_state,
    )


def event_to_message(fact: LedgerFact) -> wire.LedgerEvent:
    """interledger.adapter.v1.LedgerEvent. A packet that could not be read is one without a payload."""
    if isinstance(fact, PacketPassedOver):
        return wire.LedgerEvent(
            kind=wire.LedgerEvent.PACKET_COMMITTED,
            height=fact.height,
            transaction=fact.transaction,
            packet=wire.Packet(source_client=fact.source_client, sequence=fact.sequence),
            commitment=fact.commitment if isinstance(fact, ReportedPassedOver) else b"",
        )
    message = wire.LedgerEvent(height=fact.height, transaction=fact.transaction, packet=packet_to_adapter(fact.packet))
    match fact:
        case PacketCommitted():
            message.kind = wire.LedgerEvent.PACKET_COMMITTED
        case ReceiptWritten():
            message.kind = wire.LedgerEvent.RECEIPT_WRITTEN
        case AcknowledgementWritten(acknowledgement=acknowledgement):
            message.kind = wire.LedgerEvent.ACKNOWLEDGEMENT_WRITTEN
            message.acknowledgement.CopyFrom(acknowledgement_to_adapter(acknowledgement))
        case PacketAcknowledged():
            message.kind = wire.LedgerEvent.PACKET_ACKNOWLEDGED
        case PacketTimedOut():
            message.kind = wire.LedgerEvent.PACKET_TIMED_OUT
        case _:
            assert_never(fact)
    return message


def event_from_message(ledger: LedgerId, message: wire.LedgerEvent) -> LedgerFact:
    """Raises InvalidInput for an unknown kind or a malformed packet. A commitment that cannot be read is one that strangers
    may have sent through our client: it is passed over."""
    height, transaction = Height(message.height), TransactionId(message.transaction)
    try:
        packet = packet_from_adapter(message.packet)
    except InvalidInput as error:
        if message.kind != wire.LedgerEvent.PACKET_COMMITTED:
            raise
        return ReportedPassedOver(
            ledger=ledger,
            height=height,
            transaction=transaction,
            source_client=parse_client_id(message.packet.source_client),
            sequence=parse_sequence(message.packet.sequence),
            code="unreadable",
            reason=str(error),
            commitment=message.commitment or commitment_of(message.packet, message.packet.timeout_timestamp_seconds),
        )
    match message.kind:
        case wire.LedgerEvent.PACKET_COMMITTED:
            return PacketCommitted(ledger=ledger, height=height, transaction=transaction, packet=packet)
        case wire.LedgerEvent.RECEIPT_WRITTEN:
            return ReceiptWritten(ledger=ledger, height=height, transaction=transaction, packet=packet)
        case wire.LedgerEvent.ACKNOWLEDGEMENT_WRITTEN:
            return AcknowledgementWritten(
                ledger=ledger,
                height=height,
                transaction=transaction,
                packet=packet,
                acknowledgement=acknowledgement_from_message(message.acknowledgement),
            )
        case wire.LedgerEvent.PACKET_ACKNOWLEDGED:
            return PacketAcknowledged(ledger=ledger, height=height, transaction=transaction, packet=packet)
        case wire.LedgerEvent.PACKET_TIMED_OUT:
            return PacketTimedOut(ledger=ledger, height=height, transaction=transaction, packet=packet)
        case _:
            raise InvalidInput(f"ledger event of kind {message.kind}: not defined")


def batch_to_message(batch: SubmissionBatch) -> wire.SubmitRequest:
    """interledger.adapter.v1.SubmitRequest."""
    request = wire.SubmitRequest(
        update_client_id=batch.client_id, messages=[_packet_message_to_message(each) for each in batch.messages]
    )
    if batch.update is not None:
        request.update.CopyFrom(client_message_to_message(batch.update))
    return request


def batch_from_message(request: wire.SubmitRequest) -> SubmissionBatch:
    """Raises InvalidInput for malformed packets and messages without a kind."""
    return SubmissionBatch(
        client_id=ClientId(request.update_client_id),
        update=client_message_from_message(request.update) if request.HasField("update") else None,
        messages=tuple(map(_packet_message_from_message, request.messages)),
    )


def receipt_to_message(receipt: SubmissionReceipt) -> wire.SubmitResponse:
    """interledger.adapter.v1.SubmitResponse."""
    return wire.SubmitResponse(
        results=list(map(result_to_message, receipt.results)),
        transactions=list(receipt.transactions),
        fee=str(receipt.fee) if receipt.fee else "",
        gas=receipt.gas,
    )


def receipt_from_message(response: wire.SubmitResponse) -> SubmissionReceipt:
    """Raises InvalidInput for an outcome that the service does not define, and a fee that is not a plain decimal number."""
    return SubmissionReceipt(
        results=tuple(map(result_from_message, response.results)),
        transactions=tuple(map(TransactionId, response.transactions)),
        fee=number("fee", response.fee) if response.fee else 0,
        gas=response.gas,
    )


def result_to_message(result: MessageResult) -> wire.MessageResult:
    """interledger.adapter.v1.MessageResult."""
    return wire.MessageResult(
        outcome=_OUTCOMES[result.outcome], code=result.code, detail=result.detail, retryable=result.retryable
    )


def result_from_message(message: wire.MessageResult) -> MessageResult:
    """Raises InvalidInput for an outcome that the service does not define."""
    outcome = _OUTCOMES_BACK.get(message.outcome)
    if outcome is None:
        raise InvalidInput(f"message result {message.outcome}: not defined")
    return MessageResult(outcome=outcome, code=message.code, detail=message.detail, retryable=message.retryable)


def _packet_message_to_message(message: PacketMessage) -> wire.PacketMessage:
    packet, proof = packet_to_adapter(message.packet), proof_to_message(message.proof)
    match message:
        case ReceivePacket():
            return wire.PacketMessage(receive=wire.ReceivePacket(packet=packet, proof=proof))
        case AcknowledgePacket(acknowledgement=acknowledgement):
            return wire.PacketMessage(
                acknowledge=wire.AcknowledgePacket(
                    packet=packet, proof=proof, acknowledgement=acknowledgement_to_adapter(acknowledgement)
                )
            )
        case TimeoutPacket():
            return wire.PacketMessage(timeout=wire.TimeoutPacket(packet=packet, proof=proof))
        case _:
            assert_never(message)


def _packet_message_from_message(message: wire.PacketMessage) -> PacketMessage:
    kind = message.WhichOneof("message")
    if kind is None:
        raise InvalidInput("packet message: neither receive, acknowledge nor timeout")
    body = getattr(message, kind)
    packet, proof = packet_from_adapter(body.packet), proof_from_message(body.proof)
    match kind:
        case "receive":
            return ReceivePacket(packet=packet, proof=proof)
        case "acknowledge":
            return AcknowledgePacket(
                packet=packet, proof=proof, acknowledgement=acknowledgement_from_message(body.acknowledgement)
            )
        case "timeout":
            return TimeoutPacket(packet=packet, proof=proof)
        case _:
            assert_never(kind)
