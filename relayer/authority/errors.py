"""Why an authority does not sign."""

from __future__ import annotations

from relayer.errors import LedgerError, RelayerError


class ClientNotServed(RelayerError):
    """The light client, or the chain, is none that this authority was told to sign for."""


class ContradictingHash(LedgerError):
    """Another hash has been signed for this height: the node's ledger changed what was final. Never signed."""


class StoreUnusable(RelayerError):
    """The record of what was signed cannot be opened or written. Without it nothing may be signed."""
