"""Values of one word in the contract ABI, which most events consist of: read here, because web3's codec takes half a
millisecond for an event. Whatever else an event has is web3's to decode.

As strict as web3: padding is zeros (or the sign), and numbers are in range. A test compares the two.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from relayer.facts.words import WORD
from relayer.rating.abi import EventAbi, Parameter
from relayer.rating.rules import FieldValue

WordReader = Callable[[bytes], FieldValue]
"""From a word to a value. Raises ValueError."""

_SIZED = re.compile(r"(uint|int|bytes)([0-9]+)", re.ASCII)
_ADDRESS_BYTES = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Values one after another."""

    names: tuple[str, ...]
    types: tuple[str, ...]
    readers: tuple[WordReader, ...] | None
    """None: a type is longer than a word."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Where an event's fields are in its logs."""

    topics: int
    """How many are indexed."""
    kept: tuple[int, ...]
    """Those whose topic is the value and no hash of it."""
    indexed: Part
    """The kept ones."""
    plain: Part
    shown: tuple[str, ...]
    """Fields that have a value, in the order of the ABI. Arrays are none."""


def layout_of(event: EventAbi) -> Layout:
    """For all logs of the event."""
    indexed = [each for each in event.inputs if each.indexed]
    plain = [each for each in event.inputs if not each.indexed]
    kept = [each for each in indexed if not each.is_hashed]
    known = {each.name for each in (*kept, *plain)}
    return Layout(
        topics=len(indexed),
        kept=tuple(at for at, each in enumerate(indexed) if not each.is_hashed),
        indexed=_part(kept),
        plain=_part(plain),
        shown=tuple(name for name, kind in event.types.items() if name in known and not kind.endswith("]")),
    )


def _part(fields: Sequence[Parameter]) -> Part:
    types = tuple(each.type for each in fields)
    return Part(names=tuple(each.name for each in fields), types=types, readers=word_readers(types))


def word_readers(types: Sequence[str]) -> tuple[WordReader, ...] | None:
    """One for each type; None if a type is longer than a word."""
    readers = [_reader(kind) for kind in types]
    found = tuple(reader for reader in readers if reader is not None)
    return found if len(found) == len(readers) else None


def read_words(readers: Sequence[WordReader], content: bytes) -> list[FieldValue]:
    """Of the first words; what follows is not looked at. Raises ValueError."""
    if len(content) < WORD * len(readers):
        raise ValueError(f"{len(content)} bytes, where {len(readers)} words are expected")
    return [reader(content[WORD * at : WORD * at + WORD]) for at, reader in enumerate(readers)]


def _reader(kind: str) -> WordReader | None:
    if kind == "address":
        return _address
    if kind == "bool":
        return _boolean
    sized = _SIZED.fullmatch(kind)
    if sized is None:
        return None
    match sized[1], int(sized[2]):
        case "uint", bits:
            return _unsigned(bits)
        case "int", bits:
            return _signed(bits)
        case _, length:
            return _fixed(length)


def _unsigned(bits: int) -> WordReader:
    def read(word: bytes) -> int:
        value = int.from_bytes(word, "big")
        if value >> bits:
            raise ValueError(f"a word is not a uint{bits}")
        return value

    return read


def _signed(bits: int) -> WordReader:
    limit = 1 << (bits - 1)

    def read(word: bytes) -> int:
        value = int.from_bytes(word, "big", signed=True)
        if not -limit <= value < limit:
            raise ValueError(f"a word is not an int{bits}")
        return value

    return read


def _fixed(length: int) -> WordReader:
    padding = bytes(WORD - length)

    def read(word: bytes) -> bytes:
        if word[length:] != padding:
            raise ValueError(f"a word is not a bytes{length}")
        return word[:length]

    return read


def _address(word: bytes) -> bytes:
    if any(word[:-_ADDRESS_BYTES]):
        raise ValueError("a word is not an address")
    return word[-_ADDRESS_BYTES:]


def _boolean(word: bytes) -> bool:
    value = int.from_bytes(word, "big")
    if value > 1:
        raise ValueError("a word is not a bool")
    return value == 1
