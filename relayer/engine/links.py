"""A ledger as the engine uses it: the two ports, where to start, and whether it has answered yet."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from relayer.core.ids import Height, LedgerId
from relayer.ports.ledger import Ledger
from relayer.ports.prover import Prover


@dataclass(slots=True, kw_only=True)
class LedgerLink:
    """`origin` is configured: nothing at or below it is ever read. `start` is where this run begins.

    `is_read_whole`: whether no packet of our channels is as old as `origin`.
    """

    ledger: Ledger
    prover: Prover
    origin: Height = Height(0)
    start: Height = Height(0)
    is_read_whole: bool = True
    connected: asyncio.Event = field(default_factory=asyncio.Event)
    returned: asyncio.Event = field(default_factory=asyncio.Event)
    """Set, and replaced by a new one, when the ledger answers again after it did not."""

    def tell_return(self) -> None:
        """Wakes every task that backs off because of this ledger."""
        self.returned.set()
        self.returned = asyncio.Event()

    @property
    def ledger_id(self) -> LedgerId:
        """The configured name of the ledger."""
        return self.ledger.ledger_id

    @property
    def first_sequence(self) -> int | None:
        """The first sequence to expect: 1 if every packet is read, unknown otherwise."""
        return 1 if self.is_read_whole else None
