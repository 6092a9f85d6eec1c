"""What `relayer bench ways` measures and `relayer demo --ways` counts: one business process by each way into settlement."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class PlainRun:
    """Without faults. Latency is from the business record to its reference, one fact at a time. A burst is handed in at
    once; its facts per second are from the first business record to the last reference."""

    latency_p50_ms: float
    latency_p99_ms: float
    facts_per_s: float
    cpu_ms_per_fact: Mapping[str, float]
    """Of the burst, by part, the business process without its start."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultyRun:
    """A burst in shuffled order, each message twice, while the settlement ledger is away and processes are killed."""

    seconds: float
    """From the first business record to the last reference, the outage included."""
    latency_p50_ms: float
    latency_p99_ms: float
    lost: int
    """Trips without a liability."""
    doubled: int
    """Liabilities beyond one for a trip."""
    wrong_references: int
    """Trips whose reference names no liability, or another one's."""
    drift: int
    """Differences that `relayer reconcile` finds afterwards."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """Resident mebibytes of a part: after the first burst, and at the end."""

    first_mib: float
    last_mib: float


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadRun:
    """Bursts one after the other, for so many minutes."""

    minutes: float
    facts: int
    lost: int
    doubled: int
    memory: Mapping[str, Memory]


@dataclass(frozen=True, slots=True, kw_only=True)
class WayFigures:
    """One way. `processes`: beside the business process and the two ledgers. `lines`: of code in the business logic, without
    comments and docstrings."""

    plain: PlainRun
    faulty: FaultyRun
    load: LoadRun | None
    """Null unless minutes of load were asked for."""
    processes: tuple[str, ...]
    trusted: str
    lines: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WaysFigures:
    """Every way on the same machine, one after the other. `facts` of each burst; `samples` facts one at a time."""

    facts: int
    samples: int
    down_seconds: float
    kills: int
    processors: int
    load_average: float
    """Of the machine over the minute before the end."""
    ways: Mapping[str, WayFigures]


@dataclass(frozen=True, slots=True, kw_only=True)
class WaysDemoView:
    """What became of the trips of `relayer demo --ways`, counted on the settlement ledger."""

    ways: int
    trips: int
    liabilities: int
    """One for each trip, and one for the fact that came by several ways."""
    lost: int
    doubled: int
    wrong_references: int
    same_fact_ways: int
    """By so many ways one fact came, and each was answered with the same liability."""
    differences: int
    """0 if `relayer reconcile` is GREEN."""
