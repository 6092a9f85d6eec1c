"""The SQLite journal: one file, one writer, on the disk before anything is sent.

The log is append-only, by trigger and by hash chain. A lock next to the file keeps a second writer out and dies with its
process. Readers are never blocked (write-ahead log).
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from relayer.core import states as st
from relayer.core.channels import Route
from relayer.core.events import (
    AcknowledgementWritten,
    Event,
    PacketCommitted,
    PacketPassedOver,
    PacketRefused,
    SubmissionRefused,
)
from relayer.core.ids import Height, LedgerId
from relayer.core.machine import Memory, Record
from relayer.core.packet import PacketKey
from relayer.core.states import State, state_name
from relayer.errors import JournalLocked, JournalUnavailable
from relayer.facts.answers import answers_in
from relayer.journal.codec import content_hash, encode_memory, note, row_hash
from relayer.journal.file import has_answers, has_carried, translated
from relayer.journal.reader import SqliteJournalReader, key_columns
from relayer.journal.schema import ANSWERS, APPLICATION_ID, CARRIED, DERIVED, GUARDS, LOG, REFUSED_BY_CHANNEL, UPSERT_PACKET
from relayer.ports.journal import Entry
from relayer.private_files import make_private, new_private_file, private_file, private_folder

_CHECKPOINTS_KEPT = 2


class SqliteJournal(SqliteJournalReader):
    """Opens or creates the file. Raises JournalLocked, JournalUnavailable, JournalCorrupt."""

    def __init__(self, path: Path) -> None:
        self._lock = _lock(path)
        try:
            if not path.exists():
                _create(path)
            super().__init__(path)
            self._db.close()
            with translated(path):
                self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
                self._db.execute("PRAGMA journal_mode = WAL")
                self._db.execute("PRAGMA synchronous = FULL")
                # Without it INSERT OR REPLACE deletes rows past the triggers that forbid it.
                self._db.execute("PRAGMA recursive_triggers = ON")
            self._head = self.verify()
            self._begin_answers()
            self._begin_carried()
        except BaseException:
            self._lock.close()
            raise

    def close(self) -> None:
        """Closes the file and releases its lock."""
        super().close()
        self._lock.close()

    def register(self, routes: Sequence[Route]) -> None:
        with self._transaction():
            self._db.executemany(
                "INSERT OR IGNORE INTO route VALUES(?, ?, ?, ?, ?)",
                [
                    (each.channel, each.source, each.source_client, each.destination, each.destination_client)
                    for each in routes
                ],
            )

    def append(
        self, records: Sequence[Record], *, recorded_at_ms: int, cursors: Mapping[LedgerId, Height]
    ) -> Sequence[Entry]:
        entries: list[Entry] = []
        row, previous = self._head.row, self._head.hash
        with self._transaction():
            for record in records:
                row += 1
                notes = tuple(note(effect) for effect in record.effects)
                body = self._codec.encode(record.event, notes, recorded_at_ms)
                stored = row_hash(previous, body)
                self._db.execute("INSERT INTO journal VALUES(?, ?, ?)", (row, body, stored))
                self._index(record, row, recorded_at_ms)
                entries.append(
                    Entry(
                        row=row,
                        recorded_at_ms=recorded_at_ms,
                        event=record.event,
                        effects=notes,
                        previous=previous,
                        hash=stored,
                    )
                )
                previous = stored
            self._db.executemany(
                "INSERT INTO cursor VALUES(?, ?) ON CONFLICT DO UPDATE SET height = excluded.height",
                [(ledger, str(height)) for ledger, height in cursors.items()],
            )
        if entries:
            self._head = type(self._head)(row=row, hash=previous)
        return entries

    def save_checkpoint(self, memory: Memory) -> None:
        body = encode_memory(memory)
        with self._transaction():
            self._db.execute(
                "INSERT OR REPLACE INTO checkpoint VALUES(?, ?, ?)",
                (self._head.row, body, row_hash(self._head.hash, body)),
            )
            self._db.execute(
                "DELETE FROM checkpoint WHERE row NOT IN (SELECT row FROM checkpoint ORDER BY row DESC LIMIT ?)",
                (_CHECKPOINTS_KEPT,),
            )

    def _index(self, record: Record, row: int, recorded_at_ms: int) -> None:
        match record.event:
            case SubmissionRefused(key=key, effect=effect, code=code):
                self._db.execute("INSERT INTO refusal VALUES(?, ?, ?, ?)", (row, key.channel, effect.value, code))
            case AcknowledgementWritten() as event:
                for transition in record.transitions:
                    self._index_answers(event, transition.key, row)
            case PacketCommitted() as event:
                for transition in record.transitions:
                    self._index_carried(event, transition.key)
            case PacketRefused(key=key):
                self._db.execute("INSERT INTO refusal VALUES(?, ?, ?, ?)", (row, key.channel, "", REFUSED_BY_CHANNEL))
            case PacketPassedOver(code=code):
                for transition in record.transitions:
                    refused = (row, transition.key.channel, "", code)
                    self._db.execute("INSERT INTO refusal VALUES(?, ?, ?, ?)", refused)
            case _:
                pass
        for transition in record.transitions:
            channel, source, sequence = key_columns(transition.key)
            code, reason = _why(transition.after, record.event)
            self._db.execute(
                UPSERT_PACKET,
                {
                    "channel": channel,
                    "source": source,
                    "sequence": sequence,
                    "state": state_name(transition.after),
                    "code": code,
                    "reason": reason,
                    "row": row,
                    "at": recorded_at_ms,
                },
            )
            self._db.execute("INSERT INTO packet_row VALUES(?, ?, ?, ?)", (channel, source, sequence, row))

    def _index_answers(self, event: AcknowledgementWritten, key: PacketKey, row: int) -> None:
        answers, place = answers_in(event.packet, event.acknowledgement), key_columns(key)
        self._db.executemany(
            "INSERT INTO answer VALUES(?, ?, ?, ?, ?, ?, ?, ?)",
            [(row, position, *place, each.fact_id, each.code, int(each.accepted)) for position, each in enumerate(answers)],
        )

    def _index_carried(self, event: PacketCommitted, key: PacketKey) -> None:
        row = (content_hash(event.packet.payload.value), *key_columns(key))
        self._db.execute("INSERT OR IGNORE INTO carried VALUES(?, ?, ?, ?)", row)

    def _begin_carried(self) -> None:
        """Of a journal that was begun without it, from its rows."""
        if has_carried(self._db):
            return
        routes = {(route.source, route.source_client): route for route in self.routes()}
        with self._transaction():
            self._db.execute(CARRIED)
            for entry in self.entries():
                event = entry.event
                route = (
                    routes.get((event.ledger, event.packet.source_client)) if isinstance(event, PacketCommitted) else None
                )
                if isinstance(event, PacketCommitted) and route is not None:
                    self._index_carried(event, route.key(event.packet.sequence))

    def _begin_answers(self) -> None:
        """Of a journal that was begun without them, from its rows."""
        if has_answers(self._db):
            return
        routes = self.routes()
        with self._transaction():
            self._db.execute(ANSWERS)
            for entry in self.entries():
                event = entry.event
                if not isinstance(event, AcknowledgementWritten):
                    continue
                for route in routes:
                    if (route.destination, route.source_client) == (event.ledger, event.packet.source_client):
                        self._index_answers(event, route.key(event.packet.sequence), entry.row)

    def _store(self, content: bytes) -> bytes:
        name = content_hash(content)
        self._db.execute("INSERT OR IGNORE INTO content VALUES(?, ?)", (name, content))
        return name

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with translated(self.path):
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise


def _why(state: State, event: Event) -> tuple[str, str]:
    match state:
        case st.PassedOver() if isinstance(event, PacketPassedOver):
            return event.code, event.reason
        case st.Quarantined():
            return state.code, state.reason
        case st.Contradicted():
            return "contradicted", state.reason
        case _:
            return "", ""


def _lock(path: Path) -> IO[bytes]:
    try:
        if not path.parent.exists():
            private_folder(path.parent)
        lock = private_file(path.with_name(path.name + ".lock"))
        for name in (path.name, f"{path.name}-wal", f"{path.name}-shm"):
            make_private(path.with_name(name))
    except OSError as error:
        raise JournalUnavailable(f"journal {path}: {error}; check the folder and its permissions") from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        lock.close()
        raise JournalLocked(f"journal {path}: another relayer has it open; stop that one, or name another file") from error
    return lock


def _create(path: Path) -> None:
    """Creates the whole file under a temporary name first, so that a crash leaves either nothing or a journal."""
    draft = path.with_name(path.name + ".new")
    draft.unlink(missing_ok=True)
    # Made private while it is empty: whoever opens a file before its rights are withdrawn may read it for ever.
    new_private_file(draft)
    with translated(path):
        db = sqlite3.connect(draft, isolation_level=None)
        db.executescript(f"PRAGMA application_id = {APPLICATION_ID}; BEGIN; {LOG} {GUARDS} {DERIVED} COMMIT;")
        db.close()
    with draft.open("rb") as file:
        os.fsync(file.fileno())
    draft.rename(path)
