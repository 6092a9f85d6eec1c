"""Unix seconds as the dates that bank messages carry, always in UTC. No clock is read here."""

from __future__ import annotations

from datetime import UTC, datetime

from relayer.iso20022.errors import BankMessageRefused, MessageProblem

_END_OF_TIME = 253_402_300_800
"""The first second of the year 10000."""
_WEEKEND = (5, 6)


def iso_date(unix_seconds: int) -> str:
    """``2026-01-31``. Raises BankMessageRefused(TIME)."""
    return _moment(unix_seconds).date().isoformat()


def iso_date_time(unix_seconds: int) -> str:
    """``2026-01-31T12:00:00Z``. Raises BankMessageRefused(TIME)."""
    return _moment(unix_seconds).strftime("%Y-%m-%dT%H:%M:%SZ")


def execution_notes(execute_at: int, created_at: int) -> list[str]:
    """What a bank will do with an execution date that is no day on which it works, as sentences."""
    wanted, created = _moment(execute_at).date(), _moment(created_at).date()
    notes = []
    if wanted < created:
        notes.append(f"execution date {wanted} lies in the past: a bank refuses it, or executes when it gets the file")
    if wanted.weekday() in _WEEKEND:
        notes.append(f"execution date {wanted} is a {wanted:%A}: a bank executes on its next working day")
    return notes


def _moment(unix_seconds: int) -> datetime:
    if not 0 < unix_seconds < _END_OF_TIME:
        raise BankMessageRefused(MessageProblem.TIME, f"time {unix_seconds}: expected unix seconds between 1970 and 9999")
    return datetime.fromtimestamp(unix_seconds, tz=UTC)
