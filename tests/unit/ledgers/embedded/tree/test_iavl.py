"""The IAVL tree against the Go library's roots and proofs."""

from __future__ import annotations

import json
import sqlite3

import pytest

from relayer.errors import InvariantBroken
from relayer.ledgers.embedded.tree.errors import LedgerCorrupt, NothingToProve
from relayer.ledgers.embedded.tree.iavl import EMPTY_TREE_HASH, NodeRef, Tree
from relayer.ledgers.embedded.tree.iavl_proof import prove
from relayer.ledgers.embedded.tree.kv import KeyValueOverlay, apply_changes
from relayer.ledgers.embedded.tree.nodes import SqliteNodes
from relayer.proofs import merkle
from tests.support.paths import VECTORS

VECTORS = json.loads((VECTORS / "iavl.json").read_text())["cases"]


def node_store() -> SqliteNodes:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    connection.execute("CREATE TABLE iavl_node (number INTEGER PRIMARY KEY, body BLOB NOT NULL) STRICT")
    return SqliteNodes(connection)


def apply(tree: Tree, operations: list[dict[str, str]]) -> None:
    for operation in operations:
        key = bytes.fromhex(operation["key"])
        if operation["op"] == "set":
            tree.set(key, bytes.fromhex(operation["value"]))
        else:
            tree.remove(key)


@pytest.mark.parametrize("case", VECTORS, ids=[case["name"] for case in VECTORS])
def test_roots_and_proofs_equal_those_of_the_go_library(case: dict) -> None:
    nodes = node_store()
    root = None
    for version in case["versions"]:
        tree = Tree(nodes, root=root, version=version["version"])
        apply(tree, version["ops"])
        root = tree.save()
        nodes.flush()
        nodes.forget()
        assert tree.root_hash().hex() == version["root"]
        stores = {name: bytes.fromhex(value) for name, value in version["stores"].items()}
        assert merkle.store_map_root(stores).hex() == version["app_hash"]
        for proof in version["proofs"]:
            assert prove(tree, bytes.fromhex(proof["key"])).hex() == proof["commitment_proof"]


def test_older_versions_stay_readable() -> None:
    nodes = node_store()
    first = Tree(nodes, root=None, version=1)
    first.set(b"key", b"one")
    root_1 = first.save()
    second = Tree(nodes, root=root_1, version=2)
    second.set(b"key", b"two")
    second.set(b"other", b"three")
    root_2 = second.save()
    nodes.flush()
    nodes.forget()

    assert list(Tree(nodes, root=root_1, version=3).items()) == [(b"key", b"one")]
    assert list(Tree(nodes, root=root_2, version=3).items()) == [(b"key", b"two"), (b"other", b"three")]


def test_an_abandoned_working_version_leaves_the_saved_one_alone() -> None:
    nodes = node_store()
    saved = Tree(nodes, root=None, version=1)
    for number in range(50):
        saved.set(b"%d" % number, b"value")
    root = saved.save()
    nodes.flush()
    working = Tree(nodes, root=root, version=2)
    for number in range(0, 50, 2):
        working.remove(b"%d" % number)

    again = Tree(nodes, root=root, version=2)
    assert root is not None
    assert again.root_hash() == root.hash
    assert len(list(again.items())) == 50


def test_a_tree_without_keys_proves_nothing() -> None:
    tree = Tree(node_store(), root=None, version=1)
    assert tree.root_hash() == EMPTY_TREE_HASH
    with pytest.raises(NothingToProve):
        prove(tree, b"key")


def test_removing_a_key_that_is_not_there_changes_nothing() -> None:
    tree = Tree(node_store(), root=None, version=1)
    tree.set(b"key", b"value")
    before = tree.root_hash()
    assert not tree.remove(b"other")
    assert tree.root_hash() == before


@pytest.mark.parametrize(("key", "value"), [(b"", b"value"), (b"key", b"")])
def test_empty_keys_and_values_are_refused(key: bytes, value: bytes) -> None:
    with pytest.raises(ValueError, match="must not be empty"):
        Tree(node_store(), root=None, version=1).set(key, value)


def test_a_damaged_node_is_noticed() -> None:
    nodes = node_store()
    tree = Tree(nodes, root=None, version=1)
    for number in range(9):
        tree.set(b"%d" % number, b"value %d" % number)
    root = tree.save()
    nodes.flush()
    nodes.forget()
    (body,) = nodes._connection.execute("SELECT body FROM iavl_node WHERE number = 5").fetchone()
    nodes._connection.execute("UPDATE iavl_node SET body = ? WHERE number = 5", (body[:-1] + b"x",))
    with pytest.raises(LedgerCorrupt):
        list(Tree(nodes, root=root, version=2).items())
    with pytest.raises(LedgerCorrupt, match="missing"):
        nodes.load(NodeRef(999, bytes(32)))


def test_writing_what_stands_there_changes_no_root() -> None:
    nodes = node_store()
    tree = Tree(nodes, root=None, version=1)
    apply_changes(tree, {b"b": b"2", b"a": b"1"})
    root = tree.save()
    again = Tree(nodes, root=root, version=2)
    apply_changes(again, {b"a": b"1", b"c": None})
    assert again.root_hash() == root.hash
    apply_changes(again, {b"a": b"3"})
    assert again.root_hash() != root.hash


def test_changes_build_the_same_tree_in_any_order() -> None:
    roots = set()
    for order in (b"abcdefgh", b"hgfedcba", b"dbcaefhg"):
        tree = Tree(node_store(), root=None, version=1)
        apply_changes(tree, {bytes([key]): b"value" for key in order})
        roots.add(tree.root_hash())
    assert len(roots) == 1


class TestOverlay:
    """Keys and values of one transaction over those of the block."""

    @pytest.fixture
    def base(self) -> KeyValueOverlay:
        tree = Tree(node_store(), root=None, version=1)
        apply_changes(tree, {b"b": b"1", b"d": b"2", b"f": b"3"})
        return KeyValueOverlay(tree)

    def test_changes_hide_what_is_below(self, base: KeyValueOverlay) -> None:
        branch = KeyValueOverlay(base)
        branch.set(b"c", b"new")
        branch.delete(b"d")
        assert [branch.get(key) for key in (b"b", b"c", b"d")] == [b"1", b"new", None]
        assert [branch.above(key) for key in (b"a", b"b", b"c", b"d", b"f")] == [b"b", b"c", b"f", b"f", None]
        assert [branch.below(key) for key in (b"b", b"c", b"d", b"e", b"z")] == [None, b"b", b"c", b"c", b"f"]
        assert [base.get(key) for key in (b"c", b"d")] == [None, b"2"]

    def test_merging_hands_everything_on(self, base: KeyValueOverlay) -> None:
        branch = KeyValueOverlay(base)
        branch.set(b"c", b"new")
        branch.delete(b"d")
        branch.merge_into(base)
        assert base.changes == {b"c": b"new", b"d": None}

    def test_merging_elsewhere_is_our_own_fault(self, base: KeyValueOverlay) -> None:
        with pytest.raises(InvariantBroken):
            KeyValueOverlay(base).merge_into(KeyValueOverlay(base))

    @pytest.mark.parametrize(("key", "value"), [(b"", b"x"), (b"x", b"")])
    def test_what_cannot_be_proven_is_not_written(self, base: KeyValueOverlay, key: bytes, value: bytes) -> None:
        with pytest.raises(InvariantBroken):
            base.set(key, value)
