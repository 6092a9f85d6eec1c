"""The engine over two simulated ledgers: what a user sees of it, fault by fault."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from relayer.testing.clock import VirtualClock
from relayer.testing.world import World, idle

Scenario = Callable[[World], Coroutine[Any, Any, None]]


@pytest.fixture
def clock() -> Iterator[VirtualClock]:
    made = VirtualClock()
    yield made
    made.close()


@pytest.fixture
def world(clock: VirtualClock, tmp_path: Path) -> World:
    return clock.run(World.build(clock, tmp_path / "journal.db"))


def ended(world: World, acknowledged: int, timed_out: int = 0) -> Callable[[Any], bool]:
    return lambda engine: engine.machine.closed(world.route) == (acknowledged, timed_out)


def test_a_packet_is_received_and_acknowledged(world: World) -> None:
    async def scenario() -> None:
        packet = world.send()
        await world.run_until(ended(world, 1), within_seconds=10)
        assert world.settlement.delivered == [("receive", packet)]
        assert world.contracts.delivered == [("acknowledge", packet)]

    world.clock.run(scenario())
