"""Figures from a journal: how packets ended, what is open, how long it took, what was refused. Only reads.

A restarted relayer continues its counters from here, because nothing is stored anywhere else.
"""

from __future__ import annotations

from pathlib import Path

from relayer.core.effects import EffectKind
from relayer.core.ids import ChannelId, LedgerId
from relayer.journal.file import has_answers, translated
from relayer.journal.reader import SqliteJournalReader
from relayer.ports.journal import LATENCY_BOUNDS_MS, AnswerFigures, JournalFigures, RefusalFigures, RouteFigures

_ENDED = "('Acknowledged', 'TimedOut', 'PassedOver', 'Contradicted')"
_TOOK = "last_at_ms - first_at_ms"
_BUCKETS = ", ".join(f"sum(state = 'Acknowledged' AND {_TOOK} <= {bound})" for bound in LATENCY_BOUNDS_MS)
_ROUTES = f"""
SELECT channel, source,
  sum(state = 'Acknowledged'), sum(state = 'TimedOut'), sum(state = 'Contradicted'), sum(state = 'Quarantined'),
  sum(state = 'PassedOver'),
  sum(state NOT IN {_ENDED}),
  min(CASE WHEN state NOT IN {_ENDED} THEN sequence END), min(CASE WHEN state NOT IN {_ENDED} THEN first_at_ms END),
  sum(CASE WHEN state = 'Acknowledged' THEN {_TOOK} ELSE 0 END), {_BUCKETS}
FROM packet GROUP BY channel, source
"""  # noqa: S608 - nothing but the constants above
_REFUSALS = "SELECT channel, effect, code, count(*) FROM refusal GROUP BY channel, effect, code ORDER BY min(row)"
_ANSWERS = """
SELECT channel, source, code, accepted, count(*) FROM answer
GROUP BY channel, source, code, accepted ORDER BY channel, source, accepted DESC, code
"""


class JournalStatistics:
    """Reads while the relayer writes."""

    def __init__(self, path: Path) -> None:
        self._reader = SqliteJournalReader(path)
        self._database = self._reader.database

    def close(self) -> None:
        """Closes the reader."""
        self._reader.close()

    def figures(self) -> JournalFigures:
        """Takes time in proportion to the packets, some 0.1 s for 100,000.

        Raises JournalUnavailable, JournalCorrupt.
        """
        head = self._reader.head()
        with translated(self._reader.path):
            routes = self._database.execute(_ROUTES).fetchall()
            refusals = self._database.execute(_REFUSALS).fetchall()
            answers = self._database.execute(_ANSWERS).fetchall() if has_answers(self._database) else []
        return JournalFigures(
            rows=head.row,
            routes=tuple(map(_route, routes)),
            refusals=tuple(
                RefusalFigures(
                    channel=ChannelId(channel), effect=EffectKind(effect) if effect else None, code=code, count=count
                )
                for channel, effect, code, count in refusals
            ),
            answers=tuple(
                AnswerFigures(
                    channel=ChannelId(channel), source=LedgerId(source), code=code, accepted=bool(accepted), count=count
                )
                for channel, source, code, accepted, count in answers
            ),
        )


def _route(row: tuple[str | int | bytes | None, ...]) -> RouteFigures:
    channel, source, acknowledged, timed_out, contradicted, quarantined, passed_over, *rest = row
    opened, sequence, since, total, *within = rest
    return RouteFigures(
        channel=ChannelId(str(channel)),
        source=LedgerId(str(source)),
        acknowledged=_number(acknowledged),
        timed_out=_number(timed_out),
        contradicted=_number(contradicted),
        quarantined=_number(quarantined),
        passed_over=_number(passed_over),
        open=_number(opened),
        oldest_open=int.from_bytes(sequence, "big") if isinstance(sequence, bytes) else 0,
        oldest_open_at_ms=_number(since or 0),
        acknowledged_ms=_number(total),
        acknowledged_within=tuple(map(_number, within)),
    )


def _number(value: str | int | bytes | None) -> int:
    assert isinstance(value, int)
    return value
