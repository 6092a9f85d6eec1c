"""RIPEMD-160, with which Bitcoin and the Cosmos SDK shorten public keys to addresses."""

from __future__ import annotations

import hashlib


def ripemd160(data: bytes) -> bytes:
    """20 bytes. Builds of OpenSSL without the old hashes need pycryptodome, which takes long to load."""
    try:
        return hashlib.new("ripemd160", data).digest()
    except ValueError:
        from Crypto.Hash import RIPEMD160  # noqa: PLC0415  (only where it is needed)

        return RIPEMD160.new(data).digest()
