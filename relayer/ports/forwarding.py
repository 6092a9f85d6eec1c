"""What operators do with the route table of a ledger that may be a hub."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from relayer.forwarding.model import Forward, ForwardCommand, RouteUse


class ForwardingService(Protocol):
    """Raises AccessDenied without the operator's rights, LedgerRefused with codespace ``forward``, LedgerUnavailable."""

    async def change(self, command: ForwardCommand) -> None:
        """Sets or removes a route. The same route again is a success."""
        ...

    async def routes(self) -> Sequence[RouteUse]:
        """In the order of destination and origin client, with removed routes whose forwards are open."""
        ...

    async def forwards(self, *, after: tuple[str, int], limit: int) -> Sequence[Forward]:
        """Open ones behind this outgoing client and sequence, in the order of both."""
        ...


@runtime_checkable
class MayBeHub(Protocol):
    """A ledger whose route table this relayer's commands can change."""

    @property
    def forwarding(self) -> ForwardingService:
        """Its route table."""
        ...
