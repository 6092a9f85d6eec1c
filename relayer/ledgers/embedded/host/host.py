"""The packet rules of an IBC v2 host: send, receive, write acknowledgement, acknowledge, timeout, in lifecycle order.

Checks and their order are those of ibc-go v11.2.0, modules/core/04-channel/v2/keeper (packet.go, msg_server.go): what is
redundant is a no-op before any proof is looked at, a receipt is kept even if the application fails, and a failed
application's changes are dropped while the packet is answered with the universal error. No clock but the block's.
"""

from __future__ import annotations

from enum import StrEnum
from typing import assert_never

from relayer.codes.ibc import IbcCode
from relayer.codes.limits import MAXIMUM_TIMEOUT_SECONDS
from relayer.core.commitment import (
    COSMOS_RECEIPT,
    UNIVERSAL_ERROR_ACKNOWLEDGEMENT,
    PathKind,
    acknowledgement_commitment,
    commitment_path,
    packet_commitment,
)
from relayer.core.ids import ClientId, Height, Sequence, TimestampSeconds
from relayer.core.packet import Acknowledgement, Packet, Payload
from relayer.errors import InvalidInput
from relayer.ledgers.embedded.host.applications import (
    AnsweredLater,
    Delivery,
    PortRouter,
    ReceivedPacket,
    ReceiveFailed,
)
from relayer.ledgers.embedded.host.clients import ClientRegistry, Counterparty
from relayer.ledgers.embedded.host.context import Context, EventKind, PacketEvent
from relayer.ledgers.embedded.host.refusals import refuse
from relayer.messages.packets import decode_packet, encode_packet
from relayer.ports.prover import Proof

MAXIMUM_PROOF_BYTES = 256 * 1024
_COUNTER_BYTES = 8
_OPEN_PACKETS = b"asyncPackets/"


class MessageOutcome(StrEnum):
    """ResponseResultType of ibc.core.channel.v2, FAILURE being a refusal here."""

    SUCCESS = "success"
    NOOP = "noop"


class PacketHost:
    """The five verbs over a registry of clients and a router of applications."""

    def __init__(self, clients: ClientRegistry, router: PortRouter) -> None:
        self._clients = clients
        self._router = router

    def send(
        self, context: Context, source_client: ClientId, timeout: TimestampSeconds, payload: Payload, signer: str
    ) -> Packet:
        """ICS-4 v2 send packet. The application of the source port decides who may send."""
        packet = self.send_own(context, source_client, timeout, payload)
        self._router.route(payload.source_port).on_send(context, self._delivery(context, packet, source_client), signer)
        return packet

    def send_own(self, context: Context, source_client: ClientId, timeout: TimestampSeconds, payload: Payload) -> Packet:
        """The same for an application of this ledger that sends by itself: no application is asked."""
        counterparty = self._clients.counterparty(context, source_client)
        now = context.block.time_seconds
        if timeout <= now:
            raise refuse(IbcCode.TIMEOUT_ELAPSED, f"timeout {timeout} is not after this block's time {now}")
        if timeout > now + MAXIMUM_TIMEOUT_SECONDS:
            raise refuse(IbcCode.INVALID_TIMEOUT, f"timeout {timeout} is more than 24 hours after this block's time {now}")
        packet = _new_packet(next_sequence_send(context, source_client), source_client, counterparty, timeout, payload)
        module, client = self._clients.active(context, source_client)
        latest = module.latest_height(client)
        if latest == 0:
            raise refuse(IbcCode.INVALID_HEIGHT, f"client {source_client} has height 0")
        if module.timestamp_at(client, latest) >= timeout:
            raise refuse(IbcCode.TIMEOUT_ELAPSED, f"timeout {timeout} has passed on the counterparty already")
        context.store.set(_next_sequence_key(source_client), (packet.sequence + 1).to_bytes(_COUNTER_BYTES, "big"))
        context.store.set(commitment_path(source_client, PathKind.COMMITMENT, packet.sequence), packet_commitment(packet))
        _emit(context, EventKind.SEND, packet)
        return packet

    def receive(self, context: Context, packet: Packet, proof: Proof) -> MessageOutcome:
        """ICS-4 v2 receive packet, with the application's acknowledgement in the same transaction."""
        _check_proof(proof)
        destination = packet.destination_client
        counterparty = self._clients.counterparty(context, destination)
        if counterparty.client_id != packet.source_client:
            raise refuse(IbcCode.INVALID_COUNTERPARTY, f"{destination} is paired with {counterparty.client_id}")
        now = context.block.time_seconds
        if now >= packet.timeout_timestamp:
            raise refuse(IbcCode.TIMEOUT_ELAPSED, f"timeout {packet.timeout_timestamp} is not after this block's time {now}")
        receipt = commitment_path(destination, PathKind.RECEIPT, packet.sequence)
        if context.store.get(receipt) is not None:
            return MessageOutcome.NOOP
        module, client = self._clients.active(context, destination)
        path = counterparty.path(commitment_path(packet.source_client, PathKind.COMMITMENT, packet.sequence))
        module.verify_membership(client, proof, path, packet_commitment(packet))
        context.store.set(receipt, COSMOS_RECEIPT)
        _emit(context, EventKind.RECEIVE, packet)
        answer = self._answer(context, packet)
        if answer is None:
            context.store.set(_open_packet_key(destination, packet.sequence), encode_packet(packet))
        else:
            self._write_acknowledgement(context, packet, answer)
        return MessageOutcome.SUCCESS

    def acknowledge_later(self, context: Context, client: ClientId, sequence: Sequence, value: bytes) -> None:
        """ICS-4 v2 write acknowledgement, for a packet whose application had answered with AnsweredLater. It needs no active
        client: nothing is proven."""
        key = _open_packet_key(client, sequence)
        raw = context.store.get(key)
        if raw is None:
            raise refuse(IbcCode.INVALID_ACKNOWLEDGEMENT, f"packet {sequence} through {client} waits for no acknowledgement")
        context.store.delete(key)
        self._write_acknowledgement(context, decode_packet(raw), _acknowledgement(value))

    def acknowledge(
        self, context: Context, packet: Packet, acknowledgement: Acknowledgement, proof: Proof
    ) -> MessageOutcome:
        """ICS-4 v2 acknowledge packet."""
        _check_proof(proof)
        source = packet.source_client
        counterparty = self._paired(context, packet)
        stored = context.store.get(commitment_path(source, PathKind.COMMITMENT, packet.sequence))
        if stored is None:
            return MessageOutcome.NOOP
        _check_commitment(stored, packet)
        module, client = self._clients.active(context, source)
        path = counterparty.path(commitment_path(packet.destination_client, PathKind.ACKNOWLEDGEMENT, packet.sequence))
        module.verify_membership(client, proof, path, acknowledgement_commitment(acknowledgement))
        context.store.delete(commitment_path(source, PathKind.COMMITMENT, packet.sequence))
        _emit(context, EventKind.ACKNOWLEDGE, packet)
        delivery = self._delivery(context, packet, source)
        application = self._router.route(packet.payload.source_port)
        application.on_acknowledge(context, delivery, acknowledgement.app_acknowledgement)
        return MessageOutcome.SUCCESS

    def timeout(self, context: Context, packet: Packet, proof: Proof) -> MessageOutcome:
        """ICS-4 v2 timeout packet: no receipt at a height whose time is at or past the timeout."""
        _check_proof(proof)
        source = packet.source_client
        counterparty = self._paired(context, packet)
        client = self._clients.client(context, source)
        reached = self._clients.module(source).timestamp_at(client, Height(proof.height))
        if reached < packet.timeout_timestamp:
            raise refuse(
                IbcCode.TIMEOUT_NOT_REACHED,
                f"time {reached} at the proof's height, the timeout is {packet.timeout_timestamp}",
            )
        stored = context.store.get(commitment_path(source, PathKind.COMMITMENT, packet.sequence))
        if stored is None:
            return MessageOutcome.NOOP
        _check_commitment(stored, packet)
        module, client = self._clients.active(context, source)
        path = counterparty.path(commitment_path(packet.destination_client, PathKind.RECEIPT, packet.sequence))
        module.verify_non_membership(client, proof, path)
        context.store.delete(commitment_path(source, PathKind.COMMITMENT, packet.sequence))
        _emit(context, EventKind.TIMEOUT, packet)
        delivery = self._delivery(context, packet, source)
        self._router.route(packet.payload.source_port).on_timeout(context, delivery)
        return MessageOutcome.SUCCESS

    def _answer(self, context: Context, packet: Packet) -> Acknowledgement | None:
        """What the application says, None: nothing yet. Its changes reach the context only if it took the payload."""
        application = self._router.route(packet.payload.destination_port)
        branch = context.branch()
        answer = application.on_receive(branch, self._delivery(context, packet, packet.destination_client))
        match answer:
            case ReceivedPacket(acknowledgement=value):
                acknowledgement = _acknowledgement(value)
                context.merge(branch)
                return acknowledgement
            case AnsweredLater():
                context.merge(branch)
                return None
            case ReceiveFailed():
                return Acknowledgement(app_acknowledgements=(UNIVERSAL_ERROR_ACKNOWLEDGEMENT,))
            case _:
                assert_never(answer)

    def _write_acknowledgement(self, context: Context, packet: Packet, acknowledgement: Acknowledgement) -> None:
        path = commitment_path(packet.destination_client, PathKind.ACKNOWLEDGEMENT, packet.sequence)
        if context.store.get(path) is not None:
            raise refuse(IbcCode.ACKNOWLEDGEMENT_EXISTS, f"packet {packet.sequence} has been answered already")
        context.store.set(path, acknowledgement_commitment(acknowledgement))
        _emit(context, EventKind.WRITE_ACKNOWLEDGEMENT, packet, acknowledgement)

    def _paired(self, context: Context, packet: Packet) -> Counterparty:
        """The counterparty of a packet that was sent here."""
        counterparty = self._clients.counterparty(context, packet.source_client)
        if counterparty.client_id != packet.destination_client:
            raise refuse(IbcCode.INVALID_COUNTERPARTY, f"{packet.source_client} is paired with {counterparty.client_id}")
        return counterparty

    def _delivery(self, context: Context, packet: Packet, here: ClientId) -> Delivery:
        module, client = self._clients.module(here), self._clients.client(context, here)
        return Delivery(
            source_client=packet.source_client,
            destination_client=packet.destination_client,
            sequence=packet.sequence,
            timeout=packet.timeout_timestamp,
            payload=packet.payload,
            counterparty_chain_id=module.counterparty_chain_id(client),
        )


def initialise_sequence(context: Context, client: ClientId) -> None:
    """The first sequence is 1; set when the client is paired."""
    context.store.set(_next_sequence_key(client), (1).to_bytes(_COUNTER_BYTES, "big"))


def next_sequence_send(context: Context, client: ClientId) -> Sequence:
    """Raises channelv2/4 for a client that was never paired."""
    raw = context.store.get(_next_sequence_key(client))
    if raw is None:
        raise refuse(IbcCode.SEQUENCE_SEND_NOT_FOUND, f"{client} has no next sequence; register its counterparty first")
    return Sequence(int.from_bytes(raw, "big"))


def _next_sequence_key(client: ClientId) -> bytes:
    return f"nextSequenceSend/{client}".encode()


def _new_packet(
    sequence: Sequence, source_client: ClientId, counterparty: Counterparty, timeout: TimestampSeconds, payload: Payload
) -> Packet:
    try:
        return Packet(
            sequence=sequence,
            source_client=source_client,
            destination_client=counterparty.client_id,
            timeout_timestamp=timeout,
            payloads=(payload,),
        )
    except InvalidInput as error:
        raise refuse(IbcCode.INVALID_PACKET, str(error)) from error


def _acknowledgement(value: bytes) -> Acknowledgement:
    """An application's own answer. Raises channelv2/5 for one that no application may give."""
    if value == UNIVERSAL_ERROR_ACKNOWLEDGEMENT:
        raise refuse(IbcCode.INVALID_ACKNOWLEDGEMENT, "an application must not answer with the universal error")
    if not value:
        raise refuse(IbcCode.INVALID_ACKNOWLEDGEMENT, "an application must not answer with nothing")
    return Acknowledgement(app_acknowledgements=(value,))


def _open_packet_key(client: ClientId, sequence: Sequence) -> bytes:
    """Where a packet is kept until its application acknowledges it."""
    return _OPEN_PACKETS + client.encode() + b"/" + sequence.to_bytes(_COUNTER_BYTES, "big")


def _check_proof(proof: Proof) -> None:
    if not proof.value:
        raise refuse(IbcCode.INVALID_PROOF, "a proof must not be empty")
    if len(proof.value) > MAXIMUM_PROOF_BYTES:
        raise refuse(IbcCode.TOO_LARGE, f"a proof of {len(proof.value)} bytes: at most {MAXIMUM_PROOF_BYTES}")


def _check_commitment(stored: bytes, packet: Packet) -> None:
    if stored != packet_commitment(packet):
        raise refuse(IbcCode.INVALID_PACKET, f"packet {packet.sequence} is not the one that was sent")


def _emit(context: Context, kind: EventKind, packet: Packet, acknowledgement: Acknowledgement | None = None) -> None:
    context.events.append(
        PacketEvent(kind=kind, transaction=context.transaction, packet=packet, acknowledgement=acknowledgement)
    )
