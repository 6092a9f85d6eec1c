"""Exit statuses, so that scripts can tell what went wrong."""

from __future__ import annotations

from relayer import errors
from relayer.authority.errors import ClientNotServed, StoreUnusable, TooManyCalls
from relayer.forwarding.errors import ForwardRefused
from relayer.ledgers.embedded.host.refusals import MessageRefused
from relayer.ledgers.embedded.tree.errors import LedgerCorrupt
from relayer.proofs.errors import ProofError
from relayer.push.errors import OutboxUnavailable, SignerUnavailable
from relayer.push.service.problems import Problem
from relayer.settlement.errors import CommandRefused
from relayer.settlement.netting.errors import SolverUnavailable

_STATUS: tuple[tuple[type[errors.RelayerError], int], ...] = (
    (errors.ConfigurationError, 3),
    (errors.WrongLedger, 3),
    (SolverUnavailable, 3),
    (errors.LedgerError, 4),
    (ClientNotServed, 4),
    (TooManyCalls, 4),
    (MessageRefused, 4),
    (ProofError, 4),
    (errors.InvalidInput, 5),
    (errors.LimitExceeded, 5),
    (CommandRefused, 5),
    (ForwardRefused, 5),
    (Problem, 5),
    (SignerUnavailable, 4),
    (OutboxUnavailable, 6),
    (errors.JournalCorrupt, 6),
    (errors.JournalLocked, 6),
    (errors.JournalUnavailable, 6),
    (LedgerCorrupt, 6),
    (StoreUnusable, 6),
    (errors.InvariantBroken, 70),
)


def exit_status(error: errors.RelayerError) -> int:
    """The first class that fits; an unnamed one counts as a bug."""
    return next((status for kind, status in _STATUS if isinstance(error, kind)), 70)
