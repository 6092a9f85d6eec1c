"""The SQLite journal: it only grows, it notices every change, it starts from a checkpoint, and others may read."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from relayer.core import events as ev
from relayer.core import states as st
from relayer.core.effects import EffectKind
from relayer.core.ids import Height
from relayer.core.machine import Machine
from relayer.core.policy import OPEN_POLICY
from relayer.engine.recovery import recover, replay
from relayer.errors import InvalidInput, JournalCorrupt, JournalLocked, JournalUnavailable
from relayer.journal.codec import row_hash
from relayer.journal.reader import SqliteJournalReader
from relayer.journal.sqlite import SqliteJournal
from relayer.testing.factories import (
    CONTRACTS,
    ROUTE,
    ROUTE_BACK,
    SETTLEMENT,
    TIMEOUT,
    a_head,
    a_packet,
    acknowledged,
    answered,
    committed,
    received,
    timed_out,
)
from relayer.wire.interledger.journal.v1 import journal_pb2 as wire

ROUTES = (ROUTE, ROUTE_BACK)
PACKETS = [a_packet(number, value=bytes([number]) * 40) for number in range(1, 7)]
KEYS = [ROUTE.key(packet.sequence) for packet in PACKETS]
REJECTED = ev.SubmissionRefused(
    key=KEYS[3], effect=EffectKind.RECEIVE, code="AppError", detail='says "ünïcode"', retryable=False
)
STORY: list[list[ev.Event]] = [
    [committed(packet) for packet in PACKETS],
    [received(PACKETS[0]), answered(PACKETS[0]), answered(PACKETS[1])],
    [acknowledged(PACKETS[0]), REJECTED],
    [ev.PacketReleased(key=KEYS[3], operator="ops"), replace(REJECTED, retryable=True)],
    [a_head(SETTLEMENT, timestamp=TIMEOUT), timed_out(PACKETS[2])],
    [timed_out(PACKETS[1])],
]


def write(journal: SqliteJournal, machine: Machine, events: list[ev.Event], at: int = 1_000) -> None:
    plan = machine.plan(events, OPEN_POLICY)
    journal.append(plan.records, recorded_at_ms=at, cursors={ledger: head.height for ledger, head in plan.heads.items()})
    machine.apply(plan)


def written(path: Path) -> Machine:
    journal = SqliteJournal(path)
    machine = recover(journal, ROUTES)
    for number, events in enumerate(STORY):
        write(journal, machine, events, at=1_000 + number)
    journal.close()
    return machine


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "journal.db"


@pytest.fixture
def journal(path: Path) -> Iterator[SqliteJournal]:
    opened = SqliteJournal(path)
    yield opened
    opened.close()


def tamper(path: Path, *statements: str) -> None:
    db = sqlite3.connect(path)
    for table in ("journal", "content", "route"):
        for verb in ("UPDATE", "DELETE"):
            db.execute(f"DROP TRIGGER IF EXISTS {table}_no_{verb}")
    for statement in statements:
        db.execute(statement)
    db.commit()
    db.close()


def test_what_is_written_is_told_again(path: Path) -> None:
    machine = written(path)
    reader = SqliteJournalReader(path)
    told = list(replay(reader))
    assert [one.entry.row for one in told] == list(range(1, len(told) + 1))
    events = [one.entry.event for one in told]
    assert events == [event for batch in STORY for event in batch]
    assert told[0].entry.previous == bytes(32)
    assert all(later.entry.previous == earlier.entry.hash for earlier, later in pairwise(told))
    again = SqliteJournal(path)
    assert recover(again, ROUTES).memory() == machine.memory()
    again.close()


def test_a_packets_bytes_are_stored_once(path: Path) -> None:
    written(path)
    (stored,) = sqlite3.connect(path).execute("SELECT count(*) FROM content").fetchone()
    assert stored == len(PACKETS)


def test_the_index_tells_where_each_packet_is(path: Path) -> None:
    machine = written(path)
    reader = SqliteJournalReader(path)
    for key in KEYS:
        line = reader.packet(key)
        assert line is not None
        assert line.state == type(machine.state(key)).__name__
    assert reader.counts() == {
        ("main", "Acknowledged"): 1,
        ("main", "Contradicted"): 1,
        ("main", "TimedOut"): 1,
        ("main", "Expired"): 3,
    }
    contradicted = reader.packets(states=["Contradicted"])
    assert [line.key for line in contradicted] == [KEYS[1]]
    assert "PacketTimedOut" in contradicted[0].reason
    assert [type(entry.event) for entry in reader.entries_of(KEYS[3])] == [
        ev.PacketCommitted,
        ev.SubmissionRefused,
        ev.PacketReleased,
        ev.SubmissionRefused,
        ev.HeadFinalised,
    ]
    assert (contradicted[0].first_at_ms, contradicted[0].last_at_ms) == (1_000, 1_005)
    assert reader.packet(ROUTE_BACK.key(PACKETS[0].sequence)) is None


@pytest.mark.parametrize("table", ["journal", "content", "route"])
@pytest.mark.parametrize("statement", ["UPDATE {} SET rowid = rowid", "DELETE FROM {}"])
def test_the_log_refuses_to_be_changed(path: Path, table: str, statement: str) -> None:
    written(path)
    with pytest.raises(sqlite3.IntegrityError, match="only grows"):
        sqlite3.connect(path).execute(statement.format(table))


@pytest.mark.parametrize("table", ["journal", "content", "route"])
def test_a_row_of_the_log_is_not_replaced(path: Path, table: str) -> None:
    written(path)
    journal = SqliteJournal(path)
    with pytest.raises(sqlite3.IntegrityError, match="only grows"):
        journal._db.execute(f"REPLACE INTO {table} SELECT * FROM {table}")
    journal.close()


@pytest.mark.parametrize(
    ("change", "names"),
    [
        ("UPDATE journal SET body = CAST(body || X'00' AS BLOB) WHERE row = 3", "row 3"),
        ("UPDATE journal SET hash = zeroblob(32) WHERE row = 4", "row 4"),
        ("DELETE FROM journal WHERE row = 5", "row 5"),
        ("UPDATE journal SET row = 99 WHERE row = 6", "row 6"),
        ("UPDATE content SET body = X'7b7d' WHERE rowid = 1", "content"),
        ("DELETE FROM journal WHERE row = 1", "row 1"),
    ],
)
@pytest.mark.parametrize("checkpointed", ["checkpointed", "plain"])
def test_a_changed_row_is_named_and_nothing_is_touched(path: Path, change: str, names: str, checkpointed: str) -> None:
    machine = written(path)
    if checkpointed == "checkpointed":
        opened = SqliteJournal(path)
        opened.save_checkpoint(machine.memory())
        opened.close()
    tamper(path, change)
    with pytest.raises(JournalCorrupt, match=names):
        SqliteJournal(path)
    with pytest.raises(JournalCorrupt, match=names):
        SqliteJournalReader(path).verify()


def test_lost_content_is_noticed_when_it_is_needed(path: Path) -> None:
    written(path)
    tamper(path, "DELETE FROM content WHERE rowid = 2")
    with pytest.raises(JournalCorrupt, match="content"):
        list(replay(SqliteJournalReader(path)))


def test_a_row_that_is_not_canonical_is_refused_though_its_hash_fits(path: Path) -> None:
    opened = SqliteJournal(path)
    opened.close()
    body = wire.Row(version=1, head_finalised=wire.HeadFinalised(ledger="a", height=1)).SerializeToString() + b"\x10\x00"
    db = sqlite3.connect(path)
    db.execute("INSERT INTO journal VALUES(1, ?, ?)", (body, row_hash(bytes(32), body)))
    db.commit()
    with pytest.raises(JournalCorrupt, match="canonical"):
        list(SqliteJournalReader(path).entries())


@pytest.mark.parametrize(
    "row",
    [
        wire.Row(version=1),
        wire.Row(version=1, packet_refused=wire.PacketRefused(reason="no key")),
        wire.Row(version=1, submission_refused=wire.SubmissionRefused(key=wire.PacketKey(), effect=9)),
    ],
)
def test_a_row_that_does_not_read_is_refused(path: Path, row: wire.Row) -> None:
    SqliteJournal(path).close()
    body = row.SerializeToString()
    db = sqlite3.connect(path)
    db.execute("INSERT INTO journal VALUES(1, ?, ?)", (body, row_hash(bytes(32), body)))
    db.commit()
    with pytest.raises(JournalCorrupt, match="row 1"):
        list(SqliteJournalReader(path).entries())


def test_a_later_version_is_named(path: Path) -> None:
    SqliteJournal(path).close()
    body = wire.Row(version=2).SerializeToString() + b"\xfa\x01\x01x"  # with a field of that version
    db = sqlite3.connect(path)
    db.execute("INSERT INTO journal VALUES(1, ?, ?)", (body, row_hash(bytes(32), body)))
    db.commit()
    with pytest.raises(JournalCorrupt, match="version 2"):
        list(SqliteJournalReader(path).entries())


class TestCheckpoints:
    def saved(self, path: Path) -> Machine:
        machine = written(path)
        opened = SqliteJournal(path)
        opened.save_checkpoint(machine.memory())
        opened.close()
        return machine

    def test_a_start_from_a_checkpoint_tells_the_same(self, path: Path) -> None:
        machine = self.saved(path)
        opened = SqliteJournal(path)
        checkpoint = opened.load_checkpoint()
        assert checkpoint is not None
        assert checkpoint.row == opened.head().row
        write(opened, machine, [committed(a_packet(7))])
        assert recover(opened, ROUTES).memory() == machine.memory()
        opened.close()

    @pytest.mark.parametrize(
        "change",
        [
            "UPDATE checkpoint SET body = X'7b7d'",
            "UPDATE checkpoint SET hash = zeroblob(32)",
            "UPDATE checkpoint SET row = row - 1",
            "UPDATE checkpoint SET row = row + 1000",
            "DELETE FROM checkpoint",
        ],
    )
    def test_one_that_does_not_fit_is_passed_over(self, path: Path, change: str) -> None:
        machine = self.saved(path)
        tamper(path, change)
        opened = SqliteJournal(path)
        assert opened.load_checkpoint() is None
        assert recover(opened, ROUTES).memory() == machine.memory()
        opened.close()

    def test_other_channels_replay_instead(self, path: Path) -> None:
        self.saved(path)
        opened = SqliteJournal(path)
        machine = recover(opened, (ROUTE,))
        assert isinstance(machine.state(KEYS[0]), st.Acknowledged)
        opened.close()

    def test_a_removed_channel_is_forgotten_without_an_error(self, path: Path) -> None:
        written(path)
        opened = SqliteJournal(path)
        assert list(recover(opened, (ROUTE_BACK,)).packets()) == []
        opened.close()

    def test_only_the_newest_two_are_kept(self, path: Path) -> None:
        opened = SqliteJournal(path)
        machine = recover(opened, ROUTES)
        for number in range(1, 6):
            write(opened, machine, [committed(a_packet(number))])
            opened.save_checkpoint(machine.memory())
        (kept,) = sqlite3.connect(path).execute("SELECT count(*) FROM checkpoint").fetchone()
        assert kept == 2
        opened.close()


class TestOneWriter:
    def test_a_second_writer_is_kept_out_and_told(self, path: Path) -> None:
        first = SqliteJournal(path)
        with pytest.raises(JournalLocked, match="another relayer"):
            SqliteJournal(path)
        first.close()
        SqliteJournal(path).close()

    def test_the_lock_dies_with_its_process(self, path: Path) -> None:
        script = (
            "import sys, os, signal; from pathlib import Path; from relayer.journal.sqlite import SqliteJournal\n"
            "SqliteJournal(Path(sys.argv[1])); os.kill(os.getpid(), signal.SIGKILL)"
        )
        ended = subprocess.run([sys.executable, "-c", script, str(path)], check=False, env={**os.environ})
        assert ended.returncode == -9
        SqliteJournal(path).close()

    def test_readers_are_let_in_while_it_writes(self, journal: SqliteJournal, path: Path) -> None:
        machine = recover(journal, ROUTES)
        write(journal, machine, STORY[0])
        reader = SqliteJournalReader(path)
        assert reader.head() == journal.head()
        write(journal, machine, STORY[1])
        assert reader.head().row == 9
        assert len(list(replay(reader))) == 9

    def test_readers_are_let_in_when_nobody_writes(self, path: Path) -> None:
        written(path)
        assert SqliteJournalReader(path).head().row == 16

    def test_a_failed_append_leaves_nothing(self, journal: SqliteJournal) -> None:
        machine = recover(journal, ROUTES)
        plan = machine.plan(STORY[0], OPEN_POLICY)

        class Odd:
            event = a_head(CONTRACTS, height=-1)
            effects = ()
            transitions = ()

        with pytest.raises(InvalidInput):
            journal.append([*plan.records, Odd()], recorded_at_ms=1, cursors={})  # type: ignore[list-item]
        assert journal.head().row == 0
        journal.append(plan.records, recorded_at_ms=1, cursors={})
        assert journal.verify().row == len(PACKETS)


def test_cursors_move_with_records_or_alone(path: Path) -> None:
    written(path)
    opened = SqliteJournal(path)
    assert opened.cursors() == {SETTLEMENT: 25}
    opened.append((), recorded_at_ms=1, cursors={CONTRACTS: Height(2**70), SETTLEMENT: Height(26)})
    assert opened.cursors() == {CONTRACTS: 2**70, SETTLEMENT: 26}
    assert opened.head().row == 16
    opened.close()


def test_sequences_use_all_64_bits(journal: SqliteJournal) -> None:
    machine = recover(journal, ROUTES)
    last = a_packet(2**64 - 1, timeout=2**64 - 1)
    write(journal, machine, [committed(last), committed(a_packet(1))])
    lines = journal.packets()
    assert [line.key.sequence for line in lines] == [1, 2**64 - 1]


@pytest.mark.parametrize("content", [b"", b"nothing like a database", b"SQLite format 3\x00" + bytes(200)])
def test_another_file_is_refused(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    with pytest.raises(JournalCorrupt):
        SqliteJournal(path)
    assert path.read_bytes() == content


def test_a_missing_file_is_said_to_be_missing(path: Path) -> None:
    with pytest.raises(JournalUnavailable, match="no such file"):
        SqliteJournalReader(path)


def test_an_impossible_folder_is_said_to_be_impossible(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(JournalUnavailable, match="folder"):
        SqliteJournal(tmp_path / "file" / "journal.db")


def test_the_file_is_the_owners_alone(journal: SqliteJournal, path: Path) -> None:
    assert path.stat().st_mode & 0o777 == 0o600
