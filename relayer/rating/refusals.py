"""Why an activity becomes no claim: a code for programs and a sentence for people."""

from __future__ import annotations

from enum import StrEnum

from relayer.errors import InvalidInput


class RatingCode(StrEnum):
    """Stored with the activity, so no code is renamed or given another meaning."""

    EVENT_MALFORMED = "event_malformed"
    """The log does not have the form that the ABI states."""
    PARTY_UNMAPPED = "party_unmapped"
    SAME_PARTY = "same_party"
    """Creditor and debtor are one party: there is nothing to settle."""
    DIVISION_BY_ZERO = "division_by_zero"
    NEGATIVE_VALUE = "negative_value"
    AMOUNT_OVERFLOW = "amount_overflow"
    AMOUNT_ZERO = "amount_zero"
    TIME_OUT_OF_RANGE = "time_out_of_range"
    PLACE_OUT_OF_RANGE = "place_out_of_range"
    """Block number or log index do not fit the fact's sequence."""


class ActivityRefused(InvalidInput):
    """The activity becomes no claim by these rules. The message says what to change."""

    def __init__(self, code: RatingCode, message: str) -> None:
        super().__init__(message)
        self.code = code
