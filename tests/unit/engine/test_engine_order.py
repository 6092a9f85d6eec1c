"""What happens now goes before what piled up, at both ledgers, and what piled up still moves."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from relayer.engine.settings import EngineSettings
from relayer.journal.sqlite import SqliteJournal
from relayer.testing.clock import VirtualClock
from relayer.testing.simulated import SimulatedLedger
from relayer.testing.world import World, reached

OLD = 60
BATCH = 4


@pytest.fixture
def clock() -> Iterator[VirtualClock]:
    made = VirtualClock()
    yield made
    made.close()


@pytest.fixture
def world(clock: VirtualClock, tmp_path: Path) -> World:
    built = clock.run(World.build(clock, tmp_path / "journal.db"))
    built.settings = EngineSettings(batch_messages=BATCH)
    return built


async def new_among_old(world: World) -> None:
    """OLD packets wait when the engine starts; one more is sent when the first of them have arrived."""
    journal = SqliteJournal(world.path)
    engine, stopping = world.engine(journal), asyncio.Event()
    task = asyncio.create_task(engine.run(stopping))
    await reached(lambda: len(world.settlement.delivered) >= BATCH, world.clock, 60)
    world.send(b"new")
    await reached(lambda: engine.machine.closed(world.route) == (OLD + 1, 0), world.clock, 600)
    stopping.set()
    await task
    journal.close()
    assert not engine.dispatcher._old


def place_of_the_new(ledger: SimulatedLedger) -> int:
    return [packet.payloads[0].value for _, packet in ledger.delivered].index(b"new")


def test_a_new_packet_does_not_wait_behind_those_that_piled_up_on_the_ledger(world: World) -> None:
    for _ in range(OLD):
        world.send(b"old")
    world.contracts.faults.delay_seconds = world.settlement.faults.delay_seconds = 0.2
    world.clock.run(new_among_old(world))
    assert place_of_the_new(world.settlement) < OLD // 2
    assert place_of_the_new(world.contracts) < OLD // 2


def test_a_new_packet_does_not_wait_behind_those_in_the_journal(world: World) -> None:
    world.settlement.faults.down = True
    for _ in range(OLD):
        world.send(b"old")
    world.clock.run(
        world.run_until(lambda engine: engine.machine.highest_committed(world.route) == OLD, within_seconds=60)
    )
    world.settlement.faults.heal()
    world.contracts.faults.delay_seconds = world.settlement.faults.delay_seconds = 0.2
    world.clock.run(new_among_old(world))
    assert place_of_the_new(world.settlement) < OLD // 2
    assert place_of_the_new(world.contracts) < OLD // 2
