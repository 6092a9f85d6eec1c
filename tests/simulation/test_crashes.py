"""A process that dies at any write of its journal loses nothing and repeats nothing that the ledgers can see."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

import pytest

from relayer.core.ids import Height, LedgerId
from relayer.core.machine import Memory, Record
from relayer.core.packet import Payload
from relayer.core.policy import ChannelRules, PayloadType, Policy
from relayer.facts.codec import ENCODING, FACT_VERSION, PORT
from relayer.journal.sqlite import SqliteJournal
from relayer.ports.journal import Entry
from relayer.testing.clock import VirtualClock
from relayer.testing.factories import CHANNEL
from relayer.testing.world import World, idle


class Moment(Enum):
    BEFORE = "before"
    AFTER = "after"


class KilledError(BaseException):
    """As a signal would: nothing may catch it."""


@dataclass
class Plan:
    write: int
    moment: Moment
    seen: int = 0


class MortalJournal(SqliteJournal):
    """Dies at one write, before it is on the disk or just after."""

    plan = Plan(write=-1, moment=Moment.BEFORE)

    def append(
        self, records: Sequence[Record], *, recorded_at_ms: int, cursors: Mapping[LedgerId, Height]
    ) -> Sequence[Entry]:
        self.plan.seen += 1
        if self.plan.seen == self.plan.write and self.plan.moment is Moment.BEFORE:
            raise KilledError
        entries = super().append(records, recorded_at_ms=recorded_at_ms, cursors=cursors)
        if self.plan.seen == self.plan.write:
            raise KilledError
        return entries

    def save_checkpoint(self, memory: Memory) -> None:
        """A dead process writes none; replaying is what is tested."""


async def life(world: World, packets: int) -> None:
    for number in range(packets):
        world.send(bytes([number]), timeout_seconds=30 if number % 3 == 0 else 3_600)


def refuse_the_first(payload: Payload) -> str | None:
    return "the first one may not pass" if payload.value == b"\x00" else None


POLICY = Policy(
    channels={
        CHANNEL: ChannelRules(
            payloads={
                PayloadType(
                    source_port=PORT, destination_port=PORT, version=FACT_VERSION, encoding=ENCODING
                ): refuse_the_first
            }
        )
    }
)


def ended(world: World, packets: int) -> object:
    return lambda engine: idle(engine) and sum(engine.machine.closed(world.route)) == packets


def run_with_death(folder: Path, plan: Plan, packets: int = 6) -> World:
    clock = VirtualClock()
    MortalJournal.plan = plan
    try:
        world = clock.run(World.build(clock, folder / "journal.db"))
        world.journal_of = MortalJournal
        world.policy = POLICY
        clock.run(life(world, packets))
        try:
            clock.run(world.run_until(ended(world, packets), within_seconds=200))  # type: ignore[arg-type]
        except KilledError:
            clock.run(asyncio.sleep(0))
            clock.run(world.run_until(ended(world, packets), within_seconds=200))  # type: ignore[arg-type]
        return world
    finally:
        clock.close()


def test_the_story_has_several_writes(folder: Path) -> None:
    plan = Plan(write=-1, moment=Moment.BEFORE)
    world = run_with_death(folder, plan)
    assert plan.seen >= 5
    assert sorted(verb for verb, _ in world.contracts.delivered) == ["acknowledge"] * 5 + ["timeout"]


@pytest.mark.parametrize("moment", Moment)
@pytest.mark.parametrize("write", range(1, 7))
def test_death_at_any_write_changes_nothing_that_ledgers_see(write: int, moment: Moment, folder: Path) -> None:
    world = run_with_death(folder, Plan(write=write, moment=moment))
    assert sorted(verb for verb, _ in world.contracts.delivered) == ["acknowledge"] * 5 + ["timeout"]
    assert [verb for verb, _ in world.settlement.delivered] == ["receive"] * 5
    journal = SqliteJournal(world.path)
    assert journal.verify().row > 6
    journal.close()
