"""Which height an update aims at: the head, or, while too few sign that, what enough of those who vouch for it have seen.

Only a failure makes it ask: as long as all are level, an update costs no further question.
"""

from __future__ import annotations

from relayer.core.ids import Height
from relayer.errors import AuthoritiesUnavailable, RelayerError
from relayer.ports.ledger import Ledger
from relayer.ports.prover import ClientReference
from relayer.ports.vouching import signable


class Aim:
    """At one ledger, for one light client that follows it."""

    def __init__(self, followed: Ledger) -> None:
        self._followed = followed
        self._is_low = False

    @property
    def is_low(self) -> bool:
        """Whether those who vouch for the ledger are known to be behind its head."""
        return self._is_low

    def missed(self, error: RelayerError) -> None:
        """What became of an update that aimed too high."""
        self._is_low = self._is_low or isinstance(error, AuthoritiesUnavailable)

    async def at(self, client: ClientReference, head: Height) -> Height:
        """`head`, or a lower height while too few sign that one."""
        if not self._is_low:
            return head
        height = await signable(self._followed, client, head)
        self._is_low = height < head
        return height
