"""The tables of the agent's database."""

from __future__ import annotations

APPLICATION_ID = 0x53_41_47_31
"""`SAG1`."""

TABLES = """
CREATE TABLE meta (name TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT, WITHOUT ROWID;

-- How far each contract was read. `block` is the last one; the others are known hashes to go back to.
CREATE TABLE cursor (
  contract BLOB NOT NULL,
  block INTEGER NOT NULL,
  hash BLOB NOT NULL,
  PRIMARY KEY (contract, block)
) STRICT, WITHOUT ROWID;

-- Events as they were read. `orphaned`: the block that had it is not on the ledger any more.
CREATE TABLE event (
  id INTEGER PRIMARY KEY,
  contract BLOB NOT NULL,
  block INTEGER NOT NULL,
  block_hash BLOB NOT NULL,
  block_time INTEGER NOT NULL,
  transaction_hash BLOB NOT NULL,
  log_index INTEGER NOT NULL,
  ordinal INTEGER NOT NULL,
  topics BLOB NOT NULL,
  data BLOB NOT NULL,
  orphaned INTEGER NOT NULL DEFAULT 0,
  code TEXT,
  detail TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE UNIQUE INDEX event_place ON event (contract, block, log_index) WHERE orphaned = 0;
CREATE INDEX event_orphan ON event (transaction_hash, contract) WHERE orphaned = 1;
CREATE INDEX event_refused ON event (id) WHERE code IS NOT NULL;

-- One row for each fact. `rules` is the rule file that it was calculated by.
CREATE TABLE claim (
  id INTEGER PRIMARY KEY,
  fact_id BLOB NOT NULL UNIQUE,
  event INTEGER NOT NULL REFERENCES event (id),
  number INTEGER NOT NULL,
  rules BLOB NOT NULL,
  contract BLOB NOT NULL,
  pair BLOB NOT NULL,
  fact BLOB NOT NULL,
  object TEXT NOT NULL,
  document BLOB NOT NULL,
  state TEXT NOT NULL,
  code TEXT,
  detail TEXT NOT NULL DEFAULT '',
  attempts INTEGER NOT NULL DEFAULT 0,
  not_before REAL NOT NULL DEFAULT 0,
  liability_id BLOB,
  sequence INTEGER,
  head_hash BLOB,
  reference TEXT NOT NULL DEFAULT 'none',
  reference_detail TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX claim_waiting ON claim (id) WHERE state = 'waiting';
CREATE INDEX claim_refused ON claim (id) WHERE state = 'refused';
CREATE INDEX claim_of_event ON claim (event);
CREATE INDEX claim_reference ON claim (id) WHERE reference = 'due';
CREATE INDEX claim_differs ON claim (id) WHERE reference IN ('differs', 'refused');
"""
