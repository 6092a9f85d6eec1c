"""Idempotency keys, beside the claims that they stand for: a key commits with its claim or not at all.

A key is remembered for at least a week. After that the claim's own business id still keeps it from being put twice.
"""

from __future__ import annotations

from collections.abc import Iterator

from relayer.push import schema
from relayer.push.claim import Claim
from relayer.push.outbox import Outbox
from relayer.push.queries import Dialect, Statement, Work
from relayer.push.records import Outcome
from relayer.push.service.problems import Problem, ProblemCode

KEPT_SECONDS = 7 * 86_400.0


def creating(outbox: Outbox, dialect: Dialect) -> Work[None]:
    """Makes the tables of the outbox and of the keys unless they exist."""
    yield from schema.create(outbox.prefix, dialect)
    for sql in _definitions(outbox.prefix):
        yield Statement(sql)


def submitting(outbox: Outbox, dialect: Dialect, claim: Claim, *, key: str, fingerprint: str) -> Work[Outcome]:
    """Puts a claim under a key. Raises Problem for a key that stands for other content, and what `putting` raises."""
    known = yield from _known(outbox, key)
    if known is None:
        now = outbox.clock()
        yield Statement(f"DELETE FROM {outbox.prefix}keys WHERE created_at < ?", (now - KEPT_SECONDS,))
        inserted = yield Statement(
            f"INSERT INTO {outbox.prefix}keys VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING RETURNING created_at",
            (outbox.system, key, fingerprint, now),
        )
        # Without a row, another process has committed the same key since we looked.
        known = fingerprint if inserted else (yield from _known(outbox, key))
    if known != fingerprint:
        raise Problem(
            ProblemCode.KEY_REUSED,
            f"the idempotency key {key[:64]!r} came before with other content; send every claim with a key of its own",
        )
    return (yield from outbox.putting(dialect, claim))


def _known(outbox: Outbox, key: str) -> Work[str | None]:
    rows = yield Statement(
        f"SELECT fingerprint FROM {outbox.prefix}keys WHERE system = ? AND idempotency_key = ?", (outbox.system, key)
    )
    return str(rows[0][0]) if rows else None


def _definitions(prefix: str) -> Iterator[str]:
    yield (
        f"CREATE TABLE IF NOT EXISTS {prefix}keys (system TEXT NOT NULL, idempotency_key TEXT NOT NULL,"
        " fingerprint TEXT NOT NULL, created_at DOUBLE PRECISION NOT NULL, PRIMARY KEY (system, idempotency_key))"
    )
    yield f"CREATE INDEX IF NOT EXISTS {prefix}keys_by_age ON {prefix}keys (created_at)"
