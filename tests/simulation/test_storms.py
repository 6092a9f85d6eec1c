"""First safety under faults, then heal and demand progress. One seed, one history."""

from __future__ import annotations

from pathlib import Path

import pytest

from relayer.testing.simulation import Storm, run_storm


@pytest.mark.parametrize("seed", range(12))
def test_every_packet_ends_once_whatever_the_weather(seed: int, folder: Path) -> None:
    aftermath = run_storm(seed, folder)
    assert aftermath.acknowledged + aftermath.timed_out == Storm().packets


def test_the_same_seed_gives_the_same_journal(folder: Path) -> None:
    first = run_storm(5, folder / "first")
    assert [run_storm(5, folder / f"again-{number}") for number in range(3)] == [first] * 3
    assert first.journal_rows > Storm().packets
    assert run_storm(6, folder / "other").journal_hash != first.journal_hash


def test_some_packets_time_out_and_some_arrive(folder: Path) -> None:
    aftermath = run_storm(3, folder, Storm(packets=80, seconds=600))
    assert aftermath.timed_out > 0
    assert aftermath.acknowledged > 0
