"""What the agent's database says."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from relayer.agent.rows import CLAIM_COLUMNS, EVENT_COLUMNS, claim_of, event_of
from relayer.agent.values import ClaimState, Counts, NewEvent, ReferenceState, StoredClaim, StoredEvent
from relayer.errors import JournalUnavailable


class AgentStoreReader:
    """Questions to the database of one agent. Each raises JournalUnavailable if the file cannot be read."""

    def __init__(self, path: Path) -> None:
        """Beside the agent that writes the file, if there is one."""
        self._path = path
        if not path.exists():
            raise JournalUnavailable(f"{path}: there is no database yet; `relayer agent pull` makes it")
        with self._translated():
            self._db = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, isolation_level=None)

    def close(self) -> None:
        """Closes the file."""
        self._db.close()

    def cursor(self, contract: bytes) -> tuple[int, bytes] | None:
        """The last block that was read, with its hash."""
        row = self._one("SELECT block, hash FROM cursor WHERE contract = ? ORDER BY block DESC LIMIT 1", contract)
        return None if row is None else (row[0], row[1])

    def known_blocks(self, contract: bytes) -> list[tuple[int, bytes]]:
        """The newest first."""
        return self._all("SELECT block, hash FROM cursor WHERE contract = ? ORDER BY block DESC", contract)

    def unrated(self, *, after: int, limit: int) -> list[StoredEvent]:
        """Events that have a code, in order."""
        rows = self._all(
            f"SELECT {EVENT_COLUMNS} FROM event WHERE code IS NOT NULL AND id > ? ORDER BY id LIMIT ?",  # noqa: S608
            after,
            limit,
        )
        return [event_of(row) for row in rows]

    def due(self, *, now: float, limit: int) -> list[StoredClaim]:
        """Claims that wait, in the order of their events; none of a pair whose earlier claim waits for its next try, and
        none whose event lost its block."""
        rows = self._all(
            f"SELECT {CLAIM_COLUMNS} FROM claim WHERE state = 'waiting' AND pair NOT IN "  # noqa: S608
            "(SELECT pair FROM claim WHERE state = 'waiting' AND not_before > ?) "
            "AND event NOT IN (SELECT id FROM event WHERE orphaned = 1) ORDER BY id LIMIT ?",
            now,
            limit,
        )
        return [claim_of(row) for row in rows]

    def next_try(self) -> float | None:
        """When the first claim that waits may be tried. None: none waits."""
        row = self._one("SELECT min(not_before) FROM claim WHERE state = 'waiting'")
        return None if row is None else row[0]

    def claims(self, *, states: Sequence[str], after: int, limit: int) -> list[StoredClaim]:
        """In these states, in order."""
        marks = ", ".join("?" * len(states))
        rows = self._all(
            f"SELECT {CLAIM_COLUMNS} FROM claim WHERE state IN ({marks}) AND id > ? ORDER BY id LIMIT ?",  # noqa: S608
            *states,
            after,
            limit,
        )
        return [claim_of(row) for row in rows]

    def claims_of(self, event: int) -> list[StoredClaim]:
        """All claims of an event, corrections among them."""
        return [claim_of(row) for row in self._all(f"SELECT {CLAIM_COLUMNS} FROM claim WHERE event = ?", event)]  # noqa: S608

    def claim(self, fact_id: bytes) -> StoredClaim | None:
        """By its fact."""
        row = self._one(f"SELECT {CLAIM_COLUMNS} FROM claim WHERE fact_id = ?", fact_id)  # noqa: S608
        return None if row is None else claim_of(row)

    def newest_sequence(self) -> int:
        """Of all recorded claims, as the settlement ledger counts; 0: there are none."""
        return int(self._one("SELECT coalesce(max(sequence), 0) FROM claim WHERE state = 'recorded'")[0])

    def events(self, *, after: int, limit: int) -> list[StoredEvent]:
        """Those on the ledger, in the order in which they were read."""
        rows = self._all(
            f"SELECT {EVENT_COLUMNS} FROM event WHERE orphaned = 0 AND id > ? ORDER BY id LIMIT ?",  # noqa: S608
            after,
            limit,
        )
        return [event_of(row) for row in rows]

    def has_event(self, event: NewEvent) -> bool:
        """Whether it is stored at its place, with its content."""
        row = self._one(
            "SELECT topics, data FROM event WHERE contract = ? AND block = ? AND log_index = ? AND orphaned = 0",
            event.contract,
            event.block,
            event.log_index,
        )
        return row is not None and (row[0], row[1]) == (b"".join(event.topics), event.data)

    def event(self, event: int) -> StoredEvent:
        """By its row."""
        row = self._one(f"SELECT {EVENT_COLUMNS} FROM event WHERE id = ?", event)  # noqa: S608
        assert row is not None
        return event_of(row)

    def events_at(self, digits: str, log_index: int, *, limit: int) -> list[StoredEvent]:
        """By their place: all or the first hexadecimal `digits` of the transaction's hash, and the index of the log."""
        rows = self._all(
            f"SELECT {EVENT_COLUMNS} FROM event WHERE transaction_hash BETWEEN ? AND ? AND log_index = ?"  # noqa: S608
            " AND orphaned = 0 ORDER BY transaction_hash LIMIT ?",
            bytes.fromhex(digits.ljust(64, "0")),
            bytes.fromhex(digits.ljust(64, "f")),
            log_index,
            limit,
        )
        return [event_of(row) for row in rows]

    def references_due(self, *, limit: int) -> list[StoredClaim]:
        """Recorded claims whose business records have no reference yet."""
        rows = self._all(f"SELECT {CLAIM_COLUMNS} FROM claim WHERE reference = 'due' ORDER BY id LIMIT ?", limit)  # noqa: S608
        return [claim_of(row) for row in rows]

    def counts(self) -> Counts:
        """Of everything."""
        by_state = dict(self._all("SELECT state, count(*) FROM claim GROUP BY state"))
        by_reference = dict(self._all("SELECT reference, count(*) FROM claim GROUP BY reference"))
        events, unrated, orphaned = self._all("SELECT count(*), count(code), coalesce(sum(orphaned), 0) FROM event")[0]
        return Counts(
            events=events,
            unrated=unrated,
            orphaned=orphaned,
            waiting=by_state.get(ClaimState.WAITING, 0),
            recorded=by_state.get(ClaimState.RECORDED, 0),
            refused=by_state.get(ClaimState.REFUSED, 0),
            references_due=by_reference.get(ReferenceState.DUE, 0),
            references_written=by_reference.get(ReferenceState.WRITTEN, 0),
            references_wrong=by_reference.get(ReferenceState.DIFFERS, 0) + by_reference.get(ReferenceState.REFUSED, 0),
        )

    def events_without_claims(self, *, limit: int) -> list[StoredEvent]:
        """Those that have a code, and those that lost their block."""
        rows = self._all(
            f"SELECT {EVENT_COLUMNS} FROM event WHERE code IS NOT NULL OR orphaned = 1 ORDER BY id LIMIT ?",  # noqa: S608
            limit,
        )
        return [event_of(row) for row in rows]

    def _one(self, query: str, *values: object) -> Any:
        with self._translated():
            return self._db.execute(query, values).fetchone()

    def _all(self, query: str, *values: object) -> list[Any]:
        with self._translated():
            return self._db.execute(query, values).fetchall()

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            raise JournalUnavailable(
                f"{self._path}: cannot be read or written ({error}); check space and permissions of the agent's database"
            ) from error
