"""Signers that come with the library. Any function from a digest to a signature does as well, such as one over a KMS."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from coincurve import PrivateKey

from relayer.facts.signing import issuer_of_key

_V_OFFSET = 27


def key_signer(key: bytes) -> Callable[[bytes], bytes]:
    """Signs with a secp256k1 key of 32 bytes. Raises ValueError for bytes that are not one."""
    private = PrivateKey(key)

    def sign(digest: bytes) -> bytes:
        signature = private.sign_recoverable(digest, hasher=None)
        return signature[:64] + bytes([signature[64] + _V_OFFSET])

    return sign


def keystore_signer(path: str | Path, password: str) -> Callable[[bytes], bytes]:
    """Signs with the key of an encrypted keystore (version 3). Raises ConfigurationError that names only the file."""
    from relayer.keystore import open_keystore

    return key_signer(open_keystore(Path(path), password).key)


def issuer_of_keystore(path: str | Path, password: str) -> str:
    """The account of a keystore, as an outbox names its issuer. Raises ConfigurationError."""
    from relayer.keystore import open_keystore

    return open_keystore(Path(path), password).address


def issuer_of(key: bytes) -> str:
    """The account of a key: 0x and 40 digits."""
    return "0x" + issuer_of_key(key).hex()
