"""Ranges of ended sequences behave as a set of integers."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relayer.core.closed import SequenceSet
from relayer.errors import InvalidInput


@given(st.lists(st.integers(1, 60)))
def test_it_is_a_set(numbers: list[int]) -> None:
    ranges = SequenceSet()
    for number in numbers:
        ranges.add(number)
    assert {number for number in range(70) if number in ranges} == set(numbers)
    assert len(ranges) == len(set(numbers))
    assert all(first <= last for first, last in ranges.ranges())
    assert all(before[1] + 1 < after[0] for before, after in pairwise(ranges.ranges())), "neighbours are joined"
    assert list(SequenceSet(ranges.ranges()).ranges()) == list(ranges.ranges())


@pytest.mark.parametrize("ranges", [[(2, 1)], [(1, 3), (4, 5)], [(5, 6), (1, 2)], [(1, 5), (3, 8)], [(0, 3)]])
def test_ranges_out_of_order_are_refused(ranges: list[tuple[int, int]]) -> None:
    with pytest.raises(InvalidInput, match="out of order"):
        SequenceSet(ranges)
