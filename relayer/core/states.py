"""What can be known about one packet: one frozen class per state, carrying exactly what is known there.

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
    """No ledger has reported the packet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Committed(_Carried):
    """The source committed the packet; the destination has not received it. Wanted: receive."""

    height: Height
    """Height of the source from which the commitment can be proven."""
    refusals: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Expired(_Carried):
    """No receipt at a height of the destination whose time is at or past the timeout. Wanted: timeout."""

    provable_from: Height
    """Height of the destination from which the absence can be proven."""
    refusals: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivedEarly(_Carried):
    """The destination reported the receipt before the source reported the commitment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AnsweredEarly(_Carried):
    """The destination reported the acknowledgement before the source reported the commitment."""

    acknowledgement: Acknowledgement
    provable_from: Height


@dataclass(frozen=True, slots=True, kw_only=True)
class Received(_Carried):
    """The destination stored the receipt; its application has not written the acknowledgement yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered(_Carried):
    """The destination wrote the acknowledgement; the source has not processed it. Wanted: acknowledge."""

    acknowledgement: Acknowledgement
    provable_from: Height
    """Height of the destination from which the acknowledgement can be proven."""
    refusals: int = 0


REFUSED_BY_RULES = "channel-rules"
"""The code of a packet that the rules of its channel refuse."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Quarantined:
    """Set aside with its reason, so that the rest continues. A later fact, the timeout or an operator releases it."""

    held: Committed | Expired | Answered
    code: str
    reason: str

    @property
    def route(self) -> Route:
        """The route of the quarantined packet."""
        return self.held.route

    @property
    def packet(self) -> Packet:
        """The quarantined packet."""
        return self.held.packet

    @property
    def sequence(self) -> Sequence:
        """The sequence of the quarantined packet."""
        return self.held.packet.sequence

    @property
    def key(self) -> PacketKey:
        """The key of the quarantined packet."""
        return self.held.key


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledged(_Named):
    """The source's application processed the acknowledgement. Final."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TimedOut(_Named):
    """The source's application processed the timeout. Final."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PassedOver(_Named):
    """Committed, and never paid for by this relayer: the packet is another application's, or unreadable. Final
    unless the ledger shows a packet that the channel carries, so that an invented log cannot end one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contradicted(_Named):
    """The ledgers reported facts that cannot both be true. Final; an operator must inspect the ledgers."""

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
    | PassedOver
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
    PassedOver,
    Contradicted,
)
"""All state classes, in the order of a packet's life."""


_NAMES: dict[type[State], str] = {
    Unseen: "Unseen",
    Committed: "Committed",
    Expired: "Expired",
    ReceivedEarly: "ReceivedEarly",
    AnsweredEarly: "AnsweredEarly",
    Received: "Received",
    Answered: "Answered",
    Quarantined: "Quarantined",
    Acknowledged: "Acknowledged",
    TimedOut: "TimedOut",
    PassedOver: "PassedOver",
    Contradicted: "Contradicted",
}
"""What journals, metrics and people call the states. They are stored, so no name follows a class that is renamed."""


def state_name(state: State | type[State]) -> str:
    """The stored name of a state, or of the state of a packet."""
    return _NAMES[state if isinstance(state, type) else type(state)]


def payload_bytes(state: State) -> int:
    """The bytes that a packet counts towards its channel's memory limit."""
    if isinstance(state, Unseen | Acknowledged | TimedOut | PassedOver | Contradicted):
        return 0
    return sum(len(payload.value) for payload in state.packet.payloads)


def is_refused(state: State) -> bool:
    """Whether the channel's rules set the packet aside: it waits for its timeout, in a room of its own."""
    return isinstance(state, Quarantined) and state.code == REFUSED_BY_RULES


CLOSED: frozenset[type[State]] = frozenset({Acknowledged, TimedOut, PassedOver})
"""Final states, of which only the sequence is kept."""
