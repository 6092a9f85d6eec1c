"""The clock that block times follow, and how far it is believed.

A block's time can never be taken back, and it ends disputes and payments and expires light clients. So block time may run
ahead of what the ledger knows to have passed (its newest block at opening, and what a clock that cannot be set has counted
since) by a limit in all, not by a limit per block: a clock that is wrong step by step gets no further than one that jumps.
"""

from __future__ import annotations

from datetime import UTC, datetime

from relayer.ledgers.embedded.tree.errors import ClockUnconfirmed
from relayer.ports.clock import Clock
from relayer.proofs.comet import NANOSECONDS, TimestampNanoseconds

MAXIMUM_STEP_SECONDS = 12 * 3600
"""By default: longer than a night without the ledger, shorter than what people get to answer a dispute or a payment."""
_BEHIND_SECONDS = 60
"""A clock that is slewed or read twice is not worth a word."""


class BlockClock:
    """Of one open ledger. `newest` is always the time of the newest block."""

    def __init__(self, clock: Clock, *, maximum_step_seconds: float) -> None:
        self._clock = clock
        self._maximum_step = int(maximum_step_seconds * NANOSECONDS)
        self._known = TimestampNanoseconds(0)
        self._since = 0.0

    def start(self, newest: TimestampNanoseconds) -> None:
        """What has passed is counted from here: at opening, and after an operator's word."""
        self._known = newest
        self._since = self._clock.elapsed()

    def wall(self) -> TimestampNanoseconds:
        """What the machine's clock says, believed or not."""
        return TimestampNanoseconds(int(self._clock.now() * NANOSECONDS))

    def for_reading(self, newest: TimestampNanoseconds) -> TimestampNanoseconds:
        """The time that answers are given for: the newest block's while the clock is not believed."""
        wall = self.wall()
        return newest if wall > self._limit() else wall

    def for_a_block(self, newest: TimestampNanoseconds) -> TimestampNanoseconds:
        """The time for the next block. Raises ClockUnconfirmed."""
        wall = self.wall()
        if wall > self._limit():
            raise ClockUnconfirmed(f"no block is made: {self.ahead(newest)}; {REMEDY}")
        return wall

    def ahead(self, newest: TimestampNanoseconds) -> str:
        """How the clock is further ahead than it is believed; empty if it is not."""
        wall = self.wall()
        if wall <= self._limit():
            return ""
        return (
            f"the clock says {_shown(wall)}, the newest block is of {_shown(newest)}, and block time may be ahead of the "
            f"time that has passed by {self._maximum_step // NANOSECONDS} seconds"
        )

    def behind(self, newest: TimestampNanoseconds) -> str:
        """How the clock is behind the newest block; empty if it is not."""
        wall = self.wall()
        if wall >= newest - _BEHIND_SECONDS * NANOSECONDS:
            return ""
        return f"the clock says {_shown(wall)}, before the newest block ({_shown(newest)}); block time waits for it"

    def _limit(self) -> int:
        passed = int((self._clock.elapsed() - self._since) * NANOSECONDS)
        return self._known + passed + self._maximum_step


REMEDY = "set the clock, or, if it is right, stop the ledger and run `relayer ledger confirm-time`"


def _shown(time: TimestampNanoseconds) -> str:
    return datetime.fromtimestamp(time // NANOSECONDS, UTC).strftime("%Y-%m-%d %H:%M:%SZ")
