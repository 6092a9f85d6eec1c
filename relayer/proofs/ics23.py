"""ICS-23 proofs of presence and absence in a Cosmos store: an IAVL tree below, the map of stores above.

A proof has two levels. The first shows a key (or its two neighbours) in the store's IAVL tree; the second shows the
store's root under its name in the app hash. The two proof specs of ICS-23 are built in, because a client that accepted
other specs would accept other trees; every hash operation must be one that the real tree can contain, so that no byte
of a prefix or suffix can hide a node. Compressed and batched proofs are refused.

Sources: ICS-23, cosmos/iavl proof format, Cosmos SDK commit info.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from hashlib import sha256

from relayer.codes.limits import MAXIMUM_PROOF_DEPTH
from relayer.proofs.errors import MembershipRefused, Refusal
from relayer.proofs.protobuf import length_delimited, parse_canonical
from relayer.wire.cosmos_protos import commitment, ics23

MAXIMUM_PROOF_BYTES = 256 * 1024
LEVELS = 2

_HASH_LENGTH_BYTE = b"\x20"
_LEAF_PREFIX_MULTISTORE = b"\x00"
_INNER_PREFIX_MULTISTORE = b"\x01"
_MAXIMUM_VARINT_BYTES = 10
_MAXIMUM_HEADER_BYTES = 11
"""ICS-23 allows an IAVL node 12 bytes before a child on the left, the last of which is the length of its hash."""


class TreeKind(Enum):
    """The two trees of a Cosmos store, each with its own rules for leaf and inner operations."""

    IAVL = "iavl"
    MULTISTORE = "multistore"


class BranchSide(Enum):
    """The side of its parent on which the proven node is."""

    LEFT = "left"
    RIGHT = "right"


@dataclass(frozen=True, slots=True, kw_only=True)
class InnerStep:
    """One checked inner operation: sha256(prefix || child || suffix)."""

    prefix: bytes
    suffix: bytes
    side: BranchSide


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaf:
    """A checked existence proof: key, value, and the root that follows from them."""

    key: bytes
    value: bytes
    steps: tuple[InnerStep, ...]
    root: bytes


def verify_membership(proof: bytes, *, root: bytes, path: Sequence[bytes], value: bytes) -> None:
    """Checks that `value` is stored at `path` = (store, key) in the state with app hash `root`.

    `proof` is `ibc.core.commitment.v1.MerkleProof` bytes. Raises MalformedBytes or MembershipRefused.
    """
    if not value:
        raise MembershipRefused(Refusal.PROOF_VALUE, "an empty value cannot be proven")
    lower, upper = _levels(proof, path)
    leaf = check_existence(_existence(lower), TreeKind.IAVL)
    _same_key(leaf.key, path[1])
    if leaf.value != value:
        raise MembershipRefused(Refusal.PROOF_VALUE, "the proof shows a different value under the key")
    _verify_store(upper, root=root, store=path[0], store_root=leaf.root)


def verify_non_membership(proof: bytes, *, root: bytes, path: Sequence[bytes]) -> None:
    """Checks that nothing is stored at `path` = (store, key) in the state with app hash `root`.

    `proof` is `ibc.core.commitment.v1.MerkleProof` bytes. Raises MalformedBytes or MembershipRefused.
    """
    lower, upper = _levels(proof, path)
    if lower.WhichOneof("proof") != "nonexist":
        raise MembershipRefused(Refusal.PROOF_KIND, "expected a proof of absence for the key")
    store_root = check_absence(lower.nonexist, key=path[1])
    _verify_store(upper, root=root, store=path[0], store_root=store_root)


def check_existence(proof: ics23.ExistenceProof, kind: TreeKind) -> Leaf:
    """The leaf that the proof shows, with the root it leads to. Raises MembershipRefused for any other operation."""
    if not proof.key:
        raise MembershipRefused(Refusal.PROOF_KEY, "a proof with an empty key")
    if not proof.value:
        raise MembershipRefused(Refusal.PROOF_VALUE, "a proof with an empty value")
    if not proof.HasField("leaf"):
        raise MembershipRefused(Refusal.PROOF_SPEC, "a proof without a leaf operation")
    if len(proof.path) > MAXIMUM_PROOF_DEPTH:
        raise MembershipRefused(Refusal.LIMIT, f"a proof of {len(proof.path)} inner nodes, at most {MAXIMUM_PROOF_DEPTH}")
    prefix = _leaf_prefix(proof.leaf, kind)
    value_hash = sha256(proof.value).digest()
    node = sha256(prefix + length_delimited(proof.key) + length_delimited(value_hash)).digest()
    steps = []
    for layer, operation in enumerate(proof.path, start=1):
        step = _inner_step(operation, kind, layer)
        node = sha256(step.prefix + node + step.suffix).digest()
        steps.append(step)
    return Leaf(key=proof.key, value=proof.value, steps=tuple(steps), root=node)


def check_absence(proof: ics23.NonExistenceProof, *, key: bytes) -> bytes:
    """The IAVL root under which nothing is stored between the proof's neighbours, which enclose `key`."""
    _same_key(proof.key, key)
    left = check_existence(proof.left, TreeKind.IAVL) if proof.HasField("left") else None
    right = check_existence(proof.right, TreeKind.IAVL) if proof.HasField("right") else None
    if left is not None and left.key >= key:
        raise MembershipRefused(Refusal.PROOF_NEIGHBOURS, "the left neighbour is not below the key")
    if right is not None and right.key <= key:
        raise MembershipRefused(Refusal.PROOF_NEIGHBOURS, "the right neighbour is not above the key")
    match left, right:
        case Leaf(), Leaf():
            if left.root != right.root:
                raise MembershipRefused(Refusal.PROOF_ROOT, "the two neighbours lead to different roots")
            adjacent = _are_neighbours(left.steps, right.steps)
            root = left.root
        case Leaf(), None:
            adjacent = all(step.side is BranchSide.RIGHT for step in left.steps)
            root = left.root
        case None, Leaf():
            adjacent = all(step.side is BranchSide.LEFT for step in right.steps)
            root = right.root
        case _:
            raise MembershipRefused(Refusal.PROOF_NEIGHBOURS, "a proof of absence without any neighbour")
    if not adjacent:
        raise MembershipRefused(Refusal.PROOF_NEIGHBOURS, "other keys may lie between the neighbours")
    return root


def _levels(raw: bytes, path: Sequence[bytes]) -> tuple[ics23.CommitmentProof, ics23.CommitmentProof]:
    if len(path) != LEVELS or not all(path):
        raise MembershipRefused(Refusal.PROOF_PATH, f"expected a path of store name and key, got {len(path)} elements")
    proof = parse_canonical(commitment.MerkleProof, raw, maximum_bytes=MAXIMUM_PROOF_BYTES)
    if len(proof.proofs) != LEVELS:
        raise MembershipRefused(Refusal.PROOF_PATH, f"expected {LEVELS} levels of proof, got {len(proof.proofs)}")
    return proof.proofs[0], proof.proofs[1]


def _existence(proof: ics23.CommitmentProof) -> ics23.ExistenceProof:
    if proof.WhichOneof("proof") != "exist":
        raise MembershipRefused(Refusal.PROOF_KIND, "expected a proof of presence")
    return proof.exist


def _verify_store(proof: ics23.CommitmentProof, *, root: bytes, store: bytes, store_root: bytes) -> None:
    leaf = check_existence(_existence(proof), TreeKind.MULTISTORE)
    _same_key(leaf.key, store)
    if leaf.value != store_root:
        raise MembershipRefused(Refusal.PROOF_ROOT, "the store's root is not the one that the key's proof leads to")
    if leaf.root != root:
        raise MembershipRefused(Refusal.PROOF_ROOT, "the proof leads to a different app hash")


def _same_key(shown: bytes, asked: bytes) -> None:
    if shown != asked:
        raise MembershipRefused(Refusal.PROOF_KEY, "the proof is for a different key")


def _leaf_prefix(operation: ics23.LeafOp, kind: TreeKind) -> bytes:
    hashing = (operation.hash, operation.prehash_key, operation.prehash_value, operation.length)
    if hashing != (ics23.SHA256, ics23.NO_HASH, ics23.SHA256, ics23.VAR_PROTO):
        raise MembershipRefused(Refusal.PROOF_SPEC, "a leaf operation whose hashes are not the tree's")
    prefix: bytes = operation.prefix
    match kind:
        case TreeKind.MULTISTORE:
            # Exactly 00: a longer prefix would let chosen key bytes pass as part of the leaf.
            valid = prefix == _LEAF_PREFIX_MULTISTORE
        case TreeKind.IAVL:
            height, rest = _node_header(prefix)
            valid = height == 0 and not rest
    if not valid:
        raise MembershipRefused(Refusal.PROOF_SPEC, "a leaf prefix that the tree does not have")
    return prefix


def _inner_step(operation: ics23.InnerOp, kind: TreeKind, layer: int) -> InnerStep:
    if operation.hash != ics23.SHA256:
        raise MembershipRefused(Refusal.PROOF_SPEC, "an inner operation whose hash is not the tree's")
    prefix: bytes = operation.prefix
    suffix: bytes = operation.suffix
    match kind:
        case TreeKind.MULTISTORE:
            if not prefix.startswith(_INNER_PREFIX_MULTISTORE):
                raise MembershipRefused(Refusal.PROOF_SPEC, "an inner prefix that the map of stores does not have")
            side = _side_of_hash(prefix[1:], suffix)
        case TreeKind.IAVL:
            height, rest = _node_header(prefix)
            if height < layer:
                raise MembershipRefused(Refusal.PROOF_SPEC, f"a node of height {height} on layer {layer}")
            side = _side_of_framed_hash(rest, suffix)
    return InnerStep(prefix=prefix, suffix=suffix, side=side)


def _side_of_hash(before: bytes, after: bytes) -> BranchSide:
    match len(before), len(after):
        case 0, 32:
            return BranchSide.LEFT
        case 32, 0:
            return BranchSide.RIGHT
        case _:
            raise MembershipRefused(Refusal.PROOF_SPEC, "an inner node of the map of stores has one sibling hash")


def _side_of_framed_hash(before: bytes, after: bytes) -> BranchSide:
    """IAVL writes 0x20 before each child's hash: `20 | child | 20 hash` on the left, `20 hash 20 | child` on the right."""
    match len(before), len(after):
        case 1, 33 if before == after[:1] == _HASH_LENGTH_BYTE:
            return BranchSide.LEFT
        case 34, 0 if before[:1] == before[33:] == _HASH_LENGTH_BYTE:
            return BranchSide.RIGHT
        case _:
            raise MembershipRefused(Refusal.PROOF_SPEC, "an inner node of an IAVL tree has one framed sibling hash")


def _node_header(prefix: bytes) -> tuple[int, bytes]:
    """The height of an IAVL node and what follows height, size and version (three zig-zag varints, none negative)."""
    height, at = _read_varint(prefix, 0)
    _, at = _read_varint(prefix, at)
    _, at = _read_varint(prefix, at)
    if at > _MAXIMUM_HEADER_BYTES:
        raise MembershipRefused(Refusal.PROOF_SPEC, f"a node's header of {at} bytes, at most {_MAXIMUM_HEADER_BYTES}")
    return height, prefix[at:]


def _read_varint(raw: bytes, at: int) -> tuple[int, int]:
    value = 0
    for index in range(_MAXIMUM_VARINT_BYTES):
        if at + index >= len(raw):
            break
        byte = raw[at + index]
        value |= (byte & 0x7F) << (7 * index)
        if byte < 0x80:
            if value & 1 or value >= 1 << 64 or (byte == 0 and index):
                raise MembershipRefused(Refusal.PROOF_SPEC, "a negative, padded or overlong number in a node's header")
            return value >> 1, at + index + 1
    raise MembershipRefused(Refusal.PROOF_SPEC, "a node's header ends too early")


def _are_neighbours(left: Sequence[InnerStep], right: Sequence[InnerStep]) -> bool:
    """Whether no leaf can lie between: below the node where the paths part, left turns right and right turns left."""
    left_depth, right_depth = len(left), len(right)
    while left_depth and right_depth and left[left_depth - 1] == right[right_depth - 1]:
        left_depth -= 1
        right_depth -= 1
    if not left_depth or not right_depth:
        return False
    parts = left[left_depth - 1].side is BranchSide.LEFT and right[right_depth - 1].side is BranchSide.RIGHT
    return (
        parts
        and all(step.side is BranchSide.RIGHT for step in left[: left_depth - 1])
        and all(step.side is BranchSide.LEFT for step in right[: right_depth - 1])
    )
