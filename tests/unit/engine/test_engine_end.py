"""How an engine ends, also in the middle of a submission, and what it leaves for a quick start."""

from __future__ import annotations

import asyncio
from typing import ClassVar

from relayer.core.machine import Memory
from relayer.engine.settings import EngineSettings
from relayer.journal.sqlite import SqliteJournal
from relayer.testing.world import World, reached


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


class Counting(SqliteJournal):
    """Notes the rows at which checkpoints were written."""

    checkpoints: ClassVar[list[int]] = []

    def save_checkpoint(self, memory: Memory) -> None:
        self.checkpoints.append(self.head().row)
        super().save_checkpoint(memory)


def test_checkpoints_come_less_often_the_more_packets_are_open(world: World) -> None:
    world.settings = EngineSettings(checkpoint_rows=10, page_blocks=1, transaction_events=1)
    world.journal_of, Counting.checkpoints = Counting, []
    world.settlement.faults.down = True
    for _ in range(40):
        world.send()
    world.clock.run(world.run_until(lambda engine: engine.machine.open_packets(world.route) == 40, within_seconds=60))
    # Nothing ends, so after the first ten rows more packets are open than rows have come; the last one is the stop's.
    assert Counting.checkpoints == [10, 40]


def test_a_submission_under_way_may_end(world: World) -> None:
    assert world.clock.run(stopped_while_submitting(world, 3.0)) < 4
    assert [verb for verb, _ in world.settlement.delivered] == ["receive"]


def test_a_submission_that_never_returns_is_given_up(world: World) -> None:
    world.settings = EngineSettings(stop_seconds=2)
    assert world.clock.run(stopped_while_submitting(world, 60.0)) < 4
