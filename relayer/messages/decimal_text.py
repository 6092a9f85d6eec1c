"""Amounts as the decimal text of the settlement service, read strictly: one form for each number, bounded length."""

from __future__ import annotations

from relayer.errors import InvalidInput

_MAXIMUM_DIGITS = 60


def number(what: str, text: str) -> int:
    """A number from zero up. Raises InvalidInput."""
    if not (text.isascii() and text.isdigit() and len(text) <= _MAXIMUM_DIGITS) or str(int(text)) != text:
        raise InvalidInput(f"{what} {text[:80]!r}: expected a plain decimal number")
    return int(text)


def signed_number(what: str, text: str) -> int:
    """A number that may stand behind a minus sign. Raises InvalidInput."""
    if text.startswith("-") and text != "-0":
        return -number(what, text[1:])
    return number(what, text)
