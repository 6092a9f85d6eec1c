"""What can go wrong around an outbox that is neither the claim's fault nor the settlement ledger's."""

from __future__ import annotations

from relayer.errors import InvalidInput, RelayerError


class OutboxUnavailable(RelayerError):
    """The caller's database does not answer, or refuses a statement. Nothing is lost: the courier tries again."""


class SignerUnavailable(RelayerError):
    """The signer failed, or signs with another key than the issuer's. The claims stay where they are."""


class ClaimDiffers(InvalidInput):
    """The outbox has a claim with the same business id and other content."""
