"""All liabilities of a settlement ledger by fact, for one comparison: in a temporary file of SQLite, so that a million of
them take no more memory than a thousand. The file has no name and goes with the connection."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from relayer.business.paging import PAGE
from relayer.business.reconcile import LiabilityRecord, Terms
from relayer.errors import JournalUnavailable
from relayer.facts.ways import Way
from relayer.ports.settlement import SettlementService
from relayer.settlement.model.facts import Novation, PulledFacts, PushedFacts
from relayer.settlement.model.liabilities import Liability

_TABLE = """
CREATE TABLE liability (
  fact_id BLOB NOT NULL, sequence INTEGER NOT NULL, liability_id BLOB NOT NULL, fact_hash BLOB NOT NULL,
  head_hash BLOB NOT NULL, way TEXT NOT NULL, chain_id TEXT NOT NULL, contract BLOB NOT NULL, issuer BLOB NOT NULL,
  system TEXT NOT NULL, object TEXT NOT NULL, kind INTEGER NOT NULL, creditor BLOB NOT NULL, debtor BLOB NOT NULL,
  currency TEXT NOT NULL, exponent INTEGER NOT NULL, amount TEXT NOT NULL, credited TEXT NOT NULL,
  claimed INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX by_fact ON liability (fact_id);
CREATE INDEX by_object ON liability (contract, issuer, object);
"""
_COLUMNS = (
    "fact_id, sequence, liability_id, fact_hash, head_hash, way, chain_id, contract, issuer, system, object, kind, "
    "creditor, debtor, currency, exponent, amount, credited"
)
_MARKS = ", ".join("?" * len(_COLUMNS.split(",")))
_AT_ONCE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Origins:
    """Which liabilities a business side must have claims for: those of a contract, or of what takes its place, and of an
    issuer if one is named, that came by one of these ways."""

    chain_id: int
    contract: bytes
    issuer: bytes | None
    ways: frozenset[Way]


class LiabilityIndex:
    """Filled once, then asked. Novations have no fact and are left out. Raises JournalUnavailable if the disk is full."""

    def __init__(self) -> None:
        """Empty."""
        with _translated():
            # An empty name is a file that SQLite removes; what fits its cache stays in memory.
            self._db = sqlite3.connect("", isolation_level=None)
            self._db.executescript(f"PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; {_TABLE}")
        self.newest = 0
        """Sequence of the newest liability."""
        self.count = 0

    def close(self) -> None:
        """Removes it."""
        self._db.close()

    def add(self, liabilities: Iterable[Liability]) -> None:
        """In the order of their sequences."""
        rows = []
        for each in liabilities:
            self.newest = max(self.newest, each.sequence)
            if not isinstance(each.origin, Novation):
                rows.append(_row(record_of(each)))
        self.count += len(rows)
        with _translated():
            self._db.execute("BEGIN")
            self._db.executemany(f"INSERT INTO liability ({_COLUMNS}) VALUES ({_MARKS})", rows)  # noqa: S608
            self._db.execute("COMMIT")

    def of_facts(self, fact_ids: Sequence[bytes]) -> Mapping[bytes, Sequence[LiabilityRecord]]:
        """Every liability of these facts, in the order of the log."""
        found: dict[bytes, list[LiabilityRecord]] = {}
        for start in range(0, len(fact_ids), _AT_ONCE):
            part = fact_ids[start : start + _AT_ONCE]
            marks = ", ".join("?" * len(part))
            query = f"SELECT {_COLUMNS} FROM liability WHERE fact_id IN ({marks}) ORDER BY sequence"  # noqa: S608
            for row in self._rows(query, *part):
                found.setdefault(row[0], []).append(_record(row))
        return found

    def claim(self, fact_ids: Iterable[bytes]) -> None:
        """Notes that the business side has these facts."""
        with _translated():
            self._db.execute("BEGIN")
            self._db.executemany("UPDATE liability SET claimed = 1 WHERE fact_id = ?", [(each,) for each in fact_ids])
            self._db.execute("COMMIT")

    def unclaimed(self, origins: Origins) -> Iterator[tuple[LiabilityRecord, bool]]:
        """Liabilities of these origins whose facts were not noted; and whether one that was noted stands for the same
        business object."""
        where, values = _of(origins)
        after = -1
        while rows := self._rows(
            f"SELECT rowid, {_COLUMNS}, object != '' AND EXISTS (SELECT 1 FROM liability AS twin WHERE twin.claimed = 1 AND "  # noqa: S608
            "twin.contract = liability.contract AND twin.issuer = liability.issuer AND twin.object = liability.object) "
            f"FROM liability WHERE claimed = 0 AND {where} AND rowid > ? ORDER BY rowid LIMIT {_AT_ONCE}",
            *values,
            after,
        ):
            after = rows[-1][0]
            for row in rows:
                record = _record(row[1:-1])
                if record.way in origins.ways:
                    yield record, bool(row[-1])

    def twins(self, fact_ids: Sequence[bytes]) -> Mapping[bytes, LiabilityRecord]:
        """Of these facts, those whose liability claims again what an earlier one of the same issuer claims: the same object,
        kind and parties, both with an amount that was not credited. With their liabilities."""
        found = {}
        for recorded in self.of_facts(fact_ids).values():
            for each in recorded:
                if each.remaining and each.object_id and any(_is_twin(each, other) for other in self._of_object(each)):
                    found[each.fact_id] = each
        return found

    def begin(self) -> None:
        """Forgets what was noted: another business side is compared."""
        with _translated():
            self._db.execute("UPDATE liability SET claimed = 0")

    def _of_object(self, record: LiabilityRecord) -> list[LiabilityRecord]:
        query = (
            f"SELECT {_COLUMNS} FROM liability WHERE contract = ? AND issuer = ? AND object = ? ORDER BY sequence LIMIT 64"  # noqa: S608
        )
        return [_record(row) for row in self._rows(query, record.contract, record.issuer, record.object_id)]

    def _rows(self, query: str, *values: object) -> list[Any]:
        with _translated():
            return self._db.execute(query, values).fetchall()


async def pages_of(service: SettlementService) -> AsyncIterator[Sequence[Liability]]:
    """All liabilities, page after page."""
    after = 0
    while page := await service.liabilities(after_sequence=after, limit=PAGE):
        yield page
        after = page[-1].sequence


def record_of(liability: Liability) -> LiabilityRecord:
    """What is compared of a liability that stands for a fact."""
    origin = liability.origin
    assert not isinstance(origin, Novation)
    # What came in a packet or was proven names no system and no object.
    named = origin if isinstance(origin, PushedFacts | PulledFacts) else None
    return LiabilityRecord(
        liability_id=liability.liability_id,
        sequence=liability.sequence,
        fact_id=liability.fact_id,
        fact_hash=liability.fact_hash,
        head_hash=liability.head_hash,
        way=origin.way,
        chain_id=origin.chain_id,
        contract=origin.contract,
        issuer=origin.issuer,
        system="" if named is None else named.system,
        object_id="" if named is None else named.object_id,
        kind=0 if liability.kind is None else int(liability.kind),
        terms=Terms(
            creditor=liability.creditor,
            debtor=liability.debtor,
            currency=liability.currency,
            exponent=liability.exponent,
            amount=liability.amount,
        ),
        credited=liability.credited,
    )


def _is_twin(record: LiabilityRecord, other: LiabilityRecord) -> bool:
    mine, others = record.terms, other.terms
    return (
        other.sequence < record.sequence
        and other.fact_id != record.fact_id
        and other.kind == record.kind
        and other.remaining > 0
        and mine is not None
        and others is not None
        and (mine.creditor, mine.debtor) == (others.creditor, others.debtor)
    )


def _of(origins: Origins) -> tuple[str, tuple[object, ...]]:
    if origins.issuer is None:
        return "contract = ? AND chain_id = ?", (origins.contract, str(origins.chain_id))
    return "contract = ? AND chain_id = ? AND issuer = ?", (origins.contract, str(origins.chain_id), origins.issuer)


def _row(record: LiabilityRecord) -> tuple[object, ...]:
    assert record.terms is not None
    return (
        record.fact_id,
        record.sequence,
        record.liability_id,
        record.fact_hash,
        record.head_hash,
        record.way.value,
        str(record.chain_id),
        record.contract,
        record.issuer,
        record.system,
        record.object_id,
        record.kind,
        record.terms.creditor,
        record.terms.debtor,
        record.terms.currency,
        record.terms.exponent,
        str(record.terms.amount),
        str(record.credited),
    )


def _record(row: Sequence[Any]) -> LiabilityRecord:
    return LiabilityRecord(
        fact_id=row[0],
        sequence=row[1],
        liability_id=row[2],
        fact_hash=row[3],
        head_hash=row[4],
        way=Way(row[5]),
        chain_id=int(row[6]),
        contract=row[7],
        issuer=row[8],
        system=row[9],
        object_id=row[10],
        kind=row[11],
        terms=Terms(creditor=row[12], debtor=row[13], currency=row[14], exponent=row[15], amount=int(row[16])),
        credited=int(row[17]),
    )


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise JournalUnavailable(f"the temporary file of the comparison: {error}; make room in the folder TMPDIR") from error
