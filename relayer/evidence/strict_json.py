"""Strict reading of untrusted JSON: exact fields, exact types, bounded size, no duplicates, one form for bytes."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import NoReturn

MAXIMUM_BYTES = 16 * 1024 * 1024
MAXIMUM_UINT64 = 2**64 - 1

_HEX = re.compile(r"0x(?:[0-9a-f]{2})*", re.ASCII)
_MAXIMUM_TEXT = 1024

Refuse = Callable[[str], NoReturn]
"""Raises the caller's error with a message."""


class JsonReader:
    """Reads one document and refuses with the caller's error."""

    def __init__(self, refuse: Refuse) -> None:
        self.refuse = refuse
        """Raises the caller's error with a message."""

    def load(self, raw: bytes) -> object:
        """The document; floats, NaN, duplicate names and excessive nesting are refused."""
        if len(raw) > MAXIMUM_BYTES:
            self.refuse(f"file of {len(raw)} bytes: at most {MAXIMUM_BYTES} are read")
        try:
            value: object = json.loads(
                raw.decode(), object_pairs_hook=self._object, parse_float=self._no_number, parse_constant=self._no_number
            )
        except (ValueError, RecursionError) as error:
            self.refuse(f"not JSON: {str(error)[:200]}")
        return value

    def fields(self, value: object, where: str, *names: str) -> dict[str, object]:
        """An object with exactly these fields."""
        if not isinstance(value, dict):
            self.refuse(f"{where}: expected an object")
        missing, unknown = set(names) - set(value), set(value) - set(names)
        if missing or unknown:
            problem = f"without {min(missing)!r}" if missing else f"with the unknown field {min(unknown)[:40]!r}"
            self.refuse(f"{where}: {problem}")
        return value

    def array(self, value: object, where: str, *, maximum: int) -> list[object]:
        """A list of 1 to `maximum` values."""
        if not isinstance(value, list) or not 1 <= len(value) <= maximum:
            self.refuse(f"{where}: expected a list of 1 to {maximum}")
        return value

    def text(self, value: object, where: str) -> str:
        """Printable text of bounded length."""
        if not isinstance(value, str) or not 1 <= len(value) <= _MAXIMUM_TEXT or not value.isprintable():
            self.refuse(f"{where}: expected 1 to {_MAXIMUM_TEXT} printable characters")
        return value

    def number(self, value: object, where: str, *, least: int = 1) -> int:
        """A whole number from `least` to 2^64 - 1."""
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= MAXIMUM_UINT64:
            self.refuse(f"{where}: expected a whole number from {least} to 2^64 - 1")
        return value

    def octets(self, value: object, where: str, *, length: int | None = None) -> bytes:
        """Lower-case hex with 0x."""
        if not isinstance(value, str) or not _HEX.fullmatch(value):
            self.refuse(f"{where}: expected lower-case hex with 0x before it")
        found = bytes.fromhex(value[2:])
        if length is not None and len(found) != length:
            self.refuse(f"{where}: {len(found)} bytes, expected {length}")
        return found

    def constant(self, value: object, where: str, expected: object) -> None:
        """Refuses every value except `expected`."""
        if type(value) is not type(expected) or value != expected:
            self.refuse(f"{where}: expected {expected!r}")

    def _object(self, pairs: list[tuple[str, object]]) -> dict[str, object]:
        found = dict(pairs)
        if len(found) != len(pairs):
            raise ValueError("a name is in one object twice")
        return found

    @staticmethod
    def _no_number(text: str) -> NoReturn:
        raise ValueError(f"{text[:40]} is not a whole number")


def hex_text(value: bytes) -> str:
    """The one form of bytes in a file."""
    return f"0x{value.hex()}"


def to_json(value: object) -> bytes:
    """Indented for people; equal values give equal bytes."""
    return json.dumps(value, indent=2, ensure_ascii=True).encode() + b"\n"
