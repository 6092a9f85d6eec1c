"""Standing back: growing, jittered, bounded, and longer where only an operator can help."""

from __future__ import annotations

import asyncio
from random import Random

import pytest

from relayer.engine.settings import EngineSettings
from relayer.engine.waiting import OPERATORS_TURN, Backoff, Health, wait_for
from relayer.errors import FundsInsufficient, LedgerUnavailable
from relayer.testing.clock import StandstillError, VirtualClock

SETTINGS = EngineSettings(backoff_first_seconds=1, backoff_last_seconds=20, operator_seconds=40)


def test_it_doubles_up_to_its_bound_with_jitter() -> None:
    backoff = Backoff(SETTINGS, Random(1))
    waits = [backoff.after(LedgerUnavailable("down")) for _ in range(40)]
    for wait, expected in zip(waits, [1, 2, 4, 8, 16, *[20] * 35], strict=True):
        assert expected * 0.75 <= wait <= expected * 1.25
    assert len(set(waits)) == len(waits)


def test_success_begins_anew() -> None:
    backoff = Backoff(SETTINGS, Random(1))
    for _ in range(5):
        backoff.after(LedgerUnavailable("down"))
    backoff.reset()
    assert backoff.after(LedgerUnavailable("down")) <= 1.25


def test_the_same_seed_waits_the_same() -> None:
    first, second = (Backoff(SETTINGS, Random(3)) for _ in range(2))
    assert [first.after(LedgerUnavailable("")) for _ in range(9)] == [second.after(LedgerUnavailable("")) for _ in range(9)]


@pytest.mark.parametrize("error", OPERATORS_TURN)
def test_an_operator_is_given_time(error: type[FundsInsufficient]) -> None:
    assert 30 <= Backoff(SETTINGS, Random(1)).after(error("empty")) <= 50


def test_health_keeps_the_first_moment_and_the_last_reason() -> None:
    health = Health()
    health.fail(LedgerUnavailable("one"), 10)
    health.fail(FundsInsufficient("two"), 20)
    assert (health.error, health.kind, health.since, health.failures) == ("two", "FundsInsufficient", 10, 2)
    health.ok()
    assert (health.error, health.failures) == ("", 0)


def test_waiting_ends_with_the_event_or_the_time() -> None:
    clock = VirtualClock()

    async def scenario() -> list[float]:
        event, times = asyncio.Event(), []
        start = clock.now()
        await wait_for(event, clock, 5)
        times.append(clock.now() - start)
        asyncio.get_running_loop().call_later(2, event.set)
        await wait_for(event, clock, 5)
        times.append(clock.now() - start)
        await wait_for(event, clock, 5)
        times.append(clock.now() - start)
        return times

    assert clock.run(scenario()) == [5, 7, 7]
    clock.close()


def test_a_simulation_that_would_hang_says_so() -> None:
    clock = VirtualClock()

    async def scenario() -> None:
        await asyncio.Event().wait()

    with pytest.raises(StandstillError):
        clock.loop.run_until_complete(scenario())
