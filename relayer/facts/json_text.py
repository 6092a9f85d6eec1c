"""Strict reading of JSON that people and programs hand over, with line and column of what is wrong.

UTF-8, with or without a byte order mark. Duplicate names, NaN and Infinity are refused, because readers differ about
them. A number with a fraction or an exponent becomes a Decimal, so that no digit is lost.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection
from decimal import Decimal, InvalidOperation
from typing import Any, NoReturn

from relayer.errors import InvalidInput
from relayer.facts.canonical_json import Path

_DECODER = json.JSONDecoder()
_SPACE = re.compile(r"[ \t\n\r]*", re.ASCII)
_SCALAR = re.compile(r"[^ \t\n\r,\]}]+", re.ASCII)
_LITERALS = ("true", "false", "null")
_NOT_NUMBERS = ("NaN", "Infinity", "-Infinity")
_MAXIMUM_NUMBER_CHARACTERS = 1_000
_TOO_DEEP = "nested too deep to be read"


class JsonFault(InvalidInput):
    """What is not a JSON text, or is read differently by different readers. The message begins with line and column."""


class _Ambiguous(ValueError):
    """Found while reading fast; where it is, is found while reading again."""


def decode_text(raw: bytes) -> str:
    """Raises JsonFault unless it is UTF-8."""
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        where = _place(raw[: error.start].decode("utf-8-sig", "replace"), None)
        raise JsonFault(f"{where}: not UTF-8; save the file as UTF-8") from error


def load_json(text: str) -> object:
    """Raises JsonFault."""
    try:
        value: object = json.loads(
            text, object_pairs_hook=_members, parse_float=_decimal, parse_int=_integer, parse_constant=_no_number
        )
    except json.JSONDecodeError as error:
        raise JsonFault(f"line {error.lineno}, column {error.colno}: not JSON ({error.msg})") from error
    except _Ambiguous as error:
        _Scan(text, ()).run()
        raise JsonFault(str(error)) from error
    except RecursionError as error:
        raise JsonFault(_TOO_DEEP) from error
    return value


def places_of(text: str, paths: Collection[Path]) -> dict[Path, str]:
    """``line 3, column 7`` of each path in a text that load_json accepts; of a missing value, its parent's place."""
    wanted = {path[:length] for path in paths for length in range(len(path) + 1)}
    scan = _Scan(text, wanted)
    scan.run()
    found = {}
    for path in paths:
        nearest = next(path[:length] for length in range(len(path), -1, -1) if path[:length] in scan.found)
        found[path] = _place(text, scan.found[nearest])
    return found


def _place(text: str, at: int | None) -> str:
    before = text if at is None else text[:at]
    line, start = before.count("\n") + 1, before.rfind("\n") + 1
    return f"line {line}, column {len(before) - start + 1}"


class _Scan:
    """Reads well-formed JSON again, slowly, to tell where things are. Stops at what load_json refuses."""

    def __init__(self, text: str, wanted: Collection[Path]) -> None:
        self._text = text
        self._wanted = wanted
        self.found: dict[Path, int] = {}

    def run(self) -> None:
        """Raises JsonFault at the first ambiguity."""
        try:
            self._value(self._skip(0), ())
        except RecursionError as error:
            raise JsonFault(_TOO_DEEP) from error

    def _value(self, at: int, path: Path) -> int:
        """Where the value ends."""
        if path in self._wanted:
            self.found[path] = at
        match self._text[at]:
            case "{":
                return self._object(at, path)
            case "[":
                return self._array(at, path)
            case '"':
                return self._string(at)[1]
            case _:
                return self._scalar(at)

    def _object(self, at: int, path: Path) -> int:
        seen: set[str] = set()
        at = self._skip(at + 1)
        while self._text[at] != "}":
            name, end = self._string(at)
            if name in seen:
                raise JsonFault(
                    f"{_place(self._text, at)}: {name[:40]!r} is a duplicate name in one object; keep one of them"
                )
            seen.add(name)
            colon = self._skip(end)
            at = self._next(self._value(self._skip(colon + 1), (*path, name)))
        return at + 1

    def _array(self, at: int, path: Path) -> int:
        at, index = self._skip(at + 1), 0
        while self._text[at] != "]":
            at, index = self._next(self._value(at, (*path, index))), index + 1
        return at + 1

    def _string(self, at: int) -> tuple[str, int]:
        text, end = _DECODER.raw_decode(self._text, at)
        return str(text), end

    def _scalar(self, at: int) -> int:
        found = _SCALAR.match(self._text, at)
        word = found[0] if found else ""
        try:
            if word in _NOT_NUMBERS:
                _no_number(word)
            if word not in _LITERALS:
                _decimal(word)
        except _Ambiguous as error:
            raise JsonFault(f"{_place(self._text, at)}: {error}") from error
        return at + len(word)

    def _next(self, at: int) -> int:
        at = self._skip(at)
        return self._skip(at + 1) if self._text[at] == "," else at

    def _skip(self, at: int) -> int:
        found = _SPACE.match(self._text, at)
        return found.end() if found else at


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _Ambiguous("a duplicate name in one object")
    return found


def _no_number(word: str) -> NoReturn:
    raise _Ambiguous(f"{word} is not a number in JSON; leave it out, or write it as text")


def _decimal(word: str) -> Decimal:
    _check_length(word)
    try:
        return Decimal(word)
    except InvalidOperation:
        raise _Ambiguous(f"the number {word[:40]} is outside of what JSON readers share; write it as text") from None


def _integer(word: str) -> int:
    _check_length(word)
    return int(word)


def _check_length(word: str) -> None:
    if len(word) > _MAXIMUM_NUMBER_CHARACTERS:
        raise _Ambiguous(f"a number of {len(word)} characters; at most {_MAXIMUM_NUMBER_CHARACTERS} are read")
