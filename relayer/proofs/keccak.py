"""keccak-256, the one hash of Ethereum. It must never be confused with SHA3-256, which pads differently."""

from __future__ import annotations

from sha3 import keccak_256


def keccak256(data: bytes) -> bytes:
    """32 bytes. Calls the C code directly: a third of the time of cffi, and proofs are mostly hashing."""
    digest: bytes = keccak_256(data).digest()
    return digest
