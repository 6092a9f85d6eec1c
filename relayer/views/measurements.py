"""What the measurements of `relayer bench` found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

SolverLabel = Literal["built-in", "OR-Tools", "networkx"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """Seconds from inclusion to acknowledgement, over all packets of one burst."""

    mean: float
    median: float
    min: float
    max: float


@dataclass(frozen=True, slots=True, kw_only=True)
class JobFigures:
    """The main job on one contract ledger.

    A burst is committed in `burst_blocks` blocks while nothing else is under way; packets and facts per second are its size
    over the seconds from its inclusion to its last acknowledgement. Latency is measured with one packet under way at a time.
    """

    packets_per_s: float
    facts_per_s: float
    """With 64 facts in a packet; minting them is not counted."""
    latency_p50_ms: float
    latency_p99_ms: float
    relayer_cpu_ms_per_packet: float
    """Of the burst of single facts: receive and acknowledgement, journal and watching."""
    relayer_rss_mb: float
    """Its peak over the whole run, in mebibytes."""
    gas_send_1: int
    gas_acknowledge_1: int
    """With the client update in the same transaction."""
    gas_per_fact_64: int
    """Sending and acknowledging 64 facts in one packet, client update included, divided by 64."""
    gas_acknowledge_per_fact_64: int
    """The acknowledging half of it."""
    burst_1000_s: Spread
    burst_packets: int
    """1,000 unless fewer were asked for."""
    burst_blocks: int
    facts: int
    latency_samples: int
    cpu_ms_per_packet: Mapping[str, float]
    """Every process of the burst of single facts, by its part."""
    load_average: float
    """Of the machine over the minute before the end. Far above its number of processors, the times mean little."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NettingRun:
    """One solver on one graph. Seconds; mebibytes; basis points of the gross sum."""

    solve_seconds: float
    certify_seconds: float
    """Zero where the solver brings its potentials along."""
    check_seconds: float
    peak_memory_mebibytes: float
    cleared_basis_points: int
    cleared: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NettingRow:
    """One solver on one graph: figures, or the reason why there are none. `graph`: zipf or chain."""

    graph: str
    parties: int
    debts: int
    solver: SolverLabel
    figures: NettingRun | None
    left_out: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NettingFigures:
    """Every solver on every graph. The same seed gives the same graphs."""

    seed: int
    rows: tuple[NettingRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class StartFigures:
    """A start over a journal with a long past, in a process of its own. Megabytes; mebibytes of memory; seconds: `start_s`
    from the birth of the process, `cpu_s` of the processor, both with the interpreter and all imports, `metrics_s` for the
    first scrape of /metrics."""

    past_packets: int
    journal_rows: int
    journal_mb: float
    start_s: float
    recovered_packets: int
    recover_s: float
    metrics_s: float
    cpu_s: float
    peak_mb: float
