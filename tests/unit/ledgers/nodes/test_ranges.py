"""Long ranges of heights, read from nodes that bound an answer or no longer have the old heights."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest

from relayer.errors import HeightPruned, LedgerUnavailable, RelayerError
from relayer.ledgers.nodes.errors import NodeDeclined
from relayer.ledgers.nodes.ranges import RangeReader


class Dropped(LedgerUnavailable):
    """The answer of a node that does not have a height."""


@dataclass
class Node:
    """Its heights begin at `first`; it answers for `most` at once, and is in trouble for the next `trouble` questions."""

    first: int = 1
    most: int = 1_000
    trouble: int = 0
    asked: list[tuple[int, int]] = field(default_factory=list)

    async def read(self, first: int, last: int) -> Sequence[int]:
        self.asked.append((first, last))
        if self.trouble:
            self.trouble -= 1
            raise Dropped("busy")
        if first < self.first:
            raise Dropped("missing")
        if last - first >= self.most:
            raise NodeDeclined("too many")
        return range(first, last + 1)

    def reader(self) -> RangeReader[int]:
        return RangeReader(self.read, most=100, too_much=_is_too_much, may_be_pruned=_is_dropped)


def _is_too_much(error: RelayerError) -> bool:
    return isinstance(error, NodeDeclined)


def _is_dropped(error: RelayerError) -> bool:
    return isinstance(error, Dropped)


@pytest.mark.parametrize("most", [1, 3, 1_000])
async def test_every_height_is_read_once_and_in_order_whatever_a_node_bounds(most: int) -> None:
    assert await Node(most=most).reader().all(5, 500) == list(range(5, 501))


@pytest.mark.parametrize("begins", [2, 7, 499, 500])
async def test_a_node_whose_heights_begin_later_is_named_with_the_start_height_that_cures_it(begins: int) -> None:
    """The fault: the same question was asked for ever, and nothing said that its answer is not there any more."""
    node = Node(first=begins)
    with pytest.raises(HeightPruned, match=rf"no height below {begins}, .*set start_height: {begins - 1} for this ledger"):
        await node.reader().all(1, 500)
    assert len(node.asked) < 15


async def test_trouble_that_passes_is_not_taken_for_missing_heights() -> None:
    with pytest.raises(Dropped, match="busy"):
        await Node(trouble=1).reader().all(1, 500)


async def test_a_node_that_answers_for_no_height_is_in_trouble() -> None:
    with pytest.raises(Dropped, match="busy"):
        await Node(trouble=1_000).reader().all(1, 500)
