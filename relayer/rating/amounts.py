"""Exact arithmetic: whole numbers and fractions, rounded only where a rule says so and as it says. No floats."""

from __future__ import annotations

import re
from enum import StrEnum
from fractions import Fraction
from typing import assert_never

from relayer.errors import InvalidInput

_NUMBER = re.compile(r"([0-9]{1,30})(?:\.([0-9]{1,18})|/([0-9]{1,30}))?", re.ASCII)


class Rounding(StrEnum):
    """To a whole number. Nothing here is negative, so `up` is away from zero."""

    UP = "up"
    DOWN = "down"
    HALF_UP = "half_up"
    HALF_EVEN = "half_even"


def rounded(value: Fraction, rounding: Rounding) -> int:
    """A whole number."""
    # In integers, because each subtraction and comparison of fractions makes new ones.
    divisor = value.denominator
    whole, rest = divmod(value.numerator, divisor)
    match rounding:
        case Rounding.UP:
            return whole + (rest > 0)
        case Rounding.DOWN:
            return whole
        case Rounding.HALF_UP:
            return whole + (2 * rest >= divisor)
        case Rounding.HALF_EVEN:
            return whole + (2 * rest > divisor or (2 * rest == divisor and whole % 2 == 1))
        case unreachable:
            assert_never(unreachable)


def exact(text: str) -> Fraction:
    """Of ``19``, ``19.5`` or ``1/3``. Raises InvalidInput."""
    match = _NUMBER.fullmatch(text)
    if match is None:
        raise InvalidInput(f"{text[:40]!r} is not an exact number from zero up, such as 19, 19.5 or 1/3")
    whole, decimals, divisor = match.groups()
    if divisor is not None:
        if not int(divisor):
            raise InvalidInput(f"{text[:40]!r} divides by zero")
        return Fraction(int(whole), int(divisor))
    return Fraction(int(whole + (decimals or "")), 10 ** len(decimals or ""))


def text_of(value: Fraction) -> str:
    """``19``, ``19.5`` or ``1/3``: as `exact` reads it."""
    if value.denominator == 1:
        return str(value.numerator)
    digits, rest = 0, value.denominator
    for prime in (2, 5):
        count = 0
        while rest % prime == 0:
            rest, count = rest // prime, count + 1
        digits = max(digits, count)
    if rest != 1 or digits > 18:
        return f"{value.numerator}/{value.denominator}"
    whole, decimals = divmod(value.numerator * 10**digits // value.denominator, 10**digits)
    return f"{whole}.{decimals:0{digits}d}"
