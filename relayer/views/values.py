"""The forms of text in views."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

Name = Callable[[bytes], str]
"""A party's name from its id."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """A regular expression that the whole text matches, and what the text is."""

    pattern: str
    description: str


Hex = Annotated[str, Pattern(r"^0x([0-9a-f]{2})*$", "bytes as hexadecimal digits")]
MinorUnits = Annotated[
    str, Pattern(r"^-?[0-9]+$", "an amount in minor units, as text: many readers lose digits of large numbers")
]
Moment = Annotated[str, Pattern(r"^[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9:.]+Z$", "a moment in UTC")]


def hex_of(value: bytes) -> str:
    """0x and two digits for each byte."""
    return f"0x{value.hex()}"
