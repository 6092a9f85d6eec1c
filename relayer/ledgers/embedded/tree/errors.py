"""Errors of the embedded ledger's storage and operation; refusals of single messages are in refusals.py."""

from __future__ import annotations

from relayer.errors import ConfigurationError, LedgerError, LedgerUnavailable, NotFinal, RelayerError


class LedgerCorrupt(RelayerError):
    """The ledger's file contradicts itself. Nothing was changed; restore the file from a copy."""


class LedgerLocked(ConfigurationError):
    """Another process writes to this ledger. Stop it, or use its gRPC address."""


class LedgerMissing(ConfigurationError):
    """The folder holds no ledger. Initialise it first."""


class LedgerExists(ConfigurationError):
    """The folder already holds a ledger; nothing was changed."""


class QuorumMissing(LedgerError):
    """The available keys do not hold more than two thirds of the voting power, so no block can be sealed."""


class ClockUnconfirmed(LedgerUnavailable):
    """The clock says a time that block time may not jump to by itself. The ledger makes no block until the clock is right
    or an operator has confirmed it."""


class KeystoreRefused(ConfigurationError):
    """A keystore file can not be opened: wrong password, wrong format, or a key outside of the validator set."""


class NothingToProve(NotFinal):
    """The store is empty at this height, and an empty tree proves nothing. Register the counterparty first."""
