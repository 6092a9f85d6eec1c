"""The tables of an outbox. They lie in the caller's database, under a prefix, beside the business records."""

from __future__ import annotations

import re
from collections.abc import Iterator

from relayer.errors import ConfigurationError
from relayer.push.queries import Dialect, Statement, Work

VERSION = 1
DEFAULT_PREFIX = "push_"
_PREFIX = re.compile(r"[a-z_][a-z0-9_]{0,31}", re.ASCII)

_TABLES = (
    # What the tables are, and which ledger they deliver to.
    """CREATE TABLE {prefix}meta (
  name TEXT PRIMARY KEY,
  value TEXT NOT NULL
)""",
    # The last sequence of each issuer: it is raised in the caller's transaction, so it has no gaps.
    """CREATE TABLE {prefix}issuers (
  system TEXT NOT NULL,
  issuer TEXT NOT NULL,
  last_sequence BIGINT NOT NULL,
  PRIMARY KEY (system, issuer)
)""",
    # Two parties with claims: who delivers them now, and when they are tried again.
    """CREATE TABLE {prefix}pairs (
  system TEXT NOT NULL,
  issuer TEXT NOT NULL,
  creditor TEXT NOT NULL,
  debtor TEXT NOT NULL,
  lease_owner TEXT NOT NULL,
  lease_until DOUBLE PRECISION NOT NULL,
  not_before DOUBLE PRECISION NOT NULL,
  failures BIGINT NOT NULL,
  failing_since DOUBLE PRECISION NOT NULL,
  served_at DOUBLE PRECISION NOT NULL,
  PRIMARY KEY (system, issuer, creditor, debtor)
)""",
    # One row per claim. state: waiting, delivered, refused, parked.
    """CREATE TABLE {prefix}claims (
  system TEXT NOT NULL,
  business_id TEXT NOT NULL,
  issuer TEXT NOT NULL,
  issuer_sequence BIGINT NOT NULL,
  kind TEXT NOT NULL,
  category TEXT NOT NULL,
  creditor TEXT NOT NULL,
  debtor TEXT NOT NULL,
  currency TEXT NOT NULL,
  exponent BIGINT NOT NULL,
  net TEXT NOT NULL,
  tax TEXT NOT NULL,
  service_end BIGINT NOT NULL,
  due_date BIGINT NOT NULL,
  document_hash TEXT NOT NULL,
  related_fact TEXT NOT NULL,
  fact_id TEXT NOT NULL,
  fact_hash TEXT NOT NULL,
  created_at DOUBLE PRECISION NOT NULL,
  state TEXT NOT NULL,
  attempts BIGINT NOT NULL,
  code TEXT NOT NULL,
  reason TEXT NOT NULL,
  liability_id TEXT NOT NULL,
  settlement_sequence BIGINT NOT NULL,
  head_hash TEXT NOT NULL,
  ledger TEXT NOT NULL,
  answered_at DOUBLE PRECISION NOT NULL,
  callback_error TEXT NOT NULL,
  PRIMARY KEY (system, business_id)
)""",
    "CREATE UNIQUE INDEX {prefix}claims_by_sequence ON {prefix}claims (system, issuer, issuer_sequence)",
    (
        "CREATE INDEX {prefix}claims_waiting ON {prefix}claims (system, issuer, creditor, debtor, issuer_sequence)"
        " WHERE state = 'waiting'"
    ),
    "CREATE INDEX {prefix}claims_answered ON {prefix}claims (system, issuer, answered_at)",
)


def check_prefix(prefix: str) -> str:
    """Raises ConfigurationError unless it can begin the name of a table without quotes."""
    if not _PREFIX.fullmatch(prefix):
        raise ConfigurationError(
            f"prefix {prefix[:40]!r}: expected small letters, digits and underscores, at most 32, such as push_"
        )
    return prefix


def definitions(prefix: str) -> Iterator[str]:
    """The statements that make the tables, the same for SQLite and PostgreSQL."""
    yield from (table.format(prefix=prefix) for table in _TABLES)
    yield f"INSERT INTO {prefix}meta (name, value) VALUES ('version', '{VERSION}')"


def create(prefix: str, dialect: Dialect) -> Work[None]:
    """Makes the tables unless they exist. Raises ConfigurationError if they are of another version."""
    if (yield from _exists(prefix, dialect)):
        yield from require_version(prefix)
        return
    for sql in definitions(prefix):
        yield Statement(sql)


def require_version(prefix: str) -> Work[None]:
    """Raises ConfigurationError if the tables are of another version than this program's."""
    rows = yield Statement(f"SELECT value FROM {prefix}meta WHERE name = 'version'")
    found = rows[0][0] if rows else "none"
    if found != str(VERSION):
        raise ConfigurationError(
            f"the tables {prefix}* have version {found}, this program reads version {VERSION}; install the program "
            "that made them, or choose another prefix"
        )


def _exists(prefix: str, dialect: Dialect) -> Work[bool]:
    match dialect:
        case Dialect.SQLITE:
            rows = yield Statement("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?", (f"{prefix}meta",))
        case Dialect.POSTGRESQL:
            rows = yield Statement("SELECT 1 WHERE to_regclass(?) IS NOT NULL", (f"{prefix}meta",))
    return bool(rows)
