"""Unix seconds as the dates that bank messages carry, always in UTC. No clock is read here."""

from __future__ import annotations

from datetime import UTC, datetime

from relayer.iso20022.errors import BankMessageRefused, MessageProblem

_END_OF_TIME = 253_402_300_800
"""The first second of the year 10000."""


def iso_date(unix_seconds: int) -> str:
    """``2026-01-31``. Raises BankMessageRefused(TIME)."""
    return _moment(unix_seconds).date().isoformat()


def iso_date_time(unix_seconds: int) -> str:
    """``2026-01-31T12:00:00Z``. Raises BankMessageRefused(TIME)."""
    return _moment(unix_seconds).strftime("%Y-%m-%dT%H:%M:%SZ")


def _moment(unix_seconds: int) -> datetime:
    if not 0 < unix_seconds < _END_OF_TIME:
        raise BankMessageRefused(MessageProblem.TIME, f"time {unix_seconds}: expected unix seconds between 1970 and 9999")
    return datetime.fromtimestamp(unix_seconds, tz=UTC)
