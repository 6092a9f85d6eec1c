"""The canonical form of JSON (RFC 8785, JCS), so that a document has one hash wherever it was written.

Names are sorted by UTF-16 code units, numbers are written as ECMAScript writes a double, strings as UTF-8 with the fewest
escapes. What a double cannot hold digit by digit is refused, because another reader would compute another hash.
"""

from __future__ import annotations

import json
from decimal import Decimal
from json.encoder import encode_basestring
from math import isfinite

from relayer.errors import InvalidInput

Step = str | int
Path = tuple[Step, ...]
"""Names and positions that lead to a value."""

_MAXIMUM_DEPTH = 100
_MAXIMUM_PLAIN_DIGITS = 21
_LEAST_PLAIN_EXPONENT = -6
"""ECMA-262, Number::toString: outside of these, a number has an exponent."""


class NotCanonical(InvalidInput):
    """A value without a canonical form. `path` leads to it."""

    def __init__(self, path: Path, message: str) -> None:
        super().__init__(message)
        self.path = path


def canonical(value: object, path: Path = ()) -> bytes:
    """UTF-8. A Decimal is a number as it was written. Raises NotCanonical."""
    if len(path) > _MAXIMUM_DEPTH:
        raise NotCanonical(path, f"nested more than {_MAXIMUM_DEPTH} deep")
    match value:
        case None | bool():
            return json.dumps(value).encode()
        case str():
            return _string(value, path)
        case int() | float() | Decimal():
            return _number(value, path).encode()
        case list() | tuple():
            return b"[" + b",".join(canonical(each, (*path, at)) for at, each in enumerate(value)) + b"]"
        case dict():
            members = sorted((_sort_key(name, path), name) for name in value)
            written = (_string(name, path) + b":" + canonical(value[name], (*path, name)) for _, name in members)
            return b"{" + b",".join(written) + b"}"
        case _:
            raise NotCanonical(path, f"{type(value).__name__} is not a JSON value")


def _sort_key(name: object, path: Path) -> bytes:
    if not isinstance(name, str):
        raise NotCanonical(path, f"the name {name!r} is not a string")
    return name.encode("utf-16-be", "surrogatepass")


def _string(text: str, path: Path) -> bytes:
    try:
        return encode_basestring(text).encode()
    except UnicodeEncodeError:
        raise NotCanonical(path, "half a UTF-16 surrogate pair is not a character (RFC 8785, section 3.2.2.2)") from None


def _number(value: float | Decimal, path: Path) -> str:
    try:
        double = float(value)
    except OverflowError:
        double = float("inf")
    if not isfinite(double):
        raise NotCanonical(path, f"the number {str(value)[:40]} is outside of what JSON readers share; write it as text")
    shortest = repr(double)
    if Decimal(shortest) != Decimal(value) and not isinstance(value, float):
        raise NotCanonical(
            path,
            f"the number {str(value)[:40]} would be read as {shortest} by most JSON readers; write it as text, "
            "or as a whole number of a smaller unit",
        )
    return _ecmascript(shortest)


def _ecmascript(shortest: str) -> str:
    """Python's shortest digits in the form of ECMA-262, section 6.1.6.1.20 (Number::toString)."""
    sign, digits_of, exponent = Decimal(shortest).as_tuple()
    digits = "".join(map(str, digits_of)).lstrip("0")
    if not digits:
        return "0"
    stripped = digits.rstrip("0")
    point = len(digits) + int(exponent)
    """Where the point is, counted from before the first digit."""
    if len(stripped) <= point <= _MAXIMUM_PLAIN_DIGITS:
        text = stripped.ljust(point, "0")
    elif 0 < point <= _MAXIMUM_PLAIN_DIGITS:
        text = f"{stripped[:point]}.{stripped[point:]}"
    elif _LEAST_PLAIN_EXPONENT < point <= 0:
        text = f"0.{'0' * -point}{stripped}"
    else:
        fraction = f".{stripped[1:]}" if len(stripped) > 1 else ""
        text = f"{stripped[0]}{fraction}e{point - 1:+d}"
    return f"-{text}" if sign else text
