"""What a journal adds up to at a glance. It decodes no row, so `relayer status` need not load the packet lifecycle."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from relayer.journal.file import has_answers, open_for_reading, translated

_REJECTED = "SELECT channel, code, count(*) FROM answer WHERE accepted = 0 GROUP BY channel, code"


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalSummary:
    """Number of rows, packets by (channel, state), and refused facts and updates by (channel, code)."""

    rows: int
    packets: Mapping[tuple[str, str], int]
    rejected: Mapping[tuple[str, str], int]


def read_summary(path: Path) -> JournalSummary:
    """Of one moment. Raises JournalUnavailable, JournalCorrupt."""
    with closing(open_for_reading(path)) as database, translated(path):
        database.execute("BEGIN")
        (rows,) = database.execute("SELECT coalesce(max(row), 0) FROM journal").fetchone()
        counts = database.execute("SELECT channel, state, count(*) FROM packet GROUP BY channel, state").fetchall()
        rejected = database.execute(_REJECTED).fetchall() if has_answers(database) else []
    return JournalSummary(
        rows=rows,
        packets={(channel, state): count for channel, state, count in counts},
        rejected={(channel, code): count for channel, code, count in rejected},
    )
