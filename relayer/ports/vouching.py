"""How far those who vouch for a ledger's blocks have seen it."""

from __future__ import annotations

from relayer.core.ids import Height
from relayer.ports.capabilities import VouchedUpTo, capability
from relayer.ports.ledger import Ledger
from relayer.ports.prover import ClientReference


async def signable(followed: Ledger, client: ClientReference, head: Height) -> Height:
    """`head`, or the lower height up to which enough of those who vouch for the ledger say that they have seen it."""
    vouched = capability(followed, VouchedUpTo)
    return head if vouched is None else await vouched.vouched_height(client, target=head)
