"""Making a new ledger folder, and adding operators' keys to one. Nothing that exists is ever overwritten."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from relayer.errors import ConfigurationError
from relayer.ledgers.embedded.chain.chain import initialise, revision_of
from relayer.ledgers.embedded.chain.operators import OperatorKey, Signers, equal_validators
from relayer.ledgers.embedded.tree import store
from relayer.proofs.comet import TimestampNanoseconds, ValidatorSet


def create_ledger(
    folder: Path,
    *,
    chain_id: str,
    keys: Iterable[OperatorKey],
    now: TimestampNanoseconds,
    validators: ValidatorSet | None = None,
) -> None:
    """Writes the genesis and seals block 1. Without `validators`, every key is a validator of the same power.

    Raises ConfigurationError for a bad chain id, LedgerExists, LedgerLocked, LedgerUnavailable, QuorumMissing.
    """
    revision_of(chain_id)
    held = list(keys)
    if not held:
        raise ConfigurationError(f"ledger {chain_id}: give at least one operator's key; without one no block can be sealed")
    with store.lock(folder), store.opening(folder):
        connection = store.create(folder)
        try:
            initialise(
                connection,
                chain_id=chain_id,
                validators=validators or equal_validators(held),
                signers=Signers(held),
                now=now,
            )
        except BaseException:
            connection.close()
            (folder / store.DATABASE_NAME).unlink()
            raise
        connection.close()
