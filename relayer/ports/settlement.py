"""The settlement port: the business verbs of a settlement ledger, for people and tools. Packets do not need it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from relayer.settlement.commands import OperatorCommand
from relayer.settlement.model import Liability, LogHead, Party, Position


class SettlementService(Protocol):
    """Raises LedgerRefused with the ledger's code if a rule is broken, AccessDenied without the operator's token, and
    LedgerUnavailable if nobody answers."""

    async def execute(self, command: OperatorCommand) -> LogHead:
        """Registers a party, records an agreement or closes a period. A repeat gets the first result."""
        ...

    async def liability(self, liability_id: bytes) -> Liability | None: ...

    async def liability_of_fact(self, fact_id: bytes) -> Liability | None: ...

    async def liabilities(self, *, after_sequence: int, limit: int) -> Sequence[Liability]:
        """With a sequence above `after_sequence`, in order; at most 1000 at a time."""
        ...

    async def parties(self) -> Sequence[Party]: ...

    async def positions(self) -> Sequence[Position]:
        """What each party owes and is owed per currency."""
        ...
