"""Effects: what the state machine requests, as imperatives.

An effect is finished by an observed fact, whoever achieved it; never by our own transaction's receipt.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from relayer.core.ids import Height, LedgerId
from relayer.core.packet import Acknowledgement, Packet, PacketKey


class EffectKind(StrEnum):
    """The three messages of a packet's life that a relayer submits."""

    RECEIVE = "receive"
    ACKNOWLEDGE = "acknowledge"
    TIMEOUT = "timeout"


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmitReceive:
    """Prove the commitment of `packet`, present on `prove_on` from `provable_from`, and submit it to `submit_to`."""

    key: PacketKey
    submit_to: LedgerId
    prove_on: LedgerId
    provable_from: Height
    packet: Packet


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmitAcknowledgement:
    """Prove the acknowledgement on the destination and submit it to the source."""

    key: PacketKey
    submit_to: LedgerId
    prove_on: LedgerId
    provable_from: Height
    packet: Packet
    acknowledgement: Acknowledgement


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmitTimeout:
    """Prove on the destination, at a height whose time is at or past the timeout, that no receipt exists."""

    key: PacketKey
    submit_to: LedgerId
    prove_on: LedgerId
    provable_from: Height
    packet: Packet


Effect = SubmitReceive | SubmitAcknowledgement | SubmitTimeout
