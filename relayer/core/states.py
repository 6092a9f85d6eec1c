"""What can be known of one packet: one frozen class per state, carrying exactly what is known there.

No state may hold an optional field, and none may say what to do: that is `lifecycle.wanted`.
"""

from __future__ import annotations

from dataclasses import dataclass

from relayer.core.channels import Route
from relayer.core.ids import Height, Sequence
from relayer.core.packet import Acknowledgement, Packet, PacketKey


@dataclass(frozen=True, slots=True, kw_only=True)
class _Named:
    route: Route
    sequence: Sequence

    @property
    def key(self) -> PacketKey:
        return self.route.key(self.sequence)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Carried:
    route: Route
    packet: Packet

    @property
    def sequence(self) -> Sequence:
        return self.packet.sequence

    @property
    def key(self) -> PacketKey:
        return self.route.key(self.packet.sequence)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unseen(_Named):
    """No ledger has told of the packet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Committed(_Carried):
    """The source promises the packet; the destination has not received it. Wanted: receive."""

    height: Height
    """Of the source: the commitment can be proven from here on."""
    rejections: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Expired(_Carried):
    """No receipt at a height of the destination whose time is at or past the timeout. Wanted: timeout."""

    provable_from: Height
    """Of the destination: the absence can be proven from here on."""
    rejections: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivedEarly(_Carried):
    """The destination told of the receipt before the source told of the commitment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AnsweredEarly(_Carried):
    """The destination told of the acknowledgement before the source told of the commitment."""

    acknowledgement: Acknowledgement
    provable_from: Height


@dataclass(frozen=True, slots=True, kw_only=True)
class Received(_Carried):
    """The destination holds the receipt; its application has not answered yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered(_Carried):
    """The destination wrote the acknowledgement; the source has not heard it. Wanted: acknowledge."""

    acknowledgement: Acknowledgement
    provable_from: Height
    """Of the destination: the acknowledgement can be proven from here on."""
    rejections: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Quarantined:
    """Set aside with its reason, so that the rest goes on. A later fact, the timeout or an operator lets it out."""

    held: Committed | Expired | Answered
    code: str
    reason: str

    @property
    def route(self) -> Route:
        return self.held.route

    @property
    def packet(self) -> Packet:
        return self.held.packet

    @property
    def sequence(self) -> Sequence:
        return self.held.packet.sequence

    @property
    def key(self) -> PacketKey:
        return self.held.key


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledged(_Named):
    """The source's application heard the answer. Final."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TimedOut(_Named):
    """The source's application took the packet back. Final."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contradicted(_Named):
    """The ledgers told things that cannot both be true. Final; a person must look at the ledgers."""

    reason: str


State = (
    Unseen
    | Committed
    | Expired
    | ReceivedEarly
    | AnsweredEarly
    | Received
    | Answered
    | Quarantined
    | Acknowledged
    | TimedOut
    | Contradicted
)

STATES: tuple[type[State], ...] = (
    Unseen,
    Committed,
    Expired,
    ReceivedEarly,
    AnsweredEarly,
    Received,
    Answered,
    Quarantined,
    Acknowledged,
    TimedOut,
    Contradicted,
)
"""In the order in which a person would tell the story."""


def payload_bytes(state: State) -> int:
    """What a packet takes of its channel's share of memory."""
    if isinstance(state, Unseen | Acknowledged | TimedOut | Contradicted):
        return 0
    return sum(len(payload.value) for payload in state.packet.payloads)


CLOSED: frozenset[type[State]] = frozenset({Acknowledged, TimedOut})
"""Ends that need no more memory than the sequence."""
