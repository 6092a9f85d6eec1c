"""The transactional outbox: a claim is written in the caller's own transaction, so it commits with the business record or
not at all. A courier delivers what was committed.

The issuer's sequence is assigned in the same transaction and has no gaps; it is what makes the fact's id, so a claim that is
delivered twice is one fact.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from relayer.errors import ConfigurationError, InvalidInput
from relayer.facts.codec import fact_hash, fact_id
from relayer.facts.form import NO_FACT
from relayer.facts.schema import Fact
from relayer.facts.signing import contract_of_system
from relayer.proofs.evm_address import checksum_address
from relayer.push import schema
from relayer.push.claim import MAXIMUM_ID_BYTES, Claim
from relayer.push.connections import run, run_async
from relayer.push.errors import ClaimDiffers
from relayer.push.queries import Dialect, Statement, Work
from relayer.push.records import ClaimState, Outcome, Reference, Statistics
from relayer.push.rows import CONTENT, content_of, fact_of_row

OUTCOME = (
    "business_id, state, issuer_sequence, fact_id, fact_hash, attempts, code, reason, liability_id, settlement_sequence, "
    "head_hash, ledger, created_at, answered_at, callback_error"
)
_ADDRESS = re.compile(r"0x[0-9a-fA-F]{40}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outbox:
    """The claims of one business system, issued by one account. It holds settings only; every call names its connection."""

    system: str
    """Name of the business system, 1 to 64 bytes: part of the identity of its facts, so it never changes."""
    issuer: str
    """Account (0x and 40 digits) that the settlement ledger knows as an issuer of the creditors."""
    chain_id: int
    """Chain id under which that issuer is registered."""
    prefix: str = schema.DEFAULT_PREFIX
    """Of the tables' names."""
    clock: Callable[[], float] = time.time

    def __post_init__(self) -> None:
        schema.check_prefix(self.prefix)
        if not self.system.strip() or not self.system.isprintable() or len(self.system.encode()) > MAXIMUM_ID_BYTES:
            raise ConfigurationError(f"system {self.system[:80]!r}: expected 1 to {MAXIMUM_ID_BYTES} bytes of text")
        if not _ADDRESS.fullmatch(self.issuer):
            raise ConfigurationError(f"issuer {self.issuer[:60]!r}: expected 0x and 40 hexadecimal digits")
        object.__setattr__(self, "issuer", checksum_address(self.account))
        if not 0 < self.chain_id < 2**64:
            raise ConfigurationError(f"chain_id {self.chain_id}: expected the number under which the issuer is registered")

    @property
    def account(self) -> bytes:
        """The issuer, 20 bytes."""
        return bytes.fromhex(self.issuer[2:])

    def sql(self) -> str:
        """The statements that make the tables, for a migration of the caller's: the same for SQLite and PostgreSQL."""
        return ";\n".join(schema.definitions(self.prefix)) + ";\n"

    def create(self, connection: Any) -> None:
        """Makes the tables in the connection's transaction unless they exist. Raises ConfigurationError for others."""
        run(connection, lambda dialect: schema.create(self.prefix, dialect))

    async def create_async(self, connection: Any) -> None:
        """See create."""
        await run_async(connection, lambda dialect: schema.create(self.prefix, dialect))

    def put(self, connection: Any, claim: Claim) -> Outcome:
        """Writes the claim in the connection's transaction, which the caller commits with the business record.

        The same business id with the same content is the same claim, in whatever state it is by now. Raises InvalidInput for
        the same id with other content, and for a related claim that is not here.
        """
        return run(connection, lambda dialect: self.putting(dialect, claim))

    async def put_async(self, connection: Any, claim: Claim) -> Outcome:
        """See put."""
        return await run_async(connection, lambda dialect: self.putting(dialect, claim))

    def outcome(self, connection: Any, business_id: str) -> Outcome | None:
        """What became of a claim; None: it was never put, or not committed yet."""
        return run(connection, lambda _: self.asking(business_id))

    async def outcome_async(self, connection: Any, business_id: str) -> Outcome | None:
        """See outcome."""
        return await run_async(connection, lambda _: self.asking(business_id))

    def statistics(self, connection: Any) -> Statistics:
        """Counts over all claims of this system and issuer."""
        return run(connection, lambda _: self.counting())

    async def statistics_async(self, connection: Any) -> Statistics:
        """See statistics."""
        return await run_async(connection, lambda _: self.counting())

    def retry(self, connection: Any, business_id: str, *, delivered: bool = False) -> Outcome:
        """Lets a refused or parked claim be delivered again, unchanged; so too one whose callback failed, which is then
        called again. `delivered`: one that was delivered as well, whose reference is missing or wrong: the ledger answers
        with the one that it has, or records the claim. Raises InvalidInput for one that is not here, or is not of these."""
        return run(connection, lambda _: self.retrying(business_id, delivered=delivered))

    def reissue(self, connection: Any, business_id: str, *, after: int = 0) -> Outcome:
        """Gives a claim that ended the issuer's next sequence, so that it is delivered as a fact of its own with the content
        that it has now: for one whose sequence the ledger knows with another content. `after`: the highest sequence that
        the ledger is known to have. Raises InvalidInput for one that waits, or is not here."""
        return run(connection, lambda _: self.reissuing(business_id, after=after))

    def fact_id(self, issuer_sequence: int) -> bytes:
        """32 bytes: the id of the fact with this sequence."""
        return fact_id(self.chain_id, self.place, self.account, issuer_sequence)

    @property
    def place(self) -> bytes:
        """20 bytes that name the business system where a fact of a contract names the contract."""
        return contract_of_system(self.system)

    def putting(self, dialect: Dialect, claim: Claim) -> Work[Outcome]:
        """See put."""
        del dialect
        related = NO_FACT if claim.related is None else (yield from self._fact_of(claim.related))
        form = claim.form(claim.related_fact if claim.related is None else related)
        draft = form.issue(fact_id=bytes(32), issuer_sequence=0)
        content = content_of(claim, draft)
        known = yield from self._known(claim.business_id, content)
        if known is not None:
            return known
        sequence = yield from self._next_sequence()
        fact = replace(draft, fact_id=self.fact_id(sequence), issuer_sequence=sequence)
        stored = _put(claim.business_id, fact, created_at=self.clock())
        inserted = yield self._insertion(stored, content)
        if not inserted:
            # Another transaction put the same id since we looked; this one has waited for it to commit.
            yield self._on_issuer("UPDATE {p}issuers SET last_sequence = last_sequence - 1 WHERE system = ? AND issuer = ?")
            known = yield from self._known(claim.business_id, content)
            assert known is not None, "the row in our way is there"
            return known
        yield Statement(
            f"INSERT INTO {self.prefix}pairs VALUES (?, ?, ?, ?, '', 0, 0, 0, 0, 0) ON CONFLICT DO NOTHING",
            (self.system, self.issuer, claim.creditor, claim.debtor),
        )
        return stored

    def asking(self, business_id: str) -> Work[Outcome | None]:
        """See outcome."""
        rows = yield Statement(
            f"SELECT {OUTCOME} FROM {self.prefix}claims WHERE system = ? AND business_id = ?",
            (self.system, business_id),
        )
        return outcome_of(rows[0]) if rows else None

    def asking_for(self, business_ids: Sequence[str]) -> Work[dict[str, Outcome]]:
        """What became of each of these claims, by business id; one that is not here is left out."""
        marks = ", ".join("?" * len(business_ids))
        rows = yield Statement(
            f"SELECT {OUTCOME} FROM {self.prefix}claims WHERE system = ? AND business_id IN ({marks})",
            (self.system, *business_ids),
        )
        return {row[0]: outcome_of(row) for row in rows}

    def finding(self, business_id: str) -> Work[Outcome]:
        """As asking. Raises InvalidInput for a claim that is not here."""
        found = yield from self.asking(business_id)
        if found is None:
            raise InvalidInput(f"claim {business_id!r} is not in this outbox; check the id, the system and the prefix")
        return found

    def counting(self) -> Work[Statistics]:
        """See statistics."""
        rows = yield self._on_issuer(
            "SELECT state, COUNT(*), COALESCE(SUM(attempts), 0), SUM(CASE WHEN callback_error = '' THEN 0 ELSE 1 END),"
            " MIN(created_at) FROM {p}claims WHERE system = ? AND issuer = ? GROUP BY state"
        )
        counts = {ClaimState(row[0]): int(row[1]) for row in rows}
        oldest = next((float(row[4]) for row in rows if row[0] == ClaimState.WAITING), None)
        return Statistics(
            waiting=counts.get(ClaimState.WAITING, 0),
            delivered=counts.get(ClaimState.DELIVERED, 0),
            refused=counts.get(ClaimState.REFUSED, 0),
            parked=counts.get(ClaimState.PARKED, 0),
            retries=sum(int(row[2]) for row in rows),
            callback_errors=sum(int(row[3]) for row in rows),
            oldest_seconds=0.0 if oldest is None else max(0.0, self.clock() - oldest),
        )

    def reissuing(self, business_id: str, *, after: int) -> Work[Outcome]:
        """See reissue."""
        known = yield from self.finding(business_id)
        if not known.ended:
            raise InvalidInput(f"claim {business_id!r} is waiting; only one that ended can be issued again")
        rows = yield Statement(
            f"SELECT issuer, {', '.join(CONTENT)} FROM {self.prefix}claims WHERE system = ? AND business_id = ?",
            (self.system, business_id),
        )
        if rows[0][0] != self.issuer:
            raise InvalidInput(f"claim {business_id!r} is of issuer {rows[0][0]}; name that issuer's outbox")
        yield Statement(
            f"UPDATE {self.prefix}issuers SET last_sequence = ? WHERE system = ? AND issuer = ? AND last_sequence < ?",
            (after, self.system, self.issuer, after),
        )
        sequence = yield from self._next_sequence()
        key = self.fact_id(sequence)
        fact = fact_of_row(dict(zip(CONTENT, rows[0][1:], strict=True)), fact_id=key, sequence=sequence)
        yield Statement(
            f"UPDATE {self.prefix}claims SET issuer_sequence = ?, fact_id = ?, fact_hash = ?, state = 'waiting', code = '',"
            " reason = '', liability_id = '', settlement_sequence = 0, head_hash = '', ledger = '', answered_at = 0,"
            " callback_error = '' WHERE system = ? AND business_id = ?",
            (sequence, _hex(key), _hex(fact_hash(fact)), self.system, business_id),
        )
        yield Statement(
            f"INSERT INTO {self.prefix}pairs SELECT system, issuer, creditor, debtor, '', 0, 0, 0, 0, 0"
            f" FROM {self.prefix}claims WHERE system = ? AND business_id = ? ON CONFLICT DO NOTHING",
            (self.system, business_id),
        )
        return (yield from self.finding(business_id))

    def retrying(self, business_id: str, *, delivered: bool = False) -> Work[Outcome]:
        """See retry."""
        known = yield from self.finding(business_id)
        again = (ClaimState.REFUSED, ClaimState.PARKED, *((ClaimState.DELIVERED,) if delivered else ()))
        if not known.callback_error and known.state not in again:
            raise InvalidInput(f"claim {business_id!r} is {known.state}; only a refused or parked one can be tried again")
        yield Statement(
            f"UPDATE {self.prefix}claims SET state = 'waiting', callback_error = '' WHERE system = ? AND business_id = ?",
            (self.system, business_id),
        )
        return (yield from self.finding(business_id))

    def _fact_of(self, business_id: str) -> Work[str]:
        rows = yield Statement(
            f"SELECT fact_id FROM {self.prefix}claims WHERE system = ? AND business_id = ?",
            (self.system, business_id),
        )
        if not rows:
            raise InvalidInput(
                f"claim {business_id!r}, which another one relates to, is not in this outbox; put it first, or name its "
                "fact by related_fact"
            )
        return str(rows[0][0])

    def _known(self, business_id: str, content: tuple[object, ...]) -> Work[Outcome | None]:
        rows = yield Statement(
            f"SELECT {', '.join(CONTENT)} FROM {self.prefix}claims WHERE system = ? AND business_id = ?",
            (self.system, business_id),
        )
        if not rows:
            return None
        different = [name for name, old, new in zip(CONTENT, rows[0], content, strict=True) if old != new]
        if different:
            raise ClaimDiffers(
                f"claim {business_id!r} is in the outbox with other content ({', '.join(different)}); an id names one "
                "claim, so correct it by a credit note and a claim with a new id"
            )
        return (yield from self.asking(business_id))

    def _next_sequence(self) -> Work[int]:
        """The row stays locked until the caller's transaction ends: the next one waits, and there is no gap."""
        raised = (
            "UPDATE {p}issuers SET last_sequence = last_sequence + 1 WHERE system = ? AND issuer = ? RETURNING last_sequence"
        )
        rows = yield self._on_issuer(raised)
        if not rows:
            yield self._on_issuer("INSERT INTO {p}issuers VALUES (?, ?, 0) ON CONFLICT DO NOTHING")
            rows = yield self._on_issuer(raised)
        return int(rows[0][0])

    def _on_issuer(self, sql: str) -> Statement:
        return Statement(sql.format(p=self.prefix), (self.system, self.issuer))

    def _insertion(self, stored: Outcome, content: tuple[object, ...]) -> Statement:
        names = ", ".join(CONTENT)
        marks = ", ".join("?" * (len(CONTENT) + 7))
        return Statement(
            f"INSERT INTO {self.prefix}claims (system, business_id, issuer, issuer_sequence, {names}, fact_id, fact_hash,"
            " created_at, state, attempts, code, reason, liability_id, settlement_sequence, head_hash, ledger, answered_at,"
            f" callback_error) VALUES ({marks}, 'waiting', 0, '', '', '', 0, '', '', 0, '')"
            " ON CONFLICT DO NOTHING RETURNING issuer_sequence",
            (
                self.system,
                stored.business_id,
                self.issuer,
                stored.issuer_sequence,
                *content,
                stored.fact_id,
                stored.fact_hash,
                stored.created_at,
            ),
        )


def _put(business_id: str, fact: Fact, *, created_at: float) -> Outcome:
    """Of a claim that was just written."""
    return Outcome(
        business_id=business_id,
        state=ClaimState.WAITING,
        issuer_sequence=fact.issuer_sequence,
        fact_id=_hex(fact.fact_id),
        fact_hash=_hex(fact_hash(fact)),
        attempts=0,
        code="",
        reason="",
        reference=None,
        created_at=created_at,
        answered_at=None,
        callback_error="",
    )


def outcome_of(row: Any) -> Outcome:
    """From a row of OUTCOME."""
    state = ClaimState(row[1])
    return Outcome(
        business_id=row[0],
        state=state,
        issuer_sequence=int(row[2]),
        fact_id=row[3],
        fact_hash=row[4],
        attempts=int(row[5]),
        code=row[6],
        reason=row[7],
        reference=_reference(row[8], int(row[9]), row[10], row[11]),
        created_at=float(row[12]),
        answered_at=float(row[13]) or None,
        callback_error=row[14],
    )


def _reference(liability_id: str, sequence: int, head_hash: str, ledger: str) -> Reference | None:
    if not liability_id:
        return None
    return Reference(liability_id=liability_id, sequence=sequence, head_hash=head_hash, ledger=ledger)


def _hex(value: bytes) -> str:
    return "0x" + value.hex()
