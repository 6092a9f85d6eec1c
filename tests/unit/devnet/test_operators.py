"""An operator's view of the contract ledger outlasts a node that drops a connection, and gives up one that stays away."""

from __future__ import annotations

import pytest

from relayer.core.ids import Height
from relayer.devnet.operators import Watch
from relayer.errors import LedgerUnavailable
from relayer.ports.ledger import Head
from relayer.waiting import Stalled


class Dropping:
    """A ledger whose first answers are lost."""

    def __init__(self, lost: int) -> None:
        self.lost = lost

    async def head(self) -> Head:
        self.lost -= 1
        if self.lost >= 0:
            raise LedgerUnavailable("disconnected")
        return Head(height=Height(3), hash=bytes(32), timestamp=0)

    async def events(self, *, after: Height, until: Height) -> list[object]:
        return []


async def test_a_lost_connection_is_no_end() -> None:
    watch = Watch(Dropping(lost=2))
    await watch.until(lambda: watch.seen == 3, "a block")


async def test_a_node_that_stays_away_ends_the_wait() -> None:
    with pytest.raises(Stalled, match="waited for a block"):
        await Watch(Dropping(lost=10_000)).until(lambda: True, "a block", stalled_after_seconds=0.1)
