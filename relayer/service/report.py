"""What the service tells: plain values that the composition root fills from the engine and its journal."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass

from relayer.ports.journal import JournalFigures

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
class Report:
    """Everything at once. `standstill` says why something that should move does not; empty is healthy."""

    now_seconds: float
    standstill: tuple[str, ...]
    journal_rows: int
    ledgers: tuple[LedgerReport, ...]
    clients: tuple[ClientReport, ...]
    packets: tuple[PacketCount, ...]
    pending: tuple[PendingReport, ...]
    errors: tuple[ErrorCount, ...]
    spending: tuple[SpendingReport, ...]

    def as_plain(self) -> dict[str, Plain]:
        return asdict(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class WalletReport:
    """What the account that pays on a ledger has, in the ledger's smallest unit."""

    ledger: str
    balance: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What has to be looked up: in the journal (None while it cannot be read) and on the ledgers that answer."""

    journal: JournalFigures | None
    wallets: tuple[WalletReport, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What asking every part of the way found. `checked` is what answered as it should, `reasons` what did not."""

    checked: tuple[str, ...]
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where the service gets what it tells. `report` must be quick and must not wait; the others may take seconds."""

    report: Callable[[], Report]
    figures: Callable[[], Awaitable[Figures]]
    probe: Callable[[], Awaitable[Finding]]
