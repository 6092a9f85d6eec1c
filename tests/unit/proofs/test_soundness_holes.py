"""Holes that light clients of others had: each has named cases here, which every implementation of the client is run over.

`comet` cases are judged by Python and by Solidity, `poa_evm` cases by Python and by Go. What is listed must exist and be
refused (or freeze), so that no rewriting of a case file can lose it in silence.
"""

from __future__ import annotations

import json

import pytest

from tests.support.paths import CASES

ACCEPTED = {"ok", "updated", "unchanged"}

HOLES: dict[str, dict[str, tuple[str, ...]]] = {
    "an inner node with both sides set": {
        "comet/membership": (
            "IAVL inner with both sides",
            "multistore inner with both sides",
            "multistore inner with no side",
        )
    },
    "absence forged by operations that nobody checks": {
        "comet/membership": (
            "leaf hashed with SHA-512",
            "leaf key hashed before",
            "leaf value not hashed before",
            "leaf without lengths",
            "inner hashed with Keccak",
            "no leaf operation",
            "IAVL inner of height 0",
            "IAVL inner below its layer",
            "absence without neighbours",
            "neighbours exchanged",
            "a neighbour with an empty value",
        )
    },
    "a child that hides in a prefix": {
        "comet/membership": (
            "IAVL inner with a longer prefix",
            "IAVL leaf prefix with a fourth number",
            "multistore inner that starts as a leaf",
            "multistore suffix of 64 bytes",
            "presence in a store whose name hides in the prefix",
            "absence in a store whose name hides in the prefix",
        )
    },
    "a multistore leaf prefix that is not the single zero": {
        "comet/membership": (
            "multistore leaf prefix 00 00",
            "multistore leaf prefix 01",
            "multistore leaf without a prefix",
        )
    },
    "proofs of another kind, depth or number of levels": {
        "comet/membership": (
            "present as absent",
            "absent as present",
            "129 inner nodes",
            "levels swapped",
            "empty batch in place of the key's proof",
            "path of one element",
        ),
        "poa_evm/membership": ("present as absent", "absent as present", "66 nodes", "path of two elements"),
    },
    "a trust check whose answer nobody reads": {
        "comet/update": (
            "skip, exactly one third of the trusted set",
            "skip, no overlap",
            "skip, trust level of two thirds is not met",
        )
    },
    "two of four counted as a quorum": {
        "comet/update": ("two of four", "exactly two thirds", "nobody votes for the block"),
        "comet/misbehaviour": ("second header by two of four",),
        "poa_evm/update": ("two of five", "no seals"),
        "poa_evm/misbehaviour": ("second header below the threshold",),
    },
    "an existing height overwritten in silence": {
        "comet/update": ("known height, another state",),
        "poa_evm/update": ("known height, another hash", "trusted height, another hash from the future"),
    },
    "trusted validators taken on faith": {
        "comet/update": (
            "trusted set that is not the stored one",
            "off-curve key in the trusted set",
            "no trusted validators",
            "unknown trusted height",
        )
    },
    "a set that the header does not commit to": {
        "comet/update": (
            "set that the header does not commit to",
            "adjacent header with another set than announced",
            "power overflow",
            "negative power",
            "validator twice in the set",
            "swapped parity",
            "off-curve key",
        )
    },
    "votes that are not for this block of this chain": {
        "comet/update": (
            "another chain",
            "signature for another round",
            "signature for another height",
            "signature for another block",
            "signature for another chain",
            "signature for no block",
            "nil vote counted as a vote",
            "commit of another height",
            "commit with another block hash",
            "app hash changed after signing",
        ),
        "poa_evm/update": (
            "signed for another chain id",
            "signed for another host",
            "signed for another client",
            "signed for another number",
            "signed for another hash",
        ),
    },
    "one signature with two forms, or counted twice": {
        "comet/update": (
            "high S",
            "R above the group's order",
            "signature of 65 bytes",
            "one vote twice, adjacent",
            "one vote twice, skip",
            "votes in another order",
            "absent entry with a signature",
        ),
        "poa_evm/update": (
            "high s",
            "flipped v",
            "v of 0 or 1",
            "signature of 64 bytes",
            "one authority twice",
            "one authority twice beyond the threshold",
            "a stranger beyond the threshold",
        ),
    },
    "times and heights out of order": {
        "comet/update": (
            "the trusted height again",
            "below the trusted height",
            "time of the trusted header",
            "time before the trusted header",
            "exactly the clock drift ahead",
            "not later than a known lower height",
            "not earlier than a known higher height",
        ),
        "poa_evm/update": (
            "genesis block",
            "one second beyond the clock drift",
            "older than the block below",
            "younger than the block above",
        ),
    },
    "a client that is over goes on": {
        "comet/update": ("trusted state just expired", "frozen client", "old trusted state is expired, the client is not"),
        "comet/membership": ("frozen client", "unknown height"),
        "comet/misbehaviour": ("frozen already", "client_expired"),
        "poa_evm/update": ("client just expired", "frozen client", "latest consensus state is missing"),
        "poa_evm/membership": ("frozen client", "frozen client, absence", "expired client", "unknown height"),
        "poa_evm/misbehaviour": ("frozen already", "expired"),
    },
    "a client frozen on a relayer's word": {
        "comet/misbehaviour": (
            "the same header twice",
            "the same block, other votes",
            "two heights in order",
            "bad signature",
        ),
        "poa_evm/misbehaviour": ("the same header twice", "the same block, other signers", "two numbers", "one header only"),
    },
    "trie nodes that prove something else": {
        "poa_evm/update": (
            "account proof of another account",
            "account proof of another state",
            "account proof with a node too many",
            "account proof without its leaf",
            "no router in the state",
            "account of three fields",
        ),
        "poa_evm/membership": (
            "proof of another slot",
            "absence by the proof of another slot",
            "storage of another height",
            "a node too many",
            "the root twice",
            "leaf missing",
            "absence, last node missing",
            "forged trie: short node by its hash",
            "forged trie: extension to an inline node of 32 bytes",
            "forged trie: branch whose child is not shown",
            "forged trie: leaf with padding that is not zero",
            "forged trie: leaf with bad flags",
        ),
    },
    "two encodings of one value": {
        "comet/update": ("unknown field", "first field repeated at the end", "a byte too many"),
        "poa_evm/update": (
            "number with a leading zero",
            "length of the list padded",
            "single byte in the long form",
            "nonce with a leading zero",
            "unknown field",
        ),
        "poa_evm/membership": (
            "forged trie: word with a leading zero",
            "forged trie: word with a padded length",
            "forged trie: word with a byte behind it",
            "value without its leading zeros",
            "proof with an unknown field",
        ),
    },
}


@pytest.mark.parametrize("hole", HOLES)
def test_each_hole_has_cases_that_are_refused(hole: str) -> None:
    for file, names in HOLES[hole].items():
        verdicts = {case["name"]: case["verdict"] for case in json.loads((CASES / f"{file}.json").read_text())}
        assert {name: verdicts.get(name) in {None, *ACCEPTED} for name in names} == dict.fromkeys(names, False)
