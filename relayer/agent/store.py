"""The agent's database: one SQLite file with a write-ahead log and one writer.

Whatever is read is stored together with the cursor, in one transaction, before it is acted on; so a restart at any point
continues. A lost file loses no settlement and doubles none: fact ids follow from the events' places, and the settlement
ledger answers a repeat with the first liability.
"""

from __future__ import annotations

import asyncio
import fcntl
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TypeVar

from relayer.agent.rows import ClaimRow, claim_row
from relayer.agent.schema import APPLICATION_ID, TABLES
from relayer.agent.store_reader import AgentStoreReader
from relayer.agent.values import (
    AgentCode,
    NewClaim,
    NewEvent,
    ReferenceState,
    Refusal,
    StoredClaim,
    StoredEvent,
)
from relayer.errors import JournalLocked, JournalUnavailable
from relayer.facts.codec import FactAnswer
from relayer.private_files import make_private, new_private_file, private_file, private_folder

_KNOWN_BLOCKS = 64
"""Hashes of earlier blocks that a reorganisation is looked for in; where all differ, all is read again."""

_CHANGED = (
    AgentCode.CHANGED_BY_REORGANISATION.value,
    "what was recorded came from a block that is gone; `relayer agent correct` records the difference",
)

_T = TypeVar("_T")

Rated = tuple[NewEvent, Sequence[NewClaim] | Refusal]
"""An event with what it became."""


class AgentStore(AgentStoreReader):
    """Opens or creates the file. Raises JournalLocked if another agent has it, JournalUnavailable."""

    def __init__(self, path: Path) -> None:  # the reader's own connection is not opened
        self._path = path
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="agent-store")
        try:
            private_folder(path.parent) if not path.parent.exists() else None
            self._lock: IO[bytes] = private_file(path.with_name(path.name + ".lock"))
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            self._lock.close()
            raise JournalLocked(
                f"{path}: another agent uses this database; trigger it (POST /pull), stop it, or give this one its own"
            ) from error
        except OSError as error:
            raise JournalUnavailable(f"{path}: cannot be opened ({error.strerror}); check the folder") from error
        try:
            self._db = self._opened(path)
        except BaseException:
            self._lock.close()
            raise

    def _opened(self, path: Path) -> sqlite3.Connection:
        with self._translated():
            if not path.exists():
                new_private_file(path)
            make_private(path)
            db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
            db.execute("PRAGMA journal_mode = WAL")
            db.execute("PRAGMA synchronous = FULL")
            (found,) = db.execute("PRAGMA application_id").fetchone()
            if found == 0 and not db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
                db.executescript(f"BEGIN; {TABLES} PRAGMA application_id = {APPLICATION_ID}; COMMIT;")
            elif found != APPLICATION_ID:
                db.close()
                raise JournalUnavailable(f"{path}: is not the database of an agent; name another file as store")
            return db

    async def in_thread(self, work: Callable[[AgentStore], _T]) -> _T:
        """Does work on the database in a thread of its own, one piece after the other: whatever else runs in this process
        does not wait for a disk."""
        done = asyncio.get_running_loop().run_in_executor(self._thread, work, self)
        try:
            return await asyncio.shield(done)
        except asyncio.CancelledError:
            # Whoever is cancelled may close the file next.
            await asyncio.wait([done])
            raise

    def close(self) -> None:
        """Closes the file and releases its lock."""
        self._thread.shutdown()
        self._db.close()
        self._lock.close()

    # What was read

    def bind(self, names: Mapping[str, bytes]) -> str | None:
        """Notes what the database belongs to. The name of the first value that differs from the one noted before."""
        with self._transaction():
            for name, value in names.items():
                self._db.execute("INSERT OR IGNORE INTO meta VALUES (?, ?)", (name, value))
                (known,) = self._db.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
                if known != value:
                    return name
        return None

    def add(self, contract: bytes, rated: Sequence[Rated], *, block: int, block_hash: bytes) -> int:
        """Stores what was read up to `block` and moves the cursor there. How many events were new."""
        with self._transaction():
            added = self._added(rated)
            self._db.execute("INSERT OR REPLACE INTO cursor VALUES (?, ?, ?)", (contract, block, block_hash))
            self._db.execute(
                "DELETE FROM cursor WHERE contract = ? AND block NOT IN "
                "(SELECT block FROM cursor WHERE contract = ? ORDER BY block DESC LIMIT ?)",
                (contract, contract, _KNOWN_BLOCKS),
            )
        return added

    def rewind(self, contract: bytes, block: int) -> int:
        """Forgets what was read above `block`: that part of the ledger is gone. What was not sent yet goes with it; the rest
        is marked, so that the same transaction in a new block makes no second fact. How many events were on those blocks."""
        above = (contract, block)
        with self._transaction():
            gone = self._db.execute(
                "SELECT count(*) FROM event WHERE contract = ? AND block > ? AND orphaned = 0", above
            ).fetchone()[0]
            unsent = (
                "SELECT id FROM event WHERE contract = ? AND block > ? AND orphaned = 0 AND id NOT IN "
                "(SELECT event FROM claim WHERE state != 'waiting' OR attempts > 0)"
            )
            self._db.execute(f"DELETE FROM claim WHERE event IN ({unsent})", above)  # noqa: S608  (no text of others)
            self._db.execute(f"DELETE FROM event WHERE id IN ({unsent})", above)  # noqa: S608
            self._db.execute("UPDATE event SET orphaned = 1 WHERE contract = ? AND block > ? AND orphaned = 0", above)
            self._db.execute("DELETE FROM cursor WHERE contract = ? AND block > ?", above)
        return int(gone)

    def _added(self, rated: Sequence[Rated]) -> int:
        may_adopt = self._one("SELECT 1 FROM event WHERE orphaned = 1 LIMIT 1") is not None
        added, made = 0, list[tuple[int, NewEvent, Sequence[NewClaim]]]()
        for event, outcome in rated:
            if may_adopt and self._adopted(event):
                continue
            row = self._insert_event(event, outcome if isinstance(outcome, Refusal) else None)
            if row is None:
                continue
            added += 1
            if not isinstance(outcome, Refusal):
                made.append((row, event, outcome))
        rows = [claim_row(row, event.contract, each) for row, event, claims in made for each in claims]
        if self._insert_claims(rows) < len(rows):
            # The fact of a place was sent for an event of a block that is gone.
            for row, _, claims in made:
                (found,) = self._db.execute("SELECT count(*) FROM claim WHERE event = ?", (row,)).fetchone()
                if found < len(claims):
                    self._db.execute("UPDATE event SET code = ?, detail = ? WHERE id = ?", (*_CHANGED, row))
        return added

    def _insert_event(self, event: NewEvent, refusal: Refusal | None) -> int | None:
        """Its row; None: it is there."""
        cursor = self._db.execute(
            "INSERT OR IGNORE INTO event (contract, block, block_hash, block_time, transaction_hash, log_index, ordinal, "
            "topics, data, code, detail) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                event.contract,
                event.block,
                event.block_hash,
                event.block_time,
                event.transaction,
                event.log_index,
                event.ordinal,
                b"".join(event.topics),
                event.data,
                None if refusal is None else refusal.code,
                "" if refusal is None else refusal.detail,
            ),
        )
        return cursor.lastrowid if cursor.rowcount else None

    def _adopted(self, event: NewEvent) -> bool:
        """Whether the event is one that was on a block that is gone, and was sent from there: it keeps its facts."""
        known = self._one(
            "SELECT id, topics, data FROM event WHERE orphaned = 1 AND transaction_hash = ? AND contract = ? "
            "AND ordinal = ? AND substr(topics, 1, 32) = ?",
            event.transaction,
            event.contract,
            event.ordinal,
            event.topics[0],
        )
        if known is None:
            return False
        same = (known[1], known[2]) == (b"".join(event.topics), event.data)
        self._db.execute(
            "UPDATE event SET orphaned = 0, block = ?, block_hash = ?, block_time = ?, log_index = ?, code = ?, detail = ? "
            "WHERE id = ?",
            (
                event.block,
                event.block_hash,
                event.block_time,
                event.log_index,
                *((None, "") if same else _CHANGED),
                known[0],
            ),
        )
        if not same:
            # What waits is what the gone block said.
            self._db.execute(
                "UPDATE claim SET state = 'refused', code = ?, detail = ? WHERE event = ? AND state = 'waiting'",
                (*_CHANGED, known[0]),
            )
        return True

    def _insert_claims(self, rows: Sequence[ClaimRow]) -> int:
        """How many are new."""
        return self._db.executemany(
            "INSERT OR IGNORE INTO claim (fact_id, event, number, rules, contract, pair, fact, object, document, state) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 'waiting')",
            rows,
        ).rowcount

    # Events that were refused, and rated again

    def rerate(self, event: StoredEvent, outcome: Sequence[NewClaim] | Refusal) -> None:
        """Replaces why an event has no claims, or gives it the claims that it makes now."""
        with self._transaction():
            if isinstance(outcome, Refusal):
                self._db.execute(
                    "UPDATE event SET code = ?, detail = ? WHERE id = ?", (outcome.code, outcome.detail, event.id)
                )
                return
            self._db.execute("UPDATE event SET code = NULL, detail = '' WHERE id = ?", (event.id,))
            self._insert_claims([claim_row(event.id, event.event.contract, each) for each in outcome])

    def add_corrections(self, event: int, contract: bytes, claims: Sequence[NewClaim]) -> None:
        """Claims that correct what an event became."""
        with self._transaction():
            self._insert_claims([claim_row(event, contract, each) for each in claims])

    # Claims

    def attempted(self, claims: Sequence[StoredClaim]) -> None:
        """Noted before a request is sent: from now on the ledger may have recorded them."""
        with self._transaction():
            self._db.executemany("UPDATE claim SET attempts = attempts + 1 WHERE id = ?", [(each.id,) for each in claims])

    def recorded(self, claims: Sequence[tuple[StoredClaim, FactAnswer]], *, references: frozenset[bytes]) -> None:
        """With the settlement ledger's answers. `references`: fact ids whose business records get their references."""
        with self._transaction():
            self._db.executemany(
                "UPDATE claim SET state = 'recorded', code = NULL, detail = '', liability_id = ?, sequence = ?, "
                "head_hash = ?, reference = ? WHERE id = ?",
                [
                    (
                        answer.liability_id,
                        answer.sequence,
                        answer.head_hash,
                        "due" if each.claim.fact.fact_id in references else "none",
                        each.id,
                    )
                    for each, answer in claims
                ],
            )

    def put_off(self, claims: Sequence[tuple[StoredClaim, Refusal, float]]) -> None:
        """Not recorded for now: why, and when to try again."""
        with self._transaction():
            self._db.executemany(
                "UPDATE claim SET code = ?, detail = ?, not_before = ? WHERE id = ?",
                [(why.code, why.detail, at, each.id) for each, why, at in claims],
            )

    def refused(self, claims: Sequence[tuple[StoredClaim, Refusal]]) -> None:
        """Refused for good."""
        with self._transaction():
            self._db.executemany(
                "UPDATE claim SET state = 'refused', code = ?, detail = ? WHERE id = ?",
                [(why.code, why.detail, each.id) for each, why in claims],
            )

    def retry(self) -> int:
        """Puts every claim that was refused or put off back to be tried now, and references that were refused. What only a
        block said that is gone stays refused."""
        with self._transaction():
            self._db.execute(
                "UPDATE claim SET reference = 'due', reference_detail = '' WHERE reference IN ('refused', 'differs')"
            )
            return self._db.execute(
                "UPDATE claim SET state = 'waiting', not_before = 0 WHERE (state = 'refused' AND code != ?) "
                "OR (state = 'waiting' AND not_before > 0)",
                (AgentCode.CHANGED_BY_REORGANISATION.value,),
            ).rowcount

    def repeat(self, event: int) -> int:
        """Puts the claims of an event back to be sent again, those that were recorded among them: the ledger answers with
        the reference that it has, or records them. What only a block said that is gone stays refused. How many."""
        with self._transaction():
            return self._db.execute(
                "UPDATE claim SET state = 'waiting', not_before = 0 WHERE event = ? AND state != 'waiting' "
                "AND code IS NOT ?",
                (event, AgentCode.CHANGED_BY_REORGANISATION.value),
            ).rowcount

    # References

    def referenced(self, outcomes: Sequence[tuple[StoredClaim, ReferenceState, str]]) -> None:
        """How writing references ended."""
        with self._transaction():
            self._db.executemany(
                "UPDATE claim SET reference = ?, reference_detail = ? WHERE id = ?",
                [(state.value, detail, each.id) for each, state, detail in outcomes],
            )

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with self._translated():
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise
