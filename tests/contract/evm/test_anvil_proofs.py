"""Storage proofs of a real anvil, which keeps a slot that became zero where other nodes delete it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from relayer.devnet.nodes import Anvil, AnvilOptions
from relayer.proofs.poa_evm import mpt
from tests.support.rpc import ask

pytestmark = pytest.mark.node

# Stores the second word of the call in the slot of the first: SSTORE(calldata[0], calldata[32]).
STORING = "0x6008600c60003960086000f3" + "6020356000355500"


@pytest.fixture(scope="module")
def anvil() -> Iterator[Anvil]:
    with Anvil(AnvilOptions(accounts=1)) as node:
        yield node


def test_a_slot_that_became_zero_is_proven_absent(anvil: Anvil) -> None:
    def call(method: str, *params: Any) -> Any:
        return ask(anvil.url, method, *params)["result"]

    def send(**fields: Any) -> Any:
        sender = call("eth_accounts")[0]
        sent = call("eth_sendTransaction", {"from": sender, "gas": "0x100000", **fields})
        call("evm_mine")  # Its own block may come after the answer, as transactions are mined beside it.
        return call("eth_getTransactionReceipt", sent)

    contract = send(data=STORING)["contractAddress"]
    slots = [number.to_bytes(32, "big") for number in (1, 2)]
    for slot, value in [(slots[0], 7), (slots[1], 9), (slots[0], 0)]:
        assert send(to=contract, data="0x" + (slot + value.to_bytes(32, "big")).hex())["status"] == "0x1"
    answer = call("eth_getProof", contract, ["0x" + slot.hex() for slot in slots], "latest")
    root = bytes.fromhex(answer["storageHash"][2:])
    proofs = [tuple(bytes.fromhex(node[2:]) for node in each["proof"]) for each in answer["storageProof"]]
    assert mpt.verify_storage(proofs[0], storage_root=root, slot=slots[0]) is None
    assert mpt.verify_storage(proofs[1], storage_root=root, slot=slots[1]) == (9).to_bytes(32, "big")
