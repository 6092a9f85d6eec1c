"""A journal that was written once is told the same for ever.

If this fails, old journals would be read otherwise: give the rows a new version and keep this file.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from relayer.core.lifecycle import TRANSITIONS
from relayer.engine.recovery import recover, replay
from relayer.journal.reader import SqliteJournalReader
from relayer.journal.sqlite import SqliteJournal
from relayer.testing.factories import ROUTE, ROUTE_BACK
from tests.support.paths import GOLDEN
from tests.support.scripts import load_script

JOURNALS = ("journal-v1", "journal-v2", "journal-v3")


def a_copy(tmp_path: Path, name: str = "journal-v1") -> Path:
    return Path(shutil.copy(GOLDEN / f"{name}.db", tmp_path / f"{name}.db"))


@pytest.mark.parametrize("name", JOURNALS)
def test_a_stored_journal_gives_the_recorded_transitions(tmp_path: Path, name: str) -> None:
    make_journal = load_script(GOLDEN / "make_journal.py")
    assert make_journal.told(a_copy(tmp_path, name)) == (GOLDEN / f"{name}.txt").read_text()


def test_it_holds_every_move_of_the_lifecycle(tmp_path: Path) -> None:
    seen = {
        (type(step.before), type(one.entry.event), type(step.after))
        for name in JOURNALS
        for one in replay(SqliteJournalReader(a_copy(tmp_path, name)))
        for step in one.transitions
    }
    moves = {
        (before, event, after)
        for (before, event), transition in TRANSITIONS.items()
        for after in transition.to
        if after is not before
    }
    assert moves - seen == set()


def test_a_relayer_goes_on_with_it(tmp_path: Path) -> None:
    journal = SqliteJournal(a_copy(tmp_path))
    machine = recover(journal, (ROUTE, ROUTE_BACK))
    journal.save_checkpoint(machine.memory())
    assert recover(journal, (ROUTE, ROUTE_BACK)).memory() == machine.memory()
    assert {type(effect).__name__ for effect in machine.wanted()} == {"SubmitReceive", "SubmitAcknowledgement"}
    journal.close()
