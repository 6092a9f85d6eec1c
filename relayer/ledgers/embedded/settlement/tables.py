"""The settlement state in SQLite: what the rules read of it, and the listings of the settlement service.

Records are stored as their canonical bytes beside the columns that queries need.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any, TypeVar

from relayer.codes.limits import MAXIMUM_LISTED
from relayer.errors import LimitExceeded
from relayer.ledgers.embedded.settlement.liability_rows import SELECT_LIABILITY, liability_from_row
from relayer.ledgers.embedded.settlement.writing import RECORD_TABLES, write_changes
from relayer.settlement.log import decode_origin, decode_record, liability_record
from relayer.settlement.model.acts import EMPTY_LOG, LogHead, UnitKey
from relayer.settlement.model.cycles import NO_CYCLES, Cycle, UnitCycles
from relayer.settlement.model.deadlines import Deadline, DeadlineKind
from relayer.settlement.model.disputes import Dispute
from relayer.settlement.model.facts import way_of
from relayer.settlement.model.issuers import ContractInForce, Issuer, IssuerInForce, MandateInForce, ProvenContract
from relayer.settlement.model.liabilities import Liability, Position, PositionKey
from relayer.settlement.model.parties import AgreementInForce, ConsentInForce, Party
from relayer.settlement.model.payments import EvidenceKey, Payment
from relayer.settlement.model.rates import DEFAULT_RATES, RateKind, RateLimits, RateLimitsInForce, RateUse
from relayer.settlement.postings import Account
from relayer.settlement.reader import RequestResult
from relayer.settlement.state import Overlay
from relayer.settlement.statement import Movement

MAXIMUM_MOVEMENTS = 1_000_000
HEAD_KEY = b"head"
_U64 = 8
_OPEN_OF_UNIT = f"{SELECT_LIABILITY} WHERE currency = ? AND exponent = ? AND open <> '0'"
_KINDS = {Payment: DeadlineKind.PAYMENT, Dispute: DeadlineKind.DISPUTE, Cycle: DeadlineKind.CYCLE}
_DEADLINES = " UNION ALL ".join(
    f"SELECT deadline, '{_KINDS[kind]}', {key} FROM {table} WHERE deadline <= ?"  # noqa: S608 (constants)
    for kind, (table, key) in RECORD_TABLES.items()
)
_DEADLINES += " ORDER BY 1, 2, 3 LIMIT ?"

_Record = TypeVar("_Record", Payment, Dispute, Cycle)


def liability_key(liability_id: bytes) -> bytes:
    """Where the settlement store proves a liability (relayer.settlement.log.liability_record)."""
    return b"liability/" + liability_id


class SettlementTables:
    """Serves relayer.settlement.reader.SettlementReader from the committed tables. Parties and terms are kept in memory."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._parties: dict[bytes, tuple[Party, LogHead]] = {}
        self._agreements: dict[tuple[bytes, bytes], AgreementInForce] = {}
        self.forget()

    def forget(self) -> None:
        """Reads parties and agreements again, after a transaction ended."""
        rows = self._connection.execute("SELECT party_id, body, sequence, head_hash FROM settlement_party")
        self._parties = {row[0]: (decode_record(Party, row[1]), LogHead(row[2], row[3])) for row in rows}
        bodies = self._connection.execute("SELECT body FROM settlement_agreement")
        in_force = [decode_record(AgreementInForce, row[0]) for row in bodies]
        self._agreements = {(each.agreement.creditor, each.agreement.debtor): each for each in in_force}

    def head(self) -> LogHead:
        row = self._connection.execute(
            "SELECT sequence, head_hash FROM settlement_log ORDER BY sequence DESC LIMIT 1"
        ).fetchone()
        return EMPTY_LOG if row is None else LogHead(row[0], row[1])

    def request(self, actor: bytes, request_id: str, /) -> RequestResult | None:
        row = self._connection.execute(
            "SELECT digest, sequence, head_hash FROM settlement_request WHERE actor = ? AND request_id = ?",
            (actor, request_id),
        ).fetchone()
        return None if row is None else RequestResult(row[0], LogHead(row[1], row[2]))

    def party(self, party_id: bytes, /) -> Party | None:
        found = self._parties.get(party_id)
        return found[0] if found else None

    def party_reference(self, party_id: bytes, /) -> LogHead | None:
        found = self._parties.get(party_id)
        return found[1] if found else None

    def agreement(self, creditor: bytes, debtor: bytes, /) -> AgreementInForce | None:
        return self._agreements.get((creditor, debtor))

    def agreement_pair(self, agreement_id: str, /) -> tuple[bytes, bytes] | None:
        row = self._connection.execute(
            "SELECT creditor, debtor FROM settlement_agreement WHERE agreement_id = ?", (agreement_id,)
        ).fetchone()
        return None if row is None else (row[0], row[1])

    def consent(self, party_id: bytes, /) -> ConsentInForce | None:
        row = self._connection.execute("SELECT body FROM settlement_consent WHERE party_id = ?", (party_id,)).fetchone()
        return None if row is None else decode_record(ConsentInForce, row[0])

    def issuer(self, issuer: Issuer, /) -> IssuerInForce | None:
        row = self._connection.execute("SELECT body FROM settlement_issuer WHERE issuer = ?", (issuer.key,)).fetchone()
        return None if row is None else _issuer_in_force(row[0])

    def mandate(self, creditor: bytes, issuer: Issuer, /) -> MandateInForce | None:
        row = self._connection.execute(
            "SELECT body FROM settlement_mandate WHERE creditor = ? AND issuer = ?", (creditor, issuer.key)
        ).fetchone()
        return None if row is None else decode_record(MandateInForce, row[0])

    def contract(self, name: ProvenContract, /) -> ContractInForce | None:
        row = self._connection.execute(
            "SELECT body FROM settlement_contract WHERE client_id = ? AND contract = ?", tuple(name)
        ).fetchone()
        return None if row is None else decode_record(ContractInForce, row[0])

    def revocation(self, account: str, /) -> LogHead | None:
        row = self._connection.execute(
            "SELECT sequence, head_hash FROM settlement_revocation WHERE account = ?", (account,)
        ).fetchone()
        return None if row is None else LogHead(row[0], row[1])

    def cut_off_seconds(self) -> int:
        row = self._connection.execute("SELECT cut_off_seconds FROM settlement_period").fetchone()
        return 0 if row is None else int(row[0])

    def liability_of_fact(self, fact_id: bytes, /) -> Liability | None:
        return self._liability("fact_id", fact_id)

    def liability_at(self, sequence: int, /) -> Liability | None:
        return self._liability("sequence", sequence)

    def open_liabilities(self, unit: UnitKey, /) -> Iterable[Liability]:
        return map(liability_from_row, self._connection.execute(_OPEN_OF_UNIT, unit).fetchall())

    def pair_liabilities(self, unit: UnitKey, debtor: bytes, creditor: bytes, /) -> Iterable[Liability]:
        rows = self._connection.execute(f"{_OPEN_OF_UNIT} AND debtor = ? AND creditor = ?", (*unit, debtor, creditor))
        return map(liability_from_row, rows.fetchall())

    def open_sum(self, position: PositionKey, /) -> int:
        row = self._connection.execute(
            "SELECT open FROM settlement_position WHERE debtor = ? AND creditor = ? AND currency = ? AND exponent = ?",
            position,
        ).fetchone()
        return 0 if row is None else int(row[0])

    def payment(self, payment_id: str, /) -> Payment | None:
        return self._record(Payment, payment_id)

    def evidence_used(self, evidence: EvidenceKey, /) -> bool:
        found = self._connection.execute(
            "SELECT 1 FROM settlement_evidence WHERE debtor = ? AND creditor = ? AND kind = ? AND reference = ?", evidence
        )
        return found.fetchone() is not None

    def dispute(self, dispute_id: str, /) -> Dispute | None:
        return self._record(Dispute, dispute_id)

    def cycle(self, cycle_id: str, /) -> Cycle | None:
        return self._record(Cycle, cycle_id)

    def unit_cycles(self, unit: UnitKey, /) -> UnitCycles:
        row = self._connection.execute(
            "SELECT running, cut_off_seconds FROM settlement_unit WHERE currency = ? AND exponent = ?", unit
        ).fetchone()
        return NO_CYCLES if row is None else UnitCycles(*row)

    def rate_limits(self) -> RateLimitsInForce:
        row = self._connection.execute(
            "SELECT proposals_per_hour, disputes_per_hour, sequence, head_hash FROM settlement_rate_limits"
        ).fetchone()
        if row is None:
            return RateLimitsInForce(DEFAULT_RATES, *EMPTY_LOG)
        return RateLimitsInForce(RateLimits(proposals_per_hour=row[0], disputes_per_hour=row[1]), row[2], row[3])

    def rate_use(self, party: bytes, kind: RateKind, /) -> RateUse | None:
        row = self._connection.execute(
            "SELECT hour, used FROM settlement_rate_use WHERE party_id = ? AND kind = ?", (party, kind.value)
        ).fetchone()
        return None if row is None else RateUse(*row)

    def deadlines(self, until_seconds: int, limit: int, /) -> Sequence[Deadline]:
        rows = self._connection.execute(_DEADLINES, (until_seconds, until_seconds, until_seconds, limit))
        return [Deadline(at_seconds, DeadlineKind(kind), name) for at_seconds, kind, name in rows]

    def write(self, changes: Overlay, *, height: int) -> None:
        """Writes one block's changes into the open transaction."""
        write_changes(self._connection, changes, height=height)

    def liability(self, liability_id: bytes) -> Liability | None:
        """By its own id."""
        return self._liability("liability_id", liability_id)

    def liabilities(self, *, after_sequence: int, limit: int) -> Sequence[Liability]:
        """In order of their sequence, at most MAXIMUM_LISTED."""
        rows = self._connection.execute(
            f"{SELECT_LIABILITY} WHERE sequence > ? ORDER BY sequence LIMIT ?",
            (after_sequence, min(limit, MAXIMUM_LISTED)),
        )
        return [liability_from_row(row) for row in rows]

    def parties(self) -> Sequence[Party]:
        """In order of their OCPI ids."""
        return sorted((party for party, _ in self._parties.values()), key=lambda party: party.ocpi_id)

    def agreements(self) -> Sequence[AgreementInForce]:
        """In order of their ids."""
        return sorted(self._agreements.values(), key=lambda each: each.agreement.agreement_id)

    def consents(self) -> Sequence[ConsentInForce]:
        """Of every party that ever said something, in order of their ids."""
        rows = self._connection.execute("SELECT body FROM settlement_consent ORDER BY party_id")
        return [decode_record(ConsentInForce, row[0]) for row in rows]

    def issuers(self) -> Sequence[IssuerInForce]:
        """In order of chain id and account."""
        rows = self._connection.execute("SELECT body FROM settlement_issuer ORDER BY issuer")
        return [decode_record(IssuerInForce, row[0]) for row in rows]

    def mandates(self) -> Sequence[MandateInForce]:
        """In order of creditor, chain id and account."""
        rows = self._connection.execute("SELECT body FROM settlement_mandate ORDER BY creditor, issuer")
        return [decode_record(MandateInForce, row[0]) for row in rows]

    def contracts(self) -> Sequence[ContractInForce]:
        """In order of client id and contract."""
        rows = self._connection.execute("SELECT body FROM settlement_contract ORDER BY client_id, contract")
        return [decode_record(ContractInForce, row[0]) for row in rows]

    def positions(self) -> Sequence[Position]:
        """Payable and receivable per party and currency, of what is open."""
        sums: dict[tuple[bytes, str, int], list[int]] = {}
        rows = self._connection.execute("SELECT debtor, creditor, currency, exponent, open FROM settlement_position")
        for debtor, creditor, currency, exponent, total in rows:
            sums.setdefault((debtor, currency, exponent), [0, 0])[0] += int(total)
            sums.setdefault((creditor, currency, exponent), [0, 0])[1] += int(total)
        found = [
            Position(
                party_id=party_id,
                ocpi_id=self._parties[party_id][0].ocpi_id,
                currency=currency,
                exponent=exponent,
                payable=payable,
                receivable=receivable,
            )
            for (party_id, currency, exponent), (payable, receivable) in sums.items()
        ]
        return sorted(found, key=lambda position: (position.ocpi_id, position.currency, position.exponent))

    def payments(self, *, after: str, limit: int) -> Sequence[Payment]:
        """In the order of their ids, from behind `after`."""
        return self._records(Payment, after=after, limit=limit)

    def disputes(self, *, after: str, limit: int) -> Sequence[Dispute]:
        """In the order of their ids, from behind `after`."""
        return self._records(Dispute, after=after, limit=limit)

    def cycles(self, *, after: str, limit: int) -> Sequence[Cycle]:
        """In the order of their ids, from behind `after`."""
        return self._records(Cycle, after=after, limit=limit)

    def movements(self, party_id: bytes, unit: UnitKey) -> list[Movement]:
        """All of the party's, in the order of the log. Raises LimitExceeded beyond MAXIMUM_MOVEMENTS."""
        rows = self._connection.execute(
            "SELECT p.sequence, b.time_nanoseconds / 1000000000, l.fact_id, l.debtor, l.creditor, "
            "CASE WHEN p.source = ? THEN l.origin END, p.source, p.target, p.amount FROM settlement_liability l "
            "JOIN settlement_posting p ON p.liability = l.sequence "
            "JOIN settlement_log g ON g.sequence = p.sequence JOIN block b ON b.height = g.height "
            "WHERE l.currency = ? AND l.exponent = ? AND (l.debtor = ? OR l.creditor = ?) "
            "ORDER BY p.sequence, p.line LIMIT ?",
            (Account.CLAIM.value, *unit, party_id, party_id, MAXIMUM_MOVEMENTS + 1),
        ).fetchall()
        if len(rows) > MAXIMUM_MOVEMENTS:
            raise LimitExceeded(f"a statement goes through at most {MAXIMUM_MOVEMENTS} movements; read the log instead")
        return [_movement(row) for row in rows]

    def _liability(self, column: str, key: object) -> Liability | None:
        row = self._connection.execute(f"{SELECT_LIABILITY} WHERE {column} = ?", (key,)).fetchone()
        return None if row is None else liability_from_row(row)

    def _record(self, kind: type[_Record], name: str) -> _Record | None:
        table, key = RECORD_TABLES[kind]
        row = self._connection.execute(f"SELECT body FROM {table} WHERE {key} = ?", (name,)).fetchone()  # noqa: S608
        return None if row is None else decode_record(kind, row[0])

    def _records(self, kind: type[_Record], *, after: str, limit: int) -> list[_Record]:
        table, key = RECORD_TABLES[kind]
        rows = self._connection.execute(
            f"SELECT body FROM {table} WHERE {key} > ? ORDER BY {key} LIMIT ?",  # noqa: S608 (constants)
            (after, limit),
        )
        return [decode_record(kind, row[0]) for row in rows]


@lru_cache(maxsize=1024)
def _issuer_in_force(body: bytes) -> IssuerInForce:
    """Every fact of a request asks for the same one."""
    return decode_record(IssuerInForce, body)


def _movement(row: Sequence[Any]) -> Movement:
    origin, source, target, amount = row[5:]
    way = None if origin is None else way_of(decode_origin(origin))
    return Movement._make((*row[:5], way, Account(source), Account(target), int(amount)))


def provable(changes: Overlay) -> dict[bytes, bytes | None]:
    """What the settlement store proves after a block: the head of the log, and each liability that is new or changed."""
    if not changes.entries:
        return {}
    head = changes.entries[-1].head
    proven: dict[bytes, bytes | None] = {HEAD_KEY: head.sequence.to_bytes(_U64, "big") + head.head_hash}
    for liability in changes.liabilities.values():
        proven[liability_key(liability.liability_id)] = liability_record(liability)
    return proven
