"""The comparison of the ways: its table and document, and a small run of one way with real processes and faults."""

from __future__ import annotations

import io
import json
import re
from dataclasses import asdict, replace
from pathlib import Path

import pytest
from rich.console import Console

from relayer.bench.ways.figures import LINES, PROCESSES, TRUSTED, rows_of, table
from relayer.bench.ways.measure import WaysPlan
from relayer.bench.ways.run import measure, way_names
from relayer.devnet.ways.work import WayName
from relayer.errors import InvalidInput
from relayer.views.ways import FaultyRun, LoadRun, Memory, PlainRun, WayFigures, WaysFigures
from tests.support.outputs import output
from tests.support.pages import DOCS

PLAIN = PlainRun(latency_p50_ms=33.0, latency_p99_ms=60.0, facts_per_s=1_000.0, cpu_ms_per_fact={"business": 0.5})
FAULTY = FaultyRun(
    seconds=25.0, latency_p50_ms=20_000.0, latency_p99_ms=24_000.0, lost=0, doubled=0, wrong_references=0, drift=0
)
LOAD = LoadRun(minutes=10.0, facts=500_000, lost=0, doubled=0, memory={"business": Memory(first_mib=70.0, last_mib=71.0)})
FIGURES = WaysFigures(
    facts=1_000,
    samples=50,
    down_seconds=20.0,
    kills=3,
    processors=2,
    load_average=1.0,
    ways={
        way.value: WayFigures(
            plain=PLAIN, faulty=FAULTY, load=LOAD, processes=PROCESSES[way], trusted=TRUSTED[way], lines=LINES[way]()
        )
        for way in WayName
    },
)


def test_the_table_has_a_column_for_each_way_and_says_what_was_done() -> None:
    shown = io.StringIO()
    Console(file=shown, width=200).print(table(FIGURES))
    text = " ".join(shown.getvalue().split())
    for words in (*WayName, "lost / doubled", "drift", "processes to run", "lines of business logic", "who is trusted"):
        assert words in text
    assert "away for 20 s, 3 kills, everything twice, shuffled" in text


def test_the_document_is_as_published() -> None:
    assert output("bench ways", json.dumps(asdict(FIGURES)))["ways"]["push"]["faulty"]["lost"] == 0


def test_the_page_has_the_figures_of_a_run_with_machine_and_date() -> None:
    """Its form: the same rows and columns as the command's table, and what the code says of processes and lines."""
    page = (DOCS / "ways.md").read_text()
    measured = page.partition("## Measured")[2].partition("\n## ")[0]
    head, _, *rows = [
        [cell.strip() for cell in line.strip("|").split("|")] for line in measured.splitlines() if line[:1] == "|"
    ]
    assert head[1:] == [way.value for way in WayName]
    for at, way in enumerate(WayName, start=1):
        wanted = dict(rows_of(replace(FIGURES.ways[way.value], load=None)))
        del wanted["who is trusted"]  # it has a table of its own
        shown = {row[0]: row[at] for row in rows}
        assert shown.keys() == wanted.keys()
        for name in (
            "processes to run",
            "lines of business logic",
            "with faults: lost / doubled",
            "with faults: wrong references / drift",
        ):
            assert shown[name] == wanted[name]
        assert all(any(each.isdigit() for each in value) for name, value in shown.items() if name != "processes to run")
    assert re.search(r"\d+ processors \(.+\), \d+ [A-Z][a-z]+ 20\d\d, load average [\d.]+", measured)


def test_every_way_has_its_lines_counted_and_whoever_waits_for_references_writes_more() -> None:
    lines = {way: LINES[way]() for way in WayName}
    assert lines[WayName.PUSH] == lines[WayName.QUEUE] == min(lines.values()) > 10


def test_ways_are_named_once_and_an_unknown_one_is_refused() -> None:
    assert way_names([]) == tuple(WayName)
    assert way_names(["pull", "push", "pull"]) == (WayName.PULL, WayName.PUSH)
    with pytest.raises(InvalidInput, match="no way 'pigeon'"):
        way_names(["pigeon"])


@pytest.mark.node
@pytest.mark.long
def test_a_small_run_with_faults_loses_nothing_and_doubles_nothing(tmp_path: Path) -> None:
    figures = measure(WaysPlan(facts=60, samples=3, down_seconds=1.0), (WayName.PUSH, WayName.INTERLEDGER), tmp_path)
    for way in figures.ways.values():
        faulty = way.faulty
        assert (faulty.lost, faulty.doubled, faulty.wrong_references, faulty.drift) == (0, 0, 0, 0)
        assert 0 < way.plain.latency_p50_ms <= way.plain.latency_p99_ms
        assert min(way.plain.cpu_ms_per_fact.values()) >= 0
