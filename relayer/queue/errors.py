"""Errors of the queue."""

from __future__ import annotations

from relayer.errors import LedgerUnavailable


class BrokerUnavailable(LedgerUnavailable):
    """The broker does not answer, or refuses. What was not acknowledged is delivered again."""
