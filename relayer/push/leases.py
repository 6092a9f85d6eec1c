"""What a courier does in the database: takes claims under a lease, and stores what became of them.

A lease is on a pair of parties, not on a claim: so the claims of a pair are delivered in their order, and several couriers
share the pairs. Whoever loses a lease stores nothing; the next courier delivers the same facts, and the ledger answers with
the first liability.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from relayer.codes.facts import FactCode, FactStatus, meaning_of
from relayer.errors import InvalidInput
from relayer.facts.codec import FactAnswer, fact_hash
from relayer.facts.schema import Fact
from relayer.push.outbox import OUTCOME, Outbox, outcome_of
from relayer.push.queries import Dialect, Repeated, Statement, Work
from relayer.push.records import ClaimState, Outcome
from relayer.push.rows import CONTENT, fact_of_row
from relayer.push.schema import require_version

SUSPECT_AFTER = 3
"""So often has a pair failed when its claims are delivered one by one, and without those of other pairs."""
_PAIRS_AT_ONCE = 64

Pair = tuple[str, str]
"""Creditor and debtor."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """One claim of a batch. `fault`: why no fact can be made of its row."""

    business_id: str
    pair: Pair
    fact: Fact | None
    fault: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Claims under the lease of one courier, those of each pair in the order of their sequence."""

    claims: tuple[Taken, ...]
    failures: int
    """How often the pair failed before, if there is one only."""

    @property
    def pairs(self) -> tuple[Pair, ...]:
        """In the order in which they were taken."""
        return tuple(dict.fromkeys(claim.pair for claim in self.claims))


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What became of one claim."""

    business_id: str
    state: ClaimState
    code: str
    reason: str
    liability_id: str = ""
    sequence: int = 0
    head_hash: str = ""
    ledger: str = ""


def answered(claim: Taken, answer: FactAnswer, ledger: str) -> Verdict:
    """What the settlement ledger's answer means for the claim."""
    code = answer.code.name.lower()
    if answer.status is not FactStatus.ACCEPTED:
        return Verdict(
            business_id=claim.business_id, state=ClaimState.REFUSED, code=code, reason=_why(answer.code), ledger=ledger
        )
    return Verdict(
        business_id=claim.business_id,
        state=ClaimState.DELIVERED,
        code=code,
        reason="",
        liability_id=_hex(answer.liability_id),
        sequence=answer.sequence,
        head_hash=_hex(answer.head_hash),
        ledger=ledger,
    )


def parked(claim: Taken, reason: str) -> Verdict:
    """The claim is set aside."""
    return Verdict(business_id=claim.business_id, state=ClaimState.PARKED, code="", reason=reason)


@dataclass(frozen=True, slots=True, kw_only=True)
class Leases:
    """The work of one courier. Each method is one transaction."""

    outbox: Outbox
    owner: str
    """A name that no other courier has."""

    def open(self) -> Work[None]:
        """Raises ConfigurationError if the tables are of another version."""
        yield from require_version(self.outbox.prefix)

    def pin_ledger(self, identity: str) -> Work[str]:
        """The settlement ledger that this outbox delivers to: the first one that it met."""
        name = name_of_ledger(self.outbox)
        yield self._sql("INSERT INTO {p}meta (name, value) VALUES (?, ?) ON CONFLICT DO NOTHING", name, identity)
        rows = yield self._sql("SELECT value FROM {p}meta WHERE name = ?", name)
        return str(rows[0][0])

    def is_anything_waiting(self) -> Work[bool]:
        """A look that costs little, for a courier that has nothing to do."""
        rows = yield self._own("SELECT 1 FROM {p}claims WHERE system = ? AND issuer = ? AND state = 'waiting' LIMIT 1")
        return bool(rows)

    def take(self, dialect: Dialect, *, now: float, until: float, limit: int) -> Work[Batch | None]:
        """Leases pairs that have claims and are due, the one that has waited longest for its turn first. None: there are
        none. A pair that fails again and again is taken alone, with its first claim."""
        skip = " FOR UPDATE SKIP LOCKED" if dialect is Dialect.POSTGRESQL else ""
        rows = yield self._own(
            "SELECT creditor, debtor, failures FROM {p}pairs AS pair WHERE system = ? AND issuer = ? AND lease_until <= ?"
            " AND not_before <= ? AND EXISTS (SELECT 1 FROM {p}claims AS claim WHERE claim.system = pair.system AND"
            " claim.issuer = pair.issuer AND claim.creditor = pair.creditor AND claim.debtor = pair.debtor AND"
            f" claim.state = 'waiting') ORDER BY served_at, creditor, debtor LIMIT {_PAIRS_AT_ONCE}{skip}",
            now,
            now,
        )
        if not rows:
            return None
        failures = int(rows[0][2])
        if failures >= SUSPECT_AFTER:
            rows, limit = rows[:1], 1
        claims: list[Taken] = []
        for creditor, debtor, failed in rows:
            if len(claims) == limit or (claims and int(failed) >= SUSPECT_AFTER):
                continue
            claims += yield from self._claims_of((creditor, debtor), limit - len(claims))
        batch = Batch(claims=tuple(claims), failures=failures)
        yield self._on_pairs(
            "UPDATE {p}pairs SET lease_owner = ?, lease_until = ?, served_at = ?", (self.owner, until, now), batch.pairs
        )
        return batch

    def held(self, dialect: Dialect, batch: Batch) -> Work[frozenset[Pair]]:
        """Those of the batch's pairs that this courier still has the lease of, locked until the transaction ends."""
        lock = " FOR UPDATE" if dialect is Dialect.POSTGRESQL else ""
        rows = yield self._own(
            f"SELECT creditor, debtor FROM {{p}}pairs WHERE system = ? AND issuer = ? AND lease_owner = ?{lock}", self.owner
        )
        return frozenset((row[0], row[1]) for row in rows) & frozenset(batch.pairs)

    def store(self, verdicts: Sequence[Verdict], *, now: float) -> Work[None]:
        """What became of claims of pairs that are held."""
        yield Repeated(
            f"UPDATE {self.outbox.prefix}claims SET state = ?, code = ?, reason = ?, liability_id = ?,"
            " settlement_sequence = ?, head_hash = ?, ledger = ?, answered_at = ?"
            " WHERE system = ? AND business_id = ? AND state = 'waiting'",
            [
                (
                    each.state.value,
                    each.code,
                    each.reason,
                    each.liability_id,
                    each.sequence,
                    each.head_hash,
                    each.ledger,
                    now,
                    self.outbox.system,
                    each.business_id,
                )
                for each in verdicts
            ],
        )

    def release(self, pairs: Sequence[Pair]) -> Work[None]:
        """Gives the leases back: the ledger answered."""
        yield self._on_pairs(
            "UPDATE {p}pairs SET lease_owner = '', lease_until = 0, failures = 0, not_before = 0, failing_since = 0",
            (),
            pairs,
        )

    def postpone(self, pairs: Sequence[Pair], claims: Sequence[str], *, now: float, until: float, why: str) -> Work[None]:
        """Gives the leases back: there was no answer, and the pairs are not tried before `until`."""
        yield Repeated(
            f"UPDATE {self.outbox.prefix}claims SET attempts = attempts + 1, reason = ? WHERE system = ? AND business_id = ?"
            " AND state = 'waiting'",
            [(why, self.outbox.system, each) for each in claims],
        )
        yield self._on_pairs(
            "UPDATE {p}pairs SET lease_owner = '', lease_until = 0, failures = failures + 1, not_before = ?,"
            " failing_since = CASE WHEN failures = 0 THEN ? ELSE failing_since END",
            (until, now),
            pairs,
        )

    def others_passed(self, pair: Pair) -> Work[bool]:
        """Whether the ledger has answered other claims since the pair began to fail."""
        rows = yield self._own(
            "SELECT 1 FROM {p}claims WHERE system = ? AND issuer = ? AND answered_at > (SELECT failing_since FROM {p}pairs"
            " AS pair WHERE pair.system = ? AND pair.issuer = ? AND pair.creditor = ? AND pair.debtor = ?) LIMIT 1",
            self.outbox.system,
            self.outbox.issuer,
            *pair,
        )
        return bool(rows)

    def outcomes(self, business_ids: Sequence[str]) -> Work[list[Outcome]]:
        """Of the claims with these ids, in any order."""
        found = []
        for part in (business_ids[start : start + 200] for start in range(0, len(business_ids), 200)):
            marks = ", ".join("?" * len(part))
            rows = yield Statement(
                f"SELECT {OUTCOME} FROM {self.outbox.prefix}claims WHERE system = ? AND business_id IN ({marks})",
                (self.outbox.system, *part),
            )
            found += [outcome_of(row) for row in rows]
        return found

    def note_callback(self, business_id: str, error: str) -> Work[None]:
        """What the caller's own function raised when it was called with the claim's outcome."""
        yield Statement(
            f"UPDATE {self.outbox.prefix}claims SET callback_error = ? WHERE system = ? AND business_id = ?",
            (error, self.outbox.system, business_id),
        )

    def _claims_of(self, pair: Pair, limit: int) -> Work[list[Taken]]:
        rows = yield self._own(
            f"SELECT business_id, issuer_sequence, fact_hash, {', '.join(CONTENT)} FROM {{p}}claims WHERE system = ? AND"
            " issuer = ? AND creditor = ? AND debtor = ? AND state = 'waiting' ORDER BY issuer_sequence LIMIT ?",
            *pair,
            limit,
        )
        return [self._taken(pair, row) for row in rows]

    def _taken(self, pair: Pair, row: Any) -> Taken:
        business_id, sequence, stored_hash = row[0], int(row[1]), row[2]
        try:
            fact = fact_of_row(
                dict(zip(CONTENT, row[3:], strict=True)), fact_id=self.outbox.fact_id(sequence), sequence=sequence
            )
        except (InvalidInput, ValueError, KeyError, TypeError):
            return Taken(business_id=business_id, pair=pair, fact=None, fault="its row cannot be read any more")
        if _hex(fact_hash(fact)) != stored_hash:
            fault = (
                "its row was changed after it was put, or belongs to another chain id or system; restore the row and use "
                "`relayer push retry`, or let it count as it is now with `relayer push reissue`"
            )
            return Taken(business_id=business_id, pair=pair, fact=None, fault=fault)
        return Taken(business_id=business_id, pair=pair, fact=fact)

    def _sql(self, sql: str, *parameters: object) -> Statement:
        return Statement(sql.format(p=self.outbox.prefix), parameters)

    def _own(self, sql: str, *parameters: object) -> Statement:
        """With system and issuer as the first parameters."""
        return self._sql(sql, self.outbox.system, self.outbox.issuer, *parameters)

    def _on_pairs(self, sql: str, values: tuple[object, ...], pairs: Sequence[Pair]) -> Repeated:
        where = " WHERE system = ? AND issuer = ? AND creditor = ? AND debtor = ?"
        rows = [(*values, self.outbox.system, self.outbox.issuer, *pair) for pair in pairs]
        return Repeated(sql.format(p=self.outbox.prefix) + where, rows)


def name_of_ledger(outbox: Outbox) -> str:
    """Under which the outbox's tables have the identity of the settlement ledger that they belong to."""
    return f"ledger of {outbox.system} {outbox.issuer}"


def _why(code: FactCode) -> str:
    later = "; `relayer push retry` delivers it again once that has changed" if code.may_pass_later else ""
    return meaning_of(code).removesuffix(".") + later + "."


def _hex(value: bytes) -> str:
    return "0x" + value.hex()
