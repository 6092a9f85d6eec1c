"""Signing keys at rest: Web3 Secret Storage (keystore version 3), the form that every Ethereum tool reads.

A key or a password must never reach a log, an error message or a repr; errors name only files. Every module imports
LocalAccount from here, never from eth-account: see below.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Literal

from eth_account import Account
from eth_account.signers.local import LocalAccount

from relayer.errors import ConfigurationError

__all__ = ["LocalAccount", "account_from_key", "create_keystore", "open_keystore"]

# eth-account imports py_ecc, which raises the recursion limit of the whole process to 100,000. With that, a deeply nested
# JSON answer overflows the C stack and kills the process instead of raising RecursionError.
_RECURSION_LIMIT = 1_000
if sys.getrecursionlimit() >= 100 * _RECURSION_LIMIT:
    sys.setrecursionlimit(_RECURSION_LIMIT)

_SCRYPT_ROUNDS = 2**13
"""2^18 is geth's choice for keys on laptops and takes seconds and 256 MiB; services here start with several keys."""

_MAXIMUM_FILE_BYTES = 16_384


def account_from_key(text: str) -> LocalAccount:
    """An account from 32 bytes of hexadecimal, with or without 0x. Raises ConfigurationError."""
    digits = text.strip().removeprefix("0x")
    try:
        key = bytes.fromhex(digits)
    except ValueError:
        key = b""
    if len(key) != 32 or len(digits) != 64:
        raise ConfigurationError("private key: expected 64 hexadecimal digits; the value is not shown here")
    return _account(key)


def open_keystore(path: Path, password: str) -> LocalAccount:
    """Decrypts a version 3 keystore. Raises ConfigurationError that names the file, never its content."""
    try:
        if path.stat().st_size > _MAXIMUM_FILE_BYTES:
            raise ConfigurationError(f"keystore {path}: larger than {_MAXIMUM_FILE_BYTES} bytes, so it is not a keystore")
        content = json.loads(path.read_text())
    except OSError as error:
        raise ConfigurationError(
            f"keystore {path}: cannot be read ({error.strerror}); check the path and the permissions"
        ) from error
    except (ValueError, RecursionError) as error:
        raise ConfigurationError(f"keystore {path}: not a JSON file; expected keystore version 3") from error
    try:
        key = Account.decrypt(content, password)
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError, NotImplementedError):
        # `from None`: the library's error may carry what it was given.
        raise ConfigurationError(f"keystore {path}: wrong password, or not a keystore of version 3") from None
    return _account(bytes(key))


def create_keystore(path: Path, password: str, *, key: bytes | None = None) -> LocalAccount:
    """Writes a new keystore that only its owner may read; an existing file is never overwritten."""
    if not password:
        raise ConfigurationError(f"keystore {path}: an empty password protects nothing; give one")
    account: LocalAccount = _account(key) if key is not None else Account.create()
    content = Account.encrypt(account.key, password, kdf=_KDF, iterations=_SCRYPT_ROUNDS)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise ConfigurationError(f"keystore {path}: cannot be created ({error.strerror}); choose another path") from error
    with os.fdopen(descriptor, "w") as file:
        json.dump(content, file)
    return account


_KDF: Literal["scrypt"] = "scrypt"


def _account(key: bytes) -> LocalAccount:
    try:
        account: LocalAccount = Account.from_key(key)
    except ValueError:
        # Zero, or not below the curve's order.
        raise ConfigurationError("private key: not a valid secp256k1 key; the value is not shown here") from None
    return account
