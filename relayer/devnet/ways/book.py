"""The business system's own records, in SQLite: its trips, and the reference that each got from settlement."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from relayer.devnet.ways.trips import Trip

_TABLES = """
CREATE TABLE IF NOT EXISTS trips (
  name TEXT PRIMARY KEY, number INTEGER, fact TEXT NOT NULL DEFAULT '', ended_at REAL, reference TEXT, referenced_at REAL
);
CREATE INDEX IF NOT EXISTS waiting ON trips (ended_at) WHERE reference IS NULL;
"""
_BUSY_SECONDS = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """Of a trip that has its reference: unix seconds of this machine's clock."""

    number: int
    ended_at: float
    referenced_at: float


class Book:
    """One file. A courier opens a connection of its own."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._connection = self.connect()
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.executescript(_TABLES)

    def connect(self) -> sqlite3.Connection:
        """A connection that waits for other writers."""
        return sqlite3.connect(self.path, timeout=_BUSY_SECONDS, check_same_thread=False)

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Of the business logic."""
        with self._connection:
            yield self._connection

    def close(self) -> None:
        """Ends the connection."""
        self._connection.close()

    @staticmethod
    def add(connection: sqlite3.Connection, trip: Trip) -> bool:
        """The business record. False: it was there."""
        row = (trip.name, trip.number, time.time())
        return bool(
            connection.execute("INSERT OR IGNORE INTO trips (name, number, ended_at) VALUES (?, ?, ?)", row).rowcount
        )

    @staticmethod
    def refer(connection: sqlite3.Connection, name: str, reference: str) -> None:
        """The reference that settlement gave; a second one changes nothing."""
        connection.execute(
            "UPDATE trips SET reference = ?, referenced_at = ? WHERE name = ? AND reference IS NULL",
            (reference, time.time(), name),
        )

    def name_fact(self, name: str, fact: str) -> None:
        """Which fact the trip became."""
        with self._connection as connection:
            connection.execute("UPDATE trips SET fact = ? WHERE name = ?", (fact, name))

    def waiting(self, limit: int) -> list[tuple[str, str]]:
        """Trips without a reference: name and fact, the oldest first."""
        found = self._connection.execute(
            "SELECT name, fact FROM trips WHERE reference IS NULL ORDER BY ended_at LIMIT ?", (limit,)
        )
        return [(str(name), str(fact)) for name, fact in found]

    def counts(self) -> tuple[int, int]:
        """Trips, and those that have their reference."""
        trips, referenced = self._connection.execute("SELECT COUNT(*), COUNT(reference) FROM trips").fetchone()
        return int(trips), int(referenced)

    def times(self, numbers: Sequence[int]) -> list[Times]:
        """Of those that have their reference."""
        found = self._connection.execute("SELECT number, ended_at, referenced_at FROM trips WHERE reference IS NOT NULL")
        wanted = set(numbers)
        return [Times(number=row[0], ended_at=row[1], referenced_at=row[2]) for row in found if row[0] in wanted]

    def references(self) -> dict[int, str]:
        """By number of the trip."""
        return dict(self._connection.execute("SELECT number, reference FROM trips WHERE reference IS NOT NULL"))


def book_counts(path: Path) -> tuple[int, int]:
    """As `Book.counts`, of a file that another process writes; (0, 0) before it is there."""
    if not path.exists():
        return 0, 0
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=_BUSY_SECONDS)
    try:
        trips, referenced = connection.execute("SELECT COUNT(*), COUNT(reference) FROM trips").fetchone()
        return int(trips), int(referenced)
    except sqlite3.OperationalError:
        return 0, 0  # Its tables are just being made.
    finally:
        connection.close()
