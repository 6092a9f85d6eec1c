"""The engine's status: plain values for people, health checks and metrics. It decides nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from relayer.core.effects import EffectKind
from relayer.core.ids import ChannelId, ClientId, Height, LedgerId, TimestampSeconds
from relayer.core.packet import PacketKey
from relayer.ports.ledger import ClientStatus, SubmissionReceipt


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """Gas and fees of the submissions since the start; the fee in the ledger's smallest unit."""

    fee: int = 0
    gas: int = 0
    transactions: int = 0

    def and_for(self, receipt: SubmissionReceipt) -> Spent:
        """The sum with one more submission."""
        return Spent(
            fee=self.fee + receipt.fee,
            gas=self.gas + receipt.gas,
            transactions=self.transactions + len(receipt.transactions),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerSnapshot:
    """One ledger as it was last seen. `error` is empty while it answers."""

    ledger: LedgerId
    connected: bool
    cursor: Height
    height: Height
    timestamp: TimestampSeconds
    error: str
    error_kind: str
    error_since: float
    errors: Mapping[str, int]
    """Since the start, by kind."""
    unproven_ends: int
    """Packets whose end the ledger's node reported and nothing has proven yet."""
    unproven_error: str
    """Why the newest of them could not be proven; empty while all is well."""
    disproved: tuple[str, ...]
    """What the node invented about packets that are still open."""
    deferred_channels: tuple[ChannelId, ...]
    """Channels at their limit of open packets, whose new ones wait on the ledger."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LaneSnapshot:
    """The pending submissions of one client of a ledger."""

    ledger: LedgerId
    client: ClientId
    prove_on: LedgerId
    live: int
    backlog: int
    awaiting: int
    """Accepted by the ledger; the fact has not appeared yet."""
    submitting: bool
    error: str
    error_kind: str
    error_since: float
    errors: Mapping[str, int]
    """Since the start, by kind."""
    spent: Spent
    client_status: ClientStatus | None
    """As last queried; None: not yet."""

    @property
    def expires_at(self) -> int:
        """Unix seconds at which the client expires unless it is updated; 0: never, or not known yet."""
        status = self.client_status
        if status is None or not status.trusting_period_seconds:
            return 0
        return status.latest_timestamp + status.trusting_period_seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class PacketsSnapshot:
    """Packets of one direction of a channel in one state, finished ones included."""

    channel: ChannelId
    source_client: ClientId
    state: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingSnapshot:
    """Pending messages of one kind to one ledger; `oldest` is the packet that was seen first."""

    ledger: LedgerId
    kind: EffectKind
    count: int
    oldest: PacketKey


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineSnapshot:
    """The status of the whole engine."""

    now: float
    started_at: float
    journal_row: int
    ledgers: tuple[LedgerSnapshot, ...]
    lanes: tuple[LaneSnapshot, ...]
    packets: tuple[PacketsSnapshot, ...]
    pending: tuple[PendingSnapshot, ...]

    def standstill(self) -> tuple[str, ...]:
        """Why something is stalled; empty: healthy. Quarantined packets do not count, because the rest progresses."""
        reasons = [f"ledger {ledger.ledger}: {ledger.error}" for ledger in self.ledgers if ledger.error]
        reasons += [f"to client {lane.client} of ledger {lane.ledger}: {lane.error}" for lane in self.lanes if lane.error]
        reasons += [
            f"ledger {ledger.ledger}: {ledger.unproven_ends} packets are not proven to have ended: {ledger.unproven_error}"
            for ledger in self.ledgers
            if ledger.unproven_error
        ]
        reasons += [lie for ledger in self.ledgers for lie in ledger.disproved]
        reasons += [
            f"ledger {ledger.ledger}: channel {channel} has too many open packets; new ones wait"
            for ledger in self.ledgers
            for channel in ledger.deferred_channels
        ]
        return tuple(reasons)
