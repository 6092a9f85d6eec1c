"""The ways by which a fact may come to a settlement ledger. An agreement says which of them it accepts."""

from __future__ import annotations

from enum import StrEnum


class Way(StrEnum):
    """Each leads to the same liability; they differ in what the settlement ledger has checked."""

    INTERLEDGER = "interledger"
    """In a packet, proven to the settlement ledger's light client of the contract ledger."""
    PUSHED = "pushed"
    """Signed by its issuer and sent by the business system."""
    PULLED = "pulled"
    """Signed by its issuer: an agent read it from the contract ledger."""
    PULLED_PROVEN = "pulled-proven"
    """Read by an agent, with proofs that the settlement ledger's light client of the contract ledger has checked."""


ALL_WAYS = tuple(Way)
"""In the order in which an agreement lists them."""
SIGNED_WAYS = frozenset({Way.PUSHED, Way.PULLED})
"""Those for which the issuer's signature alone gives the right."""
