"""A question that changes nothing is put a second time if its answer does not come: a node, or a proxy before it, can lose a
request and answer all later ones, and it ends connections that were not used for some seconds, also just when the next
question is on its way."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import aiohttp

Answer = TypeVar("Answer")


async def first_answer(question: Callable[[], Awaitable[Answer]], *, again_after: float) -> Answer:
    """What the first of two attempts to end gives; the second begins after `again_after` seconds. Raises what it raises."""
    attempts = [asyncio.ensure_future(question())]
    try:
        await asyncio.wait(attempts, timeout=again_after)
        if attempts[0].done():
            return attempts[0].result()
        attempts.append(asyncio.ensure_future(question()))
        done, _ = await asyncio.wait(attempts, return_when=asyncio.FIRST_COMPLETED)
        return done.pop().result()
    finally:
        given_up = [each for each in attempts if each.cancel()]
        if given_up:
            await asyncio.gather(*given_up, return_exceptions=True)


async def put_again_if_cut_off(question: Callable[[], Awaitable[Answer]]) -> Answer:
    """Puts the question once more, on another connection, if its connection ended under it. Raises what it raises."""
    try:
        return await question()
    except aiohttp.ClientConnectorError:
        raise
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError):
        return await question()
