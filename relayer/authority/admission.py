"""Who may be served when many ask at once: a bound per caller, and turns that go round among the callers.

A caller is the address that a call comes from. What is too much is refused at once, before anything is looked up, so that
thousands of calls of one caller cost the others nothing but their refusals.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from relayer.authority.errors import TooManyCalls

_RUNNING = 8
_WAITING_PER_CALLER = 32
_CALLERS = 1_024


class Admission:
    """Turns on one event loop."""

    def __init__(
        self, *, running: int = _RUNNING, waiting_per_caller: int = _WAITING_PER_CALLER, callers: int = _CALLERS
    ) -> None:
        """At most `running` calls are served at a time. Of each caller so many wait, and so many callers wait at all."""
        self._free = running
        self._waiting_per_caller = waiting_per_caller
        self._callers = callers
        self._waiting: OrderedDict[str, deque[asyncio.Future[None]]] = OrderedDict()

    @asynccontextmanager
    async def turn(self, caller: str) -> AsyncIterator[None]:
        """Entered when it is the caller's turn. Raises TooManyCalls."""
        if self._free:
            self._free -= 1
        else:
            await self._wait(caller)
        try:
            yield
        finally:
            self._pass_on()

    async def _wait(self, caller: str) -> None:
        queue = self._waiting.get(caller)
        if queue is None:
            if len(self._waiting) >= self._callers:
                raise TooManyCalls(f"{self._callers} callers wait already; try again later")
            queue = self._waiting[caller] = deque()
        elif len(queue) >= self._waiting_per_caller:
            raise TooManyCalls(f"{self._waiting_per_caller} calls of yours wait already; wait for their answers")
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        queue.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self._pass_on()
            raise

    def _pass_on(self) -> None:
        """The next turn is for the caller that has waited longest since its last one. Who went away is left out."""
        while self._waiting:
            caller, queue = self._waiting.popitem(last=False)
            while queue and queue[0].cancelled():
                queue.popleft()
            if not queue:
                continue
            turn = queue.popleft()
            if queue:
                self._waiting[caller] = queue
            turn.set_result(None)
            return
        self._free += 1
