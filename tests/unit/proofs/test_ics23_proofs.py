"""ICS-23 proofs of the Go implementation are accepted, and every claim that they do not make is refused."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

import pytest

from relayer.proofs import ics23, merkle
from relayer.proofs.errors import MembershipRefused, ProofError, Refusal
from relayer.proofs.protobuf import length_delimited
from relayer.wire.cosmos_protos import commitment
from relayer.wire.cosmos_protos import ics23 as messages

h = bytes.fromhex


def all_proofs(vectors: dict[str, Any]) -> list[tuple[dict[str, str], bytes]]:
    return [
        (proof, h(version["app_hash"]))
        for case in vectors["cases"]
        for version in case["versions"]
        for proof in version["proofs"]
    ]


def verify(proof: dict[str, str], root: bytes) -> None:
    path = [b"ibc", h(proof["key"])]
    if proof["kind"] == "exist":
        ics23.verify_membership(h(proof["merkle_proof"]), root=root, path=path, value=h(proof["value"]))
    else:
        ics23.verify_non_membership(h(proof["merkle_proof"]), root=root, path=path)


def test_every_proof_of_the_go_tree_is_accepted(iavl_vectors: dict[str, Any]) -> None:
    proofs = all_proofs(iavl_vectors)
    for proof, root in proofs:
        verify(proof, root)
    assert {proof["kind"] for proof, _ in proofs} == {"exist", "nonexist"}
    assert len(proofs) > 200


def test_no_proof_serves_another_root(iavl_vectors: dict[str, Any]) -> None:
    for proof, root in all_proofs(iavl_vectors):
        with pytest.raises(MembershipRefused) as refused:
            verify(proof, bytes(31) + bytes([root[31] ^ 1]))
        assert refused.value.code is Refusal.PROOF_ROOT


def test_absence_between_neighbours_of_neighbours_is_refused(iavl_vectors: dict[str, Any]) -> None:
    """Two true leaves that enclose a present key must not prove its absence, whichever two they are."""
    refused = sum(forge_absences(version) for version in iavl_vectors["cases"][-1]["versions"])
    assert refused > 50


def forge_absences(version: dict[str, Any]) -> int:
    by_key = {}
    for proof in version["proofs"]:
        message = commitment.MerkleProof()
        message.ParseFromString(h(proof["merkle_proof"]))
        store = message.proofs[1]
        lower = message.proofs[0]
        shown = [lower.exist] if proof["kind"] == "exist" else [lower.nonexist.left, lower.nonexist.right]
        by_key |= {each.key: each for each in shown if each.key}
    keys = sorted(by_key)
    refused = 0
    for low in range(len(keys)):
        for high in range(low + 2, len(keys)):
            forged = commitment.MerkleProof()
            nonexist = forged.proofs.add().nonexist
            nonexist.key = keys[low + 1]
            nonexist.left.CopyFrom(by_key[keys[low]])
            nonexist.right.CopyFrom(by_key[keys[high]])
            forged.proofs.add().CopyFrom(store)
            path = [b"ibc", keys[low + 1]]
            with pytest.raises(MembershipRefused) as error:
                ics23.verify_non_membership(forged.SerializeToString(), root=h(version["app_hash"]), path=path)
            assert error.value.code is Refusal.PROOF_NEIGHBOURS
            refused += 1
    return refused


def test_a_store_cannot_pass_for_another_by_hiding_name_bytes_in_the_prefix() -> None:
    """Store `q 03 ibc` hashes the bytes that store `ibc` would hash under the longer prefix `00 05 q`."""
    stores = {"q\x03ibc": bytes(32), "settlement": b"\1" * 32}
    root = merkle.store_map_root(stores)
    proof = messages.CommitmentProof()
    proof.ParseFromString(merkle.prove_store(stores, "q\x03ibc"))
    honest = proof.exist
    assert ics23.check_existence(honest, ics23.TreeKind.MULTISTORE).root == root

    forged = messages.ExistenceProof()
    forged.CopyFrom(honest)
    forged.leaf.prefix = b"\x00\x05q"
    forged.key = b"ibc"
    hashed = [each.leaf.prefix + length_delimited(each.key) for each in (honest, forged)]
    assert hashed[0] == hashed[1], "the attack is real: both leaves have one preimage"
    with pytest.raises(MembershipRefused) as refused:
        ics23.check_existence(forged, ics23.TreeKind.MULTISTORE)
    assert refused.value.code is Refusal.PROOF_SPEC


def test_an_oversized_proof_is_not_parsed() -> None:
    with pytest.raises(ProofError) as refused:
        ics23.verify_membership(bytes(ics23.MAXIMUM_PROOF_BYTES + 1), root=bytes(32), path=[b"a", b"b"], value=b"c")
    assert refused.value.code is Refusal.LIMIT


def node(prefix: bytes, content: bytes) -> bytes:
    return sha256(prefix + content).digest()


LEAF_PREFIX = b"\x00\x02\x02"
INNER_PREFIX = b"\x02\x04\x02"


def leaf_hash(key: bytes, prefix: bytes = LEAF_PREFIX) -> bytes:
    return node(prefix, length_delimited(key) + length_delimited(sha256(b"value").digest()))


def existence(key: bytes, inner: messages.InnerOp, prefix: bytes = LEAF_PREFIX) -> messages.ExistenceProof:
    leaf = messages.LeafOp(hash=1, prehash_value=1, length=1, prefix=prefix)
    return messages.ExistenceProof(key=key, value=b"value", leaf=leaf, path=[inner])


def as_left(sibling: bytes, frame: bytes = b"\x20") -> messages.InnerOp:
    return messages.InnerOp(hash=1, prefix=INNER_PREFIX + frame, suffix=frame + sibling)


def as_right(sibling: bytes, frame: bytes = b"\x20") -> messages.InnerOp:
    return messages.InnerOp(hash=1, prefix=INNER_PREFIX + frame + sibling + frame)


def test_a_tree_whose_keys_are_out_of_order_proves_no_absence() -> None:
    """Leaves `c` (left) and `a` (right): both enclose `b`, but not as the tree has them."""
    low = existence(b"a", as_right(leaf_hash(b"c")))
    high = existence(b"c", as_left(leaf_hash(b"a")))
    roots = {ics23.check_existence(each, ics23.TreeKind.IAVL).root for each in (low, high)}
    assert len(roots) == 1
    with pytest.raises(MembershipRefused) as refused:
        ics23.check_absence(messages.NonExistenceProof(key=b"b", left=low, right=high), key=b"b")
    assert refused.value.code is Refusal.PROOF_NEIGHBOURS
    ordered = messages.NonExistenceProof(
        key=b"b",
        left=existence(b"a", as_left(leaf_hash(b"c"))),
        right=existence(b"c", as_right(leaf_hash(b"a"))),
    )
    assert ics23.check_absence(ordered, key=b"b") == ics23.check_existence(ordered.left, ics23.TreeKind.IAVL).root


@pytest.mark.parametrize(
    "forged",
    [
        existence(b"a", as_left(leaf_hash(b"c"), frame=b"\x21")),
        existence(b"a", as_right(leaf_hash(b"c"), frame=b"\x21")),
        existence(b"a", as_left(leaf_hash(b"c")), prefix=b"\x00\x82\x00\x02"),
        existence(b"a", as_left(leaf_hash(b"c")), prefix=b"\x00\x02\x80"),
        existence(b"a", as_left(leaf_hash(b"c")), prefix=b"\x00\x02" + b"\xfe" * 9 + b"\x02"),
        existence(b"a", as_left(leaf_hash(b"c")), prefix=b"\x00\x02" + b"\x82" * 11),
    ],
)
def test_nodes_that_no_tree_writes_are_refused(forged: messages.ExistenceProof) -> None:
    ics23.check_existence(existence(b"a", as_left(leaf_hash(b"c"))), ics23.TreeKind.IAVL)
    ics23.check_existence(existence(b"a", as_right(leaf_hash(b"c"))), ics23.TreeKind.IAVL)
    with pytest.raises(MembershipRefused) as refused:
        ics23.check_existence(forged, ics23.TreeKind.IAVL)
    assert refused.value.code is Refusal.PROOF_SPEC
