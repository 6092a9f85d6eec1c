"""One reader of long ranges of heights for everything that reads them: it asks for less where a node gives no answer.

Nodes bound the heights, the entries, the bytes or the time of one answer, each in its own way, and strangers can make any
range too large; a smaller range is the cure for all of them. What was learned is kept, and forgotten slowly.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Generic, TypeVar

from relayer.errors import HeightPruned, RelayerError

_T = TypeVar("_T")

_ANSWERS_BEFORE_GROWTH = 4


class RangeReader(Generic[_T]):
    """`read` gives the entries of heights `first` to `last`, both included."""

    def __init__(
        self,
        read: Callable[[int, int], Awaitable[Sequence[_T]]],
        *,
        most: int,
        too_much: Callable[[RelayerError], bool],
        may_be_pruned: Callable[[RelayerError], bool] = lambda _: False,
    ) -> None:
        """`most`: heights of one question at most. `too_much`: whether an error may be cured by asking for less.
        `may_be_pruned`: whether an error is what a node answers that has no such old heights; it is asked further then."""
        self._read = read
        self._most = most
        self._too_much = too_much
        self._may_be_pruned = may_be_pruned
        self._heights = most
        self._answers = 0

    async def parts(self, first: int, last: int) -> AsyncIterator[Sequence[_T]]:
        """The entries of every height in order, one answer at a time. Raises what `read` raises for a single height, and
        what asking for less cannot cure; HeightPruned where the node's heights begin later."""
        at = first
        while at <= last:
            until = min(at + self._heights - 1, last)
            try:
                entries = await self._read(at, until)
            except RelayerError as error:
                if at == until or not self._too_much(error):
                    await self._require_kept(at, last, error)
                    raise
                self._shrink(until - at + 1)
                continue
            self._grow()
            yield entries
            at = until + 1

    async def all(self, first: int, last: int) -> list[_T]:
        """The same in one list."""
        return [entry async for part in self.parts(first, last) for entry in part]

    async def _require_kept(self, first: int, last: int, error: RelayerError) -> None:
        """Raises HeightPruned if the node answers for `last` and not for `first`. An error that passes is no such thing."""
        if not self._may_be_pruned(error) or first == last or await self._answers_for(first):
            return
        if not await self._answers_for(last):
            return
        missing, kept = first, last
        while kept - missing > 1:
            middle = (missing + kept) // 2
            missing, kept = (missing, middle) if await self._answers_for(middle) else (middle, kept)
        raise HeightPruned(
            f"the node answers for no height below {kept}, and heights from {first} on are asked for ({error}); name a node "
            f"that keeps more, or, if nothing of the channels is older, set start_height: {kept - 1} for this ledger"
        ) from error

    async def _answers_for(self, height: int) -> bool:
        try:
            await self._read(height, height)
        except RelayerError as error:
            if not self._may_be_pruned(error):
                raise
            return False
        return True

    def _shrink(self, asked: int) -> None:
        self._heights = max(1, asked // 2)
        self._answers = 0

    def _grow(self) -> None:
        self._answers += 1
        if self._answers >= _ANSWERS_BEFORE_GROWTH and self._heights < self._most:
            self._heights = min(self._most, self._heights * 2)
            self._answers = 0
