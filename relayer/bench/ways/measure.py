"""The runs of one way: facts one at a time, a burst, and a burst with faults."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from relayer.app.selection import select
from relayer.bench.figures import percentile
from relayer.bench.ways.figures import LINES, PROCESSES, TRUSTED
from relayer.devnet.layout import CHANNEL
from relayer.devnet.processes import DevnetFailed
from relayer.devnet.usage import usage
from relayer.devnet.ways.book import Times
from relayer.devnet.ways.counting import found, read_liabilities
from relayer.devnet.ways.faults import Faults
from relayer.devnet.ways.network import WaysNetwork
from relayer.devnet.ways.running import BusinessProcess, Running
from relayer.devnet.ways.trips import Trip, trips
from relayer.devnet.ways.work import WayName, Work
from relayer.errors import ConfigurationError
from relayer.settlement.model.liabilities import Liability
from relayer.views.ways import FaultyRun, LoadRun, Memory, PlainRun, WayFigures

_WARM_UP = 3
_SEED = 13


@dataclass(frozen=True, slots=True, kw_only=True)
class WaysPlan:
    """How much is measured: facts of a burst, facts one at a time, and how long the settlement ledger is away."""

    facts: int = 1_000
    samples: int = 50
    down_seconds: float = 20.0
    minutes: float = 0.0
    """Of load, whose memory is measured."""


@dataclass(slots=True, kw_only=True)
class Measured:
    """One way, on a network that is up. Trips have numbers from `first`."""

    ways: WaysNetwork
    way: WayName
    plan: WaysPlan
    first: int
    tell: Callable[[str], None]
    _done: list[Trip] = field(default_factory=list)

    def all(self) -> WayFigures:
        """Plain, then with faults."""
        with Running(ways=self.ways, way=self.way) as running:
            plain = self._plain(running)
            self.tell(
                f"{self.way}: p50 {plain.latency_p50_ms:.0f} ms, {plain.facts_per_s:.0f} facts/s, "
                f"{sum(plain.cpu_ms_per_fact.values()):.2f} ms of CPU a fact"
            )
            faulty = self._faulty(running)
            self.tell(f"{self.way}: {faulty}")
            load = self._load(running) if self.plan.minutes else None
        return WayFigures(
            plain=plain,
            faulty=faulty,
            load=load,
            processes=PROCESSES[self.way],
            trusted=TRUSTED[self.way],
            lines=LINES[self.way](),
        )

    def _plain(self, running: Running) -> PlainRun:
        # The first ones find everything cold, so they are not counted.
        single = self._new(_WARM_UP + self.plan.samples)
        running.work(Work(way=self.way, trips=tuple(single), one_by_one=True)).to_end()
        latencies = _latencies(running.book_times(single[_WARM_UP:]))
        burst = self._new(self.plan.facts)
        before = self._cpu(running)
        work = running.work(Work(way=self.way, trips=tuple(burst)))
        work.to_end()
        after = self._cpu(running)
        spent = {name: after[name] - before[name] for name in after} | {"business": work.cpu_seconds()}
        return PlainRun(
            latency_p50_ms=round(percentile(latencies, 50), 1),
            latency_p99_ms=round(percentile(latencies, 99), 1),
            facts_per_s=round(len(burst) / _span(running.book_times(burst)), 1),
            cpu_ms_per_fact={name: round(seconds * 1_000 / len(burst), 3) for name, seconds in spent.items()},
        )

    def _faulty(self, running: Running) -> FaultyRun:
        burst = self._new(self.plan.facts)
        shuffled = random.Random(_SEED).sample(burst, len(burst))  # noqa: S311  (an order, no secret)
        with running.doubled():
            work = running.work(Work(way=self.way, trips=tuple(shuffled), twice=True, group=20))
            work.until_begun()
            Faults(ways=self.ways, running=running, work=work, down_seconds=self.plan.down_seconds).happen()
            work.to_end()
            running.repeat()
        times = running.book_times(burst)
        latencies = _latencies(times)
        counted = found(self._done, asyncio.run(self._liabilities()), running.references())
        return FaultyRun(
            seconds=round(_span(times), 1),
            latency_p50_ms=round(percentile(latencies, 50), 1),
            latency_p99_ms=round(percentile(latencies, 99), 1),
            lost=counted.lost,
            doubled=counted.doubled,
            wrong_references=counted.wrong,
            drift=self._drift(),
        )

    def _load(self, running: Running) -> LoadRun:
        burst = self._new(self.plan.facts)
        work = running.work(Work(way=self.way, trips=tuple(burst), minutes=self.plan.minutes))
        work.until_referenced(len(burst))
        first = self._resident(running, work)
        self.tell(f"{self.way}: memory after the first burst, MiB: {first}")
        # Its own processes end with it, so what is resident is looked at until then.
        last = first
        while not work.has_ended():
            last = self._resident(running, work) or last
        done = trips(burst[0].number, work.done())
        self._done += done[len(burst) :]
        counted = found(done, asyncio.run(self._liabilities()), running.references())
        memory = {name: Memory(first_mib=first[name], last_mib=last[name]) for name in first}
        self.tell(f"{self.way}: {len(done)} facts in {self.plan.minutes} minutes, {memory}")
        return LoadRun(minutes=self.plan.minutes, facts=len(done), lost=counted.lost, doubled=counted.doubled, memory=memory)

    def _resident(self, running: Running, work: BusinessProcess) -> dict[str, float]:
        """Mebibytes by part; nothing once the business process has ended."""
        groups = {"business": [work.child.process.pid], "settlement ledger": self.ways.network.settlement_process_ids}
        try:
            return {
                name: round(sum(usage(each).resident_mebibytes for each in ids), 1)
                for name, ids in (groups | running.process_ids).items()
            }
        except ConfigurationError:
            return {}

    def _new(self, count: int) -> list[Trip]:
        made = trips(self.first + len(self._done), count)
        self._done += made
        return made

    async def _liabilities(self) -> Sequence[Liability]:
        return await read_liabilities(select(self.ways.network.configuration, CHANNEL))

    def _drift(self) -> int:
        finished = self.ways.network.run("reconcile", "--json")
        try:
            view = json.loads(finished.output)
        except json.JSONDecodeError:
            raise DevnetFailed(f"`relayer reconcile` gave no answer:\n{finished.words}") from None
        return len(view["rights"]) + sum(len(each["differences"]) + int(each["uncounted"]) for each in view["ways"])

    def _cpu(self, running: Running) -> Mapping[str, float]:
        network = self.ways.network
        groups = {
            "settlement ledger": network.settlement_process_ids,
            "contract ledger": [network.node.process_id],
            "authorities": [each.process.pid for each in network.authorities],
            **running.process_ids,
        }
        return {name: sum(usage(each).cpu_seconds for each in ids) for name, ids in groups.items()}


def _latencies(times: Sequence[Times]) -> list[float]:
    return [1_000 * (each.referenced_at - each.ended_at) for each in times]


def _span(times: Sequence[Times]) -> float:
    return max(each.referenced_at for each in times) - min(each.ended_at for each in times)
