"""How an engine ends: in the middle of a submission, and with one that never returns."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from relayer.engine.settings import EngineSettings
from relayer.journal.sqlite import SqliteJournal
from relayer.testing.clock import VirtualClock
from relayer.testing.world import World, reached


@pytest.fixture
def clock() -> Iterator[VirtualClock]:
    made = VirtualClock()
    yield made
    made.close()


@pytest.fixture
def world(clock: VirtualClock, tmp_path: Path) -> World:
    return clock.run(World.build(clock, tmp_path / "journal.db"))


async def stopped_while_submitting(world: World, submission_seconds: float) -> float:
    """How long the stop took."""
    journal = SqliteJournal(world.path)
    engine, stopping = world.engine(journal), asyncio.Event()
    task = asyncio.create_task(engine.run(stopping))
    await reached(lambda: engine.machine.head(world.settlement.ledger_id) is not None, world.clock, 20)
    world.settlement.faults.delay_seconds = submission_seconds
    world.send()
    await reached(lambda: any(lane.submitting for lane in engine.dispatcher.lanes.values()), world.clock, 120)
    began = world.clock.now()
    stopping.set()
    await task
    journal.close()
    return world.clock.now() - began


def test_a_submission_under_way_may_end(world: World) -> None:
    assert world.clock.run(stopped_while_submitting(world, 3.0)) < 4
    assert [verb for verb, _ in world.settlement.delivered] == ["receive"]


def test_a_submission_that_never_returns_is_given_up(world: World) -> None:
    world.settings = EngineSettings(stop_seconds=2)
    assert world.clock.run(stopped_while_submitting(world, 60.0)) < 4
