"""Bech32 (BIP-173) as Cosmos addresses use it: any human-readable prefix, and no limit of 90 characters.

It must never accept a string whose checksum does not hold, or mixed case.
"""

from __future__ import annotations

from collections.abc import Iterable

from relayer.errors import InvalidInput

_ALPHABET = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_GENERATOR = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
_CHECKSUM_LENGTH = 6
_MAXIMUM_LENGTH = 256


def encode(prefix: str, data: bytes) -> str:
    """`prefix`, the separator 1, then the data in groups of five bits with their checksum."""
    words = _regroup(data, source_bits=8, target_bits=5)
    if (remainder := 8 * len(data) % 5) != 0:
        words.append(int.from_bytes(data, "big") << (5 - remainder) & 31)
    polymod = _polymod([*_expanded(prefix), *words, *[0] * _CHECKSUM_LENGTH]) ^ 1
    checksum = [polymod >> 5 * (5 - place) & 31 for place in range(_CHECKSUM_LENGTH)]
    return prefix + "1" + "".join(_ALPHABET[word] for word in (*words, *checksum))


def decode(text: str) -> tuple[str, bytes]:
    """Prefix and data. Raises InvalidInput."""
    prefix, separator, rest = text.lower().rpartition("1")
    if text not in {text.lower(), text.upper()} or not text.isascii() or len(text) > _MAXIMUM_LENGTH:
        raise InvalidInput(f"address {text[:_MAXIMUM_LENGTH]!r}: not bech32 (mixed case, foreign characters or too long)")
    words = [_ALPHABET.find(character) for character in rest]
    if not separator or not prefix or len(words) < _CHECKSUM_LENGTH or min(words) < 0:
        raise InvalidInput(f"address {text!r}: not bech32; expected a prefix, the digit 1 and characters of its alphabet")
    if _polymod([*_expanded(prefix), *words]) != 1:
        raise InvalidInput(f"address {text!r}: its checksum does not hold; is a character mistyped?")
    words = words[:-_CHECKSUM_LENGTH]
    padding = 5 * len(words) % 8
    if padding >= 5 or (words and words[-1] & (1 << padding) - 1):
        raise InvalidInput(f"address {text!r}: not the one bech32 form of its bytes")
    return prefix, bytes(_regroup(words, source_bits=5, target_bits=8))


def _regroup(values: Iterable[int], *, source_bits: int, target_bits: int) -> list[int]:
    """Whole groups only; what is left over is the caller's to judge."""
    collected, bits, out = 0, 0, []
    for value in values:
        collected = (collected << source_bits | value) & (1 << source_bits + target_bits) - 1
        bits += source_bits
        while bits >= target_bits:
            bits -= target_bits
            out.append(collected >> bits & (1 << target_bits) - 1)
    return out


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
