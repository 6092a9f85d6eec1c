"""The ledger's file: its schema, how it is opened, and the lock that admits one writer.

Tables of the record (blocks, transactions, events, tree nodes, the settlement log) refuse UPDATE and DELETE by trigger. The
remaining tables hold what the record leads to, for reading, and `verify` compares them with a replay.
"""

from __future__ import annotations

import fcntl
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from relayer.errors import LedgerUnavailable
from relayer.ledgers.embedded.tree.errors import LedgerCorrupt, LedgerExists, LedgerLocked, LedgerMissing
from relayer.private_files import make_private, new_private_file, private_file, private_folder

SCHEMA_VERSION = 1
DATABASE_NAME = "ledger.db"
_LOCK_NAME = "ledger.lock"
_BESIDE = (f"{DATABASE_NAME}-wal", f"{DATABASE_NAME}-shm")
"""SQLite makes them with the rights of the database."""

_RECORD_TABLES = """
CREATE TABLE genesis (
    single INTEGER PRIMARY KEY CHECK (single = 1),
    chain_id TEXT NOT NULL,
    time_nanoseconds INTEGER NOT NULL
) STRICT;
CREATE TABLE validator_set (
    from_height INTEGER PRIMARY KEY,
    body BLOB NOT NULL
) STRICT;
CREATE TABLE block (
    height INTEGER PRIMARY KEY,
    hash BLOB NOT NULL UNIQUE,
    time_nanoseconds INTEGER NOT NULL,
    header BLOB NOT NULL,
    commit_ BLOB NOT NULL,
    results_hash BLOB NOT NULL
) STRICT;
CREATE TABLE block_transaction (
    height INTEGER NOT NULL,
    position INTEGER NOT NULL,
    hash BLOB NOT NULL,
    body BLOB NOT NULL,
    codespace TEXT NOT NULL,
    code INTEGER NOT NULL,
    data BLOB NOT NULL,
    detail TEXT NOT NULL,
    PRIMARY KEY (height, position)
) STRICT, WITHOUT ROWID;
CREATE TABLE packet_event (
    number INTEGER PRIMARY KEY,
    height INTEGER NOT NULL,
    kind TEXT NOT NULL,
    transaction_hash BLOB NOT NULL,
    packet BLOB NOT NULL,
    acknowledgement BLOB
) STRICT;
CREATE INDEX packet_event_height ON packet_event (height);
CREATE TABLE iavl_node (
    number INTEGER PRIMARY KEY,
    body BLOB NOT NULL
) STRICT;
CREATE TABLE tree_root (
    version INTEGER NOT NULL,
    store TEXT NOT NULL,
    node INTEGER,
    hash BLOB NOT NULL,
    PRIMARY KEY (version, store)
) STRICT, WITHOUT ROWID;
CREATE TABLE settlement_log (
    sequence INTEGER PRIMARY KEY,
    head_hash BLOB NOT NULL,
    height INTEGER NOT NULL,
    entry BLOB NOT NULL
) STRICT;
CREATE TABLE settlement_request (
    actor BLOB NOT NULL,
    request_id TEXT NOT NULL,
    digest BLOB NOT NULL,
    sequence INTEGER NOT NULL,
    head_hash BLOB NOT NULL,
    PRIMARY KEY (actor, request_id)
) STRICT, WITHOUT ROWID;
CREATE TABLE settlement_posting (
    sequence INTEGER NOT NULL REFERENCES settlement_log (sequence),
    line INTEGER NOT NULL,
    liability INTEGER NOT NULL REFERENCES settlement_liability (sequence),
    source TEXT NOT NULL CHECK (source IN ('claim', 'free', 'held', 'paid')),
    target TEXT NOT NULL CHECK (target IN ('free', 'held', 'netted', 'paid', 'credited')),
    amount TEXT NOT NULL CHECK (amount GLOB '[1-9]*' AND amount NOT GLOB '*[^0-9]*'),
    PRIMARY KEY (sequence, line),
    CHECK (source <> target)
) STRICT, WITHOUT ROWID;
CREATE INDEX settlement_posting_liability ON settlement_posting (liability);
CREATE TABLE settlement_evidence (
    debtor BLOB NOT NULL,
    creditor BLOB NOT NULL,
    kind TEXT NOT NULL,
    reference TEXT NOT NULL,
    payment_id TEXT NOT NULL,
    PRIMARY KEY (debtor, creditor, kind, reference)
) STRICT, WITHOUT ROWID;
"""

_DERIVED_TABLES = """
CREATE TABLE settlement_party (
    party_id BLOB PRIMARY KEY,
    ocpi_id TEXT NOT NULL UNIQUE,
    body BLOB NOT NULL,
    sequence INTEGER NOT NULL,
    head_hash BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE settlement_agreement (
    creditor BLOB NOT NULL,
    debtor BLOB NOT NULL,
    agreement_id TEXT NOT NULL UNIQUE,
    body BLOB NOT NULL,
    PRIMARY KEY (creditor, debtor)
) STRICT, WITHOUT ROWID;
CREATE TABLE settlement_liability (
    sequence INTEGER PRIMARY KEY,
    liability_id BLOB NOT NULL UNIQUE,
    fact_id BLOB NOT NULL UNIQUE,
    fact_hash BLOB NOT NULL,
    head_hash BLOB NOT NULL,
    kind INTEGER NOT NULL,
    creditor BLOB NOT NULL,
    debtor BLOB NOT NULL,
    currency TEXT NOT NULL,
    exponent INTEGER NOT NULL,
    service_end BLOB NOT NULL,
    due_date BLOB NOT NULL,
    origin BLOB NOT NULL,
    amount TEXT NOT NULL,
    open TEXT NOT NULL,
    netted TEXT NOT NULL,
    paid TEXT NOT NULL,
    credited TEXT NOT NULL,
    held TEXT NOT NULL,
    CHECK (amounts_hold(amount, open, netted, paid, credited, held))
) STRICT;
CREATE TABLE settlement_position (
    debtor BLOB NOT NULL,
    creditor BLOB NOT NULL,
    currency TEXT NOT NULL,
    exponent INTEGER NOT NULL,
    open TEXT NOT NULL,
    PRIMARY KEY (debtor, creditor, currency, exponent)
) STRICT, WITHOUT ROWID;
CREATE INDEX settlement_liability_open ON settlement_liability (currency, exponent, debtor, creditor) WHERE open <> '0';
CREATE TABLE settlement_payment (
    payment_id TEXT PRIMARY KEY,
    state TEXT NOT NULL CHECK (state IN ('instructed', 'pending', 'final', 'returned', 'expired')),
    sequence INTEGER NOT NULL,
    deadline INTEGER,
    body BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX settlement_payment_deadline ON settlement_payment (deadline) WHERE deadline IS NOT NULL;
CREATE TABLE settlement_dispute (
    dispute_id TEXT PRIMARY KEY,
    state TEXT NOT NULL CHECK (state IN ('open', 'released', 'upheld', 'partly_upheld', 'lapsed')),
    sequence INTEGER NOT NULL,
    deadline INTEGER,
    body BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX settlement_dispute_deadline ON settlement_dispute (deadline) WHERE deadline IS NOT NULL;
CREATE TABLE settlement_cycle (
    cycle_id TEXT PRIMARY KEY,
    state TEXT NOT NULL CHECK (state IN ('proposed', 'verified', 'committed', 'aborted', 'expired')),
    sequence INTEGER NOT NULL,
    deadline INTEGER,
    body BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX settlement_cycle_deadline ON settlement_cycle (deadline) WHERE deadline IS NOT NULL;
CREATE TABLE settlement_unit (
    currency TEXT NOT NULL,
    exponent INTEGER NOT NULL,
    running TEXT,
    cut_off_seconds INTEGER NOT NULL,
    PRIMARY KEY (currency, exponent)
) STRICT, WITHOUT ROWID;
CREATE TABLE settlement_consent (
    party_id BLOB PRIMARY KEY,
    body BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE settlement_issuer (
    issuer BLOB PRIMARY KEY,
    body BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE settlement_mandate (
    creditor BLOB NOT NULL,
    issuer BLOB NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (creditor, issuer)
) STRICT, WITHOUT ROWID;
CREATE TABLE settlement_contract (
    client_id TEXT NOT NULL,
    contract BLOB NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (client_id, contract)
) STRICT, WITHOUT ROWID;
CREATE TABLE settlement_revocation (
    account TEXT PRIMARY KEY,
    sequence INTEGER NOT NULL,
    head_hash BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE settlement_period (
    single INTEGER PRIMARY KEY CHECK (single = 1),
    cut_off_seconds INTEGER NOT NULL
) STRICT;
CREATE TABLE settlement_rate_limits (
    single INTEGER PRIMARY KEY CHECK (single = 1),
    proposals_per_hour INTEGER NOT NULL,
    disputes_per_hour INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    head_hash BLOB NOT NULL
) STRICT;
CREATE TABLE settlement_rate_use (
    party_id BLOB NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('proposal', 'abort', 'dispute')),
    hour INTEGER NOT NULL,
    used INTEGER NOT NULL,
    PRIMARY KEY (party_id, kind)
) STRICT, WITHOUT ROWID;
"""

RECORD = (
    "genesis",
    "validator_set",
    "block",
    "block_transaction",
    "packet_event",
    "iavl_node",
    "tree_root",
    "settlement_log",
    "settlement_request",
    "settlement_posting",
    "settlement_evidence",
)
"""Tables that only grow."""

DERIVED = (
    "settlement_party",
    "settlement_agreement",
    "settlement_liability",
    "settlement_position",
    "settlement_payment",
    "settlement_dispute",
    "settlement_cycle",
    "settlement_unit",
    "settlement_consent",
    "settlement_issuer",
    "settlement_mandate",
    "settlement_contract",
    "settlement_revocation",
    "settlement_period",
    "settlement_rate_limits",
    "settlement_rate_use",
)
"""Tables that a replay of the record must lead to."""


def create(folder: Path) -> sqlite3.Connection:
    """A new database with the schema. Raises LedgerExists."""
    path = folder / DATABASE_NAME
    try:
        private_folder(folder)
        new_private_file(path)
    except FileExistsError:
        raise LedgerExists(f"{path} exists already; choose an empty folder, or open the ledger that is there") from None
    except OSError as error:
        raise _unusable(folder, error) from error
    connection = _connect(str(path))
    try:
        write_schema(connection)
    except BaseException:
        connection.close()
        path.unlink()
        raise
    return connection


def write_schema(connection: sqlite3.Connection) -> None:
    """Tables, indexes and triggers of schema version 1, in one transaction."""
    guards = "".join(
        f"CREATE TRIGGER {table}_no_{verb} BEFORE {verb} ON {table} BEGIN SELECT raise(ABORT, '{table} only grows'); END;"
        for table in RECORD
        for verb in ("UPDATE", "DELETE")
    )
    version = f"PRAGMA user_version = {SCHEMA_VERSION};"
    connection.executescript(f"BEGIN IMMEDIATE; {_RECORD_TABLES} {_DERIVED_TABLES} {guards} {version} COMMIT;")


def open_existing(folder: Path) -> sqlite3.Connection:
    """The database of an initialised folder. Raises LedgerMissing, LedgerCorrupt or LedgerUnavailable."""
    path = folder / DATABASE_NAME
    if not path.is_file():
        raise LedgerMissing(f"{path} does not exist; initialise the ledger first")
    try:
        for name in (DATABASE_NAME, *_BESIDE):
            make_private(folder / name)
    except OSError as error:
        raise _unusable(folder, error) from error
    with opening(folder):
        connection = _connect(str(path))
        (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version != SCHEMA_VERSION:
        connection.close()
        raise LedgerCorrupt(f"{path} has schema {version}, this version knows {SCHEMA_VERSION}; use the matching version")
    return connection


@contextmanager
def opening(folder: Path) -> Iterator[None]:
    """Tells damage (LedgerCorrupt) from a file that cannot be used just now (LedgerUnavailable)."""
    path = folder / DATABASE_NAME
    try:
        yield
    except sqlite3.OperationalError as error:
        raise LedgerUnavailable(f"{path} cannot be used ({error}); check disk space and permissions") from error
    except sqlite3.DatabaseError as error:
        raise LedgerCorrupt(f"{path} is damaged ({error}); restore it from a copy") from error


def scratch(path: str = ":memory:") -> sqlite3.Connection:
    """An empty database of the same schema, for replays."""
    connection = _connect(path)
    write_schema(connection)
    return connection


def lock(folder: Path) -> IO[bytes]:
    """Takes the writer's lock, held until the returned file is closed or the process ends.

    Raises LedgerLocked, LedgerUnavailable.
    """
    try:
        private_folder(folder)
        file = private_file(folder / _LOCK_NAME)
    except OSError as error:
        raise _unusable(folder, error) from error
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        file.close()
        raise LedgerLocked(f"another process writes to the ledger in {folder}; stop it, or use its gRPC address") from error
    return file


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """All or nothing. A failure of any kind rolls back and is raised again."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _unusable(folder: Path, error: OSError) -> LedgerUnavailable:
    return LedgerUnavailable(f"{folder} cannot be used ({error.strerror}); check the path and its permissions")


def _connect(path: str) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, cached_statements=256)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")
    # Without it INSERT OR REPLACE deletes rows past the triggers that forbid it.
    connection.execute("PRAGMA recursive_triggers = ON")
    connection.create_function("amounts_hold", 6, _amounts_hold, deterministic=True)
    return connection


def _amounts_hold(*texts: str) -> bool:
    """amount = open + netted + paid + credited, nothing negative, held within open."""
    amount, opened, netted, paid, credited, held = map(int, texts)
    return min(opened, netted, paid, credited) >= 0 and amount == opened + netted + paid + credited and 0 <= held <= opened
