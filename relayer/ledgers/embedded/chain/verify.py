"""Checks of a ledger's file: a cheap one of its newest blocks at every opening, and a complete one by replay.

The complete check trusts nothing derived: it verifies every header, commit and link, executes every transaction again from
genesis in a scratch database, and compares app hashes, results, logs and every table, tree nodes included: a branch's key
steers every search and is no part of the branch's hash. It also compares the schema, because a changed trigger or index
decides what is stored or found. It never writes to the ledger.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from tempfile import TemporaryDirectory

from relayer.core.ids import Height
from relayer.ledgers.embedded.chain.blocks import BlockTable, SealedBlock, block_id
from relayer.ledgers.embedded.chain.chain import Chain
from relayer.ledgers.embedded.chain.machine import StateMachine
from relayer.ledgers.embedded.chain.replay import Replay
from relayer.ledgers.embedded.chain.state import STORES
from relayer.ledgers.embedded.host.client_module import client_modules
from relayer.ledgers.embedded.tree import store
from relayer.ledgers.embedded.tree.errors import LedgerCorrupt
from relayer.light_clients.known import KNOWN
from relayer.light_clients.registry import LightClients
from relayer.proofs.comet.votes import VoteCount
from relayer.proofs.errors import ProofError

_CHECKED_AT_OPENING = 3
_SEALED = "block"
"""The table that a replay cannot reproduce, because it has no keys; its rows are checked one by one instead."""
_COMPARED = tuple(table for table in (*store.RECORD, *store.DERIVED) if table != _SEALED)
"""Tables whose rows a replay must reproduce one by one."""
_SCHEMA = "SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY type, name"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """What a complete check went through."""

    height: int
    transactions: int
    log_entries: int
    app_hash: bytes


def check_head(chain: Chain) -> None:
    """The newest blocks are linked and signed, and the newest header commits to the trees' roots and the log's end."""
    newest = chain.head.header.height
    for height in range(max(1, newest - _CHECKED_AT_OPENING + 1), newest + 1):
        block = chain.block_at(Height(height))
        _check_block(chain.blocks, chain.chain_id, block, chain.blocks.at(height - 1))
    if chain.head.header.app_hash != chain.state.app_hash_after(newest - 1):
        raise LedgerCorrupt(f"the state is not the one that header {newest} names; restore the ledger's file from a copy")
    if chain.state.newest_change >= newest:
        raise LedgerCorrupt(f"no header names the state after block {newest}; restore the ledger's file from a copy")
    for name in STORES:
        _ = chain.state.tree_after(name, newest).root
    if chain.state.settlement.head() != chain.state.proven_log_head():
        raise LedgerCorrupt("the settlement log does not end where the state says; restore the ledger's file from a copy")


def verify(
    folder: Path,
    *,
    progress: Callable[[int, int], None] = lambda _done, _all: None,
    light_clients: LightClients = KNOWN,
) -> Verified:
    """Replays the whole ledger. `progress` is called with (blocks done, blocks in all). Raises LedgerCorrupt.

    The ledger must not be open elsewhere (LedgerLocked).
    """
    with store.lock(folder):
        connection = store.open_existing(folder)
        try:
            with TemporaryDirectory(prefix="ledger-verify-") as scratch_folder:
                scratch = store.scratch(str(Path(scratch_folder) / store.DATABASE_NAME))
                try:
                    return _verify(connection, scratch, progress, StateMachine(light_clients=client_modules(light_clients)))
                finally:
                    scratch.close()
        except sqlite3.DatabaseError as error:
            raise LedgerCorrupt(f"the ledger's file cannot be read ({error}); restore it from a copy") from error
        finally:
            connection.close()


def _verify(
    connection: sqlite3.Connection, scratch: sqlite3.Connection, progress: Callable[[int, int], None], machine: StateMachine
) -> Verified:
    _check_file(connection, scratch)
    blocks = BlockTable(connection)
    last = blocks.last()
    first = blocks.at(1)
    genesis = connection.execute("SELECT chain_id, time_nanoseconds FROM genesis").fetchone()
    if last is None or first is None or genesis is None:
        raise LedgerCorrupt("the ledger has no genesis or no first block; restore the ledger's file from a copy")
    chain_id, time = genesis
    if time != first.header.time:
        raise LedgerCorrupt("the genesis is of another time than block 1; restore the ledger's file from a copy")
    (count,) = connection.execute("SELECT count(*) FROM block").fetchone()
    if count != last.header.height:
        raise LedgerCorrupt(f"the ledger has {count} blocks up to height {last.header.height}; restore it from a copy")
    first = blocks.at(1)
    if first is None:
        raise LedgerCorrupt("block 1 is missing; restore the ledger's file from a copy")
    replay = Replay(
        scratch,
        machine=machine,
        chain_id=chain_id,
        genesis_hash=first.hash,
        genesis_time=time,
        validators=blocks.validators(1),
    )
    previous: SealedBlock | None = None
    transactions = 0
    for height in range(1, last.header.height + 1):
        block = blocks.at(height)
        if block is None:
            raise LedgerCorrupt(f"block {height} is missing; restore the ledger's file from a copy")
        _check_block(blocks, chain_id, block, previous)
        if block.header.app_hash != replay.app_hash:
            raise LedgerCorrupt(f"replaying leads to another state before block {height} than its header names")
        body = blocks.transactions(height)
        if replay.apply(block, body) != block.results_hash:
            raise LedgerCorrupt(f"replaying block {height} leads to other results than were recorded")
        transactions += len(body)
        previous = block
        progress(height, last.header.height)
    for table in _COMPARED:
        _compare(table, connection, scratch)
    (entries,) = connection.execute("SELECT count(*) FROM settlement_log").fetchone()
    return Verified(height=last.header.height, transactions=transactions, log_entries=entries, app_hash=replay.app_hash)


def _check_file(connection: sqlite3.Connection, scratch: sqlite3.Connection) -> None:
    """Pages and indexes agree with the tables, and the file holds no object that this version did not make."""
    (found,) = connection.execute("PRAGMA integrity_check(1)").fetchone()
    if found != "ok":
        raise LedgerCorrupt(f"the file contradicts itself ({found}); restore the ledger's file from a copy")
    if connection.execute(_SCHEMA).fetchall() != scratch.execute(_SCHEMA).fetchall():
        raise LedgerCorrupt("the file has other tables, indexes or triggers than it was made with; restore it from a copy")


def _check_block(blocks: BlockTable, chain_id: str, block: SealedBlock, previous: SealedBlock | None) -> None:
    """Form, link to the block before, sets, transactions and more than two thirds of the power."""
    header, height = block.header, block.header.height
    validators = blocks.validators(height)
    try:
        block.signed_header.check(chain_id)
        VoteCount(chain_id=chain_id, commit=block.commit).require_two_thirds(validators)
    except ProofError as error:
        raise LedgerCorrupt(f"block {height} is not sealed as it must be ({error}); restore the ledger's file") from error
    body = blocks.transactions(height)
    last_commit = None if previous is None else previous.commit
    if block.commit.block_id != block_id(header, body, last_commit):
        raise LedgerCorrupt(f"block {height} holds other transactions than were signed; restore the ledger's file")
    if (header.validators_hash, header.next_validators_hash) != (validators.hash(), blocks.validators(height + 1).hash()):
        raise LedgerCorrupt(f"block {height} names other validators than the ledger holds; restore the ledger's file")
    if previous is not None and (
        header.last_block_id != previous.commit.block_id
        or header.last_commit_hash != previous.commit.hash()
        or header.last_results_hash != previous.results_hash
        or header.time <= previous.header.time
    ):
        raise LedgerCorrupt(f"block {height} does not follow block {height - 1}; restore the ledger's file from a copy")


def _compare(table: str, connection: sqlite3.Connection, scratch: sqlite3.Connection) -> None:
    pairs: Iterator[tuple[object, object]] = zip_longest(_rows(table, connection), _rows(table, scratch))
    for number, (kept, replayed) in enumerate(pairs, start=1):
        if kept != replayed:
            raise LedgerCorrupt(f"row {number} of {table} is not what a replay leads to; restore the ledger's file")


def _rows(table: str, connection: sqlite3.Connection) -> Iterator[tuple[object, ...]]:
    columns = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
    return connection.execute(f"SELECT * FROM {table} ORDER BY {', '.join(columns)}")  # noqa: S608 (names of our schema)
