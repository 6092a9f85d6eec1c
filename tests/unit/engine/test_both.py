"""Two calls at the same time: neither outlives the other's failure."""

from __future__ import annotations

import asyncio

import pytest

from relayer.engine.waiting import both
from relayer.errors import LedgerUnavailable


class Call:
    """A call that answers, fails, or hangs until it is cancelled."""

    def __init__(self, answer: object = None) -> None:
        self.answer = answer
        self.ended = False

    async def __call__(self) -> object:
        try:
            if self.answer is None:
                await asyncio.Event().wait()
            if isinstance(self.answer, Exception):
                raise self.answer
            return self.answer
        finally:
            self.ended = True


async def test_both_run_at_the_same_time() -> None:
    first, second = asyncio.Event(), asyncio.Event()

    async def meet(mine: asyncio.Event, other: asyncio.Event, name: str) -> str:
        mine.set()
        await other.wait()
        return name

    async with asyncio.timeout(120):
        assert await both(meet(first, second, "one"), meet(second, first, "other")) == ("one", "other")


@pytest.mark.parametrize("failing_first", [True, False])
async def test_a_failure_is_passed_on_and_ends_the_other(failing_first: bool) -> None:
    failing, other = Call(LedgerUnavailable("gone")), Call() if failing_first else Call("answer")
    calls = (failing, other) if failing_first else (other, failing)
    async with asyncio.timeout(120):
        with pytest.raises(LedgerUnavailable, match="gone"):
            await both(calls[0](), calls[1]())
    assert failing.ended
    assert other.ended


async def test_cancelling_ends_both() -> None:
    one, other = Call(), Call()
    task = asyncio.ensure_future(both(one(), other()))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert one.ended
    assert other.ended
