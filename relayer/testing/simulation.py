"""Seeded storms: faults first, then everything heals, and every packet must end.

The production engine runs over simulated ledgers in virtual time. One seed gives one run, down to the journal's last hash.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path
from random import Random

from relayer.core.ids import Sequence
from relayer.core.invariants import INVARIANTS
from relayer.core.packet import Packet
from relayer.engine.engine import Engine
from relayer.engine.settings import EngineSettings
from relayer.journal.sqlite import SqliteJournal
from relayer.testing.clock import VirtualClock
from relayer.testing.faults import Faults
from relayer.testing.simulated import SimulatedLedger
from relayer.testing.world import World, idle


@dataclass(frozen=True, slots=True, kw_only=True)
class Storm:
    """How bad it gets, and for how long, in virtual seconds."""

    packets: int = 60
    seconds: int = 300
    restarts: int = 3
    competitors: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Aftermath:
    """What was left when every packet had ended."""

    journal_hash: bytes
    journal_rows: int
    acknowledged: int
    timed_out: int
    virtual_seconds: float


class UnsafeOutcome(AssertionError):
    """The ledgers show what must never be: a guarantee did not hold."""


def run_storm(seed: int, folder: Path, storm: Storm | None = None) -> Aftermath:
    """Raises UnsafeOutcome, or TimeoutError if packets do not end after everything has healed."""
    clock = VirtualClock()
    try:
        return clock.run(_Simulation(seed, folder, storm or Storm(), clock).run())
    finally:
        clock.close()


class _Simulation:
    def __init__(self, seed: int, folder: Path, storm: Storm, clock: VirtualClock) -> None:
        self._random = Random(seed)  # noqa: S311 - a simulation
        self._folder = folder
        self._storm = storm
        self._clock = clock
        self._sent: list[Packet] = []

    async def run(self) -> Aftermath:
        world = await World.build(self._clock, self._folder / "journal.db", seed=self._random.randrange(2**32))
        world.settings = EngineSettings(confirm_seconds=5, page_blocks=self._random.choice([3, 20, 500]))
        rivals = [self._rival(world, number) for number in range(self._storm.competitors)]
        traffic = asyncio.create_task(self._send(world))
        weather = asyncio.create_task(self._weather(world))
        for _ in range(self._storm.restarts + 1):
            await self._live_and_die(world)
        await asyncio.gather(traffic, weather)
        for rival in rivals:
            rival.cancel()
        await asyncio.gather(*rivals, return_exceptions=True)
        for ledger in (world.contracts, world.settlement):
            ledger.faults.heal()
        engine = await world.run_until(lambda running: self._all_ended(world, running), within_seconds=7_200)
        self._check(world, engine)
        journal = SqliteJournal(world.path)
        head = journal.verify()
        journal.close()
        acknowledged, timed_out = engine.machine.closed(world.route)
        return Aftermath(
            journal_hash=head.hash,
            journal_rows=head.row,
            acknowledged=acknowledged,
            timed_out=timed_out,
            virtual_seconds=self._clock.loop.time(),
        )

    async def _live_and_die(self, world: World) -> None:
        """One process, killed in the middle of whatever it does."""
        journal = SqliteJournal(world.path)
        try:
            task = asyncio.create_task(world.engine(journal).run(asyncio.Event()))
            await self._clock.sleep(self._random.uniform(1, self._storm.seconds / (self._storm.restarts + 1)))
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        finally:
            journal.close()

    def _rival(self, world: World, number: int) -> asyncio.Task[Engine]:
        rival = World(
            world.clock,
            world.contracts,
            world.settlement,
            world.routes,
            self._folder / f"rival-{number}.db",
            seed=self._random.randrange(2**32),
        )
        return asyncio.create_task(rival.run_until(lambda _engine: False, within_seconds=10**9))

    async def _send(self, world: World) -> None:
        for number in range(self._storm.packets):
            await self._clock.sleep(self._random.expovariate(self._storm.packets / self._storm.seconds))
            timeout = self._random.choice([20, 120, 3_600])
            self._sent.append(world.send(number.to_bytes(4, "big"), timeout_seconds=timeout))

    async def _weather(self, world: World) -> None:
        end = self._clock.now() + self._storm.seconds
        while self._clock.now() < end:
            ledger = self._random.choice([world.contracts, world.settlement])
            self._strike(ledger.faults)
            await self._clock.sleep(self._random.uniform(1, 20))
            if self._random.random() < 0.5:
                ledger.faults.heal()

    def _strike(self, faults: Faults) -> None:
        match self._random.randrange(8):
            case 0:
                faults.down = True
            case 1:
                faults.authorities_down = True
            case 2:
                faults.hints_lost = True
            case 3:
                faults.facts_lost = self._random.randrange(1, 4)
            case 4:
                faults.submissions_lost = self._random.randrange(1, 3)
            case 5:
                faults.outcomes_unknown = self._random.randrange(1, 3)
            case 6:
                faults.refusals = [("Storm", True)] * self._random.randrange(1, 4)
            case _:
                faults.delay_seconds = self._random.uniform(0.1, 3)

    def _all_ended(self, world: World, engine: Engine) -> bool:
        acknowledged, timed_out = engine.machine.closed(world.route)
        return idle(engine) and acknowledged + timed_out == len(self._sent)

    def _check(self, world: World, engine: Engine) -> None:
        for invariant in INVARIANTS:
            invariant(engine.machine)
        received = _sequences(world.settlement, "receive")
        acknowledged = _sequences(world.contracts, "acknowledge")
        timed_out = _sequences(world.contracts, "timeout")
        for name, sequences in (("received", received), ("acknowledged", acknowledged), ("timed out", timed_out)):
            if len(sequences) != len(set(sequences)):
                raise UnsafeOutcome(f"a packet was {name} twice")
        if set(received) != set(acknowledged) or set(received) & set(timed_out):
            raise UnsafeOutcome("a packet was received without being acknowledged, or received and timed out")
        if sorted(acknowledged + timed_out) != [packet.sequence for packet in self._sent]:
            raise UnsafeOutcome("a packet did not end, or ended twice")


def _sequences(ledger: SimulatedLedger, verb: str) -> list[Sequence]:
    return [packet.sequence for done, packet in ledger.delivered if done == verb]
