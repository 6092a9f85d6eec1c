"""keccak-256, the one hash of Ethereum. It must never be confused with SHA3-256, which pads differently."""

from __future__ import annotations

from Crypto.Hash import keccak


def keccak256(data: bytes) -> bytes:
    """32 bytes. Straight to the C code: half the time of going through a wrapper, and proofs are mostly hashing."""
    return keccak.new(digest_bits=256, data=data).digest()
