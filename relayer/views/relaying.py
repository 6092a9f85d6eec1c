"""A running relayer as it reports itself, and what `relayer status` adds from the journal."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerReport:
    """One ledger as the relayer last saw it. `last_error` is empty while it answers. `unproven_ends`: packets whose end its
    node reported and nothing has proven yet; `disproved`: what the node invented about packets that are still open."""

    name: str
    height: int
    timestamp_seconds: int
    last_error: str
    unproven_ends: int
    disproved: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientReport:
    """One light client as the relayer last saw it.

    `expires_at_seconds`: unix seconds at which the client expires unless it is updated before; 0: not known yet.
    """

    ledger: str
    client: str
    condition: str
    expires_at_seconds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PacketCount:
    """Packets of a channel that are in one state of the lifecycle."""

    channel: str
    state: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RejectedCount:
    """Facts and updates about facts whose packets were acknowledged with a refusal, by its code."""

    channel: str
    code: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingReport:
    """Messages that are still to be submitted to a ledger. `oldest`: the packet that has waited longest, or empty."""

    ledger: str
    kind: str
    count: int
    oldest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorCount:
    """Errors of one kind since the start; `client` is empty for those of reading the ledger."""

    ledger: str
    client: str
    kind: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SpendingReport:
    """What submissions to a client have cost since the start, in the ledger's smallest unit."""

    ledger: str
    client: str
    fee: int
    gas: int
    transactions: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RelayerIdentity:
    """Which relayer it is. `instance` is another one after each start, `folder` is that of its relayer.yaml, and
    `configuration` the sha256 of what was configured when it started."""

    instance: str
    folder: str
    configuration: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RelayerReport:
    """Everything at once. `standstill` says why something that should move does not; empty is healthy."""

    identity: RelayerIdentity
    now_seconds: float
    standstill: tuple[str, ...]
    journal_rows: int
    ledgers: tuple[LedgerReport, ...]
    clients: tuple[ClientReport, ...]
    packets: tuple[PacketCount, ...]
    pending: tuple[PendingReport, ...]
    errors: tuple[ErrorCount, ...]
    spending: tuple[SpendingReport, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """Whether everything on the way of packets answers: `checked` does, `reasons` says what does not."""

    healthy: bool
    reasons: tuple[str, ...]
    checked: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LegStatus:
    """One leg of a star: packets in both directions, from the journal.

    `backlog`: this relayer has a message to submit for them; `in_flight`: received, and the answer is still to come, as
    from a ledger further on; `set_aside`: quarantined or contradicted; `ended`: acknowledged or timed out. `stalled`: why
    the running relayer's work for the leg does not go on; empty if it does, or none answers.
    """

    channel: str
    ledger: str
    backlog: int
    in_flight: int
    set_aside: int
    ended: int
    stalled: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class StarStatus:
    """The hub and the legs around it."""

    hub: str
    legs: tuple[LegStatus, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """Packets by state from the journal, and the running relayer's own report; null if none answers, or another one. `star`
    is null without a hub.

    `mistaken`: why what answers on the service port is not this relayer as it is configured now; empty if it is.
    """

    journal_rows: int
    packets: tuple[PacketCount, ...]
    rejected: tuple[RejectedCount, ...]
    star: StarStatus | None
    running: RelayerReport | None
    mistaken: str
