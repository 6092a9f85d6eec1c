"""Who may be served when many ask at once: a bound per caller, and turns that go round among the callers.

A caller is the address that a call comes from. What is too much is refused at once, before anything is looked up, so that
thousands of calls of one caller cost the others nothing but their refusals.
"""

from __future__ import annotations

from collections import Counter

from relayer.authority.errors import TooManyCalls
from relayer.turns import FairTurns, Total

_RUNNING = 8
_WAITING_PER_CALLER = 32
_CALLERS = 1_024


class Admission(FairTurns[str]):
    """Turns of addresses. Its refusal is TooManyCalls."""

    def __init__(
        self, *, running: int = _RUNNING, waiting_per_caller: int = _WAITING_PER_CALLER, callers: int = _CALLERS
    ) -> None:
        """At most `running` calls are served at a time. Of each caller so many wait, and so many callers wait at all."""
        waiting = _Waiting(each=waiting_per_caller, callers=callers)
        super().__init__(working=Total(running), waiting=waiting, refusal=waiting.refusal)


class _Waiting:
    """So many callers, and so many calls of each."""

    def __init__(self, *, each: int, callers: int) -> None:
        self._each = each
        self._callers = callers
        self._calls: Counter[str] = Counter()

    def is_free(self, caller: str) -> bool:
        return self._calls[caller] < self._each if caller in self._calls else len(self._calls) < self._callers

    def take(self, caller: str) -> None:
        self._calls[caller] += 1

    def give_back(self, caller: str) -> None:
        self._calls[caller] -= 1
        if not self._calls[caller]:
            del self._calls[caller]

    def refusal(self, caller: str) -> TooManyCalls:
        if caller in self._calls:
            return TooManyCalls(f"{self._each} calls of yours wait already; wait for their answers")
        return TooManyCalls(f"{self._callers} callers wait already; try again later")
