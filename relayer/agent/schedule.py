"""When the agent pulls: every so many seconds, or at the times of a cron expression in a time zone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from relayer.errors import ConfigurationError


@dataclass(frozen=True, slots=True, kw_only=True)
class Every:
    """From the end of one pull to the beginning of the next."""

    seconds: float

    def wait(self, _now: float) -> float:
        """Seconds until the next pull."""
        return self.seconds


@dataclass(frozen=True, kw_only=True)
class Cron:
    """As Debian's cron understands five fields. Summer time skips no daily run and repeats none."""

    expression: str
    zone: str = "UTC"

    @cached_property
    def _type(self) -> Any:
        return cron_type()

    def wait(self, now: float) -> float:
        """Seconds until the next time of the expression. Raises ConfigurationError if there is none for 50 years."""
        begin = datetime.fromtimestamp(now, UTC).astimezone(ZoneInfo(self.zone))
        found = next(self._type(self.expression, begin), None)
        if found is None:
            raise ConfigurationError(f"schedule: {self.expression!r} names no moment in the next 50 years")
        return float(found.timestamp()) - now


Schedule = Every | Cron


def cron(expression: str, zone: str) -> Cron:
    """Raises ConfigurationError for what is not a cron expression, or names no moment."""
    iterate = cron_type()
    from cronsim import CronSimError  # noqa: PLC0415  (in the extra `agent`)

    schedule = Cron(expression=expression, zone=zone)
    try:
        iterate(expression, datetime.fromtimestamp(0, UTC))
    except CronSimError as error:
        raise ConfigurationError(
            f"schedule: {expression!r} is not a cron expression ({error}); write five fields, such as */5 * * * *"
        ) from error
    schedule.wait(0.0)
    return schedule


def cron_type() -> Any:
    """The library's iterator. Raises ConfigurationError without it."""
    try:
        from cronsim import CronSim  # noqa: PLC0415  (in the extra `agent`)
    except ModuleNotFoundError as error:
        raise ConfigurationError(
            "schedule: cron expressions need the extra `agent`: pip install 'interledger-settlement-relayer[agent]'"
        ) from error
    return CronSim
