"""A start over a long past: the past is what it says, and the figures come from a process of their own."""

from __future__ import annotations

from pathlib import Path

import pytest

from relayer.bench.restart import run, write_past
from relayer.engine.recovery import replay
from relayer.journal.reader import SqliteJournalReader
from tests.support.outputs import output


def test_the_past_is_a_journal_like_any_other(tmp_path: Path) -> None:
    path = tmp_path / "relayer.journal"
    assert write_past(path, 600) == 2_400
    journal = SqliteJournalReader(path)
    assert journal.counts() == {("main", "Acknowledged"): 600}
    assert sum(len(row.transitions) for row in replay(journal)) == 2_400
    journal.close()


def test_figures_of_a_start(capsys: pytest.CaptureFixture[str]) -> None:
    run(packets=3_000, as_json=True)
    told = output("bench start", capsys.readouterr().out)
    assert (told["past_packets"], told["journal_rows"], told["recovered_packets"]) == (3_000, 12_000, 3_000)
    assert 0 < told["recover_s"] < told["start_s"]
    assert told["peak_mb"] > 10
    run(packets=10, as_json=False)
    assert "start_s" in capsys.readouterr().out
