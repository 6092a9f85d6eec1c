"""The two sha256 trees around a CometBFT application: the RFC 6962-style tree of lists, and the map of named stores.

A leaf is sha256(00 || item), a branch sha256(01 || left || right); the left side holds the largest power of two that
leaves something for the right (RFC 6962, section 2.1). It must never hash a list of one as the item itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

from relayer.proofs.errors import MembershipRefused, Refusal
from relayer.proofs.protobuf import length_delimited
from relayer.wire.cosmos_protos import ics23

HASH_BYTES = 32
EMPTY_ROOT = sha256(b"").digest()
"""The root of an empty list."""

_LEAF = b"\x00"
_BRANCH = b"\x01"


@dataclass(frozen=True, slots=True, kw_only=True)
class InclusionProof:
    """Proof that one item is at `index` of `total`. `aunts` are sibling hashes from the leaf up, 32 bytes each."""

    index: int
    total: int
    leaf_hash: bytes
    aunts: tuple[bytes, ...]


def leaf_hash(item: bytes) -> bytes:
    """RFC 6962 leaf, 32 bytes."""
    return sha256(_LEAF + item).digest()


def branch_hash(left: bytes, right: bytes) -> bytes:
    """RFC 6962 branch, 32 bytes."""
    return sha256(_BRANCH + left + right).digest()


def root(items: Sequence[bytes]) -> bytes:
    """32 bytes; the hash of nothing for no items."""
    if not items:
        return EMPTY_ROOT
    return _root([leaf_hash(item) for item in items])


def prove(items: Sequence[bytes], index: int) -> InclusionProof:
    """Inclusion of `items[index]`. Raises IndexError for an index outside."""
    if not 0 <= index < len(items):
        raise IndexError(index)
    hashes = [leaf_hash(item) for item in items]
    return InclusionProof(index=index, total=len(items), leaf_hash=hashes[index], aunts=tuple(_aunts(hashes, index)))


def verify_inclusion(proof: InclusionProof, *, root: bytes, item: bytes) -> None:
    """Raises MembershipRefused unless `item` is at the proof's index under `root`."""
    if not 0 <= proof.index < proof.total:
        raise MembershipRefused(Refusal.PROOF_PATH, f"index {proof.index} is outside of {proof.total} items")
    if proof.leaf_hash != leaf_hash(item):
        raise MembershipRefused(Refusal.PROOF_VALUE, "the proof is for a different item")
    if any(len(aunt) != HASH_BYTES for aunt in proof.aunts):
        raise MembershipRefused(Refusal.MALFORMED, "a sibling hash is not 32 bytes long")
    sides = _sides(proof.index, proof.total)
    if len(sides) != len(proof.aunts):
        raise MembershipRefused(Refusal.PROOF_PATH, f"{len(proof.aunts)} sibling hashes where {len(sides)} are needed")
    node = proof.leaf_hash
    for is_left, aunt in zip(reversed(sides), proof.aunts, strict=True):
        node = branch_hash(node, aunt) if is_left else branch_hash(aunt, node)
    if node != root:
        raise MembershipRefused(Refusal.PROOF_ROOT, "the proof leads to a different root")


def store_map_root(stores: Mapping[str, bytes]) -> bytes:
    """The app hash over named stores: 32-byte store roots, sorted by name (Cosmos SDK commit info)."""
    return root([_map_leaf(name, stores[name]) for name in sorted(stores)])


def prove_store(stores: Mapping[str, bytes], name: str) -> bytes:
    """`cosmos.ics23.v1.CommitmentProof` bytes proving `stores[name]` under `store_map_root(stores)`."""
    names = sorted(stores)
    proof = prove([_map_leaf(each, stores[each]) for each in names], names.index(name))
    sides = _sides(proof.index, proof.total)
    path = [_inner_operation(is_left, aunt) for is_left, aunt in zip(reversed(sides), proof.aunts, strict=True)]
    leaf = ics23.LeafOp(hash=ics23.SHA256, prehash_value=ics23.SHA256, length=ics23.VAR_PROTO, prefix=_LEAF)
    exist = ics23.ExistenceProof(key=name.encode(), value=stores[name], leaf=leaf, path=path)
    encoded: bytes = ics23.CommitmentProof(exist=exist).SerializeToString(deterministic=True)
    return encoded


def _inner_operation(is_left: bool, sibling: bytes) -> ics23.InnerOp:  # noqa: FBT001 (a side is what it is)
    if is_left:
        return ics23.InnerOp(hash=ics23.SHA256, prefix=_BRANCH, suffix=sibling)
    return ics23.InnerOp(hash=ics23.SHA256, prefix=_BRANCH + sibling)


def _map_leaf(name: str, value: bytes) -> bytes:
    return length_delimited(name.encode()) + length_delimited(sha256(value).digest())


def _split(count: int) -> int:
    """The largest power of two below `count`, for a count of two or more."""
    return 1 << (count - 1).bit_length() - 1


def _root(hashes: Sequence[bytes]) -> bytes:
    if len(hashes) == 1:
        return hashes[0]
    at = _split(len(hashes))
    return branch_hash(_root(hashes[:at]), _root(hashes[at:]))


def _aunts(hashes: Sequence[bytes], index: int) -> list[bytes]:
    if len(hashes) == 1:
        return []
    at = _split(len(hashes))
    if index < at:
        return [*_aunts(hashes[:at], index), _root(hashes[at:])]
    return [*_aunts(hashes[at:], index - at), _root(hashes[:at])]


def _sides(index: int, total: int) -> list[bool]:
    """From the root down: whether the path turns left. Loops at most 64 times for any total below 2^64."""
    sides = []
    while total > 1:
        at = _split(total)
        is_left = index < at
        sides.append(is_left)
        index, total = (index, at) if is_left else (index - at, total - at)
    return sides
