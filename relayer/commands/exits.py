"""Exit statuses, so that scripts can tell what went wrong."""

from __future__ import annotations

from relayer import errors
from relayer.authority.errors import StoreUnusable

FOUND_WRONG = 1

_STATUS: tuple[tuple[type[errors.RelayerError], int], ...] = (
    (errors.ConfigurationError, 3),
    (errors.WrongLedger, 3),
    (errors.LedgerError, 4),
    (errors.InvalidInput, 5),
    (errors.LimitExceeded, 5),
    (errors.JournalCorrupt, 6),
    (errors.JournalLocked, 6),
    (errors.JournalUnavailable, 6),
    (StoreUnusable, 6),
    (errors.InvariantBroken, 70),
)


def exit_status(error: errors.RelayerError) -> int:
    """The first class that fits; an unnamed one counts as a bug."""
    return next((status for kind, status in _STATUS if isinstance(error, kind)), 70)
