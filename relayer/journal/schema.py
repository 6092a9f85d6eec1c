"""The SQLite schema of a journal: an append-only log, and what is derived from it."""

from __future__ import annotations

APPLICATION_ID = 0x49534A31
"""Marks the file as a settlement relayer's journal ("ISJ1")."""

LOG = """
CREATE TABLE journal(
  row INTEGER PRIMARY KEY,
  body BLOB NOT NULL,
  hash BLOB NOT NULL
) STRICT;
CREATE TABLE content(
  name BLOB NOT NULL UNIQUE,
  body BLOB NOT NULL
) STRICT;
CREATE TABLE route(
  channel TEXT NOT NULL,
  source TEXT NOT NULL,
  source_client TEXT NOT NULL,
  destination TEXT NOT NULL,
  destination_client TEXT NOT NULL,
  UNIQUE(channel, source, source_client, destination, destination_client)
) STRICT;
"""
"""Triggers that refuse every change and deletion."""

GUARDS = "".join(
    f"CREATE TRIGGER {table}_no_{verb} BEFORE {verb} ON {table} BEGIN SELECT RAISE(ABORT, 'the journal only grows'); END;\n"
    for table in ("journal", "content", "route")
    for verb in ("UPDATE", "DELETE")
)

ANSWERS = """
CREATE TABLE answer(
  row INTEGER NOT NULL,
  position INTEGER NOT NULL,
  channel TEXT NOT NULL,
  source TEXT NOT NULL,
  sequence BLOB NOT NULL,
  fact BLOB NOT NULL,
  code TEXT NOT NULL,
  accepted INTEGER NOT NULL,
  PRIMARY KEY(channel, source, sequence, row, position)
) STRICT, WITHOUT ROWID;
"""
"""What acknowledgements say of each fact. Derived, and made from the rows of a journal that was begun without it."""

CARRIED = """
CREATE TABLE carried(
  content BLOB NOT NULL,
  channel TEXT NOT NULL,
  source TEXT NOT NULL,
  sequence BLOB NOT NULL,
  PRIMARY KEY(content, channel, source, sequence)
) STRICT, WITHOUT ROWID;
"""
"""Which packets carry the same bytes: the hops of a forwarded one, and those that were sent again. `content` is the sha256
of the payload's value. Derived as the answers are."""

DERIVED = f"""
{ANSWERS}
{CARRIED}
CREATE TABLE packet(
  channel TEXT NOT NULL,
  source TEXT NOT NULL,
  sequence BLOB NOT NULL,
  state TEXT NOT NULL,
  code TEXT NOT NULL,
  reason TEXT NOT NULL,
  first_row INTEGER NOT NULL,
  last_row INTEGER NOT NULL,
  first_at_ms INTEGER NOT NULL,
  last_at_ms INTEGER NOT NULL,
  PRIMARY KEY(channel, source, sequence)
) STRICT, WITHOUT ROWID;
CREATE TABLE packet_row(
  channel TEXT NOT NULL,
  source TEXT NOT NULL,
  sequence BLOB NOT NULL,
  row INTEGER NOT NULL,
  PRIMARY KEY(channel, source, sequence, row)
) STRICT, WITHOUT ROWID;
CREATE TABLE refusal(
  row INTEGER PRIMARY KEY,
  channel TEXT NOT NULL,
  effect TEXT NOT NULL,
  code TEXT NOT NULL
) STRICT;
CREATE TABLE cursor(
  ledger TEXT PRIMARY KEY,
  height TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE checkpoint(
  row INTEGER PRIMARY KEY,
  body BLOB NOT NULL,
  hash BLOB NOT NULL
) STRICT;
"""
"""What can be lost: rebuilt by a replay (packets, checkpoints) or by reading the ledgers from the start (cursors)."""

REFUSED_BY_CHANNEL = "PacketRefused"
"""The code of a packet that the channel's own rules refuse; it has no effect."""

# Sequences are 8 big-endian bytes, because they exceed SQLite's signed 64 bits and must sort as numbers.
UPSERT_PACKET = """
INSERT INTO packet VALUES(:channel, :source, :sequence, :state, :code, :reason, :row, :row, :at, :at)
ON CONFLICT DO UPDATE SET state = excluded.state, code = excluded.code, reason = excluded.reason,
  last_row = excluded.last_row, last_at_ms = excluded.last_at_ms
"""
