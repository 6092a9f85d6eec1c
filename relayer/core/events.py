"""Events: facts in the past tense. They are the only input of the state machine, time included.

The facts of ledgers are final when they arrive here. An event does not say what to do next.
"""

from __future__ import annotations

from dataclasses import dataclass

from relayer.core.effects import EffectKind
from relayer.core.ids import ClientId, Height, LedgerId, Sequence, TimestampSeconds, TransactionId
from relayer.core.packet import Acknowledgement, Packet, PacketKey

_MAXIMUM_REASON_CHARACTERS = 160


@dataclass(frozen=True, slots=True, kw_only=True)
class PacketCommitted:
    """The source ledger stored the packet's commitment (ICS-4 v2: send packet)."""

    ledger: LedgerId
    height: Height
    transaction: TransactionId
    packet: Packet


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptWritten:
    """The destination ledger stored the packet's receipt; the acknowledgement may come later."""

    ledger: LedgerId
    height: Height
    transaction: TransactionId
    packet: Packet


@dataclass(frozen=True, slots=True, kw_only=True)
class AcknowledgementWritten:
    """The destination ledger stored the acknowledgement. It implies the receipt."""

    ledger: LedgerId
    height: Height
    transaction: TransactionId
    packet: Packet
    acknowledgement: Acknowledgement


@dataclass(frozen=True, slots=True, kw_only=True)
class PacketAcknowledged:
    """The source ledger passed the acknowledgement to its application and deleted the commitment."""

    ledger: LedgerId
    height: Height
    transaction: TransactionId
    packet: Packet


@dataclass(frozen=True, slots=True, kw_only=True)
class PacketTimedOut:
    """The source ledger accepted the proof of absence and deleted the commitment."""

    ledger: LedgerId
    height: Height
    transaction: TransactionId
    packet: Packet


@dataclass(frozen=True, slots=True, kw_only=True)
class PacketPassedOver:
    """The source ledger committed a packet that this relayer never pays for: one of an application that the channel does
    not carry, or one that this program cannot read. It holds no content, so a stranger's packet costs one small row."""

    ledger: LedgerId
    height: Height
    transaction: TransactionId
    source_client: ClientId
    sequence: Sequence
    code: str
    """`foreign-port`, `channel-rules` or `unreadable`."""
    reason: str

    def __post_init__(self) -> None:
        # A stranger chooses ports and versions, hence the words.
        words = "".join(each if each.isprintable() else "?" for each in self.reason[:_MAXIMUM_REASON_CHARACTERS])
        object.__setattr__(self, "reason", words)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedPassedOver(PacketPassedOver):
    """As a node reports it, not proven yet: it may be a packet of the channel that is shown as unreadable. Not journaled."""

    commitment: bytes = b""
    """What the ledger stores if this is the packet; empty if the node shows nothing that has a commitment."""

    def proven(self) -> PacketPassedOver:
        """The event."""
        return PacketPassedOver(
            ledger=self.ledger,
            height=self.height,
            transaction=self.transaction,
            source_client=self.source_client,
            sequence=self.sequence,
            code=self.code,
            reason=self.reason,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class HeadFinalised:
    """Time: all events of `ledger` up to `height` precede this one."""

    ledger: LedgerId
    height: Height
    timestamp: TimestampSeconds


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmissionRefused:
    """A ledger refused our message by its rules. A node that did not answer is not a refusal."""

    key: PacketKey
    effect: EffectKind
    code: str
    detail: str
    retryable: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PacketRefused:
    """The channel's own rules (issuers, kinds, schema) do not allow this packet."""

    key: PacketKey
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PacketReleased:
    """An operator released the packet from quarantine."""

    key: PacketKey
    operator: str


PacketEnd = PacketAcknowledged | PacketTimedOut
"""The source deleted the packet's commitment. Journaled once that is proven, so no node alone can retire a packet."""

PacketFact = PacketCommitted | ReceiptWritten | AcknowledgementWritten | PacketAcknowledged | PacketTimedOut
"""Events that a ledger reports about a packet, with the packet."""

LedgerFact = PacketFact | PacketPassedOver
"""All that a ledger reports of packets."""

Event = LedgerFact | HeadFinalised | SubmissionRefused | PacketRefused | PacketReleased

_NAMES: dict[type[Event], str] = {
    PacketCommitted: "PacketCommitted",
    ReceiptWritten: "ReceiptWritten",
    AcknowledgementWritten: "AcknowledgementWritten",
    PacketAcknowledged: "PacketAcknowledged",
    PacketTimedOut: "PacketTimedOut",
    PacketPassedOver: "PacketPassedOver",
    HeadFinalised: "HeadFinalised",
    SubmissionRefused: "SubmissionRefused",
    PacketRefused: "PacketRefused",
    PacketReleased: "PacketReleased",
}
"""What reports call the events, whatever their classes are called."""


def event_name(event: Event | type[Event]) -> str:
    """The reported name of an event, or of a kind of event."""
    return _NAMES[event if isinstance(event, type) else type(event)]
