"""After a long outage work goes on as soon as the ledger answers again, not when some pause happens to end."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from relayer.engine.waiting import wait_for_any
from relayer.journal.sqlite import SqliteJournal
from relayer.testing.clock import VirtualClock
from relayer.testing.world import World, reached

OUTAGE_SECONDS = 600


@pytest.fixture
def clock() -> Iterator[VirtualClock]:
    made = VirtualClock()
    yield made
    made.close()


@pytest.fixture
def world(clock: VirtualClock, tmp_path: Path) -> World:
    return clock.run(World.build(clock, tmp_path / "journal.db", seed=3))


async def seconds_to_the_end_after_an_outage(world: World) -> float:
    """From the moment at which the watcher has seen the ledger answer."""
    journal = SqliteJournal(world.path)
    engine, stopping = world.engine(journal), asyncio.Event()
    task = asyncio.create_task(engine.run(stopping))
    health = engine.watchers[world.settlement.ledger_id].health
    await reached(lambda: engine.machine.head(world.settlement.ledger_id) is not None, world.clock, 20)
    world.settlement.faults.down = True
    world.send()
    await world.clock.sleep(OUTAGE_SECONDS)
    assert health.failures
    world.settlement.faults.heal()
    await reached(lambda: not health.failures, world.clock, 60)
    back = world.clock.now()
    await reached(lambda: engine.machine.closed(world.route) == (1, 0), world.clock, 120)
    stopping.set()
    await task
    journal.close()
    return world.clock.now() - back


def test_a_ledger_that_is_back_is_submitted_to_at_once(world: World) -> None:
    assert world.clock.run(seconds_to_the_end_after_an_outage(world)) < 2


def test_waiting_for_the_first_of_several(clock: VirtualClock) -> None:
    async def scenario() -> list[float]:
        one, other, took = asyncio.Event(), asyncio.Event(), []
        for events in ((), (one, other), (one, other)):
            began = clock.now()
            await wait_for_any(events, clock, 5)
            took.append(clock.now() - began)
            asyncio.get_running_loop().call_later(2, other.set)
        return took

    assert clock.run(scenario()) == pytest.approx([5, 2, 0])
