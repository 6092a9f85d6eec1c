"""Waits follow progress: what moves may take for ever, what stands still is given up, and a busy machine is given more."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from relayer import waiting
from relayer.waiting import Patience, Stalled, arrival, until_true, wait_for


class Clock:
    """Moves by a fixed step at each look."""

    def __init__(self, step: float) -> None:
        self.step = step
        self.now = 0.0

    def __call__(self) -> float:
        self.now += self.step
        return self.now


def looks(patience: Patience, tokens: Iterator[object]) -> int:
    """How many looks it takes to run out."""
    return next(number for number, token in enumerate(tokens) if patience.is_over(lambda token=token: token))


def test_what_stands_still_is_given_up() -> None:
    patience = Patience(stalled_after_seconds=10, clock=Clock(1.0), load=lambda: 1.0)
    assert looks(patience, iter([7] * 100)) == 11
    assert patience.words("a thing") == "waited for a thing, and nothing moved for 10 s; it last moved to 7"


def test_what_moves_now_and_then_is_waited_for_without_end() -> None:
    patience = Patience(stalled_after_seconds=10, clock=Clock(1.0), load=lambda: 1.0)
    assert not any(patience.is_over(lambda number=number: number // 9) for number in range(1_000))


def test_a_busy_machine_is_given_more() -> None:
    patience = Patience(stalled_after_seconds=10, clock=Clock(1.0), load=lambda: 4.0)
    assert looks(patience, iter([7] * 100)) == 41


def test_a_machine_that_slept_counts_as_a_short_look() -> None:
    patience = Patience(stalled_after_seconds=150, clock=Clock(3_600.0), load=lambda: 1.0)
    assert looks(patience, iter([7] * 100)) == 3


def test_a_token_is_not_computed_at_every_look() -> None:
    patience, computed = Patience(clock=Clock(0.1), load=lambda: 1.0), []
    for _ in range(100):
        patience.is_over(lambda: computed.append(1))
    assert len(computed) == pytest.approx(20, abs=4)


def test_the_load_is_at_least_one() -> None:
    assert waiting.machine_load() >= 1.0


async def test_both_forms_return_when_it_is_true_and_raise_when_it_stalls() -> None:
    answers = iter([False, True])
    wait_for(lambda: next(answers), "a turn", poll_seconds=0.0)

    async def never() -> bool:
        return False

    with pytest.raises(Stalled, match="waited for nobody"):
        wait_for(lambda: False, "nobody", stalled_after_seconds=0.1)
    with pytest.raises(Stalled, match="waited for nobody"):
        await until_true(never, "nobody", stalled_after_seconds=0.1)


async def test_an_arrival_is_returned_or_its_error_raised_and_a_stalled_one_is_cancelled() -> None:
    async def soon() -> int:
        return 7

    async def fails() -> int:
        raise ValueError("no")

    assert await arrival(soon(), "seven") == 7
    with pytest.raises(ValueError, match="no"):
        await arrival(fails(), "seven")
    never: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    with pytest.raises(Stalled, match="waited for seven"):
        await arrival(never, "seven", stalled_after_seconds=0.1)
    assert never.cancelled()
