"""Hash trees against vectors of CometBFT and of the Cosmos SDK's store."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from relayer.proofs import merkle
from relayer.proofs.errors import MembershipRefused, Refusal

h = bytes.fromhex


def test_roots_and_proofs_are_those_of_go(comet_vectors: dict[str, Any]) -> None:
    for tree in comet_vectors["trees"]:
        items = [h(each) for each in tree["items"]]
        root = merkle.root(items)
        assert root.hex() == tree["root"]
        for index, expected in enumerate(tree["proofs"]):
            proof = merkle.prove(items, index)
            assert [each.hex() for each in proof.aunts] == expected["aunts"]
            assert proof.leaf_hash.hex() == expected["leaf_hash"]
            merkle.verify_inclusion(proof, root=root, item=items[index])


def test_store_maps_have_the_app_hash_and_proof_of_the_sdk(iavl_vectors: dict[str, Any]) -> None:
    for case in iavl_vectors["cases"]:
        for version in case["versions"]:
            stores = {name: h(root) for name, root in version["stores"].items()}
            assert merkle.store_map_root(stores).hex() == version["app_hash"]
            for proof in version["proofs"]:
                assert h(proof["merkle_proof"]).endswith(merkle.prove_store(stores, case["store"]))


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"index": 4}, Refusal.PROOF_ROOT),
        ({"index": 7}, Refusal.PROOF_PATH),
        ({"index": -1}, Refusal.PROOF_PATH),
        ({"total": 3}, Refusal.PROOF_PATH),
        ({"total": 2**63, "index": 2**62}, Refusal.PROOF_PATH),
        ({"leaf_hash": bytes(32)}, Refusal.PROOF_VALUE),
        ({"aunts": ()}, Refusal.PROOF_PATH),
        ({"aunts": (bytes(32), bytes(32), bytes(32))}, Refusal.PROOF_ROOT),
        ({"aunts": (bytes(31), bytes(32), bytes(32))}, Refusal.MALFORMED),
    ],
)
def test_a_changed_inclusion_proof_is_refused(change: dict[str, Any], code: Refusal) -> None:
    items = [b"item %d" % number for number in range(7)]
    root = merkle.root(items)
    good = merkle.prove(items, 5)
    merkle.verify_inclusion(good, root=root, item=items[5])
    with pytest.raises(MembershipRefused) as refused:
        merkle.verify_inclusion(replace(good, **change), root=root, item=items[5])
    assert refused.value.code is code


def test_a_branch_is_no_leaf() -> None:
    items = [b"a", b"b"]
    inside = merkle.leaf_hash(b"a") + merkle.leaf_hash(b"b")
    assert merkle.root([inside]) != merkle.root(items)


def test_no_index_outside_can_be_proven() -> None:
    with pytest.raises(IndexError):
        merkle.prove([b"a"], 1)
    with pytest.raises(IndexError):
        merkle.prove([b"a"], -1)
