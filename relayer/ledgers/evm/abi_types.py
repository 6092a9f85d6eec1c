"""Values by their types in the contract ABI (Solidity documentation, "Contract ABI Specification"), for whatever types our
contracts have. What every packet passes through is written out in `relayer.ledgers.evm.abi`.

Encoding makes the one canonical layout that solc makes. Reading takes whatever layout the offsets give, and is strict in
all else: padding is zeros, numbers are in range, text is UTF-8, and nothing is read twice, so that a few bytes do not become
many. Arrays and tuples are read as
tuples, addresses as 0x and 40 digits in lower case. Tests compare both with an independent implementation.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import repeat
from typing import Any

from relayer.errors import InvalidInput
from relayer.proofs.evm_address import checksum_address

_WORD = 32
_ADDRESS_BYTES = 20
_ADDRESS = re.compile(r"0x[0-9a-fA-F]{40}")
_ARRAY = re.compile(r"(.+)\[(\d*)\]")
_SIMPLE = re.compile(r"(uint|bytes)(\d+)")


def encode(types: Sequence[str], values: Sequence[Any]) -> bytes:
    """The values one after another, as arguments of a call. Raises InvalidInput for values that are not of their types."""
    return _Tuple(tuple(map(_type, types))).encode(values)


def decode(types: Sequence[str], content: bytes) -> tuple[Any, ...]:
    """The values of arguments, or of what a contract returned. Raises InvalidInput."""
    decoded: tuple[Any, ...] = _Tuple(tuple(map(_type, types))).decode(_Content(content), 0)
    return decoded


class _Content:
    """What is read, and how much of it is left to read."""

    __slots__ = ("_bytes", "_left", "size")

    def __init__(self, content: bytes) -> None:
        self._bytes = content
        self._left = self.size = len(content)

    def take(self, at: int, count: int) -> bytes:
        """Raises InvalidInput."""
        if at + count > self.size:
            raise InvalidInput(f"ABI data of {self.size} bytes ends before the {count} bytes at {at}")
        self._left -= count
        if self._left < 0:
            raise InvalidInput(f"ABI data of {self.size} bytes: its parts lie in one another")
        return self._bytes[at : at + count]


class _Type(ABC):
    """`size`: bytes in the head of what holds it; None for what lies in the tail, with an offset in the head."""

    size: int | None = _WORD

    @abstractmethod
    def encode(self, value: Any) -> bytes:
        """Raises InvalidInput."""

    @abstractmethod
    def decode(self, content: _Content, at: int) -> Any:
        """Raises InvalidInput."""


class _Unsigned(_Type):
    def __init__(self, bits: int) -> None:
        self._bits = bits

    def encode(self, value: Any) -> bytes:
        if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 1 << self._bits:
            raise _unfit(f"uint{self._bits}", value)
        return value.to_bytes(_WORD, "big")

    def decode(self, content: _Content, at: int) -> int:
        value = int.from_bytes(content.take(at, _WORD), "big")
        if value >> self._bits:
            raise InvalidInput(f"ABI data: the word at {at} is not a uint{self._bits}")
        return value


class _Boolean(_Type):
    def encode(self, value: Any) -> bytes:
        if not isinstance(value, bool):
            raise _unfit("bool", value)
        return int(value).to_bytes(_WORD, "big")

    def decode(self, content: _Content, at: int) -> bool:
        value = int.from_bytes(content.take(at, _WORD), "big")
        if value > 1:
            raise InvalidInput(f"ABI data: the word at {at} is not a bool")
        return bool(value)


class _Address(_Type):
    def encode(self, value: Any) -> bytes:
        if isinstance(value, bytes) and len(value) == _ADDRESS_BYTES:
            return value.rjust(_WORD, b"\0")
        if not isinstance(value, str) or not _ADDRESS.fullmatch(value):
            raise _unfit("address", value)
        address = bytes.fromhex(value[2:])
        if value[2:] not in {value[2:].lower(), value[2:].upper(), checksum_address(address)[2:]}:
            raise InvalidInput(f"address {value}: its capitals are not the checksum of its digits; look for a typing error")
        return address.rjust(_WORD, b"\0")

    def decode(self, content: _Content, at: int) -> str:
        word = content.take(at, _WORD)
        if any(word[:-_ADDRESS_BYTES]):
            raise InvalidInput(f"ABI data: the word at {at} is not an address")
        return "0x" + word[-_ADDRESS_BYTES:].hex()


class _FixedBytes(_Type):
    def __init__(self, count: int) -> None:
        self._count = count

    def encode(self, value: Any) -> bytes:
        if not isinstance(value, bytes) or len(value) != self._count:
            raise _unfit(f"bytes{self._count}", value)
        return value.ljust(_WORD, b"\0")

    def decode(self, content: _Content, at: int) -> bytes:
        word = content.take(at, _WORD)
        if any(word[self._count :]):
            raise InvalidInput(f"ABI data: the word at {at} is not a bytes{self._count}")
        return word[: self._count]


class _Bytes(_Type):
    size = None

    def encode(self, value: Any) -> bytes:
        if not isinstance(value, bytes):
            raise _unfit("bytes", value)
        return len(value).to_bytes(_WORD, "big") + value + bytes(-len(value) % _WORD)

    def decode(self, content: _Content, at: int) -> bytes:
        count = _count(content, at)
        padded = content.take(at + _WORD, count + -count % _WORD)
        if any(padded[count:]):
            raise InvalidInput(f"ABI data: the bytes at {at} are not padded with zeros")
        return padded[:count]


class _Text(_Type):
    size = None

    def encode(self, value: Any) -> bytes:
        if not isinstance(value, str):
            raise _unfit("string", value)
        return _Bytes().encode(value.encode())

    def decode(self, content: _Content, at: int) -> str:
        try:
            return _Bytes().decode(content, at).decode()
        except UnicodeDecodeError as error:
            raise InvalidInput(f"ABI data: the text at {at} is not UTF-8") from error


class _Tuple(_Type):
    def __init__(self, items: tuple[_Type, ...]) -> None:
        self._items = items
        sizes = [item.size for item in items]
        self.size = None if None in sizes else sum(size for size in sizes if size is not None)

    def encode(self, value: Any) -> bytes:
        if not isinstance(value, list | tuple) or len(value) != len(self._items):
            raise _unfit(f"a tuple of {len(self._items)}", value)
        return _encoded(self._items, value)

    def decode(self, content: _Content, at: int) -> tuple[Any, ...]:
        return tuple(_decoded(self._items, content, at))


class _Array(_Type):
    """Of a length that comes with the value, or of a fixed one."""

    def __init__(self, item: _Type, length: int | None) -> None:
        self._item = item
        self._length = length
        self.size = None if length is None or item.size is None else length * item.size

    def encode(self, value: Any) -> bytes:
        if not isinstance(value, list | tuple) or self._length not in {None, len(value)}:
            raise _unfit("an array", value)
        count = len(value).to_bytes(_WORD, "big") if self._length is None else b""
        return count + _encoded([self._item] * len(value), value)

    def decode(self, content: _Content, at: int) -> tuple[Any, ...]:
        if self._length is not None:
            return tuple(_decoded(repeat(self._item, self._length), content, at))
        count = _count(content, at)
        start = at + _WORD
        return tuple(_decoded(repeat(self._item, count), content, start))


def _encoded(items: Sequence[_Type], values: Sequence[Any]) -> bytes:
    """Head and tail."""
    encoded = [item.encode(value) for item, value in zip(items, values, strict=True)]
    offset = sum(_WORD if item.size is None else item.size for item in items)
    head: list[bytes] = []
    tail: list[bytes] = []
    for item, part in zip(items, encoded, strict=True):
        if item.size is None:
            head.append(offset.to_bytes(_WORD, "big"))
            tail.append(part)
            offset += len(part)
        else:
            head.append(part)
    return b"".join((*head, *tail))


def _decoded(items: Sequence[_Type] | repeat[_Type], content: _Content, start: int) -> Iterator[Any]:
    at = start
    for item in items:
        if item.size is None:
            yield item.decode(content, start + _count(content, at))
            at += _WORD
        else:
            yield item.decode(content, at)
            at += item.size


def _count(content: _Content, at: int) -> int:
    """A length or an offset: more than there are bytes is none."""
    value = int.from_bytes(content.take(at, _WORD), "big")
    if value > content.size:
        raise InvalidInput(f"ABI data of {content.size} bytes: the word at {at} leads behind its end")
    return value


def _unfit(what: str, value: object) -> InvalidInput:
    shown = f" of length {len(value)}" if isinstance(value, bytes | str | list | tuple) else f" {value}"
    return InvalidInput(f"ABI: expected {what}, got {type(value).__name__}{shown}")


@cache
def _type(name: str) -> _Type:
    """Raises InvalidInput for a type that no contract of this program has."""
    if array := _ARRAY.fullmatch(name):
        return _Array(_type(array[1]), int(array[2]) if array[2] else None)
    if name.startswith("(") and name.endswith(")"):
        return _Tuple(tuple(map(_type, _parts(name[1:-1]))))
    if simple := _SIMPLE.fullmatch(name):
        number = int(simple[2])
        if simple[1] == "uint" and number in range(8, 257, 8):
            return _Unsigned(number)
        if simple[1] == "bytes" and number in range(1, 33):
            return _FixedBytes(number)
    others: dict[str, type[_Type]] = {"bytes": _Bytes, "string": _Text, "address": _Address, "bool": _Boolean}
    if name not in others:
        raise InvalidInput(f"ABI: no type {name!r} is known")
    return others[name]()


def _parts(names: str) -> Iterator[str]:
    """Divides at the commas that are in no inner brackets."""
    depth, begin = 0, 0
    for at, sign in enumerate(names):
        depth += (sign == "(") - (sign == ")")
        if sign == "," and not depth:
            yield names[begin:at]
            begin = at + 1
    if names:
        yield names[begin:]
