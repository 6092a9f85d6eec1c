"""Payments, disputes, cycles and postings in SQLite: what the clearing rules read, what a block writes, and listings."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TypeVar

from relayer.errors import LimitExceeded
from relayer.ledgers.embedded.settlement.liability_rows import SELECT_LIABILITY, liability_from_row
from relayer.ledgers.embedded.tree.store import deadline_terms
from relayer.settlement.clearing.codec import decode_record, encode_record
from relayer.settlement.clearing.overlay import ClearingOverlay, evidence_key
from relayer.settlement.clearing.values import (
    NO_CYCLES,
    Consent,
    Cycle,
    Deadline,
    DeadlineKind,
    Dispute,
    Evidence,
    Payment,
    UnitCycles,
    UnitKey,
)
from relayer.settlement.model import Liability
from relayer.settlement.postings import Account, Posting
from relayer.settlement.statement import Movement

MAXIMUM_MOVEMENTS = 1_000_000
_OPEN_OF_UNIT = f"{SELECT_LIABILITY} WHERE currency = ? AND exponent = ? AND open <> '0'"

_Record = TypeVar("_Record", Payment, Dispute, Cycle)
_TABLES: dict[type, tuple[str, str]] = {
    Payment: ("settlement_payment", "payment_id"),
    Dispute: ("settlement_dispute", "dispute_id"),
    Cycle: ("settlement_cycle", "cycle_id"),
}


def _deadlines_of(kind: type, name: DeadlineKind) -> str:
    table, key = _TABLES[kind]
    value, counts = deadline_terms(table)
    return f"SELECT {value}, '{name}', {key} FROM {table} WHERE {counts} AND {value} <= ?"  # noqa: S608 (constants)


_DEADLINES = " UNION ALL ".join(
    (
        _deadlines_of(Payment, DeadlineKind.PAYMENT),
        _deadlines_of(Dispute, DeadlineKind.DISPUTE),
        _deadlines_of(Cycle, DeadlineKind.CYCLE),
    )
)
_DEADLINES += " ORDER BY 1, 2, 3 LIMIT ?"


class ClearingTables:
    """Serves relayer.settlement.clearing.overlay.ClearingReader from the committed tables."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def payment(self, payment_id: str, /) -> Payment | None:
        return self._record(Payment, payment_id)

    def dispute(self, dispute_id: str, /) -> Dispute | None:
        return self._record(Dispute, dispute_id)

    def cycle(self, cycle_id: str, /) -> Cycle | None:
        return self._record(Cycle, cycle_id)

    def unit_cycles(self, unit: UnitKey, /) -> UnitCycles:
        row = self._connection.execute(
            "SELECT running, cut_off_seconds FROM settlement_unit WHERE currency = ? AND exponent = ?", unit
        ).fetchone()
        return NO_CYCLES if row is None else UnitCycles(*row)

    def consent(self, party_id: bytes, /) -> Consent:
        row = self._connection.execute("SELECT consent FROM settlement_consent WHERE party_id = ?", (party_id,)).fetchone()
        return Consent.WITHDRAWN if row is None else Consent(row[0])

    def evidence_used(self, evidence: Evidence, /) -> bool:
        found = self._connection.execute(
            "SELECT 1 FROM settlement_evidence WHERE kind = ? AND reference = ?", evidence_key(evidence)
        )
        return found.fetchone() is not None

    def liability_at(self, sequence: int, /) -> Liability | None:
        row = self._connection.execute(f"{SELECT_LIABILITY} WHERE sequence = ?", (sequence,)).fetchone()
        return None if row is None else liability_from_row(row)

    def open_liabilities(self, unit: UnitKey, /) -> Iterable[Liability]:
        return map(liability_from_row, self._connection.execute(_OPEN_OF_UNIT, unit).fetchall())

    def pair_liabilities(self, unit: UnitKey, debtor: bytes, creditor: bytes, /) -> Iterable[Liability]:
        rows = self._connection.execute(f"{_OPEN_OF_UNIT} AND debtor = ? AND creditor = ?", (*unit, debtor, creditor))
        return map(liability_from_row, rows.fetchall())

    def deadlines(self, until_seconds: int, limit: int, /) -> Sequence[Deadline]:
        rows = self._connection.execute(_DEADLINES, (until_seconds, until_seconds, until_seconds, limit))
        return [Deadline(at_seconds, DeadlineKind(kind), name) for at_seconds, kind, name in rows]

    def payments(self, *, after: str, limit: int) -> Sequence[Payment]:
        """In the order of their ids, from behind `after`."""
        return self._records(Payment, after=after, limit=limit)

    def disputes(self, *, after: str, limit: int) -> Sequence[Dispute]:
        """In the order of their ids, from behind `after`."""
        return self._records(Dispute, after=after, limit=limit)

    def cycles(self, *, after: str, limit: int) -> Sequence[Cycle]:
        """In the order of their ids, from behind `after`."""
        return self._records(Cycle, after=after, limit=limit)

    def consents(self) -> Mapping[bytes, Consent]:
        """Of every party that ever said something."""
        rows = self._connection.execute("SELECT party_id, consent FROM settlement_consent ORDER BY party_id")
        return {party: Consent(consent) for party, consent in rows}

    def movements(self, party_id: bytes, unit: UnitKey) -> list[Movement]:
        """All of the party's, in the order of the log. Raises LimitExceeded beyond MAXIMUM_MOVEMENTS."""
        rows = self._connection.execute(
            "SELECT p.sequence, b.time_nanoseconds / 1000000000, l.fact_id, l.debtor, l.creditor, l.kind = 0, p.source, "
            "p.target, p.amount FROM settlement_liability l JOIN settlement_posting p ON p.liability = l.sequence "
            "JOIN settlement_log g ON g.sequence = p.sequence JOIN block b ON b.height = g.height "
            "WHERE l.currency = ? AND l.exponent = ? AND (l.debtor = ? OR l.creditor = ?) "
            "ORDER BY p.sequence, p.line LIMIT ?",
            (*unit, party_id, party_id, MAXIMUM_MOVEMENTS + 1),
        ).fetchall()
        if len(rows) > MAXIMUM_MOVEMENTS:
            raise LimitExceeded(f"a statement goes through at most {MAXIMUM_MOVEMENTS} movements; read the log instead")
        return [Movement._make((*row[:6], Account(row[6]), Account(row[7]), int(row[8]))) for row in rows]

    def write_clearing(self, changes: ClearingOverlay) -> None:
        """Writes one block's changes into the open transaction, after its log entries and liabilities."""
        run = self._connection.executemany
        run(
            "INSERT INTO settlement_posting (sequence, line, liability, source, target, amount) VALUES (?, ?, ?, ?, ?, ?)",
            _posting_rows(changes.postings),
        )
        for kind, records in ((Payment, changes.payments), (Dispute, changes.disputes), (Cycle, changes.cycles)):
            table, key = _TABLES[kind]
            run(
                f"INSERT INTO {table} ({key}, state, sequence, body) VALUES (?, ?, ?, ?) ON CONFLICT ({key}) "  # noqa: S608
                "DO UPDATE SET state = excluded.state, sequence = excluded.sequence, body = excluded.body",
                [(name, each.state.value, each.sequence, encode_record(each)) for name, each in records.items()],
            )
        run(
            "INSERT INTO settlement_unit (currency, exponent, running, cut_off_seconds) VALUES (?, ?, ?, ?) "
            "ON CONFLICT (currency, exponent) DO UPDATE SET running = excluded.running, "
            "cut_off_seconds = excluded.cut_off_seconds",
            [(*unit, *cycles) for unit, cycles in changes.units.items()],
        )
        run(
            "INSERT INTO settlement_consent (party_id, consent) VALUES (?, ?) "
            "ON CONFLICT (party_id) DO UPDATE SET consent = excluded.consent",
            [(party, consent.value) for party, consent in changes.consents.items()],
        )
        run(
            "INSERT INTO settlement_evidence (kind, reference, payment_id) VALUES (?, ?, ?)",
            [(*key, payment_id) for key, payment_id in changes.evidence.items()],
        )

    def _record(self, kind: type[_Record], name: str) -> _Record | None:
        table, key = _TABLES[kind]
        row = self._connection.execute(f"SELECT body FROM {table} WHERE {key} = ?", (name,)).fetchone()  # noqa: S608
        return None if row is None else decode_record(kind, row[0])

    def _records(self, kind: type[_Record], *, after: str, limit: int) -> list[_Record]:
        table, key = _TABLES[kind]
        rows = self._connection.execute(
            f"SELECT body FROM {table} WHERE {key} > ? ORDER BY {key} LIMIT ?",  # noqa: S608 (constants)
            (after, limit),
        )
        return [decode_record(kind, row[0]) for row in rows]


def _posting_rows(postings: Iterable[Posting]) -> Iterator[tuple[object, ...]]:
    lines: Counter[int] = Counter()
    for posting in postings:
        lines[posting.sequence] += 1
        yield (
            posting.sequence,
            lines[posting.sequence],
            posting.liability,
            posting.source.value,
            posting.target.value,
            str(posting.amount),
        )
