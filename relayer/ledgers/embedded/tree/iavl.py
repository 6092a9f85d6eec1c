"""An IAVL+ tree: an AVL tree whose leaves hold the values and whose hashes equal those of cosmos/iavl, version by version.

Saved nodes never change. A working version copies the nodes on the path of each change and alters only its copies; save()
hashes and stores them. Nodes are loaded when they are needed, and a loaded node must hash to what its parent says.
This module must never read a clock or know what the keys mean.
"""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from typing import NamedTuple, Protocol

from relayer.proofs.protobuf import varint

EMPTY_TREE_HASH = sha256(b"").digest()
"""The root of a tree without keys (cosmos/iavl)."""

HASH_FRAME = b"\x20"
"""IAVL writes the length of a hash, 32, before the hash."""


class NodeRef(NamedTuple):
    """A saved node: where it is stored, and what it hashes to."""

    number: int
    hash: bytes


class Node:
    """A leaf (value set, height 0) or a branch (its key is the smallest key of the right side)."""

    __slots__ = ("hash", "height", "key", "left", "number", "right", "size", "value", "version")

    def __init__(self, *, key: bytes, value: bytes | None, version: int) -> None:
        self.key = key
        self.value = value
        self.version = version
        self.height = 0
        self.size = 1
        self.left: Node | NodeRef | None = None
        self.right: Node | NodeRef | None = None
        self.hash = b""
        """Empty until the node is hashed."""
        self.number = 0
        """0 until the node is saved."""

    def header(self) -> bytes:
        """height, size and version as zig-zag varints: how every hashed node begins."""
        return varint(self.height << 1) + varint(self.size << 1) + varint(self.version << 1)


class NodeStore(Protocol):
    """Where saved nodes live."""

    def load(self, ref: NodeRef) -> Node:
        """The node, checked against `ref.hash`. Raises LedgerCorrupt."""
        ...

    def save(self, node: Node) -> NodeRef:
        """Stores a hashed node whose children are saved, and gives it its number."""
        ...


class Tree:
    """One working version on top of a saved root. Readers of old versions are Trees that are never written to."""

    def __init__(self, store: NodeStore, *, root: NodeRef | None, version: int) -> None:
        """`version` is stamped on the nodes that changes make; `root` None is the empty tree."""
        self._store = store
        self._root: Node | NodeRef | None = root
        self.version = version

    @property
    def root(self) -> Node | None:
        """The loaded root."""
        return None if self._root is None else self.load(self._root)

    def load(self, child: Node | NodeRef | None) -> Node:
        """A child as a node. Branches always have both children."""
        if isinstance(child, Node):
            return child
        assert child is not None
        return self._store.load(child)

    def get(self, key: bytes) -> bytes | None:
        """The value under `key`."""
        node = self.root
        while node is not None and node.value is None:
            node = self.load(node.left if key < node.key else node.right)
        return node.value if node is not None and node.key == key else None

    def above(self, key: bytes) -> bytes | None:
        """The smallest key greater than `key`."""
        node, candidate = self.root, None
        while node is not None and node.value is None:
            if key < node.key:
                candidate, node = node.key, self.load(node.left)
            else:
                node = self.load(node.right)
        return node.key if node is not None and node.key > key else candidate

    def below(self, key: bytes) -> bytes | None:
        """The greatest key smaller than `key`."""
        node, turn = self.root, None
        while node is not None and node.value is None:
            if key <= node.key:
                node = self.load(node.left)
            else:
                turn, node = node.left, self.load(node.right)
        if node is not None and node.key < key:
            return node.key
        if turn is None:
            return None
        node = self.load(turn)
        while node.value is None:
            node = self.load(node.right)
        return node.key

    def set(self, key: bytes, value: bytes) -> None:
        """Inserts or replaces. Key and value must not be empty: ICS-23 proves nothing about empty ones."""
        if not key or not value:
            raise ValueError("an IAVL key and its value must not be empty")
        self._root = self._leaf(key, value) if self._root is None else self._set(self.load(self._root), key, value)

    def remove(self, key: bytes) -> bool:
        """Whether the key was there."""
        if self.get(key) is None:
            return False
        self._root, _ = self._remove(self.load(self._root), key)
        return True

    def items(self) -> Iterator[tuple[bytes, bytes]]:
        """All keys in order."""
        stack = [] if self._root is None else [self._root]
        while stack:
            node = self.load(stack.pop())
            if node.value is not None:
                yield node.key, node.value
                continue
            assert node.left is not None
            assert node.right is not None
            stack += (node.right, node.left)

    def root_hash(self) -> bytes:
        """The hash that a proof of this version leads to."""
        if self._root is None:
            return EMPTY_TREE_HASH
        return self._hash(self._root)

    def save(self) -> NodeRef | None:
        """Hashes and stores the new nodes, children first. The tree is then based on the saved root."""
        if self._root is not None:
            self._root = self._save(self._root)
        return self._root

    def _leaf(self, key: bytes, value: bytes) -> Node:
        return Node(key=key, value=value, version=self.version)

    def _own(self, node: Node) -> Node:
        """The node itself if this working version made it, else a copy with this version."""
        if node.number == 0:
            node.hash = b""
            return node
        copy = Node(key=node.key, value=node.value, version=self.version)
        copy.height, copy.size, copy.left, copy.right = node.height, node.size, node.left, node.right
        return copy

    def _set(self, node: Node, key: bytes, value: bytes) -> Node:
        if node.value is not None:
            return self._set_at_leaf(node, key, value)
        node = self._own(node)
        is_left = key < node.key
        child = self.load(node.left if is_left else node.right)
        height, size = child.height, child.size
        changed = self._set(child, key, value)
        if is_left:
            node.left = changed
        else:
            node.right = changed
        if changed.height == height:
            # The balance is as it was, so the other side need not be loaded.
            node.size += changed.size - size
            return node
        return self._balanced(node)

    def _set_at_leaf(self, leaf: Node, key: bytes, value: bytes) -> Node:
        new = self._leaf(key, value)
        if key == leaf.key:
            return new
        left, right = (new, leaf) if key < leaf.key else (leaf, new)
        branch = Node(key=right.key, value=None, version=self.version)
        branch.height, branch.size, branch.left, branch.right = 1, 2, left, right
        return branch

    def _remove(self, node: Node, key: bytes) -> tuple[Node | None, bytes | None]:
        """What replaces `node`, and the new smallest key of its subtree if that changed. The key is there."""
        if node.value is not None:
            return None, None
        if key < node.key:
            left, smallest = self._remove(self.load(node.left), key)
            if left is None:
                return self.load(node.right), node.key
            node = self._own(node)
            node.left = left
            return self._balanced(node), smallest
        right, smallest = self._remove(self.load(node.right), key)
        if right is None:
            return self.load(node.left), None
        node = self._own(node)
        node.right = right
        node.key = node.key if smallest is None else smallest
        return self._balanced(node), None

    def _balanced(self, node: Node) -> Node:
        """`node` after a change below it, rotated if its sides differ by more than one level."""
        left, right = self.load(node.left), self.load(node.right)
        difference = left.height - right.height
        if difference > 1:
            if self._difference(left) < 0:
                node.left = self._rotated_left(self._own(left))
            return self._rotated_right(node)
        if difference < -1:
            if self._difference(right) > 0:
                node.right = self._rotated_right(self._own(right))
            return self._rotated_left(node)
        node.height = max(left.height, right.height) + 1
        node.size = left.size + right.size
        return node

    def _rotated_right(self, node: Node) -> Node:
        top = self._own(self.load(node.left))
        node.left, top.right = top.right, node
        self._measure(node)
        self._measure(top)
        return top

    def _rotated_left(self, node: Node) -> Node:
        top = self._own(self.load(node.right))
        node.right, top.left = top.left, node
        self._measure(node)
        self._measure(top)
        return top

    def _measure(self, node: Node) -> None:
        left, right = self.load(node.left), self.load(node.right)
        node.height = max(left.height, right.height) + 1
        node.size = left.size + right.size

    def _difference(self, node: Node) -> int:
        return self.load(node.left).height - self.load(node.right).height

    def _hash(self, node: Node | NodeRef | None) -> bytes:
        assert node is not None
        if not node.hash:
            assert isinstance(node, Node)
            if node.value is None:
                node.hash = branch_hash(node, self._hash(node.left), self._hash(node.right))
            else:
                node.hash = leaf_hash(node)
        return node.hash

    def _save(self, node: Node | NodeRef) -> NodeRef:
        if isinstance(node, NodeRef):
            return node
        if node.number:
            return NodeRef(node.number, node.hash)
        if node.value is None:
            assert node.left is not None
            assert node.right is not None
            node.left, node.right = self._save(node.left), self._save(node.right)
        self._hash(node)
        return self._store.save(node)


def leaf_hash(node: Node) -> bytes:
    """sha256(header || len key || key || 32 || sha256(value))."""
    assert node.value is not None
    return sha256(node.header() + varint(len(node.key)) + node.key + HASH_FRAME + sha256(node.value).digest()).digest()


def branch_hash(node: Node, left: bytes, right: bytes) -> bytes:
    """sha256(header || 32 || left hash || 32 || right hash)."""
    return sha256(node.header() + HASH_FRAME + left + HASH_FRAME + right).digest()
