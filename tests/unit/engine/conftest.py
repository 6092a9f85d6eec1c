"""Two simulated ledgers on a clock of their own, for every test of the engine."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from relayer.testing.clock import VirtualClock
from relayer.testing.world import World


@pytest.fixture
def clock() -> Iterator[VirtualClock]:
    made = VirtualClock()
    yield made
    made.close()


@pytest.fixture
def world(clock: VirtualClock, tmp_path: Path) -> World:
    return clock.run(World.build(clock, tmp_path / "journal.db"))
