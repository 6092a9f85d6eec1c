"""What an outbox says of each claim, for reconciliation: read a page at a time, in the order of the issuer's sequence."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from relayer.business.facts import terms_of
from relayer.business.liability_index import LiabilityIndex, Origins
from relayer.business.reconcile import ComparedFact, Source, Standing
from relayer.errors import InvalidInput, WrongLedger
from relayer.facts.codec import fact_hash
from relayer.facts.ways import Way
from relayer.push.connections import run
from relayer.push.database import Connect
from relayer.push.leases import name_of_ledger
from relayer.push.outbox import Outbox
from relayer.push.queries import Statement, T, Work
from relayer.push.records import ClaimState
from relayer.push.rows import CONTENT, fact_of_row
from relayer.push.schema import require_version
from relayer.push.strangers import ask_database_now

_PAGE = 1_000
_AT_ONCE = 200
_COLUMNS = f"issuer_sequence, business_id, state, liability_id, settlement_sequence, head_hash, {', '.join(CONTENT)}"
_STANDING = {
    ClaimState.WAITING: Standing.TRAVELLING,
    ClaimState.DELIVERED: Standing.REFERENCED,
    ClaimState.REFUSED: Standing.REFUSED,
    ClaimState.PARKED: Standing.SET_ASIDE,
}


@dataclass(slots=True, kw_only=True)
class OutboxBooks:
    """See relayer.business.books.Books. `connect` opens a sync connection; it is read, and nothing is written. `ledger`: the
    identity of the settlement ledger that is compared with."""

    outbox: Outbox
    connect: Connect
    name: str
    ledger: bytes
    source: Source = Source.PUSHED
    _connection: Any = field(default=None)

    @property
    def origins(self) -> Sequence[Origins]:
        """What the issuer signed for the business system."""
        outbox = self.outbox
        return (
            Origins(chain_id=outbox.chain_id, contract=outbox.place, issuer=outbox.account, ways=frozenset({Way.PUSHED})),
        )

    async def newest_reference(self) -> int:
        """Raises WrongLedger for an outbox that delivers to another ledger, OutboxUnavailable."""
        self._ask(lambda: require_version(self.outbox.prefix))
        self._require_ledger()
        rows = self._ask(
            lambda: self._select("SELECT max(settlement_sequence) FROM {p}claims WHERE system = ? AND issuer = ?")
        )
        return int(rows[0][0] or 0)

    async def pages(self, index: LiabilityIndex) -> AsyncIterator[Sequence[ComparedFact]]:
        """In the order of the issuer's sequence."""
        del index
        after = 0
        query = (
            f"SELECT {_COLUMNS} FROM {{p}}claims WHERE system = ? AND issuer = ? AND issuer_sequence > ?"
            f" ORDER BY issuer_sequence LIMIT {_PAGE}"
        )
        while rows := self._ask(lambda last=after: self._select(query, last)):  # type: ignore[misc]
            after = int(rows[-1][0])
            yield [self._compared(row) for row in rows]

    async def again(self, facts: Sequence[bytes]) -> Mapping[bytes, ComparedFact]:
        """See Books. Ids are looked for in the column that the outbox filled."""
        found = {}
        for start in range(0, len(facts), _AT_ONCE):
            part = ["0x" + each.hex() for each in facts[start : start + _AT_ONCE]]
            marks = ", ".join("?" * len(part))
            query = f"SELECT {_COLUMNS} FROM {{p}}claims WHERE system = ? AND issuer = ? AND fact_id IN ({marks})"
            rows = self._ask(lambda query=query, part=part: self._select(query, *part))  # type: ignore[misc]
            for row in rows:
                compared = self._compared(row)
                found[compared.fact_id] = compared
        return found

    def close(self) -> None:
        """Ends the connection."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _require_ledger(self) -> None:
        rows = self._ask(
            lambda: _statement(f"SELECT value FROM {self.outbox.prefix}meta WHERE name = ?", name_of_ledger(self.outbox))
        )
        if rows and rows[0][0] != self.ledger.hex():
            known = bytes.fromhex(rows[0][0])[32:].decode(errors="replace")
            raise WrongLedger(
                f"{self.name}: its outbox delivers to another settlement ledger ({known}); compare it with that"
            )

    def _compared(self, row: Sequence[Any]) -> ComparedFact:
        sequence, business_id, state, liability_id, settlement_sequence, head_hash = row[:6]
        fact_id, standing = self.outbox.fact_id(int(sequence)), _STANDING[ClaimState(state)]
        terms, computed = None, bytes(32)
        try:
            fact = fact_of_row(dict(zip(CONTENT, row[6:], strict=True)), fact_id=fact_id, sequence=int(sequence))
            terms, computed = terms_of(fact), fact_hash(fact)
        except (InvalidInput, ValueError, KeyError, TypeError):
            pass  # the row was changed into something that is no fact: its hash is none
        is_referenced = standing is Standing.REFERENCED
        return ComparedFact(
            fact_id=fact_id,
            fact_hash=computed,
            standing=standing,
            liability_id=_bytes(liability_id) if is_referenced else b"",
            settlement_sequence=int(settlement_sequence) if is_referenced else 0,
            # An empty one would not be compared.
            head_hash=(_bytes(head_hash) or b"none") if is_referenced else b"",
            terms=terms,
            name=business_id,
            object_id=business_id,
        )

    def _select(self, sql: str, *values: object) -> Work[Sequence[Any]]:
        return _statement(sql.format(p=self.outbox.prefix), self.outbox.system, self.outbox.issuer, *values)

    def _ask(self, make: Callable[[], Work[T]]) -> T:
        def ask() -> T:
            if self._connection is None:
                self._connection = self.connect()
            found = run(self._connection, lambda _: make())
            # A reader of PostgreSQL that stays in a transaction holds up others.
            self._connection.rollback()
            return found

        return ask_database_now(ask)


def _statement(sql: str, *values: object) -> Work[Sequence[Any]]:
    rows = yield Statement(sql, values)
    return rows


def _bytes(text: str) -> bytes:
    """What is no hexadecimal number is no reference either."""
    try:
        return bytes.fromhex(text.removeprefix("0x"))
    except ValueError:
        return text.encode()
