"""The embedded ledger from its own settings. It needs nothing of any other ledger."""

from __future__ import annotations

from relayer.app.clock import SystemClock
from relayer.config.serving import LedgerFileSettings
from relayer.core.ids import LedgerId
from relayer.ledgers.embedded.chain.operators import OperatorKey, open_operator
from relayer.ledgers.embedded.ledger import EmbeddedLedger


def embedded_ledger(name: str, settings: LedgerFileSettings, *, beats: bool = True) -> EmbeddedLedger:
    """Without `beats` it makes no block by itself. Raises ConfigurationError if a keystore cannot be opened."""
    return EmbeddedLedger(
        ledger_id=LedgerId(name),
        folder=settings.folder,
        chain_id=settings.chain_id,
        keys=operator_keys(settings),
        clock=SystemClock(),
        heartbeat_seconds=settings.heartbeat_seconds if beats else None,
        maximum_step_seconds=settings.maximum_step_seconds,
    )


def operator_keys(settings: LedgerFileSettings) -> list[OperatorKey]:
    """Raises ConfigurationError if a keystore cannot be opened."""
    return [open_operator(operator.keystore, operator.password.resolve()) for operator in settings.operators]
