"""The figures of the main job on one ledger: how they are summed up and shown. It must never measure."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from statistics import fmean, median

from rich.table import Table

from relayer.views.measurements import JobFigures, Spread


def spread(values: Sequence[float]) -> Spread:
    """Rounded to milliseconds; `values` is not empty."""
    return Spread(
        mean=round(fmean(values), 3), median=round(median(values), 3), min=round(min(values), 3), max=round(max(values), 3)
    )


def percentile(values: Sequence[float], percent: int) -> float:
    """The nearest-rank percentile: the smallest value with at least `percent` of all at or below it."""
    return sorted(values)[max(math.ceil(len(values) * percent / 100), 1) - 1]


def table(figures: Mapping[str, JobFigures]) -> Table:
    """A column per ledger."""
    shown = Table(title="the main job", caption="a burst is committed at once; latency is of one packet at a time")
    shown.add_column("figure", no_wrap=True)
    for name in figures:
        shown.add_column(name, justify="right", no_wrap=True)
    rows = [_rows(each) for each in figures.values()]
    for lines in zip(*rows, strict=True):
        shown.add_row(lines[0][0], *(value for _, value in lines))
    return shown


def _rows(each: JobFigures) -> list[tuple[str, str]]:
    burst = each.burst_1000_s
    parts = [(f"CPU per packet, {name} (ms)", f"{value:.2f}") for name, value in each.cpu_ms_per_packet.items()]
    return [
        ("packets per second, one fact each", f"{each.packets_per_s:,.0f}"),
        ("facts per second, 64 in a packet", f"{each.facts_per_s:,.0f}"),
        ("latency p50 / p99 (ms)", f"{each.latency_p50_ms:,.0f} / {each.latency_p99_ms:,.0f}"),
        ("burst: packets in blocks", f"{each.burst_packets:,} in {each.burst_blocks}"),
        ("burst: mean / median (s)", f"{burst.mean:.2f} / {burst.median:.2f}"),
        ("burst: min / max (s)", f"{burst.min:.2f} / {burst.max:.2f}"),
        *parts,
        ("relayer memory, peak (MiB)", f"{each.relayer_rss_mb:.0f}"),
        ("gas to send one fact", f"{each.gas_send_1:,}"),
        ("gas to acknowledge it, with client update", f"{each.gas_acknowledge_1:,}"),
        ("gas per fact of 64, both", f"{each.gas_per_fact_64:,}"),
        ("gas per fact of 64, acknowledging", f"{each.gas_acknowledge_per_fact_64:,}"),
        ("load average of the machine", f"{each.load_average:.1f}"),
    ]
