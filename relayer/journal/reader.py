"""Reads a SQLite journal, in the process that writes it or in any other. It never changes a byte."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

from relayer.core.channels import Route
from relayer.core.ids import ChannelId, ClientId, Height, LedgerId
from relayer.core.ids import Sequence as PacketSequence
from relayer.core.packet import PacketKey
from relayer.errors import InvalidInput, JournalCorrupt, JournalUnavailable
from relayer.facts.answers import Answer
from relayer.journal.codec import RowCodec, content_hash, decode_memory, row_hash
from relayer.journal.file import has_answers, has_carried, open_for_reading, translated
from relayer.ports.journal import Checkpoint, Entry, JournalHead, PacketLine

GENESIS = bytes(32)
"""The hash before row 1."""
_MOST_CARRYING = 1_000
"""Packets that are looked at for the hops of one: a sender may repeat one value as often as it pays for."""


class SqliteJournalReader:
    """A journal file, read-only. Raises JournalUnavailable if there is none, JournalCorrupt if it is something else."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._codec = RowCodec(store=self._store, load=self._load)
        self._db = open_for_reading(path)

    @property
    def database(self) -> sqlite3.Connection:
        """The connection, for further queries of this package."""
        return self._db

    def close(self) -> None:
        self._db.close()

    def head(self) -> JournalHead:
        with translated(self.path):
            found = self._db.execute("SELECT row, hash FROM journal ORDER BY row DESC LIMIT 1").fetchone()
        return JournalHead(row=found[0], hash=found[1]) if found else JournalHead(row=0, hash=GENESIS)

    def routes(self) -> tuple[Route, ...]:
        with translated(self.path):
            rows = self._db.execute("SELECT * FROM route ORDER BY rowid").fetchall()
        return tuple(_route(*row) for row in rows)

    def entries(self, *, after: int = 0) -> Iterator[Entry]:
        previous = self._hash_of(after)
        with translated(self.path):
            for row, body, stored in self._db.execute(
                "SELECT row, body, hash FROM journal WHERE row > ? ORDER BY row", (after,)
            ):
                after += 1
                _check_link(after, row, previous, body, stored)
                yield self._entry(row, body, previous, stored)
                previous = stored

    def verify(self) -> JournalHead:
        previous, expected = GENESIS, 0
        with translated(self.path):
            for row, body, stored in self._db.execute("SELECT row, body, hash FROM journal ORDER BY row"):
                expected += 1
                # Inline: half of the time of a start over a long history is spent here.
                if row != expected or sha256(previous + body).digest() != stored:
                    _check_link(expected, row, previous, body, stored)
                previous = stored
            for name, body in self._db.execute("SELECT name, body FROM content"):
                if sha256(body).digest() != name:
                    _check_content(name, body)
        return JournalHead(row=expected, hash=previous)

    def packets(self, *, states: Sequence[str] = (), limit: int = 1000) -> Sequence[PacketLine]:
        marks = ",".join("?" * len(states))
        chosen = f"WHERE state IN ({marks})" if states else ""
        with translated(self.path):
            rows = self._db.execute(
                f"SELECT * FROM packet {chosen} ORDER BY last_row DESC, sequence DESC LIMIT ?",  # noqa: S608 - only marks
                (*states, limit),
            ).fetchall()
        return [_line(row) for row in rows]

    def counts(self) -> Mapping[tuple[str, str], int]:
        with translated(self.path):
            rows = self._db.execute("SELECT channel, state, count(*) FROM packet GROUP BY channel, state").fetchall()
        return {(channel, state): count for channel, state, count in rows}

    def packet(self, key: PacketKey) -> PacketLine | None:
        with translated(self.path):
            row = self._db.execute(
                "SELECT * FROM packet WHERE channel = ? AND source = ? AND sequence = ?", key_columns(key)
            ).fetchone()
        return _line(row) if row else None

    def answers(self, key: PacketKey) -> Sequence[Answer]:
        with translated(self.path):
            if not has_answers(self._db):
                return ()
            rows = self._db.execute(
                "SELECT fact, code, accepted FROM answer WHERE channel = ? AND source = ? AND sequence = ? "
                "ORDER BY row, position",
                key_columns(key),
            ).fetchall()
        return [Answer(fact_id=fact, code=code, accepted=bool(accepted)) for fact, code, accepted in rows]

    def carrying(self, value: bytes) -> Sequence[PacketKey]:
        with translated(self.path):
            if not has_carried(self._db):
                return ()
            rows = self._db.execute(
                "SELECT channel, source, sequence FROM carried WHERE content = ? ORDER BY channel, source, sequence LIMIT ?",
                (sha256(value).digest(), _MOST_CARRYING),
            ).fetchall()
        return [_key(*row) for row in rows]

    def entries_of(self, key: PacketKey) -> Sequence[Entry]:
        with translated(self.path):
            rows = self._db.execute(
                "SELECT j.row, j.body, j.hash FROM packet_row p JOIN journal j USING (row) "
                "WHERE p.channel = ? AND p.source = ? AND p.sequence = ? ORDER BY row",
                key_columns(key),
            ).fetchall()
            entries = []
            for row, body, stored in rows:
                previous = self._hash_of(row - 1)
                _check_link(row, row, previous, body, stored)
                entries.append(self._entry(row, body, previous, stored))
        return entries

    def cursors(self) -> Mapping[LedgerId, Height]:
        with translated(self.path):
            rows = self._db.execute("SELECT ledger, height FROM cursor").fetchall()
        return {LedgerId(ledger): Height(int(height)) for ledger, height in rows}

    def load_checkpoint(self) -> Checkpoint | None:
        head = self.head().row
        with translated(self.path):
            rows = self._db.execute("SELECT row, body, hash FROM checkpoint ORDER BY row DESC").fetchall()
        for row, body, stored in rows:
            if row > head or row_hash(self._hash_of(row), body) != stored:
                continue
            try:
                memory = decode_memory(body, self._load)
            except (InvalidInput, JournalCorrupt):
                continue  # derived data: an older one, or a replay, gives the same
            if memory is not None:
                return Checkpoint(row=row, memory=memory)
        return None

    def _entry(self, row: int, body: bytes, previous: bytes, stored: bytes) -> Entry:
        read = self._codec.decode(row, body)
        return Entry(
            row=row,
            recorded_at_ms=read.recorded_at_ms,
            event=read.event,
            effects=read.effects,
            previous=previous,
            hash=stored,
        )

    def _hash_of(self, row: int) -> bytes:
        if row == 0:
            return GENESIS
        with translated(self.path):
            found = self._db.execute("SELECT hash FROM journal WHERE row = ?", (row,)).fetchone()
        if found is None:
            raise JournalCorrupt(f"journal row {row}: it is missing; restore the file from a copy")
        return bytes(found[0])

    def _store(self, content: bytes) -> bytes:
        raise JournalUnavailable(
            f"journal {self.path}: it is open for reading; nothing can be stored ({len(content)} bytes)"
        )

    def _load(self, name: bytes) -> bytes:
        found = self._db.execute("SELECT body FROM content WHERE name = ?", (name,)).fetchone()
        if found is None:
            raise JournalCorrupt(f"journal content {name.hex()}: it is missing; restore the file from a copy")
        _check_content(name, found[0])
        return bytes(found[0])


def key_columns(key: PacketKey) -> tuple[str, str, bytes]:
    """A key as the index stores it."""
    return key.channel, key.source, key.sequence.to_bytes(8, "big")


def _check_link(expected: int, row: int, previous: bytes, body: bytes, stored: bytes) -> None:
    if row != expected:
        raise JournalCorrupt(f"journal row {expected}: it is missing; restore the file from a copy")
    if row_hash(previous, body) != stored:
        raise JournalCorrupt(
            f"journal row {row}: its hash does not match its content and the previous row; restore the file"
        )


def _check_content(name: bytes, body: bytes) -> None:
    if content_hash(body) != name:
        raise JournalCorrupt(
            f"journal content {name.hex()}: its hash does not match its bytes; restore the file from a copy"
        )


def _route(channel: str, source: str, source_client: str, destination: str, destination_client: str) -> Route:
    return Route(
        channel=ChannelId(channel),
        source=LedgerId(source),
        source_client=ClientId(source_client),
        destination=LedgerId(destination),
        destination_client=ClientId(destination_client),
    )


def _key(channel: str, source: str, sequence: bytes) -> PacketKey:
    return PacketKey(ChannelId(channel), LedgerId(source), PacketSequence(int.from_bytes(sequence, "big")))


def _line(row: tuple[Any, ...]) -> PacketLine:
    channel, source, sequence, state, code, reason, first_row, last_row, first_at_ms, last_at_ms = row
    return PacketLine(
        key=_key(channel, source, sequence),
        state=state,
        code=code,
        reason=reason,
        first_row=first_row,
        last_row=last_row,
        first_at_ms=first_at_ms,
        last_at_ms=last_at_ms,
    )
