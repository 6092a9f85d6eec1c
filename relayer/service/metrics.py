"""The report as Prometheus metrics. Every number comes from the journal or a ledger, so a restart resets none of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from relayer.service.report import Report

_ENDED = ("Acknowledged", "TimedOut")


def metrics_text(report: Report) -> bytes:
    """Prometheus text format."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Report(report))
    return generate_latest(registry)


class _Report(Collector):
    def __init__(self, report: Report) -> None:
        self._report = report

    def collect(self) -> Iterable[GaugeMetricFamily]:
        report = self._report
        yield _family(
            "relayer_healthy", "1 unless something that should move stands still", (), [((), float(not report.standstill))]
        )
        yield _family("relayer_journal_rows", "Rows in the journal", (), [((), report.journal_rows)])
        yield _family(
            "relayer_packets",
            "Packets by channel and state",
            ("channel", "state"),
            [((row.channel, row.state), row.count) for row in report.packets],
        )
        backlog: dict[str, int] = {}
        for row in report.packets:
            backlog[row.channel] = backlog.get(row.channel, 0) + (row.count if row.state not in _ENDED else 0)
        rows = [((channel,), count) for channel, count in backlog.items()]
        yield _family("relayer_backlog_packets", "Packets that have not ended", ("channel",), rows)
        yield _family(
            "relayer_pending_messages",
            "Messages that a ledger still has to get",
            ("ledger", "kind"),
            [((row.ledger, row.kind), row.count) for row in report.pending],
        )
        yield _family(
            "relayer_ledger_height",
            "Newest final height",
            ("ledger",),
            [((row.name,), row.height) for row in report.ledgers],
        )
        yield _family(
            "relayer_ledger_answers",
            "1 while the ledger answers",
            ("ledger",),
            [((row.name,), float(not row.last_error)) for row in report.ledgers],
        )
        known = [row for row in report.clients if row.expires_at_seconds]
        yield _family(
            "relayer_client_expiry_seconds",
            "Seconds until the light client expires unless it is updated",
            ("ledger", "client"),
            [((row.ledger, row.client), row.expires_at_seconds - report.now_seconds) for row in known],
        )


def _family(name: str, words: str, labels: Sequence[str], rows: Iterable[tuple[Sequence[str], float]]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, words, labels=list(labels))
    for values, value in rows:
        family.add_metric(list(values), value)
    return family
