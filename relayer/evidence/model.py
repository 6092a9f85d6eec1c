"""Evidence as values: a packet, what is claimed about it, and the header and proof of each claim."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from relayer.core.ids import Height, TimestampSeconds
from relayer.core.packet import Acknowledgement, Packet


class Claim(StrEnum):
    """One statement that a ledger's state proves. The values are part of the file format."""

    PACKET_COMMITTED = "packet_committed"
    """The source stores the packet's commitment."""
    ACKNOWLEDGEMENT_WRITTEN = "acknowledgement_written"
    """The destination stores the commitment of the acknowledgement."""
    RECEIPT_ABSENT = "receipt_absent"
    """The destination has no receipt at or after the packet's timeout."""
    COMMITMENT_CLEARED = "commitment_cleared"
    """The source stores no commitment any more: it has processed the acknowledgement or the timeout."""


class Ending(StrEnum):
    """How far the proven life of a packet goes."""

    SENT = "sent"
    """Committed by the source; nothing is shown about the destination."""
    ANSWERED = "answered"
    """The destination acknowledged; it is not shown that the source has processed it."""
    ACKNOWLEDGED = "acknowledged"
    EXPIRED = "expired"
    """It can never arrive; it is not shown that the source has processed the timeout."""
    TIMED_OUT = "timed_out"


LIVES: dict[tuple[Claim, ...], Ending] = {
    (Claim.PACKET_COMMITTED,): Ending.SENT,
    (Claim.PACKET_COMMITTED, Claim.ACKNOWLEDGEMENT_WRITTEN): Ending.ANSWERED,
    (Claim.PACKET_COMMITTED, Claim.ACKNOWLEDGEMENT_WRITTEN, Claim.COMMITMENT_CLEARED): Ending.ACKNOWLEDGED,
    (Claim.PACKET_COMMITTED, Claim.RECEIPT_ABSENT): Ending.EXPIRED,
    (Claim.PACKET_COMMITTED, Claim.RECEIPT_ABSENT, Claim.COMMITMENT_CLEARED): Ending.TIMED_OUT,
}
"""Every valid sequence of claims, and what it shows."""

ON_SOURCE = frozenset({Claim.PACKET_COMMITTED, Claim.COMMITMENT_CLEARED})
"""Claims about the source; the others are about the destination."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerName:
    """A ledger as a file names it: its own chain id, and the type of light client that follows it."""

    chain_id: str
    client_type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ProvenStatement:
    """A claim with what proves it. `header` and `proof` are the standard bytes of the ledger's kind."""

    claim: Claim
    height: Height
    header: bytes
    proof: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class PacketEvidence:
    """One file, decoded but not verified."""

    source: LedgerName
    destination: LedgerName
    packet: Packet
    acknowledgement: Acknowledgement | None
    statements: tuple[ProvenStatement, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Proven:
    """A claim that holds, and the height and time of the header under which it was shown."""

    claim: Claim
    chain_id: str
    height: Height
    timestamp: TimestampSeconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a file proves."""

    ending: Ending
    packet: Packet
    acknowledgement: Acknowledgement | None
    proven: tuple[Proven, ...]
