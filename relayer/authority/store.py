"""What an authority has signed, on disk before it is sent: one hash per chain and height, for ever.

Rows cannot be changed or deleted; a second process is locked out. If the record cannot be written, nothing is signed.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Self

from relayer.authority.errors import ContradictingHash, StoreUnusable

_SCHEMA = """
CREATE TABLE IF NOT EXISTS signed (
  chain_id TEXT NOT NULL,
  number INTEGER NOT NULL CHECK (number > 0),
  block_hash BLOB NOT NULL CHECK (length(block_hash) = 32),
  PRIMARY KEY (chain_id, number)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER IF NOT EXISTS signed_is_kept BEFORE UPDATE ON signed
  BEGIN SELECT RAISE(ABORT, 'what was signed is never changed'); END;
CREATE TRIGGER IF NOT EXISTS signed_stays BEFORE DELETE ON signed
  BEGIN SELECT RAISE(ABORT, 'what was signed is never deleted'); END;
"""

_LARGEST_NUMBER = 2**63 - 1


class SignedHashes:
    """The signing record of one authority. Blocking; call it from a thread."""

    def __init__(self, path: Path) -> None:
        """Opens or creates the file. Raises StoreUnusable."""
        self._path = path
        try:
            self._database = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=0)
            self._database.execute("PRAGMA locking_mode = EXCLUSIVE")
            self._database.execute("PRAGMA journal_mode = WAL")
            self._database.execute("PRAGMA synchronous = FULL")
            # Without it INSERT OR REPLACE deletes rows past the trigger that forbids it.
            self._database.execute("PRAGMA recursive_triggers = ON")
            self._database.executescript(_SCHEMA)
            # The lock is taken by the first write; an empty transaction takes it now.
            self._database.execute("BEGIN EXCLUSIVE")
            self._database.execute("COMMIT")
        except sqlite3.OperationalError as error:
            raise StoreUnusable(
                f"record of signatures {path}: cannot be opened ({error}); another authority may be running on it, or the "
                "disk is full, or the path is wrong"
            ) from error
        except sqlite3.Error as error:
            raise StoreUnusable(
                f"record of signatures {path}: is damaged ({error}); start a new record with a new key, because an older or "
                "empty record may lead to a second hash for one height"
            ) from error

    def record(self, chain_id: int, number: int, block_hash: bytes) -> None:
        """Returns once the hash is on disk. Raises ContradictingHash if another one is, StoreUnusable if it cannot be."""
        if not 1 <= number <= _LARGEST_NUMBER:
            raise ContradictingHash(f"block {number}: no block of this number is signed")
        row = (str(chain_id), number, block_hash)
        try:
            self._database.execute("INSERT INTO signed VALUES (?, ?, ?) ON CONFLICT DO NOTHING", row)
            (stored,) = self._database.execute(
                "SELECT block_hash FROM signed WHERE chain_id = ? AND number = ?", row[:2]
            ).fetchone()
        except sqlite3.Error as error:
            raise StoreUnusable(
                f"record of signatures {self._path}: cannot be written ({error}); check free space and permissions"
            ) from error
        if stored != block_hash:
            raise ContradictingHash(
                f"chain {chain_id} block {number}: {stored.hex()} was signed, the node now reports {block_hash.hex()}; "
                "the ledger changed a final block, or the node follows another fork"
            )

    def close(self) -> None:
        """Closes the file and releases its lock."""
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
