"""Whatever bytes come in: a typed refusal, or exactly the verdict of the untouched original. Never another exception."""

from __future__ import annotations

import json
from functools import partial
from typing import Any

import pytest
import rlp as reference_rlp
from eth_utils import keccak
from hypothesis import given, settings
from hypothesis import strategies as st
from trie import HexaryTrie

from relayer.proofs import comet, ics23, merkle
from relayer.proofs.client import ClientIdentity, MappingConsensusStates, Updated
from relayer.proofs.comet import client as comet_client
from relayer.proofs.comet import client_types as comet_client_types
from relayer.proofs.errors import HeaderRefused, MalformedBytes, ProofError
from relayer.proofs.poa_evm import client as poa_evm
from relayer.proofs.poa_evm import evm_header, mpt, rlp
from relayer.proofs.poa_evm import types as poa_evm_types
from relayer.proofs.poa_evm.attestation import authority_digest, check_quorum, recover_signer, sign_digest
from tests.support.paths import TESTS

h = bytes.fromhex


def cases(client: str, name: str) -> list[dict[str, Any]]:
    return json.loads((TESTS / "cases" / client / f"{name}.json").read_text())


COMET_UPDATES = [case for case in cases("comet", "update") if case["verdict"] == "updated"]
POA_UPDATES = [case for case in cases("poa_evm", "update") if case["verdict"] == "updated"]
COMET_PROOFS = [case for case in cases("comet", "membership") if case["verdict"] == "ok"]
POA_PROOFS = [case for case in cases("poa_evm", "membership") if case["verdict"] == "ok"]


@st.composite
def mutated(draw: st.DrawFn, raw: bytes) -> bytes:
    """`raw` with a byte changed, left out or put in, a piece cut off, or a piece written twice."""
    at = draw(st.integers(0, len(raw) - 1))
    other = draw(st.integers(at, len(raw)))
    kind = draw(st.sampled_from(["flip", "drop", "insert", "cut", "repeat"]))
    match kind:
        case "flip":
            changed = raw[:at] + bytes([raw[at] ^ draw(st.integers(1, 255))]) + raw[at + 1 :]
        case "drop":
            changed = raw[:at] + raw[at + 1 :]
        case "insert":
            changed = raw[:at] + draw(st.binary(min_size=1, max_size=3)) + raw[at:]
        case "cut":
            changed = raw[:at]
        case _:
            changed = raw[:other] + raw[at:other] + raw[other:]
    return changed


def comet_world(case: dict[str, Any]) -> tuple[Any, Any, comet.TimestampNanoseconds]:
    client = comet_client_types.decode_client_state(h(case["client_state"]))
    states = {int(at): comet_client_types.decode_consensus_state(h(raw)) for at, raw in case["consensus_states"].items()}
    now = comet.TimestampNanoseconds(case["now"]["seconds"] * comet.NANOSECONDS + case["now"]["nanos"])
    return client, MappingConsensusStates(states), now


def poa_world(case: dict[str, Any]) -> tuple[Any, Any]:
    client = poa_evm_types.decode_client_state(h(case["client_state"]))
    states = {int(at): poa_evm_types.decode_consensus_state(h(raw)) for at, raw in case["consensus_states"].items()}
    return client, MappingConsensusStates(states)


@settings(max_examples=400, deadline=None)
@given(st.data())
def test_a_mutated_comet_header_never_teaches_another_state(data: st.DataObject) -> None:
    case = data.draw(st.sampled_from(COMET_UPDATES))
    client, states, now = comet_world(case)
    raw = data.draw(mutated(h(case["message"])))
    try:
        header = comet_client_types.decode_client_header(raw)
        outcome = comet_client.update(client, states, header, now=now)
    except ProofError:
        return
    # Some bytes vouch for nothing: priorities, sums, votes beyond the quorum. They must change nothing either.
    assert isinstance(outcome, Updated)
    assert comet_client_types.encode_consensus_state(outcome.consensus_state).hex() == case["consensus_state_after"]


@settings(max_examples=400, deadline=None)
@given(st.data())
def test_a_mutated_sealed_header_never_teaches_another_state(data: st.DataObject) -> None:
    case = data.draw(st.sampled_from(POA_UPDATES))
    client, states = poa_world(case)
    raw = data.draw(mutated(h(case["message"])))
    identity = ClientIdentity(
        host_chain_id=case["host_chain_id"], host_genesis=bytes.fromhex(case["host_genesis"]), client_id=case["client_id"]
    )
    try:
        header = poa_evm_types.decode_header(raw)
        outcome = poa_evm.update(client, states, header, identity=identity, now_seconds=case["now_seconds"])
    except ProofError:
        return
    assert isinstance(outcome, Updated)
    assert poa_evm_types.encode_consensus_state(outcome.consensus_state).hex() == case["consensus_state_after"]


@settings(max_examples=400, deadline=None)
@given(st.data())
def test_a_mutated_ics23_proof_proves_nothing(data: st.DataObject) -> None:
    case = data.draw(st.sampled_from(COMET_PROOFS))
    _, states, _ = comet_world(case)
    raw = data.draw(mutated(h(case["proof"])).filter(lambda each: each != h(case["proof"])))
    asked: dict[str, Any] = {"root": states.at(case["height"]).root, "path": [h(each) for each in case["path"]]}
    verify = ics23.verify_non_membership
    if "value" in case:
        verify = partial(ics23.verify_membership, value=h(case["value"]))
    with pytest.raises(ProofError):
        verify(raw, **asked)


@settings(max_examples=400, deadline=None)
@given(st.data())
def test_a_mutated_storage_proof_proves_nothing(data: st.DataObject) -> None:
    case = data.draw(st.sampled_from([each for each in POA_PROOFS if each["proof"] not in {"", "0a0180"}]))
    client, states = poa_world(case)
    raw = data.draw(mutated(h(case["proof"])).filter(lambda each: each != h(case["proof"])))
    asked: dict[str, Any] = {
        "height": case["height"],
        "proof": raw,
        "path": [h(each) for each in case["path"]],
        "now_seconds": case["now_seconds"],
    }
    verify = poa_evm.verify_non_membership
    if "value" in case:
        verify = partial(poa_evm.verify_membership, value=h(case["value"]))
    with pytest.raises(ProofError):
        verify(client, states, **asked)


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_are_decoded_or_refused(raw: bytes) -> None:
    for decode in (
        comet_client_types.decode_client_header,
        comet_client_types.decode_client_state,
        comet_client_types.decode_consensus_state,
        comet_client_types.decode_misbehaviour,
        comet.decode_signed_header,
        comet.decode_validator_set,
        poa_evm_types.decode_client_state,
        poa_evm_types.decode_consensus_state,
        poa_evm_types.decode_header,
        poa_evm_types.decode_misbehaviour,
        poa_evm_types.decode_storage_proof,
        evm_header.decode_header,
    ):
        try:
            decode(raw)
        except ProofError:
            continue


NESTED = st.recursive(st.binary(max_size=80), lambda inner: st.lists(inner, max_size=20), max_leaves=30)


@given(st.lists(NESTED, max_size=20))
def test_rlp_lists_are_read_as_the_reference_reads_them(items: list[Any]) -> None:
    read = rlp.decode_list(reference_rlp.encode(items))
    expected = [rlp.RawList(reference_rlp.encode(each)) if isinstance(each, list) else each for each in items]
    assert read == expected


@settings(max_examples=300)
@given(st.binary(max_size=120))
def test_rlp_accepts_nothing_that_the_reference_refuses(raw: bytes) -> None:
    try:
        items = rlp.decode_list(raw)
    except MalformedBytes:
        return
    again = rlp.encode_list([each.encoding if isinstance(each, rlp.RawList) else rlp.encode_bytes(each) for each in items])
    assert again == raw


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(st.binary(min_size=1, max_size=4), st.binary(min_size=1, max_size=60), min_size=1, max_size=60))
def test_a_trie_of_the_reference_proves_what_it_holds(entries: dict[bytes, bytes]) -> None:
    trie = HexaryTrie({})
    hashed = {keccak(key): value for key, value in entries.items()}
    for key, value in hashed.items():
        trie[key] = value
    for key in [*hashed, keccak(b"absent key"), keccak(b"another one")]:
        nodes = [reference_rlp.encode(node) for node in trie.get_proof(key)]
        nodes = [node for index, node in enumerate(nodes) if index == 0 or len(node) >= 32]
        assert mpt.walk(nodes, root=trie.root_hash, key=key) == hashed.get(key)


@settings(max_examples=60)
@given(st.lists(st.binary(max_size=40), min_size=1, max_size=40), st.data())
def test_an_inclusion_proof_fits_its_item_only(items: list[bytes], data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(items) - 1))
    root = merkle.root(items)
    proof = merkle.prove(items, index)
    merkle.verify_inclusion(proof, root=root, item=items[index])
    with pytest.raises(ProofError):
        merkle.verify_inclusion(proof, root=root, item=items[index] + b"\0")


KEYS = [keccak(b"authority %d" % number) for number in range(6)]
IDENTITY = ClientIdentity(host_chain_id="settlement-1", host_genesis=bytes([1] * 32), client_id="poa-evm-0")
DIGEST = authority_digest(chain_id=7, identity=IDENTITY, number=1, block_hash=bytes(32))
SIGNATURES = [sign_digest(key, DIGEST) for key in KEYS]
SIGNERS = [recover_signer(DIGEST, signature) for signature in SIGNATURES]


@settings(deadline=None)
@given(st.lists(st.integers(0, 5), max_size=8), st.sets(st.integers(0, 5), min_size=1), st.integers(1, 6))
def test_a_quorum_is_enough_distinct_authorities_and_nobody_else(
    signing: list[int], named: set[int], threshold: int
) -> None:
    valid = len(signing) >= threshold and len(set(signing)) == len(signing) and set(signing) <= named
    try:
        check_quorum(
            DIGEST,
            [SIGNATURES[number] for number in signing],
            authorities={SIGNERS[number] for number in named},
            threshold=threshold,
        )
        accepted = True
    except HeaderRefused:
        accepted = False
    assert accepted == valid
