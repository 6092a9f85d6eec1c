"""The figures of every way as a table, and what is no measurement: processes, trust, and lines of the business logic."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import ModuleType

from rich.table import Table

from relayer.devnet.ways import by_interledger, by_pull, by_push, by_service
from relayer.devnet.ways.counting import lines_of_code
from relayer.devnet.ways.network import CONSUMERS
from relayer.devnet.ways.work import WayName
from relayer.views.ways import WayFigures, WaysFigures

PROCESSES: dict[WayName, tuple[str, ...]] = {
    WayName.INTERLEDGER: ("relayer", "3 authorities"),
    WayName.PUSH: (),
    WayName.SERVICE: ("push service",),
    WayName.QUEUE: ("broker", f"{CONSUMERS} consumers"),
    WayName.PULL: ("agent",),
}
"""Beside the business process and the two ledgers."""
TRUSTED: dict[WayName, str] = {
    WayName.INTERLEDGER: "no carrier: k of n authorities for the contract ledger, its contract and issuers",
    WayName.PUSH: "the issuer's key",
    WayName.SERVICE: "the issuer's key, which the service has",
    WayName.QUEUE: "the issuer's key; the broker can delay and drop, not forge",
    WayName.PULL: "the agent's key, its rules and the nodes that it asks",
}
"""Who can make a false debt."""


def _lines(module: ModuleType) -> Callable[[], int]:
    return partial(lines_of_code, Path(str(module.__file__)))


LINES: dict[WayName, Callable[[], int]] = {
    WayName.INTERLEDGER: _lines(by_interledger),
    WayName.PUSH: _lines(by_push),
    WayName.SERVICE: _lines(by_service),
    WayName.QUEUE: _lines(by_push),
    WayName.PULL: _lines(by_pull),
}
"""Counted in the worked examples, which are what ran."""


def table(figures: WaysFigures) -> Table:
    """A column per way."""
    shown = Table(
        title="one business process by each way",
        caption=f"{figures.facts:,} facts of six operators in a burst; latency from the business record to its reference; "
        f"faults: ledger away for {figures.down_seconds:.0f} s, {figures.kills} kills, everything twice, shuffled",
    )
    shown.add_column("figure")
    for name in figures.ways:
        shown.add_column(name, justify="right")
    rows = [rows_of(each) for each in figures.ways.values()]
    for lines in zip(*rows, strict=True):
        shown.add_row(lines[0][0], *(value for _, value in lines))
    return shown


def _memory(each: WayFigures) -> list[tuple[str, str]]:
    if each.load is None:
        return []
    grown = (f"{name} {at.first_mib:.0f} to {at.last_mib:.0f}" for name, at in each.load.memory.items())
    return [("memory under load (MiB)", ", ".join(grown)), ("facts under load", f"{each.load.facts:,}")]


def rows_of(each: WayFigures) -> list[tuple[str, str]]:
    """Name and value of each figure, in the order of the table."""
    plain, faulty = each.plain, each.faulty
    return [
        ("latency p50 / p99 (ms)", f"{plain.latency_p50_ms:,.0f} / {plain.latency_p99_ms:,.0f}"),
        ("facts per second", f"{plain.facts_per_s:,.0f}"),
        ("CPU per fact (ms)", f"{sum(plain.cpu_ms_per_fact.values()):.2f}"),
        ("with faults: seconds", f"{faulty.seconds:,.1f}"),
        ("with faults: latency p50 / p99 (s)", f"{faulty.latency_p50_ms / 1e3:,.1f} / {faulty.latency_p99_ms / 1e3:,.1f}"),
        ("with faults: lost / doubled", f"{faulty.lost} / {faulty.doubled}"),
        ("with faults: wrong references / drift", f"{faulty.wrong_references} / {faulty.drift}"),
        *_memory(each),
        ("processes to run", ", ".join(each.processes) or "none"),
        ("lines of business logic", f"{each.lines}"),
        ("who is trusted", each.trusted),
    ]
