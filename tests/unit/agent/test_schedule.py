"""When the agent pulls."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from relayer.agent.schedule import Every, cron
from relayer.errors import ConfigurationError


def moment(*values: int) -> float:
    return datetime(*values, tzinfo=UTC).timestamp()  # type: ignore[misc]


def test_every_so_many_seconds() -> None:
    assert Every(seconds=10.0).wait(moment(2026, 11, 30)) == 10.0


@pytest.mark.parametrize(
    ("expression", "zone", "now", "then"),
    [
        ("*/5 * * * *", "UTC", (2026, 11, 30, 12, 1, 30), (2026, 11, 30, 12, 5)),
        ("0 6 * * mon", "UTC", (2026, 11, 30, 6, 0), (2026, 12, 7, 6, 0)),
        ("30 2 * * *", "Europe/Berlin", (2026, 11, 30, 0, 0), (2026, 11, 30, 1, 30)),
        # Summer time skips 02:30: the run is made up for as the clocks change.
        ("30 2 * * *", "Europe/Berlin", (2027, 3, 28, 0, 0), (2027, 3, 28, 1, 0)),
    ],
)
def test_cron(expression: str, zone: str, now: tuple[int, ...], then: tuple[int, ...]) -> None:
    assert cron(expression, zone).wait(moment(*now)) == timedelta(seconds=moment(*then) - moment(*now)).total_seconds()


@pytest.mark.parametrize("expression", ["", "* * * *", "61 * * * *", "every day", "0 0 31 2 *"])
def test_what_is_not_cron_is_refused(expression: str) -> None:
    with pytest.raises(ConfigurationError, match="schedule: "):
        cron(expression, "UTC")
