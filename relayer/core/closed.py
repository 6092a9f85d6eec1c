"""Sets of packet sequences, kept as ranges: a hundred thousand finished packets take a handful of numbers."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from relayer.errors import InvalidInput


class SequenceRange(NamedTuple):
    """Consecutive sequences, both ends included."""

    first: int
    last: int


class SequenceSet:
    """A growing set of positive integers, as sorted, disjoint and non-adjacent closed ranges."""

    __slots__ = ("_firsts", "_lasts", "_size")

    def __init__(self, ranges: Iterable[tuple[int, int]] = ()) -> None:
        """Raises InvalidInput unless the ranges are sorted, disjoint and non-adjacent."""
        self._firsts: list[int] = []
        self._lasts: list[int] = []
        self._size = 0
        for first, last in ranges:
            if first > last or first < 1 or (self._lasts and first <= self._lasts[-1] + 1):
                raise InvalidInput(f"sequence ranges: {first}..{last} is out of order")
            self._firsts.append(first)
            self._lasts.append(last)
            self._size += last - first + 1

    def __contains__(self, sequence: int) -> bool:
        index = bisect_right(self._firsts, sequence) - 1
        return index >= 0 and sequence <= self._lasts[index]

    def __len__(self) -> int:
        return self._size

    def ranges(self) -> Iterator[SequenceRange]:
        """Ascending."""
        return map(SequenceRange, self._firsts, self._lasts)

    def discard(self, sequence: int) -> None:
        """Discarding what is no member changes nothing."""
        if sequence not in self:
            return
        self._size -= 1
        index = bisect_right(self._firsts, sequence) - 1
        first, last = self._firsts.pop(index), self._lasts.pop(index)
        rest = [each for each in ((first, sequence - 1), (sequence + 1, last)) if each[0] <= each[1]]
        self._firsts[index:index] = [low for low, _ in rest]
        self._lasts[index:index] = [high for _, high in rest]

    def add(self, sequence: int) -> None:
        """Adding a member again changes nothing."""
        index = bisect_right(self._firsts, sequence)
        if index and sequence <= self._lasts[index - 1]:
            return
        self._size += 1
        joins_left = index > 0 and self._lasts[index - 1] == sequence - 1
        joins_right = index < len(self._firsts) and self._firsts[index] == sequence + 1
        if joins_left and joins_right:
            self._lasts[index - 1] = self._lasts.pop(index)
            del self._firsts[index]
        elif joins_left:
            self._lasts[index - 1] = sequence
        elif joins_right:
            self._firsts[index] = sequence
        else:
            self._firsts.insert(index, sequence)
            self._lasts.insert(index, sequence)
