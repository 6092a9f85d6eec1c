"""Presence and absence under a header, in the Solidity light client: right proofs, and everything that must not pass."""

from __future__ import annotations

import json
from collections.abc import Iterator
from hashlib import sha256
from typing import Any

import pytest
from comet_builder import TRUSTING_PERIOD, Block, Operators, config, time_of
from evm_harness import OWNER, InProcessEvm, Instance, Refused
from hypothesis import given, settings
from hypothesis import strategies as st
from proof_builder import LEFT, RIGHT, STORE, Step, Tree, key, keys, packed_path, packed_version

from relayer.ledgers.evm.comet_abi import pack_proof
from relayer.proofs.comet import NANOSECONDS
from relayer.proofs.errors import MembershipRefused
from tests.support.paths import VECTORS

HEIGHT = (1, 1)
CASES = json.loads((VECTORS / "iavl.json").read_text(encoding="utf-8"))["cases"]
VALUES = {number: keys(40)[key(number)] for number in range(2, 81, 2)}


def _versions() -> Iterator[Any]:
    for case in CASES:
        for version in case["versions"]:
            if version["proofs"]:
                yield pytest.param(case["store"], version, id=f"{case['name']} {version['version']}")


def client_of(app_hash: bytes) -> Instance:
    return InProcessEvm().deploy("CometBftLightClient", config(Operators.of(0), owner=OWNER, app_hash=app_hash))


def presence(
    client: Instance, proof: bytes, at: bytes, value: bytes, *, store: bytes = STORE.encode(), height: Any = HEIGHT
) -> int:
    return client.call("verifyMembership", (proof, height, [store, at], value)).value


def absence(client: Instance, proof: bytes, at: bytes, *, store: bytes = STORE.encode(), height: Any = HEIGHT) -> int:
    return client.call("verifyNonMembership", (proof, height, [store, at])).value


def refusal_of_presence(client: Instance, proof: bytes, at: bytes, value: bytes, **others: Any) -> str:
    with pytest.raises(Refused) as refused:
        presence(client, proof, at, value, **others)
    return refused.value.name


def refusal_of_absence(client: Instance, proof: bytes, at: bytes, **others: Any) -> str:
    with pytest.raises(Refused) as refused:
        absence(client, proof, at, **others)
    return refused.value.name


@pytest.fixture(scope="module")
def tree() -> Tree:
    return Tree(keys(40))


@pytest.fixture(scope="module")
def ledger(tree: Tree) -> Instance:
    return client_of(tree.app_hash())


@pytest.mark.parametrize(("store", "version"), list(_versions()))
def test_proofs_made_by_the_go_library_hold(store: str, version: dict[str, Any]) -> None:
    client = client_of(bytes.fromhex(version["app_hash"]))
    for proof in version["proofs"]:
        at, packed = bytes.fromhex(proof["key"]), pack_proof(bytes.fromhex(proof["merkle_proof"]))
        if proof["kind"] == "exist":
            value = bytes.fromhex(proof["value"])
            assert presence(client, packed, at, value, store=store.encode()) == time_of(1) // NANOSECONDS
            assert refusal_of_presence(client, packed, at, value + b"\x00", store=store.encode()) == "NotMember"
            with pytest.raises(Refused):
                absence(client, packed, at, store=store.encode())
        else:
            assert absence(client, packed, at, store=store.encode()) == time_of(1) // NANOSECONDS
            with pytest.raises(Refused):
                presence(client, packed, at, b"\x01", store=store.encode())


@pytest.mark.parametrize("count", [1, 2, 3, 5, 8, 40])
def test_every_key_is_proven_present_or_absent(count: int) -> None:
    tree = Tree(keys(count))
    client = client_of(tree.app_hash())
    for number in range(1, 2 * count + 2):
        if number % 2:
            assert absence(client, tree.absence(key(number)), key(number))
        else:
            assert presence(client, tree.presence(key(number)), key(number), tree.items[tree.index(key(number))][1])


class TestPresence:
    def test_another_value(self, ledger: Instance, tree: Tree) -> None:
        assert refusal_of_presence(ledger, tree.presence(key(8)), key(8), VALUES[10]) == "NotMember"

    def test_another_key(self, ledger: Instance, tree: Tree) -> None:
        assert refusal_of_presence(ledger, tree.presence(key(8)), key(10), VALUES[8]) == "NotMember"

    def test_another_store(self, ledger: Instance, tree: Tree) -> None:
        assert refusal_of_presence(ledger, tree.presence(key(8)), key(8), VALUES[8], store=b"bank") == "NotMember"

    @pytest.mark.parametrize(
        ("store", "at", "value"),
        [(b"", key(8), b"v"), (b"ibc", b"", b"v"), (b"ibc", key(8), b""), (b"i" * 128, key(8), b"v")],
    )
    def test_empty_parts_and_endless_names(
        self, ledger: Instance, tree: Tree, store: bytes, at: bytes, value: bytes
    ) -> None:
        assert refusal_of_presence(ledger, tree.presence(key(8)), at, value, store=store) == "ProofKeyInvalid"

    @pytest.mark.parametrize("path", [[], [key(8)], [b"ibc", key(8), b""]], ids=len)
    def test_another_number_of_levels(self, ledger: Instance, tree: Tree, path: list[bytes]) -> None:
        message = (tree.presence(key(8)), HEIGHT, path, VALUES[8])
        assert ledger.refusal("verifyMembership", message) == "InvalidPathLength"
        assert ledger.refusal("verifyNonMembership", message[:3]) == "InvalidPathLength"

    def test_heights_that_are_not_stored(self, ledger: Instance, tree: Tree) -> None:
        proof = tree.presence(key(8))
        assert refusal_of_presence(ledger, proof, key(8), VALUES[8], height=(1, 2)) == "ConsensusTimestampNotFound"
        assert refusal_of_presence(ledger, proof, key(8), VALUES[8], height=(0, 1)) == "RevisionMismatch"

    @pytest.mark.parametrize("proof", [b"", b"\x00", b"\xff" * 40], ids=["empty", "zero", "ones"])
    def test_no_proof_at_all(self, ledger: Instance, proof: bytes) -> None:
        assert refusal_of_presence(ledger, proof, key(8), VALUES[8]) == "ProofMalformed"
        assert refusal_of_absence(ledger, proof, key(8)) == "ProofMalformed"

    def test_bytes_behind_the_end_or_missing(self, ledger: Instance, tree: Tree) -> None:
        proof = tree.presence(key(8))
        assert refusal_of_presence(ledger, proof + b"\x00", key(8), VALUES[8]) == "ProofMalformed"
        assert refusal_of_presence(ledger, proof[:-1], key(8), VALUES[8]) == "ProofMalformed"

    def test_a_longer_proof_does_not_reach_into_what_follows(self, ledger: Instance, tree: Tree) -> None:
        # The proof is cut, and the bytes that are missing stand right behind it in the call.
        proof = tree.presence(key(8))
        assert refusal_of_presence(ledger, proof[:-33], key(8), proof[-33:]) in {"ProofMalformed", "NotMember"}

    @pytest.mark.parametrize(
        "version",
        [b"\x01\x03", b"\x02\x12\x00", b"\x02\x92\x80", b"\x00", b"\x0a" + b"\x82" * 9 + b"\x00", b"\x21" + b"\x82" * 33],
        ids=["negative", "two", "endless", "none", "too long", "beyond a word"],
    )
    def test_leaf_versions_that_are_no_varint(self, ledger: Instance, tree: Tree, version: bytes) -> None:
        proof = version + tree.presence(key(8))[2:]
        assert refusal_of_presence(ledger, proof, key(8), VALUES[8]) == "ProofMalformed"

    @pytest.mark.parametrize(
        "header",
        [
            b"\x00\x04\x12",
            b"\x03\x04\x12",
            b"\x02\x05\x12",
            b"\x02\x04\x13",
            b"\x82\x04\x12",
            b"\x02\x84\x12",
            b"\x02\x04\x92",
            b"\x02\x04",
            b"\x02\x04\x12\x20",
            b"\x02" + b"\x84" * 9 + b"\x04\x12",
            b"",
        ],
        ids=[
            "height 0, a leaf's",
            "negative height",
            "negative size",
            "negative version",
            "height of two bytes",
            "two varints",
            "endless",
            "two bytes",
            "a fourth",
            "too long",
            "none",
        ],
    )
    def test_inner_nodes_that_no_tree_has(self, ledger: Instance, tree: Tree, header: bytes) -> None:
        steps = tree.steps(tree.index(key(8)))
        forged = [Step(header, steps[0].side, steps[0].sibling), *steps[1:]]
        proof = packed_version(9) + packed_path(forged) + tree.store_steps()
        assert refusal_of_presence(ledger, proof, key(8), VALUES[8]) == "ProofMalformed"

    def test_a_height_below_the_layer(self, ledger: Instance, tree: Tree) -> None:
        steps = tree.steps(tree.index(key(8)))
        forged = [steps[0], Step(steps[0].header, steps[1].side, steps[1].sibling), *steps[2:]]
        proof = packed_version(9) + packed_path(forged) + tree.store_steps()
        assert refusal_of_presence(ledger, proof, key(8), VALUES[8]) == "ProofMalformed"

    def test_a_path_deeper_than_any_tree(self, ledger: Instance, tree: Tree) -> None:
        steps = [Step(bytes((2 * layer & 0x7E, 4, 18)), LEFT, b"\x01" * 32) for layer in range(1, 80)]
        proof = packed_version(9) + packed_path(steps) + tree.store_steps()
        assert refusal_of_presence(ledger, proof, key(8), VALUES[8]) == "ProofMalformed"

    def test_a_side_that_is_neither(self, ledger: Instance, tree: Tree) -> None:
        proof = bytearray(tree.presence(key(8)))
        proof[-33] = 2
        assert refusal_of_presence(ledger, bytes(proof), key(8), VALUES[8]) == "ProofMalformed"

    def test_an_inner_node_shown_as_a_leaf(self, ledger: Instance, tree: Tree) -> None:
        # sha256(06 … 20 left 20 right) is a hash of the tree; if its bytes could pass for a leaf's, any key would stand.
        steps = tree.steps(0)
        inner = steps[1]
        body = inner.header + b"\x20" + tree.root.hash() + b"\x20" + inner.sibling
        proof = packed_version(9) + packed_path(steps[2:]) + tree.store_steps()
        assert refusal_of_presence(ledger, proof, body, VALUES[2]) in {"NotMember", "ProofMalformed"}


class TestAbsence:
    def test_a_present_key(self, ledger: Instance, tree: Tree) -> None:
        index = tree.index(key(8))
        for left, right in ((index - 1, index), (index, index + 1)):
            assert refusal_of_absence(ledger, tree.absence_between(left, right), key(8)) == "NeighboursOutOfOrder"

    def test_a_present_key_between_its_neighbours(self, ledger: Instance, tree: Tree) -> None:
        # With the true paths this cannot be written down, because the sides are what adjacency means.
        index = tree.index(key(8))
        assert refusal_of_absence(ledger, tree.absence_between(index - 1, index + 1), key(8)) in {
            "ProofMalformed",
            "NotNonMember",
        }

    def test_all_pairs_that_are_no_neighbours(self) -> None:
        tree = Tree(keys(9))
        client = client_of(tree.app_hash())
        for left in range(9):
            for right in range(left + 2, 9):
                for skipped in range(left + 1, right):
                    at = tree.items[skipped][0]
                    assert refusal_of_absence(client, tree.absence_between(left, right), at) in {
                        "ProofMalformed",
                        "NotNonMember",
                    }

    def test_a_first_or_last_key_that_is_not(self, ledger: Instance, tree: Tree) -> None:
        for index in range(1, 40):
            first = b"\x03" + tree.neighbour(index) + packed_path(tree.steps(index)) + tree.store_steps()
            assert refusal_of_absence(ledger, first, key(1)) == "ProofMalformed"
        for index in range(39):
            last = b"\x02" + tree.neighbour(index) + packed_path(tree.steps(index)) + tree.store_steps()
            assert refusal_of_absence(ledger, last, key(99)) == "ProofMalformed"

    def test_neighbours_on_the_wrong_side(self, ledger: Instance, tree: Tree) -> None:
        before, after = tree.absence(key(1)), tree.absence(key(81))
        assert refusal_of_absence(ledger, before, key(81)) == "NeighboursOutOfOrder"
        assert refusal_of_absence(ledger, after, key(1)) == "NeighboursOutOfOrder"
        assert refusal_of_absence(ledger, before, key(2)) == "NeighboursOutOfOrder"
        assert refusal_of_absence(ledger, after, key(80)) == "NeighboursOutOfOrder"
        assert refusal_of_absence(ledger, tree.absence(key(9)), key(11)) == "NeighboursOutOfOrder"

    def test_a_prefix_comes_before_what_it_begins(self) -> None:
        long_key = b"a" * 40
        tree = Tree({long_key: b"v", b"a" * 70: b"w"})
        client = client_of(tree.app_hash())
        for at in (b"a", b"a" * 39, b"a" * 41, b"a" * 64, b"a" * 71, b"b", b"a" * 39 + b"b"):
            assert absence(client, tree.absence(at), at)
        assert refusal_of_absence(client, tree.absence(b"a" * 41), long_key) == "NeighboursOutOfOrder"

    def test_neighbours_of_different_trees(self, ledger: Instance, tree: Tree) -> None:
        other = Tree(keys(40), version=8)
        left = tree.index(key(8))
        ours, theirs = tree.absence_between(left, left + 1), other.absence_between(left, left + 1)
        forged = ours[: len(ours) // 2] + theirs[len(ours) // 2 :]
        assert refusal_of_absence(ledger, forged, key(9)) == "NotNonMember"

    def test_a_neighbour_without_a_value(self, ledger: Instance, tree: Tree) -> None:
        proof = tree.absence(key(1))
        empty = proof.replace(sha256(VALUES[2]).digest(), sha256(b"").digest())
        assert empty != proof
        assert refusal_of_absence(ledger, empty, key(1)) == "ProofMalformed"

    def test_a_neighbour_whose_key_does_not_end(self, ledger: Instance, tree: Tree) -> None:
        proof = bytearray(tree.absence(key(1)))
        proof[1:3] = b"\xff\xff"
        assert refusal_of_absence(ledger, bytes(proof), key(1)) == "ProofMalformed"

    @pytest.mark.parametrize(
        "header",
        [b"", b"\x7e\x04", b"\x00\x04\x12", b"\x02\x04\x12", b"\x7e\x04\x13", b"\x7e\x05\x12", b"\x7e\x04\x12\x20"],
        ids=["none", "two", "of a leaf", "below its children", "negative version", "negative size", "a fourth"],
    )
    def test_a_fork_that_no_tree_has(self, ledger: Instance, tree: Tree, header: bytes) -> None:
        # The two neighbours stand at least two layers below their fork, which so has a height of three or more.
        left = next(index for index in range(40) if min(tree.depth_of_fork(index)) >= 3)
        at = key(2 * (left + 1) + 1)
        good = tree.absence_between(left, left + 1)
        assert absence(ledger, good, at)
        fork = tree.fork(left)
        packed = bytes((len(fork),)) + fork
        assert good.count(packed) == 1
        forged = good.replace(packed, bytes((len(header),)) + header)
        assert refusal_of_absence(ledger, forged, at) == "ProofMalformed"

    def test_an_empty_key(self, ledger: Instance, tree: Tree) -> None:
        assert refusal_of_absence(ledger, tree.absence(key(1)), b"") == "ProofKeyInvalid"

    def test_kinds_that_are_none(self, ledger: Instance, tree: Tree) -> None:
        for kind in (0, 4, 255):
            assert refusal_of_absence(ledger, bytes((kind,)) + tree.absence(key(1))[1:], key(1)) == "ProofMalformed"


@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_no_changed_byte_proves_anything(data: st.DataObject) -> None:
    tree = Tree(keys(12))
    client = client_of(tree.app_hash())
    number = data.draw(st.integers(1, 25))
    is_present = number % 2 == 0
    proof = bytearray(tree.presence(key(number)) if is_present else tree.absence(key(number)))
    proof[data.draw(st.integers(0, len(proof) - 1))] ^= data.draw(st.integers(1, 255))
    if is_present:
        refusal_of_presence(client, bytes(proof), key(number), dict(tree.items)[key(number)])
    else:
        refusal_of_absence(client, bytes(proof), key(number))


class TestStandardProofs:
    """What the packing refuses before any contract sees it."""

    def test_the_packed_form_is_the_hand_made_one(self, tree: Tree) -> None:
        assert pack_proof(tree.merkle_proof(key(8), VALUES[8])) == tree.presence(key(8))

    def test_a_longer_multistore_leaf_prefix(self, tree: Tree) -> None:
        proof = tree.merkle_proof(key(8), VALUES[8])
        # The store's leaf operation ends in `2a 01 00`: its prefix. Any longer one hides a part of the key.
        at = proof.rindex(b"\x2a\x01\x00")
        forged = proof[:at] + b"\x2a\x02\x00\x01" + proof[at + 3 :]
        with pytest.raises(Exception, match=r"\((malformed|proof_spec)\)"):
            pack_proof(forged)

    def test_one_level_alone(self, tree: Tree) -> None:
        proof = tree.merkle_proof(key(8), VALUES[8])
        size = proof[1] & 0x7F | proof[2] << 7
        with pytest.raises(MembershipRefused):
            pack_proof(proof[: 3 + size])


def test_an_expired_or_frozen_client_proves_nothing(tree: Tree) -> None:
    operators = Operators.of(0, 1, 2)
    evm = InProcessEvm()
    client = evm.deploy("CometBftLightClient", config(operators, owner=OWNER, app_hash=tree.app_hash()))
    assert presence(client, tree.presence(key(8)), key(8), VALUES[8])
    client.call("updateClient", Block(5, operators).update(1).encoded())
    client.call("updateClient", Block(5, operators, app_hash=b"\x09" * 32).update(1).encoded())
    assert refusal_of_presence(client, tree.presence(key(8)), key(8), VALUES[8]) == "FrozenClientState"
    assert refusal_of_absence(client, tree.absence(key(9)), key(9)) == "FrozenClientState"
    other = evm.deploy("CometBftLightClient", config(operators, owner=OWNER, app_hash=tree.app_hash()))
    evm.set_time((time_of(1) + TRUSTING_PERIOD) // NANOSECONDS + 1)
    assert refusal_of_presence(other, tree.presence(key(8)), key(8), VALUES[8]) == "ClientExpired"
    assert refusal_of_absence(other, tree.absence(key(9)), key(9)) == "ClientExpired"


def test_sides_are_what_their_bit_says() -> None:
    # Guards the builder itself: a tree of two keys has one node, and the two leaves stand on its two sides.
    tree = Tree(keys(2))
    assert [tree.steps(0)[0].side, tree.steps(1)[0].side] == [LEFT, RIGHT]
