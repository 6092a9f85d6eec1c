"""The report as Prometheus metrics.

What is counted over packets comes from the journal and what is owned from the ledgers, so a restart resets none of it.
Errors and fees are counted since the start of the process, as Prometheus expects of counters.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from relayer.ports.journal import LATENCY_BOUNDS_MS, JournalFigures, RouteFigures
from relayer.service.report import Figures
from relayer.views.relaying import RelayerReport

_ROUTE = ("channel", "source")
Rows = Iterable[tuple[Sequence[str], float]]


def metrics_text(report: RelayerReport, figures: Figures) -> bytes:
    """Prometheus text format."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Everything(report, figures))
    return generate_latest(registry)


class _Everything(Collector):
    def __init__(self, report: RelayerReport, figures: Figures) -> None:
        self._report = report
        self._figures = figures

    def collect(self) -> Iterable[Metric]:
        yield from _of_report(self._report)
        yield from _of_spending(self._report)
        if self._figures.journal is not None:
            yield from _of_journal(self._figures.journal, self._report.now_seconds)
        yield _gauge(
            "relayer_wallet_balance",
            "What the paying account has, in the ledger's smallest unit",
            ("ledger",),
            [((row.ledger,), row.balance) for row in self._figures.wallets],
        )


def _of_report(report: RelayerReport) -> Iterator[Metric]:
    yield _gauge("relayer_healthy", "1 unless something that should progress is stalled", (), [((), not report.standstill)])
    yield _gauge("relayer_journal_rows", "Rows in the journal", (), [((), report.journal_rows)])
    yield _gauge(
        "relayer_packets",
        "Packets by channel and state",
        ("channel", "state"),
        [((row.channel, row.state), row.count) for row in report.packets],
    )
    yield _gauge(
        "relayer_pending_messages",
        "Messages that a ledger still has to get",
        ("ledger", "kind"),
        [((row.ledger, row.kind), row.count) for row in report.pending],
    )
    yield _gauge(
        "relayer_ledger_height", "Newest final height", ("ledger",), [((row.name,), row.height) for row in report.ledgers]
    )
    yield _gauge(
        "relayer_ledger_answers",
        "1 while the ledger answers",
        ("ledger",),
        [((row.name,), not row.last_error) for row in report.ledgers],
    )
    yield _gauge(
        "relayer_unproven_ends",
        "Packets whose end the ledger's node reported and nothing has proven yet",
        ("ledger",),
        [((row.name,), row.unproven_ends) for row in report.ledgers],
    )
    yield _gauge(
        "relayer_disproved_ends",
        "Open packets of which the ledger's node invented an end",
        ("ledger",),
        [((row.name,), len(row.disproved)) for row in report.ledgers],
    )
    yield _gauge(
        "relayer_client_expiry_seconds",
        "Seconds until the light client expires unless it is updated",
        ("ledger", "client"),
        [
            ((row.ledger, row.client), row.expires_at_seconds - report.now_seconds)
            for row in report.clients
            if row.expires_at_seconds
        ],
    )


def _of_spending(report: RelayerReport) -> Iterator[Metric]:
    yield _counter(
        "relayer_errors",
        "Errors since the start by kind; without a client: of reading the ledger",
        ("ledger", "client", "kind"),
        [((row.ledger, row.client, row.kind), row.count) for row in report.errors],
    )
    lane = ("ledger", "client")
    rows = report.spending
    yield _counter(
        "relayer_fees",
        "Fees paid since the start, in the ledger's smallest unit",
        lane,
        [((row.ledger, row.client), row.fee) for row in rows],
    )
    yield _counter("relayer_gas", "Gas used since the start", lane, [((row.ledger, row.client), row.gas) for row in rows])
    yield _counter(
        "relayer_transactions",
        "Transactions since the start",
        lane,
        [((row.ledger, row.client), row.transactions) for row in rows],
    )


def _of_journal(journal: JournalFigures, now_seconds: float) -> Iterator[Metric]:
    routes = journal.routes
    yield _counter(
        "relayer_packets_ended",
        "Packets by how they ended",
        (*_ROUTE, "end"),
        [
            ((*_name(row), end), count)
            for row in routes
            for end, count in (
                ("acknowledged", row.acknowledged),
                ("timed_out", row.timed_out),
                ("passed_over", row.passed_over),
                ("contradicted", row.contradicted),
            )
        ],
    )
    rows = [(_name(row), row.open) for row in routes]
    yield _gauge("relayer_backlog_packets", "Packets that have not ended", _ROUTE, rows)
    yield _gauge(
        "relayer_backlog_oldest_sequence",
        "Lowest sequence of a packet that has not ended; 0 if there is none",
        _ROUTE,
        [(_name(row), row.oldest_open) for row in routes],
    )
    yield _gauge(
        "relayer_backlog_oldest_seconds",
        "Since the first of the open packets was seen; 0 if there is none",
        _ROUTE,
        [(_name(row), max(now_seconds - row.oldest_open_at_ms / 1000, 0.0) if row.open else 0.0) for row in routes],
    )
    yield _gauge(
        "relayer_quarantined_packets",
        "Packets set aside, which only an operator or another relayer moves",
        _ROUTE,
        [(_name(row), row.quarantined) for row in routes],
    )
    yield _latency(routes)
    yield _counter(
        "relayer_answers",
        "Facts, and updates about facts, by what their acknowledgement says of them",
        (*_ROUTE, "answer", "code"),
        [
            ((row.channel, row.source, "accepted" if row.accepted else "rejected", row.code), row.count)
            for row in journal.answers
        ],
    )
    yield _counter(
        "relayer_refusals",
        "Submissions that a ledger refused, by its code; without an effect: packets that the channel does not carry",
        ("channel", "effect", "code"),
        [((row.channel, row.effect or "", row.code), row.count) for row in journal.refusals],
    )


def _latency(routes: Iterable[RouteFigures]) -> Metric:
    family = HistogramMetricFamily(
        "relayer_packet_latency_seconds", "From the first sight of a packet to its acknowledgement", labels=list(_ROUTE)
    )
    for row in routes:
        bounds = [str(bound / 1000) for bound in LATENCY_BOUNDS_MS]
        buckets = [*zip(bounds, row.acknowledged_within, strict=True), ("+Inf", row.acknowledged)]
        family.add_metric(list(_name(row)), buckets, sum_value=row.acknowledged_ms / 1000)
    return family


def _name(row: RouteFigures) -> tuple[str, str]:
    return row.channel, row.source


def _gauge(name: str, words: str, labels: Sequence[str], rows: Rows) -> Metric:
    return _filled(GaugeMetricFamily(name, words, labels=list(labels)), rows)


def _counter(name: str, words: str, labels: Sequence[str], rows: Rows) -> Metric:
    return _filled(CounterMetricFamily(name, words, labels=list(labels)), rows)


def _filled(family: GaugeMetricFamily | CounterMetricFamily, rows: Rows) -> Metric:
    for values, value in rows:
        family.add_metric(list(values), float(value))
    return family
