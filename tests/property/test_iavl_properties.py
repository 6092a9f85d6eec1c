"""The IAVL tree under random work: its content, its shape, and proofs that the checker accepts at every version."""

from __future__ import annotations

import sqlite3

from hypothesis import given
from hypothesis import strategies as st

from relayer.ledgers.embedded.tree.iavl import NodeRef, Tree
from relayer.ledgers.embedded.tree.iavl_proof import prove
from relayer.ledgers.embedded.tree.nodes import SqliteNodes
from relayer.proofs import ics23, merkle
from relayer.proofs.errors import ProofError
from relayer.proofs.protobuf import message_field

keys = st.binary(min_size=1, max_size=3)
operations = st.lists(st.tuples(keys, st.one_of(st.none(), st.binary(min_size=1, max_size=4))), max_size=20)
versions = st.lists(operations, min_size=1, max_size=6)


def node_store() -> SqliteNodes:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    connection.execute("CREATE TABLE iavl_node (number INTEGER PRIMARY KEY, body BLOB NOT NULL) STRICT")
    return SqliteNodes(connection)


def check_shape(tree: Tree, node) -> tuple[int, int, bytes]:
    """Height, size and smallest key, each as the node says."""
    if node.value is not None:
        assert (node.height, node.size) == (0, 1)
        return 0, 1, node.key
    left, right = (check_shape(tree, tree.load(side)) for side in (node.left, node.right))
    assert abs(left[0] - right[0]) <= 1
    assert node.height == 1 + max(left[0], right[0])
    assert node.size == left[1] + right[1]
    assert node.key == right[2]
    return node.height, node.size, left[2]


def built(work: list) -> tuple[SqliteNodes, list[tuple[NodeRef | None, dict[bytes, bytes]]]]:
    nodes, root, content = node_store(), None, {}
    history = []
    for version, changes in enumerate(work, start=1):
        tree = Tree(nodes, root=root, version=version)
        for key, value in changes:
            if value is None:
                assert tree.remove(key) == (content.pop(key, None) is not None)
            else:
                tree.set(key, value)
                content[key] = value
        root = tree.save()
        nodes.flush()
        nodes.forget()
        history.append((root, dict(content)))
    return nodes, history


@given(versions)
def test_every_version_keeps_its_content_and_shape(work: list) -> None:
    nodes, history = built(work)
    for root, content in history:
        tree = Tree(nodes, root=root, version=99)
        assert dict(tree.items()) == content
        assert [key for key, _ in tree.items()] == sorted(content)
        if tree.root is not None:
            check_shape(tree, tree.root)


@given(versions, st.lists(keys, min_size=1, max_size=8))
def test_every_key_has_a_proof_of_what_it_is(work: list, asked: list[bytes]) -> None:
    nodes, history = built(work)
    for root, content in history:
        if root is None:
            continue
        tree = Tree(nodes, root=root, version=99)
        stores = {"ibc": root.hash, "settlement": bytes(32)}
        upper = message_field(1, merkle.prove_store(stores, "ibc"))
        app_hash = merkle.store_map_root(stores)
        for key in (*asked, *list(content)[:3]):
            proof = message_field(1, prove(tree, key)) + upper
            path = (b"ibc", key)
            if key in content:
                ics23.verify_membership(proof, root=app_hash, path=path, value=content[key])
                refused(lambda: ics23.verify_non_membership(proof, root=app_hash, path=path))  # noqa: B023
            else:
                ics23.verify_non_membership(proof, root=app_hash, path=path)
                refused(lambda: ics23.verify_membership(proof, root=app_hash, path=path, value=b"x"))  # noqa: B023


def refused(check) -> None:
    try:
        check()
    except ProofError:
        return
    raise AssertionError("a proof was taken for its opposite")


@given(versions, st.lists(keys, max_size=8))
def test_neighbours_are_those_of_the_sorted_keys(work: list, asked: list[bytes]) -> None:
    nodes, history = built(work)
    root, content = history[-1]
    tree = Tree(nodes, root=root, version=99)
    for key in (*asked, *content):
        assert tree.above(key) == min((each for each in content if each > key), default=None)
        assert tree.below(key) == max((each for each in content if each < key), default=None)
        assert tree.get(key) == content.get(key)
