"""Tree nodes in SQLite: appended under rising numbers, never changed, checked by hash whenever they are read.

Numbers rather than hashes are the primary key, because they are written in order at the end of one table however large it
grows; a node's expected hash is in its parent, and for a root in the table of versions.
"""

from __future__ import annotations

import sqlite3
import struct

from relayer.ledgers.embedded.tree.errors import LedgerCorrupt
from relayer.ledgers.embedded.tree.iavl import Node, NodeRef, branch_hash, leaf_hash

_LEAF = struct.Struct(">BQH")
_BRANCH = struct.Struct(">BQHQQ32sQ32s")
_MAXIMUM_CACHED = 200_000


class SqliteNodes:
    """The node store of all trees of one ledger. New nodes wait in memory until flush()."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._cache: dict[int, Node] = {}
        self._new: list[tuple[int, bytes]] = []
        self._next = 0
        self.forget()

    def load(self, ref: NodeRef) -> Node:
        """The node of `ref`, from memory if it was used lately. Raises LedgerCorrupt."""
        node = self._cache.get(ref.number)
        if node is None:
            row = self._connection.execute("SELECT body FROM iavl_node WHERE number = ?", (ref.number,)).fetchone()
            if row is None:
                raise LedgerCorrupt(f"tree node {ref.number} is missing; restore the ledger's file from a copy")
            node = _decode(ref.number, row[0])
            self._remember(node)
        if node.hash != ref.hash:
            raise LedgerCorrupt(f"tree node {ref.number} does not hash to what its parent says; restore the ledger's file")
        return node

    def save(self, node: Node) -> NodeRef:
        """Gives the node its number; flush() writes it."""
        node.number = self._next
        self._next += 1
        self._new.append((node.number, _encode(node)))
        self._remember(node)
        return NodeRef(node.number, node.hash)

    def flush(self) -> None:
        """Writes the new nodes into the open transaction."""
        self._connection.executemany("INSERT INTO iavl_node (number, body) VALUES (?, ?)", self._new)
        self._new.clear()

    def forget(self) -> None:
        """Drops what is not in the database, after a transaction was rolled back."""
        (newest,) = self._connection.execute("SELECT coalesce(max(number), 0) FROM iavl_node").fetchone()
        self._next = newest + 1
        self._new.clear()
        self._cache.clear()

    def _remember(self, node: Node) -> None:
        if len(self._cache) >= _MAXIMUM_CACHED:
            self._cache.clear()
        self._cache[node.number] = node


def _encode(node: Node) -> bytes:
    if node.value is not None:
        return _LEAF.pack(0, node.version, len(node.key)) + node.key + node.value
    left, right = node.left, node.right
    assert isinstance(left, NodeRef)
    assert isinstance(right, NodeRef)
    head = _BRANCH.pack(
        node.height, node.version, len(node.key), node.size, left.number, left.hash, right.number, right.hash
    )
    return head + node.key


def _decode(number: int, body: bytes) -> Node:
    try:
        height, version, key_length = _LEAF.unpack_from(body)
        if height == 0:
            key_end = _LEAF.size + key_length
            node = Node(key=body[_LEAF.size : key_end], value=body[key_end:], version=version)
            node.hash = leaf_hash(node)
        else:
            _, _, _, size, left, left_hash, right, right_hash = _BRANCH.unpack_from(body)
            node = Node(key=body[_BRANCH.size :], value=None, version=version)
            node.height, node.size = height, size
            node.left, node.right = NodeRef(left, left_hash), NodeRef(right, right_hash)
            node.hash = branch_hash(node, left_hash, right_hash)
    except struct.error as error:
        raise LedgerCorrupt(f"tree node {number} is cut off; restore the ledger's file from a copy") from error
    node.number = number
    return node
