"""Signing keys at rest: Web3 Secret Storage (keystore version 3), the form that every Ethereum tool reads.

A key or a password must never reach a log, an error message or a repr; errors name only files.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import secrets
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from coincurve import PrivateKey
from Crypto.Cipher import AES

from relayer.bounded_files import read_up_to
from relayer.errors import ConfigurationError
from relayer.proofs.evm_address import checksum_address
from relayer.proofs.keccak import keccak256
from relayer.proofs.poa_evm.attestation import address_of_key

_SCRYPT_ROUNDS = 2**13
"""2^18 is geth's choice for keys on laptops and takes seconds and 256 MiB; services here start with several keys."""
_SCRYPT_BLOCK, _SCRYPT_LANES = 8, 1
_MAXIMUM_MEMORY_BYTES = 1 << 30
"""Four times what geth's default takes: a foreign file must not ask for all memory."""
_MAXIMUM_ITERATIONS = 10_000_000
_DERIVED_BYTES = 32
_MAXIMUM_FILE_BYTES = 16_384


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalAccount:
    """A secp256k1 key (32 bytes) and its address on EVM ledgers, in EIP-55 form."""

    key: bytes = field(repr=False)
    address: str


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
        content = json.loads(read_up_to(path, _MAXIMUM_FILE_BYTES))
    except OSError as error:
        raise ConfigurationError(
            f"keystore {path}: cannot be read ({error.strerror}); check the path and the permissions"
        ) from error
    except (ValueError, RecursionError) as error:
        raise ConfigurationError(f"keystore {path}: not a JSON file; expected keystore version 3") from error
    try:
        key = _decrypt(content, password.encode())
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError, MemoryError):
        # `from None`: the error may carry what the file or the caller gave.
        raise ConfigurationError(f"keystore {path}: wrong password, or not a keystore of version 3") from None
    return _account(key)


def create_keystore(path: Path, password: str, *, key: bytes | None = None) -> LocalAccount:
    """Writes a new keystore that only its owner may read; an existing file is never overwritten."""
    if not password:
        raise ConfigurationError(f"keystore {path}: an empty password protects nothing; give one")
    account = _account(key or PrivateKey().secret)
    content = _encrypt(account, password.encode())
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise ConfigurationError(f"keystore {path}: cannot be created ({error.strerror}); choose another path") from error
    with os.fdopen(descriptor, "w") as file:
        json.dump(content, file)
    return account


def _decrypt(content: Mapping[str, object], password: bytes) -> bytes:
    """The key. Raises ValueError or what a malformed file leads to."""
    content = _lower_case(content)
    crypto = content["crypto"]
    if content["version"] != 3 or not isinstance(crypto, dict) or crypto["cipher"] != "aes-128-ctr":
        raise ValueError("another version, or another cipher")
    derived = _derive(crypto["kdf"], crypto["kdfparams"], password)
    ciphertext = _hex(crypto["ciphertext"])
    if not hmac.compare_digest(keccak256(derived[16:32] + ciphertext), _hex(crypto["mac"])):
        raise ValueError("the password does not fit")
    key = _aes_ctr(derived[:16], _hex(crypto["cipherparams"]["iv"]), ciphertext)
    if len(key) != 32:
        raise ValueError("not a secp256k1 key")
    return key


def _encrypt(account: LocalAccount, password: bytes) -> Mapping[str, object]:
    salt, iv = secrets.token_bytes(32), secrets.token_bytes(16)
    parameters = {
        "dklen": _DERIVED_BYTES,
        "n": _SCRYPT_ROUNDS,
        "r": _SCRYPT_BLOCK,
        "p": _SCRYPT_LANES,
        "salt": salt.hex(),
    }
    derived = _derive("scrypt", parameters, password)
    ciphertext = _aes_ctr(derived[:16], iv, account.key)
    return {
        "address": account.address[2:].lower(),
        "crypto": {
            "cipher": "aes-128-ctr",
            "cipherparams": {"iv": iv.hex()},
            "ciphertext": ciphertext.hex(),
            "kdf": "scrypt",
            "kdfparams": parameters,
            "mac": keccak256(derived[16:32] + ciphertext).hex(),
        },
        "id": str(uuid.uuid4()),
        "version": 3,
    }


def _derive(function: object, parameters: Mapping[str, object], password: bytes) -> bytes:
    salt = _hex(parameters["salt"])
    if parameters["dklen"] != _DERIVED_BYTES:
        raise ValueError("another length of the derived key")
    if function == "scrypt":
        rounds, block, lanes = (_count(parameters[name]) for name in ("n", "r", "p"))
        memory = 128 * block * (rounds + lanes + 2)
        if memory > _MAXIMUM_MEMORY_BYTES:
            raise ValueError("asks for too much memory")
        return hashlib.scrypt(password, salt=salt, n=rounds, r=block, p=lanes, maxmem=2 * memory, dklen=_DERIVED_BYTES)
    iterations = _count(parameters["c"])
    if function != "pbkdf2" or parameters["prf"] != "hmac-sha256" or iterations > _MAXIMUM_ITERATIONS:
        raise ValueError("another key derivation")
    return hashlib.pbkdf2_hmac("sha256", password, salt, iterations, _DERIVED_BYTES)


def _aes_ctr(key: bytes, iv: bytes, content: bytes) -> bytes:
    """Encrypts or decrypts. The counter starts at the whole of `iv`, 16 bytes."""
    if len(iv) != 16:
        raise ValueError("an initialisation vector of another length")
    return AES.new(key, AES.MODE_CTR, nonce=b"", initial_value=iv).encrypt(content)


def _lower_case(content: Mapping[str, object]) -> dict[str, object]:
    """Names of members in lower case: some tools write `Crypto`."""
    return {name.lower(): _lower_case(value) if isinstance(value, dict) else value for name, value in content.items()}


def _hex(value: object) -> bytes:
    if not isinstance(value, str):
        raise TypeError("not hexadecimal text")
    return bytes.fromhex(value.removeprefix("0x"))


def _count(value: object) -> int:
    if not isinstance(value, int) or value < 1:
        raise ValueError("not a count")
    return value


def _account(key: bytes) -> LocalAccount:
    try:
        public_key = PrivateKey(key).public_key
    except ValueError:
        # Zero, or not below the curve's order.
        raise ConfigurationError("private key: not a valid secp256k1 key; the value is not shown here") from None
    return LocalAccount(key=key, address=checksum_address(address_of_key(public_key)))
