"""The state of the ledger in SQLite: the two trees, the settlement tables, transactions and events of one block at a time.

The same writer serves the sealing ledger and a replay, so both keep the same rows.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from relayer.core.ids import Height, TransactionId
from relayer.errors import HeightPruned
from relayer.ledgers.embedded.chain.blocks import BlockTable
from relayer.ledgers.embedded.chain.event_table import EventTable
from relayer.ledgers.embedded.chain.machine import Result
from relayer.ledgers.embedded.host.context import BlockContext, Context
from relayer.ledgers.embedded.settlement.tables import HEAD_KEY, SettlementTables, provable
from relayer.ledgers.embedded.tree.iavl import EMPTY_TREE_HASH, NodeRef, Tree
from relayer.ledgers.embedded.tree.kv import KeyValueOverlay, apply_changes
from relayer.ledgers.embedded.tree.nodes import SqliteNodes
from relayer.proofs import merkle
from relayer.proofs.comet import TimestampNanoseconds
from relayer.settlement.model.acts import EMPTY_LOG, LogHead
from relayer.settlement.state import Overlay

IBC_STORE = "ibc"
SETTLEMENT_STORE = "settlement"
STORES = (IBC_STORE, SETTLEMENT_STORE)
_SEQUENCE_BYTES = 8

Roots = dict[str, NodeRef | None]


class State:
    """The newest state, and the trees of every older version."""

    def __init__(self, connection: sqlite3.Connection, *, version: int) -> None:
        """`version` is the height of the newest block."""
        self._connection = connection
        self._nodes = SqliteNodes(connection)
        self._blocks = BlockTable(connection)
        self.events = EventTable(connection)
        self.settlement = SettlementTables(connection)
        self._roots = self._roots_after(version)

    @staticmethod
    def write_genesis(connection: sqlite3.Connection, *, chain_id: str, time: TimestampNanoseconds) -> None:
        """The empty state before block 1."""
        connection.execute("INSERT INTO genesis (single, chain_id, time_nanoseconds) VALUES (1, ?, ?)", (chain_id, time))
        connection.executemany(
            "INSERT INTO tree_root (version, store, node, hash) VALUES (0, ?, NULL, ?)",
            [(store, EMPTY_TREE_HASH) for store in STORES],
        )

    @property
    def app_hash(self) -> bytes:
        """The root of the newest state: the hash over the two stores' roots."""
        return merkle.store_map_root(_hashes(self._roots))

    def app_hash_after(self, version: int) -> bytes:
        """The root of the state after block `version`."""
        return merkle.store_map_root(_hashes(self._roots_after(version)))

    def store_hashes_after(self, version: int) -> dict[str, bytes]:
        """The root of each store after block `version`."""
        return _hashes(self._roots_after(version))

    def tree_after(self, store: str, version: int) -> Tree:
        """A store after block `version`, for reading."""
        return Tree(self._nodes, root=self._roots_after(version)[store], version=version + 1)

    @property
    def newest_change(self) -> int:
        """Height of the newest block that changed something; 0: none did."""
        (version,) = self._connection.execute("SELECT coalesce(max(version), 0) FROM tree_root").fetchone()
        return int(version)

    def proven_log_head(self) -> LogHead:
        """The head of the settlement log as the newest state has it."""
        value = Tree(self._nodes, root=self._roots[SETTLEMENT_STORE], version=0).get(HEAD_KEY)
        if value is None:
            return EMPTY_LOG
        return LogHead(int.from_bytes(value[:_SEQUENCE_BYTES], "big"), value[_SEQUENCE_BYTES:])

    def context(self, block: BlockContext) -> Context:
        """A context over the newest state for one block."""
        return Context(
            block=block,
            transaction=TransactionId(""),
            store=KeyValueOverlay(Tree(self._nodes, root=self._roots[IBC_STORE], version=block.height)),
            settlement=Overlay(self.settlement),
            events=[],
        )

    def write(self, context: Context, *, height: int, transactions: Sequence[bytes], results: Sequence[Result]) -> None:
        """Writes what block `height` changed into the open transaction. Its events are provable from height + 1 on."""
        changes = {IBC_STORE: context.store.changes, SETTLEMENT_STORE: provable(context.settlement)}
        self._roots = {store: self._save_tree(store, height, changes[store]) for store in STORES}
        self._nodes.flush()
        self._connection.executemany(
            "INSERT INTO tree_root (version, store, node, hash) VALUES (?, ?, ?, ?)",
            [
                (height, store, root and root.number, root.hash if root else EMPTY_TREE_HASH)
                for store, root in self._roots.items()
            ],
        )
        self._connection.executemany(
            "INSERT INTO block_transaction (height, position, hash, body, codespace, code, data, detail) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            [
                (height, position, bytes.fromhex(each.transaction), raw, each.codespace, each.code, each.data, each.detail)
                for position, (raw, each) in enumerate(zip(transactions, results, strict=True))
            ],
        )
        self.events.write(context.events, height=Height(height + 1))
        self.settlement.write(context.settlement, height=height)
        if context.settlement.parties or context.settlement.agreements:
            self.settlement.forget()
        if context.validators is not None:
            self._blocks.set_validators(height + 2, context.validators)

    def reload(self, version: int) -> None:
        """Reads again what the file has, after a transaction failed."""
        self._nodes.forget()
        self.settlement.forget()
        self._roots = self._roots_after(version)

    def _save_tree(self, store: str, height: int, changes: dict[bytes, bytes | None]) -> NodeRef | None:
        tree = Tree(self._nodes, root=self._roots[store], version=height)
        apply_changes(tree, changes)
        return tree.save()

    def _roots_after(self, version: int) -> Roots:
        """Only blocks that changed something have rows."""
        roots: Roots = {}
        for store in STORES:
            row = self._connection.execute(
                "SELECT node, hash FROM tree_root WHERE store = ? AND version <= ? ORDER BY version DESC LIMIT 1",
                (store, version),
            ).fetchone()
            if row is None:
                raise HeightPruned(f"the state after block {version} is not kept")
            roots[store] = None if row[0] is None else NodeRef(row[0], row[1])
        return roots


def _hashes(roots: Roots) -> dict[str, bytes]:
    return {store: EMPTY_TREE_HASH if root is None else root.hash for store, root in roots.items()}
