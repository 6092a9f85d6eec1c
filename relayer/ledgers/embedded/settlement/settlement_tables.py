"""The settlement state in SQLite: what the rules read of it, what one block writes, and the listings of the business API."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from relayer.codes.limits import MAXIMUM_LISTED
from relayer.ledgers.embedded.settlement.clearing_tables import ClearingTables
from relayer.ledgers.embedded.settlement.liability_rows import (
    INSERT_LIABILITY,
    SELECT_LIABILITY,
    liability_from_row,
    liability_to_row,
)
from relayer.settlement.codec import decode_agreement, encode_agreement, liability_record
from relayer.settlement.model import EMPTY_LOG, Agreement, Liability, LogHead, Party, Position, PositionKey
from relayer.settlement.state import Overlay, RequestResult

HEAD_KEY = b"head"
_U64 = 8


def liability_key(liability_id: bytes) -> bytes:
    """Where the settlement store proves a liability (relayer.settlement.codec.liability_record)."""
    return b"liability/" + liability_id


class SettlementTables(ClearingTables):
    """Serves relayer.settlement.state.SettlementReader from the committed tables. Parties and terms are kept in memory."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        super().__init__(connection)
        self._parties: dict[bytes, tuple[Party, LogHead]] = {}
        self._agreements: dict[tuple[bytes, bytes], Agreement] = {}
        self.forget()

    def forget(self) -> None:
        """Reads parties and agreements anew, after a transaction ended."""
        rows = self._connection.execute(
            "SELECT party_id, ocpi_id, name, lei, vat_id, sequence, head_hash FROM settlement_party"
        )
        self._parties = {
            row[0]: (
                Party(party_id=row[0], ocpi_id=row[1], name=row[2], lei=row[3], vat_id=row[4]),
                LogHead(row[5], row[6]),
            )
            for row in rows
        }
        terms = self._connection.execute("SELECT terms FROM settlement_agreement")
        agreements = [decode_agreement(row[0]) for row in terms]
        self._agreements = {(each.creditor, each.debtor): each for each in agreements}

    def party(self, party_id: bytes, /) -> Party | None:
        found = self._parties.get(party_id)
        return found[0] if found else None

    def party_reference(self, party_id: bytes, /) -> LogHead | None:
        found = self._parties.get(party_id)
        return found[1] if found else None

    def agreement(self, creditor: bytes, debtor: bytes, /) -> Agreement | None:
        return self._agreements.get((creditor, debtor))

    def agreement_pair(self, agreement_id: str, /) -> tuple[bytes, bytes] | None:
        row = self._connection.execute(
            "SELECT creditor, debtor FROM settlement_agreement WHERE agreement_id = ?", (agreement_id,)
        ).fetchone()
        return None if row is None else (row[0], row[1])

    def liability_of_fact(self, fact_id: bytes, /) -> Liability | None:
        row = self._connection.execute(f"{SELECT_LIABILITY} WHERE fact_id = ?", (fact_id,)).fetchone()
        return None if row is None else liability_from_row(row)

    def open_sum(self, position: PositionKey, /) -> int:
        row = self._connection.execute(
            "SELECT open FROM settlement_position WHERE debtor = ? AND creditor = ? AND currency = ? AND exponent = ?",
            position,
        ).fetchone()
        return 0 if row is None else int(row[0])

    def cut_off_seconds(self) -> int:
        row = self._connection.execute("SELECT cut_off_seconds FROM settlement_period").fetchone()
        return 0 if row is None else int(row[0])

    def request(self, request_id: str, /) -> RequestResult | None:
        row = self._connection.execute(
            "SELECT digest, sequence, head_hash FROM settlement_request WHERE request_id = ?", (request_id,)
        ).fetchone()
        return None if row is None else RequestResult(row[0], LogHead(row[1], row[2]))

    def head(self) -> LogHead:
        row = self._connection.execute(
            "SELECT sequence, head_hash FROM settlement_log ORDER BY sequence DESC LIMIT 1"
        ).fetchone()
        return EMPTY_LOG if row is None else LogHead(row[0], row[1])

    def write(self, changes: Overlay, *, height: int) -> None:
        """Writes one block's changes into the open transaction."""
        run = self._connection.executemany
        run(
            "INSERT INTO settlement_log (sequence, head_hash, height, event) VALUES (?, ?, ?, ?)",
            [(*entry.head, height, entry.encoded) for entry in changes.entries],
        )
        run(
            "INSERT INTO settlement_request (request_id, digest, sequence, head_hash) VALUES (?, ?, ?, ?)",
            [(name, result.digest, *result.reference) for name, result in changes.requests.items()],
        )
        run(
            "INSERT INTO settlement_party (party_id, ocpi_id, name, lei, vat_id, sequence, head_hash) "
            "VALUES (?, ?, ?, ?, ?, ?, ?)",
            [
                (party.party_id, party.ocpi_id, party.name, party.lei, party.vat_id, *reference)
                for party, reference in changes.parties.values()
            ],
        )
        run(
            "INSERT INTO settlement_agreement (creditor, debtor, agreement_id, terms) VALUES (?, ?, ?, ?) "
            "ON CONFLICT (creditor, debtor) DO UPDATE SET terms = excluded.terms",
            [
                (each.creditor, each.debtor, each.agreement_id, encode_agreement(each))
                for each in changes.agreements.values()
            ],
        )
        run(INSERT_LIABILITY, [liability_to_row(liability) for liability in changes.liabilities.values()])
        run(
            "INSERT INTO settlement_position (debtor, creditor, currency, exponent, open) VALUES (?, ?, ?, ?, ?) "
            "ON CONFLICT (debtor, creditor, currency, exponent) DO UPDATE SET open = excluded.open",
            [(*key, str(total)) for key, total in changes.open_sums.items()],
        )
        self.write_clearing(changes)
        if changes.new_cut_off is not None:
            self._connection.execute(
                "INSERT INTO settlement_period (single, cut_off_seconds) VALUES (1, ?) "
                "ON CONFLICT (single) DO UPDATE SET cut_off_seconds = excluded.cut_off_seconds",
                (changes.new_cut_off,),
            )

    def liability(self, liability_id: bytes) -> Liability | None:
        """By its own id."""
        row = self._connection.execute(f"{SELECT_LIABILITY} WHERE liability_id = ?", (liability_id,)).fetchone()
        return None if row is None else liability_from_row(row)

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

    def agreements(self) -> Sequence[Agreement]:
        """In order of their ids."""
        return sorted(self._agreements.values(), key=lambda agreement: agreement.agreement_id)

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


def provable(changes: Overlay) -> dict[bytes, bytes | None]:
    """What the settlement store proves after a block: the head of the log, and each liability that is new or changed."""
    if not changes.entries:
        return {}
    head = changes.entries[-1].head
    proven: dict[bytes, bytes | None] = {HEAD_KEY: head.sequence.to_bytes(_U64, "big") + head.head_hash}
    for liability in changes.liabilities.values():
        proven[liability_key(liability.liability_id)] = liability_record(liability)
    return proven
