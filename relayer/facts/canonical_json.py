"""The canonical form of JSON (RFC 8785, JCS), so that a document has one hash wherever it was written.

Names are sorted by UTF-16 code units, numbers are written as ECMAScript writes a double, strings as UTF-8 with the fewest
escapes. What a double cannot hold digit by digit is refused, because another reader would compute another hash.
"""

from __future__ import annotations

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
    """UTF-8. A Decimal is a number as it was written. `path` leads to the value in what holds it. Raises NotCanonical."""
    try:
        return _written(value, len(path)).encode()
    except NotCanonical as error:
        error.path = (*path, *error.path)
        raise


def _written(value: object, depth: int) -> str:
    """The path of an error begins at `value`: each level puts its own step in front, so that no path is made without one."""
    if depth > _MAXIMUM_DEPTH:
        raise NotCanonical((), f"nested more than {_MAXIMUM_DEPTH} deep")
    match value:
        case str():
            return _string(value)
        case dict():
            return _object(value, depth)
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case int() | float() | Decimal():
            return _number(value)
        case list() | tuple():
            return f"[{','.join([_member(each, at, depth) for at, each in enumerate(value)])}]"
        case _:
            raise NotCanonical((), f"{type(value).__name__} is not a JSON value")


def _object(value: dict[object, object], depth: int) -> str:
    members = [f"{_string(name)}:{_member(value[name], name, depth)}" for name in _sorted_names(value)]
    return f"{{{','.join(members)}}}"


def _member(value: object, step: Step, depth: int) -> str:
    try:
        return _written(value, depth + 1)
    except NotCanonical as error:
        error.path = (step, *error.path)
        raise


def _sorted_names(value: dict[object, object]) -> list[str]:
    names = [name for name in value if isinstance(name, str)]
    if len(names) != len(value):
        wrong = next(name for name in value if not isinstance(name, str))
        raise NotCanonical((), f"the name {wrong!r} is not a string")
    # In ASCII, code units sort as characters do.
    names.sort(key=None if all(map(str.isascii, names)) else _code_units)
    return names


def _code_units(name: str) -> bytes:
    return name.encode("utf-16-be", "surrogatepass")


def _string(text: str) -> str:
    if not text.isascii() and not _is_unicode(text):
        raise NotCanonical((), "half a UTF-16 surrogate pair is not a character (RFC 8785, section 3.2.2.2)")
    return encode_basestring(text)


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _number(value: float | Decimal) -> str:
    try:
        double = float(value)
    except OverflowError:
        double = float("inf")
    if not isfinite(double):
        raise NotCanonical((), f"the number {str(value)[:40]} is outside of what JSON readers share; write it as text")
    shortest = repr(double)
    if Decimal(shortest) != Decimal(value) and not isinstance(value, float):
        raise NotCanonical(
            (),
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
