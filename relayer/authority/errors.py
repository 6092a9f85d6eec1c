"""Why an authority does not sign."""

from __future__ import annotations

from relayer.errors import LedgerError, RelayerError


class ClientNotServed(RelayerError):
    """The light client, or the chain, is not one that this authority is configured to sign for."""


class ContradictingHash(LedgerError):
    """A different hash was signed for this height: the node's ledger changed a final block. Never signed."""


class ContradictingRotation(LedgerError):
    """Another rotation was consented to for this generation of the light client. Never signed."""


class TooManyCalls(RelayerError):
    """One caller asks for more at once than it is given. It may ask again when its calls are answered."""


class StoreUnusable(RelayerError):
    """The record of what was signed cannot be opened or written. Without it nothing may be signed."""
