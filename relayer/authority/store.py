"""What an authority has signed, on disk before it is sent: one hash per chain and height, for ever.

Rows cannot be changed or deleted; a second process is locked out. If the record cannot be written, nothing is signed. A
record that is missing, or that was put back from a copy, has forgotten hashes: a counter in another file shows it, and
nothing is signed until an operator names a height above everything that was signed before.
"""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path
from typing import Self

from relayer.authority.errors import ContradictingHash, StoreUnusable
from relayer.private_files import new_private_file

_SCHEMA = """
CREATE TABLE signed (
  chain_id TEXT NOT NULL,
  number INTEGER NOT NULL CHECK (number > 0),
  block_hash BLOB NOT NULL CHECK (length(block_hash) = 32),
  PRIMARY KEY (chain_id, number)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER signed_is_kept BEFORE UPDATE ON signed
  BEGIN SELECT RAISE(ABORT, 'what was signed is never changed'); END;
CREATE TRIGGER signed_stays BEFORE DELETE ON signed
  BEGIN SELECT RAISE(ABORT, 'what was signed is never deleted'); END;
CREATE TABLE floor (single INTEGER PRIMARY KEY CHECK (single = 1), number INTEGER NOT NULL CHECK (number > 0)) STRICT;
CREATE TRIGGER floor_rises BEFORE UPDATE ON floor WHEN new.number < old.number
  BEGIN SELECT RAISE(ABORT, 'the lowest height that is signed only rises'); END;
"""

_LARGEST_NUMBER = 2**63 - 1
_COUNTER_DIGITS = 20
_RECOVER = (
    "find the newest block that this authority signed (the light clients' latest heights and the relayers' logs show it), "
    "then run `relayer authority recover --from-height` with a height above it"
)


def create_record(path: Path, *, counter: Path | None = None) -> None:
    """Starts the record of a new key. Raises StoreUnusable if a record or a counter is there already."""
    counter = counter or _beside(path)
    if path.exists() or counter.exists():
        raise StoreUnusable(f"record of signatures {path}: it or its counter {counter} exists already; nothing was changed")
    _new_record(path, from_height=1)
    _write_counter(counter, 0)


def recover_record(path: Path, *, counter: Path | None = None, from_height: int) -> None:
    """Lets an authority sign again whose record was lost or put back from a copy. What it signs begins at `from_height`,
    which the operator vouches to be above all that the key has signed. Raises StoreUnusable."""
    counter = counter or _beside(path)
    if not 1 <= from_height <= _LARGEST_NUMBER:
        raise StoreUnusable(f"record of signatures {path}: {from_height} is not a height")
    if not path.exists():
        _new_record(path, from_height=from_height)
    database = _open(path)
    try:
        (newest,) = database.execute("SELECT coalesce(max(number), 0) FROM signed").fetchone()
        if from_height <= newest:
            raise StoreUnusable(f"record of signatures {path}: block {newest} was signed; name a height above it")
        database.execute("UPDATE floor SET number = ?", (from_height,))
        _write_counter(counter, _rows(database))
    except sqlite3.Error as error:
        raise _unusable(path, error) from error
    finally:
        database.close()


class SignedHashes:
    """The signing record of one authority. Blocking; call it from a thread."""

    def __init__(self, path: Path, *, counter: Path | None = None) -> None:
        """Opens the file that `create_record` made. `counter`: where the number of its rows is stored as well, by default
        beside it; a folder that no backup of the record contains is better. Raises StoreUnusable."""
        self._path = path
        self._counter = counter or _beside(path)
        if not path.exists():
            raise StoreUnusable(
                f"record of signatures {path}: is missing, or the path is wrong. `relayer authority init` makes it for a "
                "new key. If it is lost, nothing is signed, because a second hash for one height would be misbehaviour: "
                + _RECOVER
            )
        self._database = _open(path)
        try:
            self._compare_with_counter()
            (self._floor,) = self._database.execute("SELECT number FROM floor").fetchone()
        except sqlite3.Error as error:
            self._database.close()
            raise _unusable(path, error) from error
        except BaseException:
            self._database.close()
            raise

    def _compare_with_counter(self) -> None:
        """The counter is written after the row, so it may be one behind after a crash, and no more."""
        self._count = _rows(self._database)
        counted = _read_counter(self._counter)
        if counted is None or not self._count - 1 <= counted <= self._count:
            found = "no number" if counted is None else str(counted)
            raise StoreUnusable(
                f"record of signatures {self._path}: has {self._count} rows, its counter {self._counter} says {found}, so "
                f"one of the two was lost or put back from a copy, and nothing is signed: {_RECOVER}"
            )
        _write_counter(self._counter, self._count)

    def record(self, chain_id: int, number: int, block_hash: bytes) -> bool:
        """Whether the hash is new; it is on disk by then. Raises ContradictingHash if another hash is there, StoreUnusable
        if it cannot be written."""
        if not 1 <= number <= _LARGEST_NUMBER:
            raise ContradictingHash(f"block {number}: no block of this number is signed")
        row = (str(chain_id), number, block_hash)
        added = 0
        try:
            if number >= self._floor:
                added = self._database.execute("INSERT INTO signed VALUES (?, ?, ?) ON CONFLICT DO NOTHING", row).rowcount
                if added:
                    self._count += 1
                    _write_counter(self._counter, self._count)
            found = self._database.execute(
                "SELECT block_hash FROM signed WHERE chain_id = ? AND number = ?", row[:2]
            ).fetchone()
        except sqlite3.Error as error:
            raise StoreUnusable(
                f"record of signatures {self._path}: cannot be written ({error}); check free space and permissions"
            ) from error
        if found is None:
            raise ContradictingHash(
                f"block {number}: this authority's record was lost and it signs from block {self._floor} on, because "
                "another hash of an older block may have been signed; ask for a newer block"
            )
        if found[0] != block_hash:
            raise ContradictingHash(
                f"chain {chain_id} block {number}: {found[0].hex()} was signed, the node now reports {block_hash.hex()}; "
                "the ledger changed a final block, or the node follows another fork"
            )
        return bool(added)

    def close(self) -> None:
        """Closes the file and releases its lock."""
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _beside(path: Path) -> Path:
    return path.with_name(path.name + ".count")


def _new_record(path: Path, *, from_height: int) -> None:
    """Complete or not there at all: the file gets its name once its schema is in it."""
    making = path.with_name(path.name + ".new")
    try:
        # A log that a lost file left behind must not be applied to the new one.
        for left in (making, path.with_name(path.name + "-wal"), path.with_name(path.name + "-shm")):
            left.unlink(missing_ok=True)
        new_private_file(making)
        database = sqlite3.connect(making, isolation_level=None)
        database.executescript(_SCHEMA)
        database.execute("INSERT INTO floor VALUES (1, ?)", (from_height,))
        database.close()
        making.rename(path)
    except (OSError, sqlite3.Error) as error:
        raise StoreUnusable(f"record of signatures {path}: cannot be made ({error}); is the path right?") from error


def _open(path: Path) -> sqlite3.Connection:
    try:
        database = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=0)
        database.execute("PRAGMA locking_mode = EXCLUSIVE")
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA synchronous = FULL")
        # Without it INSERT OR REPLACE deletes rows past the trigger that forbids it.
        database.execute("PRAGMA recursive_triggers = ON")
        # The lock is taken by the first write; an empty transaction takes it now.
        database.execute("BEGIN EXCLUSIVE")
        database.execute("COMMIT")
    except sqlite3.Error as error:
        raise _unusable(path, error) from error
    return database


def _unusable(path: Path, error: sqlite3.Error) -> StoreUnusable:
    if isinstance(error, sqlite3.OperationalError):
        return StoreUnusable(
            f"record of signatures {path}: cannot be opened ({error}); another authority may be running on it, or the "
            "disk is full, or the path is wrong"
        )
    return StoreUnusable(
        f"record of signatures {path}: is damaged ({error}); start a new record with a new key, because an older or "
        "empty record may lead to a second hash for one height"
    )


def _rows(database: sqlite3.Connection) -> int:
    (count,) = database.execute("SELECT count(*) FROM signed").fetchone()
    return int(count)


def _read_counter(path: Path) -> int | None:
    """None if there is no number in the file."""
    try:
        text = path.read_text("ascii").strip()
    except (OSError, UnicodeDecodeError):
        return None
    return int(text) if text.isdecimal() else None


def _write_counter(path: Path, count: int) -> None:
    """On disk when it returns. Always as many bytes, within one sector, so that a crash leaves one number or the other."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT, 0o600)
        try:
            os.pwrite(descriptor, f"{count:0{_COUNTER_DIGITS}d}\n".encode("ascii"), 0)
            # The number and what is needed to read it; the file's time of change would cost the disk another turn.
            os.fdatasync(descriptor)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise StoreUnusable(
            f"counter {path} of signatures: cannot be written ({error}); check space and permissions"
        ) from error
