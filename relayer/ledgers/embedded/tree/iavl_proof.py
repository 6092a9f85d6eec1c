"""ICS-23 proofs out of an IAVL tree: that a key has its value, or that no key lies between two neighbours.

Proofs are made of saved versions only, so that what is proven is what was sealed.
"""

from __future__ import annotations

from relayer.ledgers.embedded.tree.errors import NothingToProve
from relayer.ledgers.embedded.tree.iavl import HASH_FRAME, Node, NodeRef, Tree
from relayer.wire.cosmos_protos import ics23


def prove(tree: Tree, key: bytes) -> bytes:
    """`cosmos.ics23.v1.CommitmentProof` bytes: existence if the key is there, else non-existence.

    Raises NothingToProve for a tree without keys.
    """
    path, leaf = _descend(tree, key)
    if leaf.key == key:
        proof = ics23.CommitmentProof(exist=_existence(tree, path, leaf))
    else:
        proof = ics23.CommitmentProof(nonexist=_absence(tree, key))
    encoded: bytes = proof.SerializeToString(deterministic=True)
    return encoded


def _descend(tree: Tree, key: bytes) -> tuple[list[tuple[Node, bool]], Node]:
    """The branches from the root down, each with whether the path turns left there, and the leaf it ends in."""
    node = tree.root
    if node is None:
        raise NothingToProve("the store holds no key at this height; nothing can be proven about it")
    path = []
    while node.value is None:
        left = key < node.key
        path.append((node, left))
        node = tree.load(node.left if left else node.right)
    return path, node


def _existence(tree: Tree, path: list[tuple[Node, bool]], leaf: Node) -> ics23.ExistenceProof:
    return ics23.ExistenceProof(
        key=leaf.key,
        value=leaf.value,
        leaf=ics23.LeafOp(hash=ics23.SHA256, prehash_value=ics23.SHA256, length=ics23.VAR_PROTO, prefix=leaf.header()),
        path=[_inner(tree, branch, left) for branch, left in reversed(path)],
    )


def _inner(tree: Tree, branch: Node, left: bool) -> ics23.InnerOp:  # noqa: FBT001 (a side is what it is)
    if left:
        return ics23.InnerOp(
            hash=ics23.SHA256, prefix=branch.header() + HASH_FRAME, suffix=HASH_FRAME + _hash(tree, branch.right)
        )
    prefix = branch.header() + HASH_FRAME + _hash(tree, branch.left) + HASH_FRAME
    return ics23.InnerOp(hash=ics23.SHA256, prefix=prefix)


def _hash(tree: Tree, child: Node | NodeRef | None) -> bytes:
    return child.hash if isinstance(child, NodeRef) else tree.load(child).hash


def _absence(tree: Tree, key: bytes) -> ics23.NonExistenceProof:
    proof = ics23.NonExistenceProof(key=key)
    for neighbour, place in ((tree.below(key), proof.left), (tree.above(key), proof.right)):
        if neighbour is not None:
            path, leaf = _descend(tree, neighbour)
            place.CopyFrom(_existence(tree, path, leaf))
    return proof
