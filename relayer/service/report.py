"""What the service tells: plain values that the composition root fills from the engine and its journal."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from relayer.ports.journal import JournalFigures
from relayer.views.relaying import RelayerReport


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
class ProbeResult:
    """What asking every part of the way found. `checked` is what answered as it should, `reasons` what did not."""

    checked: tuple[str, ...]
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where the service gets what it tells. `report` must be quick and must not wait; the others may take seconds."""

    report: Callable[[], RelayerReport]
    figures: Callable[[], Awaitable[Figures]]
    probe: Callable[[], Awaitable[ProbeResult]]
    stopped: Callable[[], Awaitable[tuple[str, ...]]]
    """Why ledgers that answer make no blocks, within a second."""
