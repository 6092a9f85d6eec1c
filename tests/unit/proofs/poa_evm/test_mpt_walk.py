"""Merkle-Patricia proofs against go-ethereum's, and the speed that batches rely on."""

from __future__ import annotations

from time import process_time
from typing import Any

import pytest

from relayer.proofs.errors import MembershipRefused, Refusal
from relayer.proofs.poa_evm import mpt

h = bytes.fromhex


def nodes(proof: list[str]) -> list[bytes]:
    return [h(each) for each in proof]


def test_accounts_and_words_are_those_of_go_ethereum(evm_vectors: dict[str, Any]) -> None:
    kinds = set()
    for state in evm_vectors["states"]:
        account = mpt.verify_account(
            nodes(state["account_proof"]), state_root=h(state["state_root"]), address=h(state["address"])
        )
        assert (account.nonce, str(account.balance)) == (state["nonce"], state["balance"])
        assert (account.storage_root.hex(), account.code_hash.hex()) == (state["storage_root"], state["code_hash"])
        for slot in state["slots"]:
            word = mpt.verify_storage(nodes(slot["proof"]), storage_root=account.storage_root, slot=h(slot["slot"]))
            assert (None if word is None else word.hex()) == slot.get("value")
            kinds.add(slot["kind"])
    assert kinds == {"exist", "nonexist"}


def test_an_absent_account_is_refused_as_absent(evm_vectors: dict[str, Any]) -> None:
    for state in evm_vectors["states"]:
        with pytest.raises(MembershipRefused) as refused:
            mpt.verify_account(
                nodes(state["absent_account_proof"]),
                state_root=h(state["state_root"]),
                address=h(state["absent_address"]),
            )
        assert refused.value.code is Refusal.VALUE_ABSENT


def test_short_tries_with_inline_nodes(evm_vectors: dict[str, Any]) -> None:
    shared = 0
    for trie in evm_vectors["small_tries"]:
        for entry in trie["entries"]:
            value = mpt.walk(nodes(entry["proof"]), root=h(trie["root"]), key=h(entry["key"]))
            assert (None if value is None else value.hex()) == entry.get("value")
            shared += len(entry["proof"]) == 1 and len(trie["entries"]) > 3
    assert shared, "no vector has an inline node"


def test_an_inline_node_shown_again_is_extra(evm_vectors: dict[str, Any]) -> None:
    """Some nodes list inline nodes a second time; a prover must leave them out."""
    trie = evm_vectors["small_tries"][3]
    entry = trie["entries"][0]
    proof = nodes(entry["proof"])
    with pytest.raises(MembershipRefused) as refused:
        mpt.walk([*proof, b"\xc2\x20\x01"], root=h(trie["root"]), key=h(entry["key"]))
    assert refused.value.code is Refusal.NODE_EXTRA


def test_a_proof_of_four_nodes_takes_a_fraction_of_a_millisecond(evm_vectors: dict[str, Any]) -> None:
    state = evm_vectors["states"][-1]
    slot = max(state["slots"], key=lambda each: len(each["proof"]))
    proof, root, key = nodes(slot["proof"]), h(state["storage_root"]), h(slot["slot"])
    assert len(proof) >= 3
    best = min(_seconds(lambda: mpt.verify_storage(proof, storage_root=root, slot=key)) for _ in range(200))
    assert best < 0.001


def _seconds(run: Any) -> float:
    started = process_time()
    run()
    return process_time() - started
