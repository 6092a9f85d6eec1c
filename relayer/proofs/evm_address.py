"""Addresses of EVM ledgers as people write them: hexadecimal whose capitals are a checksum (EIP-55)."""

from __future__ import annotations

from relayer.proofs.keccak import keccak256


def checksum_address(address: bytes) -> str:
    """0x and 40 digits: a letter is a capital where the hash of the lower-case digits has a digit of 8 or more."""
    digits = address.hex()
    nibbles = keccak256(digits.encode()).hex()
    return "0x" + "".join(
        digit.upper() if int(nibble, 16) >= 8 else digit for digit, nibble in zip(digits, nibbles, strict=False)
    )
