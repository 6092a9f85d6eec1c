"""What the service tells: plain values that the composition root fills from the engine and its journal."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass

Plain = dict[str, "Plain"] | list["Plain"] | str | int | float | bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerReport:
    """One ledger as the relayer last saw it."""

    name: str
    height: int
    timestamp_seconds: int
    last_error: str
    """Empty while it answers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientReport:
    """One light client as the relayer last saw it."""

    ledger: str
    client: str
    condition: str
    expires_at_seconds: int
    """Unix seconds at which the client expires unless it is updated before; 0: not known yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PacketCount:
    """Packets of a channel that are in one state of the lifecycle."""

    channel: str
    state: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingReport:
    """Messages that a ledger still has to get."""

    ledger: str
    kind: str
    count: int
    oldest: str
    """The packet that has waited longest; empty if there is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Everything at once. `standstill` says why something that should move does not; empty is healthy."""

    now_seconds: float
    standstill: tuple[str, ...]
    journal_rows: int
    ledgers: tuple[LedgerReport, ...]
    clients: tuple[ClientReport, ...]
    packets: tuple[PacketCount, ...]
    pending: tuple[PendingReport, ...]

    def as_plain(self) -> dict[str, Plain]:
        return asdict(self)


ReportSource = Callable[[], Report]
"""Called for each request; must be quick and must not wait."""
