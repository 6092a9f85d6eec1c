"""The embedded ledger from its own settings. It needs nothing of any other ledger."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from relayer.app.clock import SystemClock
from relayer.config.serving import LedgerFileSettings
from relayer.core.ids import ClientId, Height, LedgerId
from relayer.errors import ConfigurationError, InvalidInput
from relayer.ledgers.embedded.chain.operators import OperatorKey, equal_validators, open_operator
from relayer.ledgers.embedded.ledger import EmbeddedLedger
from relayer.ledgers.embedded.tree.errors import LedgerLocked
from relayer.ports.prover import ClientMessage, ClientReference
from relayer.proofs.comet import ValidatorSet


def embedded_ledger(name: str, settings: LedgerFileSettings, *, beats: bool = True) -> EmbeddedLedger:
    """Without `beats` it makes no block by itself. Raises ConfigurationError if a keystore cannot be opened."""
    return _ledger(name, settings, keys=operator_keys(settings), beats=beats)


def _ledger(name: str, settings: LedgerFileSettings, *, keys: Sequence[OperatorKey], beats: bool) -> EmbeddedLedger:
    return EmbeddedLedger(
        ledger_id=LedgerId(name),
        folder=settings.folder,
        chain_id=settings.chain_id,
        keys=keys,
        clock=SystemClock(),
        heartbeat_seconds=settings.heartbeat_seconds if beats else None,
        maximum_step_seconds=settings.maximum_step_seconds,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatorRotation:
    """What a rotation of the operators changes. `announcement` is the header that the old set signed and that names the new
    one, `first` the first header of the new set, both as light clients take them; None in a dry run."""

    before: ValidatorSet
    after: ValidatorSet
    announcement: ClientMessage | None = None
    first: ClientMessage | None = None


def require_same_ledger(settings: LedgerFileSettings, following: LedgerFileSettings) -> None:
    """Raises ConfigurationError for files of two ledgers."""
    if (settings.folder, settings.chain_id) != (following.folder, following.chain_id):
        raise ConfigurationError("the two files describe different ledgers; only the operators may differ")


async def rotate_operators(
    settings: LedgerFileSettings, following: LedgerFileSettings, *, dry_run: bool
) -> OperatorRotation:
    """Hands block production from the operators of one file to those of the other. Raises InvalidInput if nothing changes,
    LedgerLocked while the ledger is served."""
    require_same_ledger(settings, following)
    keys, successors = operator_keys(settings), operator_keys(following)
    held = {key.address: key for key in (*keys, *successors)}
    ledger = _ledger(settings.chain_id, settings, keys=list(held.values()), beats=False)
    try:
        await _connect_stopped(ledger, settings)
        before, after = await ledger.validators(), equal_validators(successors)
        if before == after:
            raise InvalidInput("these operators sign already; there is nothing to rotate")
        if dry_run:
            return OperatorRotation(before=before, after=after)
        first = await ledger.change_validators(after)
        await ledger.advance()
        host = ClientReference(host_chain_id="", host_genesis=b"", client_id=ClientId(""))
        announcement = await ledger.client_update(host, trusted=Height(first - 2), target=Height(first - 1))
        header = await ledger.client_update(host, trusted=Height(first - 1), target=first)
        return OperatorRotation(before=before, after=after, announcement=announcement, first=header)
    finally:
        await ledger.close()


async def _connect_stopped(ledger: EmbeddedLedger, settings: LedgerFileSettings) -> None:
    try:
        await ledger.connect()
    except LedgerLocked as error:
        raise LedgerLocked(
            f"ledger {settings.chain_id} is served now, and one process alone makes its blocks. Stop `relayer ledger serve` "
            "(SIGTERM), run this command again, put the plan in the place of ledger.yaml, and serve the ledger again: it is "
            "away for seconds, and the relayers wait for it"
        ) from error


def operator_keys(settings: LedgerFileSettings) -> list[OperatorKey]:
    """Raises ConfigurationError if a keystore cannot be opened."""
    return [open_operator(operator.keystore, operator.password.resolve()) for operator in settings.operators]
