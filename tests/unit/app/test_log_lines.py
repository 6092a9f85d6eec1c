"""Log lines without colours are those of structlog's own renderer, to the letter."""

from __future__ import annotations

import structlog
from hypothesis import given
from hypothesis import strategies as st

from relayer.app.log_lines import plain_line

THEIRS = structlog.dev.ConsoleRenderer(colors=False)
NAMES = st.sampled_from(["ledger", "packet", "error", "zone", "attempt", "a"])
VALUES = st.one_of(st.text(max_size=20), st.integers(), st.none(), st.booleans(), st.binary(max_size=4), st.just("a b"))


@given(
    level=st.sampled_from(["debug", "info", "warning", "error", "critical"]),
    event=st.text("abc_", min_size=1, max_size=40),
    values=st.dictionaries(NAMES, VALUES, max_size=5),
    ends=st.dictionaries(st.just("exception"), st.text("line \n", max_size=10)),
)
def test_a_line_is_what_structlog_writes(level: str, event: str, values: dict[str, object], ends: dict[str, str]) -> None:
    line = {"timestamp": "2026-11-30T14:21:52.000001Z", "level": level, "event": event, **values, **ends}

    assert plain_line(None, level, dict(line)) == THEIRS(None, level, dict(line))
