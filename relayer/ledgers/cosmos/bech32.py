"""Addresses in bech32 (BIP-173) as Cosmos chains write them: any human-readable prefix, and no limit of 90 characters."""

from __future__ import annotations

from collections.abc import Iterable

_ALPHABET = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_GENERATOR = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
_CHECKSUM_LENGTH = 6


def encode(prefix: str, data: bytes) -> str:
    """`prefix` (lower-case ASCII), the separator 1, then the data in groups of five bits with their checksum."""
    count = -(-8 * len(data) // 5)
    number = int.from_bytes(data, "big") << 5 * count - 8 * len(data)
    words = _groups(number, count)
    polymod = _polymod([*_expanded(prefix), *words, *[0] * _CHECKSUM_LENGTH]) ^ 1
    return prefix + "1" + "".join(_ALPHABET[word] for word in (*words, *_groups(polymod, _CHECKSUM_LENGTH)))


def _groups(number: int, count: int) -> list[int]:
    """Five bits each, the highest first."""
    return [number >> 5 * place & 31 for place in reversed(range(count))]


def _expanded(prefix: str) -> list[int]:
    codes = prefix.encode("ascii")
    return [*(code >> 5 for code in codes), 0, *(code & 31 for code in codes)]


def _polymod(words: Iterable[int]) -> int:
    checksum = 1
    for word in words:
        top = checksum >> 25
        checksum = (checksum & 0x1FFFFFF) << 5 ^ word
        for place, factor in enumerate(_GENERATOR):
            if top >> place & 1:
                checksum ^= factor
    return checksum
