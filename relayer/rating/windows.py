"""Time windows: hours of days of the week in a time zone, in which a line of a tariff counts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAY_MINUTES = 24 * 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """From `first_minute` of the day up to, but not including, `end_minute`. An end that is not later than the beginning
    lies on the next day; such a window belongs to the day on which it begins."""

    zone: tzinfo
    zone_name: str
    days: frozenset[int]
    """0 is Monday."""
    first_minute: int
    end_minute: int

    def holds(self, unix_seconds: int) -> bool:
        """Whether the moment lies in it, by the clocks of the zone, summer time included."""
        local = datetime.fromtimestamp(unix_seconds, UTC).astimezone(self.zone)
        minute, day = local.hour * 60 + local.minute, local.weekday()
        if self.first_minute < self.end_minute:
            return day in self.days and self.first_minute <= minute < self.end_minute
        if minute >= self.first_minute:
            return day in self.days
        return minute < self.end_minute and (day - 1) % 7 in self.days

    def __str__(self) -> str:
        days = ", ".join(WEEKDAYS[day] for day in sorted(self.days))
        return f"{_clock(self.first_minute)} to {_clock(self.end_minute)} {self.zone_name} on {days}"


def _clock(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"
