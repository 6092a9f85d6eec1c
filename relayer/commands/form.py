"""Words or JSON: what the caller wants to read."""

from __future__ import annotations

from enum import StrEnum


class OutputForm(StrEnum):
    """How results are written."""

    WORDS = "words"
    JSON = "json"


def form(json_wanted: bool) -> OutputForm:  # noqa: FBT001  (a flag of the command line becomes an enumeration here)
    """Of the flag --json."""
    return OutputForm.JSON if json_wanted else OutputForm.WORDS
