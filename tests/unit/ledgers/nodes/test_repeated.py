"""A request that gets lost costs a part of the time-out, not the answer."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import pytest

from relayer.errors import LedgerUnavailable
from relayer.ledgers.nodes.repeated import first_answer

SOON = 0.01


class Node:
    """Answers as told, in the order of asking."""

    def __init__(self, answers: Sequence[Callable[[], Awaitable[str]]]) -> None:
        self.answers = list(answers)
        self.asked = 0
        self.given_up = 0
        self.asked_twice = asyncio.Event()

    async def ask(self) -> str:
        self.asked += 1
        if self.asked == 2:
            self.asked_twice.set()
        try:
            return await self.answers[self.asked - 1]()
        except asyncio.CancelledError:
            self.given_up += 1
            raise


async def lost() -> str:
    await asyncio.Event().wait()
    raise AssertionError("nobody sets the event")


async def well() -> str:
    return "answer"


async def dead() -> str:
    raise LedgerUnavailable("nobody listens")


async def test_a_lost_request_is_put_again_and_the_first_is_given_up() -> None:
    node = Node([lost, well])
    assert await first_answer(node.ask, again_after=SOON) == "answer"
    assert (node.asked, node.given_up) == (2, 1)


async def test_a_node_that_answers_is_asked_once() -> None:
    node = Node([well])
    assert await first_answer(node.ask, again_after=60) == "answer"
    assert node.asked == 1


async def test_a_failure_is_no_silence() -> None:
    node = Node([dead])
    with pytest.raises(LedgerUnavailable):
        await first_answer(node.ask, again_after=60)
    assert node.asked == 1


async def test_whoever_stops_waiting_stops_both() -> None:
    node = Node([lost, lost])
    waiting = asyncio.ensure_future(first_answer(node.ask, again_after=SOON))
    await node.asked_twice.wait()
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert node.given_up == 2
