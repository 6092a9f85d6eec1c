"""Opening the file of a SQLite journal for reading, and what SQLite's errors mean."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from relayer.errors import JournalCorrupt, JournalUnavailable
from relayer.journal.schema import APPLICATION_ID

_CORRUPT = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """Translates SQLite's errors into ours, by their codes."""
    try:
        yield
    except sqlite3.Error as error:
        if getattr(error, "sqlite_errorcode", 0) & 0xFF in _CORRUPT:
            raise JournalCorrupt(f"journal {path}: the file is damaged ({error}); restore it from a copy") from error
        raise JournalUnavailable(f"journal {path}: {error}; check the disk, the folder and its permissions") from error


def has_answers(database: sqlite3.Connection) -> bool:
    """Whether the table of answers is there; a journal that was begun without it gets it from its next writer."""
    return database.execute("SELECT 1 FROM sqlite_master WHERE name = 'answer'").fetchone() is not None


def has_carried(database: sqlite3.Connection) -> bool:
    """Whether the table of what packets carry is there, as with the answers."""
    return database.execute("SELECT 1 FROM sqlite_master WHERE name = 'carried'").fetchone() is not None


def open_for_reading(path: Path) -> sqlite3.Connection:
    """Raises JournalUnavailable if there is no file, JournalCorrupt if it is something else."""
    if not path.exists():
        raise JournalUnavailable(f"journal {path}: no such file; it is created when the relayer first starts")
    with translated(path):
        database = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, check_same_thread=False)
        (found,) = database.execute("PRAGMA application_id").fetchone()
    if found != APPLICATION_ID:
        database.close()
        raise JournalCorrupt(f"journal {path}: this is another program's database; name the right file")
    return database
