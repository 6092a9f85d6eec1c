"""An account of a Cosmos SDK chain: a secp256k1 key, its address, and signatures as the SDK checks them.

The key must never leave this object, nor appear in a repr or an error.
"""

from __future__ import annotations

import hashlib
import re

from coincurve import PrivateKey

from relayer.errors import ConfigurationError
from relayer.keystore import LocalAccount
from relayer.ledgers.cosmos import bech32
from relayer.proofs.ripemd160 import ripemd160

_PREFIX = re.compile(r"[a-z][a-z0-9]{0,31}", re.ASCII)
_GOVERNANCE = b"gov"
_ADDRESS_BYTES = 20


class CosmosAccount:
    """One key under one chain's address prefix."""

    def __init__(self, account: LocalAccount, *, prefix: str) -> None:
        """`prefix` as the chain has it, for example ``cosmos``. Raises ConfigurationError."""
        if not _PREFIX.fullmatch(prefix):
            raise ConfigurationError(
                f"bech32 prefix {prefix!r}: expected 1 to 32 lower-case letters and digits, such as 'cosmos'"
            )
        self._key = PrivateKey(bytes(account.key))
        self.prefix = prefix
        self.public_key = self._key.public_key.format(compressed=True)
        self.address = bech32.encode(prefix, account_bytes(self.public_key))

    def __repr__(self) -> str:
        return f"CosmosAccount({self.address})"

    def sign(self, document: bytes) -> bytes:
        """64 bytes, r and s with low s, over sha256 of `document` (a SignDoc)."""
        # 65 bytes with the recovery id, which the SDK does not want.
        return self._key.sign_recoverable(document)[:64]


def account_bytes(public_key: bytes) -> bytes:
    """20 bytes: ripemd160 of sha256 of the compressed key, as Bitcoin does it."""
    return ripemd160(hashlib.sha256(public_key).digest())


def governance_address(prefix: str) -> str:
    """The account of the SDK's governance module, which is the authority of most chains (ADR 028)."""
    return bech32.encode(prefix, hashlib.sha256(_GOVERNANCE).digest()[:_ADDRESS_BYTES])
