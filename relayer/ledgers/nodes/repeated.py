"""A question that changes nothing is put a second time if its answer does not come: a node, or a proxy before it, can lose a
request and answer all later ones, and it ends connections that were not used for some seconds, also just when the next
question is on its way."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

import aiohttp

Answer = TypeVar("Answer")


async def first_answer(question: Callable[[], Awaitable[Answer]], *, again_after: float) -> Answer:
    """What the first of two attempts to end gives; the second begins after `again_after` seconds. Raises what it raises.

    The first attempt is awaited in place: every packet asks dozens of questions, and few are put a second time.
    """
    second = _Second(question)
    timer = asyncio.get_running_loop().call_later(again_after, second.begin)
    try:
        async with asyncio.timeout(None) as second.first:
            return await question()
    except TimeoutError:
        if second.first.expired() and second.attempt is not None:
            return await second.attempt
        raise
    finally:
        timer.cancel()
        await second.end()


class _Second(Generic[Answer]):
    """The attempt that begins late. When it ends, the first one is given up."""

    def __init__(self, question: Callable[[], Awaitable[Answer]]) -> None:
        self._question = question
        self._has_ended = False
        self.first = asyncio.timeout(None)
        self.attempt: asyncio.Future[Answer] | None = None

    def begin(self) -> None:
        self.attempt = asyncio.ensure_future(self._question())
        self.attempt.add_done_callback(self._give_up_the_first)

    def _give_up_the_first(self, _: object) -> None:
        if not self._has_ended:
            self.first.reschedule(asyncio.get_running_loop().time())

    async def end(self) -> None:
        """Its answer is no longer awaited."""
        self._has_ended = True
        if self.attempt is not None:
            self.attempt.cancel()
            await asyncio.gather(self.attempt, return_exceptions=True)


async def put_again_if_cut_off(question: Callable[[], Awaitable[Answer]]) -> Answer:
    """Puts the question once more, on another connection, if its connection ended under it. Raises what it raises."""
    try:
        return await question()
    except aiohttp.ClientConnectorError:
        raise
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError):
        return await question()
