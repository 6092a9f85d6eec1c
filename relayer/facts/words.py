"""Hand-written ABI words: a reader that accepts exactly the canonical layout, and writers for it.

Facts are hashed and decoded by the thousand, and a general ABI library takes ten times as long for these static types.
Every value has one encoding: non-zero padding, an offset of another layout, or trailing bytes are refused.
"""

from __future__ import annotations

from itertools import starmap
from struct import Struct
from typing import Any

from sha3 import keccak_256

from relayer.errors import InvalidInput

WORD = 32


def keccak256(data: bytes) -> bytes:
    """32 bytes: Ethereum's hash, not SHA3-256."""
    digest: bytes = keccak_256(data).digest()
    return digest


def number(value: int) -> bytes:
    """An unsigned integer. Raises OverflowError outside of 256 bits."""
    return value.to_bytes(WORD, "big")


def address(value: bytes) -> bytes:
    """20 bytes, padded on the left."""
    return value.rjust(WORD, b"\0")


def fixed(value: bytes) -> bytes:
    """bytesN, padded on the right."""
    return value.ljust(WORD, b"\0")


def dynamic(value: bytes) -> bytes:
    """bytes or string: length, then the bytes padded to whole words."""
    return number(len(value)) + value.ljust(padded(len(value)), b"\0")


def padded(length: int) -> int:
    """The next multiple of a word."""
    return -(-length // WORD) * WORD


class Words:
    """Reads words in order. Raises InvalidInput with `what` for anything that is not canonical."""

    def __init__(self, data: bytes, what: str) -> None:
        self._data = data
        self._what = what
        self.position = 0

    def number(self, bits: int) -> int:
        """uintN."""
        value = int.from_bytes(self.take(WORD), "big")
        if value >> bits:
            raise self.malformed(f"a number does not fit {bits} bits")
        return value

    def address(self) -> bytes:
        """20 bytes."""
        word = self.take(WORD)
        if any(word[:12]):
            raise self.malformed("an address has non-zero padding")
        return word[12:]

    def fixed(self, length: int) -> bytes:
        """bytesN."""
        word = self.take(WORD)
        if any(word[length:]):
            raise self.malformed(f"bytes{length} has non-zero padding")
        return word[:length]

    def rows(self, layout: Struct, maximum: int) -> list[tuple[Any, ...]]:
        """A dynamic array of at most `maximum` tuples of static types, whose words `layout` describes, padding included."""
        length = self.length(maximum)
        taken = self.take(length * layout.size)
        rows = list(layout.iter_unpack(taken))
        # Packing pads with zeros, so it gives the one encoding of these values.
        if b"".join(starmap(layout.pack, rows)) != taken:
            raise self.malformed("a number does not fit its type, or a value has non-zero padding")
        return rows

    def dynamic(self, maximum: int) -> bytes:
        """bytes or string of at most `maximum` bytes."""
        length = self.length(maximum)
        body = self.take(padded(length))
        if any(body[length:]):
            raise self.malformed("text has non-zero padding")
        return body[:length]

    def length(self, maximum: int) -> int:
        """The length of a dynamic value."""
        value = int.from_bytes(self.take(WORD), "big")
        if value > maximum:
            raise self.malformed(f"{value} elements where at most {maximum} are allowed")
        return value

    def offset(self, expected: int) -> None:
        """An offset that the canonical layout fixes."""
        if int.from_bytes(self.take(WORD), "big") != expected:
            raise self.malformed("the ABI form is not canonical")

    def take(self, length: int) -> bytes:
        """The next bytes."""
        end = self.position + length
        if end > len(self._data):
            raise self.malformed("it is truncated")
        taken = self._data[self.position : end]
        self.position = end
        return taken

    def end(self) -> None:
        """Raises InvalidInput if bytes follow."""
        if self.position != len(self._data):
            raise self.malformed("bytes follow after its end")

    def malformed(self, why: str) -> InvalidInput:
        """The error for the caller to raise."""
        return InvalidInput(f"{self._what}: {why}")
