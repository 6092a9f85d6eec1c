"""Integers as decimal text, for amounts that reach 128 bits: one form for each number, bounded length."""

from __future__ import annotations

from typing import NewType

from relayer.errors import InvalidInput

Signed = NewType("Signed", int)
"""An amount that may be below zero. Every other amount is from zero up."""

_MAXIMUM_DIGITS = 80
"""A 256-bit number has 78."""


def number(what: str, text: str) -> int:
    """A number from zero up. Raises InvalidInput."""
    if not (text.isascii() and text.isdigit() and len(text) <= _MAXIMUM_DIGITS) or (text[0] == "0" and text != "0"):
        raise InvalidInput(f"{what} {text[:80]!r}: expected a plain decimal number")
    return int(text)


def text_of(number: int) -> str:
    """The inverse of `number`. Raises ValueError below zero."""
    if number < 0:
        raise ValueError(f"{number} is below zero")
    return str(number)


def signed_number(what: str, text: str) -> int:
    """A number that may have a minus sign. Raises InvalidInput."""
    if text.startswith("-") and text != "-0":
        return -number(what, text[1:])
    return number(what, text)
