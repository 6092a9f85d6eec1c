"""The journal port: the append-only record from which all state can be replayed.

All calls block until the bytes are on the disk; the engine runs them beside the event loop, one at a time.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from relayer.core.channels import Route
from relayer.core.effects import EffectKind
from relayer.core.events import Event
from relayer.core.ids import ChannelId, Height, LedgerId
from relayer.core.machine import Memory, Record
from relayer.core.packet import PacketKey
from relayer.facts.answers import Answer


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectNote:
    """An effect as the journal stores it: the packet's bytes are stored with the event."""

    kind: EffectKind
    key: PacketKey
    provable_from: Height


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One row: an event, its effects, and the hash chain."""

    row: int
    recorded_at_ms: int
    """Local time of writing, unix milliseconds; for people only."""
    event: Event
    effects: tuple[EffectNote, ...]
    previous: bytes
    hash: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalHead:
    """The newest row; row 0 with 32 zero bytes: an empty journal."""

    row: int
    hash: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class PacketLine:
    """One packet in the derived index. `code` and `reason` say why it is quarantined, passed over or contradicted; they are
    empty in every other state."""

    key: PacketKey
    state: str
    code: str
    reason: str
    first_row: int
    last_row: int
    first_at_ms: int
    last_at_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """The machine's state after a row."""

    row: int
    memory: Memory


LATENCY_BOUNDS_MS = (50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 30_000, 60_000, 300_000, 1_800_000)
"""Upper bounds of the latency histogram's buckets."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteFigures:
    """Packets of one direction of a channel. All times are local times of journaling, in milliseconds.

    `open` counts the quarantined as well, `passed_over` those that are never paid for; `oldest_open` is a sequence, 0 if
    none is open. `acknowledged_ms` is the sum of what the acknowledged packets took, from the first row of each to its last;
    `acknowledged_within` counts those that took at most each of LATENCY_BOUNDS_MS.
    """

    channel: ChannelId
    source: LedgerId
    acknowledged: int
    timed_out: int
    contradicted: int
    quarantined: int
    passed_over: int
    open: int
    oldest_open: int
    oldest_open_at_ms: int
    acknowledged_ms: int
    acknowledged_within: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusalFigures:
    """How often a ledger refused a submission with a code; effect None: how often the channel's rules refused a packet."""

    channel: ChannelId
    effect: EffectKind | None
    code: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerFigures:
    """How many facts, or updates about facts, were answered with a code. `source`: of their packets."""

    channel: ChannelId
    source: LedgerId
    code: str
    accepted: bool
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalFigures:
    """The totals of a journal."""

    rows: int
    routes: tuple[RouteFigures, ...]
    refusals: tuple[RefusalFigures, ...]
    answers: tuple[AnswerFigures, ...]


class JournalReader(Protocol):
    """Reads a journal, also in another process while a relayer writes. Raises JournalCorrupt naming the row."""

    def head(self) -> JournalHead:
        """The newest row and its hash."""
        ...

    def routes(self) -> tuple[Route, ...]:
        """Every route that the journal's relayer ever had."""
        ...

    def entries(self, *, after: int = 0) -> Iterator[Entry]:
        """Rows above `after`, decoded, each checked against the one before it."""
        ...

    def verify(self) -> JournalHead:
        """Checks the whole hash chain without decoding."""
        ...

    def packets(self, *, states: Sequence[str] = (), limit: int = 1000) -> Sequence[PacketLine]:
        """Packets from the derived index, newest first; of all states if none is given."""
        ...

    def counts(self) -> Mapping[tuple[str, str], int]:
        """Packets by (channel, state), from the derived index."""
        ...

    def packet(self, key: PacketKey) -> PacketLine | None:
        """The packet's entry in the derived index, or None."""
        ...

    def answers(self, key: PacketKey) -> Sequence[Answer]:
        """What the acknowledgement says of each thing in the packet; empty while there is none."""
        ...

    def carrying(self, value: bytes) -> Sequence[PacketKey]:
        """Packets of which the payload has exactly this value: a forwarded one's hops, and those that were sent again."""
        ...

    def entries_of(self, key: PacketKey) -> Sequence[Entry]:
        """Every row that moved this packet."""
        ...

    def cursors(self) -> Mapping[LedgerId, Height]:
        """Per ledger, the height up to which everything reported has been journaled."""
        ...

    def load_checkpoint(self) -> Checkpoint | None:
        """The newest checkpoint that matches its row; None: replay from the first row."""
        ...

    def close(self) -> None:
        """Releases the file."""
        ...


class Journal(JournalReader, Protocol):
    """The single writer."""

    def register(self, routes: Sequence[Route]) -> None:
        """Stores the routes, so that anyone can replay the journal without the configuration."""
        ...

    def append(
        self, records: Sequence[Record], *, recorded_at_ms: int, cursors: Mapping[LedgerId, Height]
    ) -> Sequence[Entry]:
        """Atomic, and on the disk when it returns. `cursors` move with the records, or alone."""
        ...

    def save_checkpoint(self, memory: Memory) -> None:
        """Stores the machine's state after the newest row. Derived: it may be lost."""
        ...
