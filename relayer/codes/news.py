"""Status news: what became of a liability, and what the contract ledger did with it.

Made by devnet/generate_codes.py of proto/codes.yaml; change it there.
"""

from __future__ import annotations

from enum import IntEnum


class Status(IntEnum):
    """What became of a liability."""

    SETTLED = 1
    """Nothing is open, after netting or payment."""
    DISPUTED = 2
    """A dispute holds a part or all."""
    RELEASED = 3
    """A dispute ended without a credit."""
    CREDITED = 4
    """The creditor credited all or a part."""


class StatusAnswer(IntEnum):
    """What the contract ledger did with one update."""

    APPLIED = 1
    """The fact shows it."""
    STALE = 2
    """Newer news was there before: packets arrive in any order."""
    UNKNOWN_FACT = 3
    """It sent no such fact to this settlement ledger, or knows a different liability for it."""
    WRONG_STATE = 4
    """The fact's own acknowledgement has not arrived yet."""
    FINAL = 5
    """The fact is settled, and nothing changes that any more, as when a payment is returned and disputed."""
    RETURNED = 6
    """Set by a hub alone: the packet did not reach the contract ledger."""
    REFUSED = 7
    """Set by a hub alone: the contract ledger refused the whole packet, or its answer breaks its format."""
