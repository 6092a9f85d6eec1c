"""How commands read a point in time."""

from __future__ import annotations

from datetime import UTC, datetime

from relayer.app.clock import now_seconds
from relayer.errors import InvalidInput

LAST_SECOND = 253_402_300_799
"""Of the year 9999."""


def moment(text: str | None) -> int:
    """Unix seconds of a date, a date with time, or unix seconds; now without any. Raises InvalidInput."""
    if text is None:
        return now_seconds()
    if text.isascii() and text.isdigit() and len(text) <= len(str(LAST_SECOND)):
        return min(int(text), LAST_SECOND)
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise InvalidInput(
            f"time {text[:40]!r}: expected a form such as 2026-11-30, 2026-11-30T18:00 or unix seconds"
        ) from None
    seconds = int((found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp())
    if seconds < 0:
        raise InvalidInput(f"time {text[:40]!r}: ledgers count time from 1970 on; name a later one")
    # In UTC the last hours of the year 9999 may lie in the next year, which calendars here do not reach.
    return min(seconds, LAST_SECOND)
