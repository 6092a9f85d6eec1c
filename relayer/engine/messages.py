"""From an effect to a ledger's message: which path is proven, which client hosts it, and how large it is."""

from __future__ import annotations

from typing import NamedTuple, assert_never

from relayer.core.channels import Route
from relayer.core.commitment import CommitmentPath, PathKind, commitment_path
from relayer.core.effects import Effect, EffectKind, SubmitAcknowledgement, SubmitReceive, SubmitTimeout
from relayer.core.ids import ClientId, LedgerId
from relayer.ports.ledger import AcknowledgePacket, PacketMessage, ReceivePacket, TimeoutPacket
from relayer.ports.prover import Proof

PROOF_BYTES = 2_048
"""Average size of a proof and its envelope."""


class LaneKey(NamedTuple):
    """One client of one ledger, and the ledger that it follows: the messages that share a client update."""

    ledger: LedgerId
    client: ClientId
    prove_on: LedgerId


def lanes_of(route: Route) -> tuple[LaneKey, LaneKey]:
    """The lanes of a route: of its receives, and of its acknowledgements and timeouts."""
    return (
        LaneKey(route.destination, route.destination_client, route.source),
        LaneKey(route.source, route.source_client, route.destination),
    )


def lane_of(effect: Effect) -> LaneKey:
    """The lane of an effect: receives need the destination's client, the others the source's."""
    packet = effect.packet
    client = packet.destination_client if isinstance(effect, SubmitReceive) else packet.source_client
    return LaneKey(effect.submit_to, client, effect.prove_on)


def proof_path(effect: Effect) -> CommitmentPath:
    """ICS-24: commitment, acknowledgement, or the receipt whose absence is proven."""
    packet = effect.packet
    match effect:
        case SubmitReceive():
            return commitment_path(packet.source_client, PathKind.COMMITMENT, packet.sequence)
        case SubmitAcknowledgement():
            return commitment_path(packet.destination_client, PathKind.ACKNOWLEDGEMENT, packet.sequence)
        case SubmitTimeout():
            return commitment_path(packet.destination_client, PathKind.RECEIPT, packet.sequence)
        case _:
            assert_never(effect)


def message(effect: Effect, proof: Proof) -> PacketMessage:
    """The ICS-4 message with its proof."""
    match effect:
        case SubmitReceive():
            return ReceivePacket(packet=effect.packet, proof=proof)
        case SubmitAcknowledgement():
            return AcknowledgePacket(packet=effect.packet, acknowledgement=effect.acknowledgement, proof=proof)
        case SubmitTimeout():
            return TimeoutPacket(packet=effect.packet, proof=proof)
        case _:
            assert_never(effect)


def kind_of(effect: Effect) -> EffectKind:
    """The message's name."""
    match effect:
        case SubmitReceive():
            return EffectKind.RECEIVE
        case SubmitAcknowledgement():
            return EffectKind.ACKNOWLEDGE
        case SubmitTimeout():
            return EffectKind.TIMEOUT
        case _:
            assert_never(effect)


def size_of(effect: Effect) -> int:
    """Bytes, estimated: the payload, the acknowledgement and one proof."""
    size = PROOF_BYTES + len(effect.packet.payload.value)
    if isinstance(effect, SubmitAcknowledgement):
        size += len(effect.acknowledgement.app_acknowledgement)
    return size
