"""`replay` over a long journal: it is shown as it is read."""

from __future__ import annotations

import json
import sqlite3
import sys
import tracemalloc
from pathlib import Path

import pytest

from relayer.commands.form import OutputForm
from relayer.commands.look import replay_journal
from relayer.core import events as ev
from relayer.core.effects import EffectKind
from relayer.core.ids import Sequence
from relayer.core.machine import Machine
from relayer.core.policy import OPEN_POLICY
from relayer.errors import JournalCorrupt
from relayer.journal.sqlite import SqliteJournal
from relayer.testing.factories import ROUTE, ROUTE_BACK, a_packet, committed
from tests.support.outputs import output

KEY = ROUTE.key(Sequence(1))
TIMES = 1_500
BYTES = 2_500_000
"""For 3,001 transitions, each of which takes about a kilobyte."""


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    """One packet that is refused and released again and again."""
    path = tmp_path / "long.journal"
    writer = SqliteJournal(path)
    writer.register([ROUTE, ROUTE_BACK])
    machine = Machine([ROUTE, ROUTE_BACK])
    refused = ev.SubmissionRefused(key=KEY, effect=EffectKind.RECEIVE, code="Refused", detail="no", retryable=False)
    released = ev.PacketReleased(key=KEY, operator="ops")
    plan = machine.plan([committed(a_packet(1)), *[refused, released] * TIMES], OPEN_POLICY)
    writer.append(plan.records, recorded_at_ms=1_700_000_000_000, cursors={})
    writer.close()
    return path


@pytest.mark.parametrize("form", [OutputForm.WORDS, OutputForm.JSON])
def test_a_long_journal_takes_no_memory(
    journal: Path, form: OutputForm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (tmp_path / "shown").open("w") as shown:
        monkeypatch.setattr(sys, "stdout", shown)
        tracemalloc.start()
        replay_journal(tmp_path / "none.yaml", journal, form)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        monkeypatch.undo()
    text = (tmp_path / "shown").read_text()
    if form is OutputForm.JSON:
        told = json.loads(text)
        assert (told["rows"], len(told["transitions"])) == (2 * TIMES + 1, 2 * TIMES + 1)
        assert text == json.dumps(told, indent=2) + "\n"
    else:
        assert text.count("PacketReleased") == TIMES
    assert peak < BYTES


def test_a_damaged_journal_ends_the_document_with_the_reason(journal: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The fault: the document broke off in the middle, so that no program could read what came before the damage."""
    connection = sqlite3.connect(journal)
    for (trigger,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        connection.execute(f"DROP TRIGGER {trigger}")
    connection.execute("UPDATE journal SET hash = zeroblob(32) WHERE row = 9")
    connection.commit()
    connection.close()
    with pytest.raises(JournalCorrupt, match="row 9"):
        replay_journal(journal.with_name("none.yaml"), journal, OutputForm.JSON)
    told = output("replay", capsys.readouterr().out)
    assert "row 9" in told["damage"]
    assert 0 < len(told["transitions"]) < 9
    assert told["rows"] == 2 * TIMES + 1
