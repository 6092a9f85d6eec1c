"""EVM block headers of every fork against go-ethereum, from RLP and from JSON-RPC answers."""

from __future__ import annotations

from typing import Any

import pytest

from relayer.proofs.errors import HeaderRefused, MalformedBytes, ProofError
from relayer.proofs.poa_evm import evm_header

h = bytes.fromhex


def test_headers_decode_and_hash_as_in_go_ethereum(evm_vectors: dict[str, Any]) -> None:
    for each in evm_vectors["headers"]:
        header = evm_header.decode_header(h(each["rlp"]))
        assert header.hash.hex() == each["hash"], each["name"]
        assert (header.number, header.timestamp_seconds) == (each["number"], each["timestamp"])
        assert (header.state_root.hex(), header.parent_hash.hex()) == (each["state_root"], each["parent_hash"])


def test_headers_are_rebuilt_from_a_node_s_answer(evm_vectors: dict[str, Any]) -> None:
    for each in evm_vectors["headers"]:
        assert evm_header.encode_block(each["block"]).encoding.hex() == each["rlp"], each["name"]


def test_headers_are_rebuilt_from_a_library_s_answer(evm_vectors: dict[str, Any]) -> None:
    """web3 gives integers and bytes where JSON has hex text."""
    numbers = {"difficulty", "number", "gasLimit", "gasUsed", "timestamp", "baseFeePerGas", "blobGasUsed", "excessBlobGas"}
    for each in evm_vectors["headers"]:
        block = {
            name: int(value, 16) if name in numbers else h(value[2:])
            for name, value in each["block"].items()
            if value is not None
        }
        assert evm_header.encode_block(block).hash.hex() == each["hash"]


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        ({"gasUsed": "0x1"}, HeaderRefused),
        ({"hash": "0x" + "00" * 32}, HeaderRefused),
        ({"withdrawalsRoot": None}, HeaderRefused),
        ({"hash": None}, MalformedBytes),
        ({"stateRoot": "0x00"}, MalformedBytes),
        ({"stateRoot": "00" * 32}, MalformedBytes),
        ({"stateRoot": "0xzz"}, MalformedBytes),
        ({"number": "0xzz"}, MalformedBytes),
        ({"number": -1}, MalformedBytes),
        ({"number": None}, MalformedBytes),
        ({"timestamp": 2**64}, MalformedBytes),
    ],
)
def test_an_answer_that_does_not_add_up_is_refused(
    change: dict[str, Any], refusal: type[ProofError], evm_vectors: dict[str, Any]
) -> None:
    good = next(each for each in evm_vectors["headers"] if each["name"] == "shanghai")["block"]
    evm_header.encode_block(good)
    with pytest.raises(refusal):
        evm_header.encode_block(good | change)
