"""Nodes that answer as people have reported in public: each test names the report, and answers as its node did."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from relayer.core.ids import Height, LedgerId
from relayer.errors import HeightPruned, LedgerUnavailable, NotFinal, WrongLedger
from relayer.ledgers.evm.chain_view import ChainView
from relayer.ledgers.evm.errors import NodeRefused
from relayer.ledgers.evm.finality import FinalizedTag, LatestIsFinal
from relayer.ledgers.evm.node import EvmNode
from relayer.ledgers.evm.rpc import Call

CONTRACT = b"\x11" * 20
HASH = "0x" + "5a" * 32
Answer = Callable[..., Any]


class Node:
    """Answers by method; a NodeRefused is the node's error object."""

    def __init__(self, **answers: Any) -> None:
        self.answers = answers

    async def call(self, method: str, *params: Any) -> Any:
        (answer,) = await self.batch([Call(method, params)])
        if isinstance(answer, NodeRefused):
            raise answer
        return answer

    async def batch(self, calls: list[Call]) -> list[Any]:
        found = [(self.answers[call.method], call.params) for call in calls]
        return [answer(*params) if callable(answer) else answer for answer, params in found]

    def evm(self, rule: Any = None) -> EvmNode:
        return EvmNode(self, rule or LatestIsFinal())  # type: ignore[arg-type]


def block(tag: str, *_: object) -> Any:
    number = 100 if tag == "latest" else int(tag, 16)
    if number > 100:
        return None
    return {
        "number": hex(number),
        "hash": "0x" + number.to_bytes(32, "big").hex(),
        "parentHash": "0x" + (number - 1).to_bytes(32, "big").hex(),
        "timestamp": "0x64000000",
        "gasLimit": "0x1000000",
    }


async def test_empty_nodes_in_a_proof_are_left_out() -> None:
    """NethermindEth/nethermind#7759: extraneous `0x` entries in the proofs of eth_getProof."""
    answer = {"accountProof": ["0xc0", "0x"], "storageProof": [{"proof": ["0xc1", "0x", "0x", "0x"]}, {"proof": ["0x"]}]}
    proof = await Node(eth_getProof=answer).evm().proof(CONTRACT, [bytes(32)] * 2, Height(5))
    assert (proof.account, proof.storage) == ((b"\xc0",), ((b"\xc1",), ()))


@pytest.mark.parametrize("status", [{"status": None}, {}])
async def test_a_ledger_whose_receipts_have_no_status_is_named_with_its_cure(status: dict[str, None]) -> None:
    """openethereum/parity-ethereum#9606 and #10870, energywebfoundation/energyweb-client#14, bnb-chain/bsc#753."""
    receipt = {
        "transactionHash": HASH,
        "blockNumber": "0x5",
        "blockHash": HASH,
        "gasUsed": "0x5208",
        "contractAddress": None,
        "logs": [],
        "root": "0x" + "11" * 32,
        **status,
    }
    with pytest.raises(WrongLedger, match="eip658Transition"):
        await Node(eth_getTransactionReceipt=receipt).evm().receipt(HASH)


@pytest.mark.parametrize(
    "answer",
    [
        None,
        NodeRefused("eth_getBlockByNumber", -39001, "Unknown block"),
        NodeRefused("eth_getBlockByNumber", -32000, "finalized block not found"),
        NodeRefused("eth_getBlockByNumber", -32602, "invalid argument 0: hex string without 0x prefix"),
    ],
    ids=["nethermind and reth", "besu and erigon", "geth", "before the tag"],
)
async def test_a_ledger_without_finalized_blocks_is_named_with_its_cure(answer: object) -> None:
    """ethereum/execution-apis#879, node-real/bsc-erigon#376: each client answers in its own way, QBFT for ever."""
    with pytest.raises(NotFinal, match=r"set `finality` to latest or \{confirmations: N\}"):
        await Node(eth_getBlockByNumber=answer).evm(FinalizedTag()).head()


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (-32602, "range 1000000 exceeds limit of 10000"),
        (-32000, "block range is larger than max block range, block range = 5120, max block range = 5000"),
        (-32000, "query block range exceeds server limit, narrow your filter: 1000"),
        (-32005, "block range too large, max range: 1000"),
        (-32000, "Requested range exceeds maximum range limit"),
    ],
    ids=["infura", "morph", "erigon", "cdk-erigon", "besu"],
)
async def test_ranges_of_logs_are_made_smaller_whatever_the_code(code: int, words: str) -> None:
    """INFURA/infura#237, enviodev/hyperindex#605, erigontech/erigon#19721, 0xPolygon/cdk-erigon#1706, besu-eth/besu#4597."""
    asked: list[tuple[int, int]] = []

    def logs(query: dict[str, str]) -> Any:
        first, last = int(query["fromBlock"], 16), int(query["toBlock"], 16)
        if last - first >= 7:
            return NodeRefused("eth_getLogs", code, words)
        asked.append((first, last))
        return []

    node = Node(eth_getLogs=logs, eth_getBlockByNumber=block)
    view = ChainView(node.evm(), ledger=LedgerId("contracts"), router=CONTRACT)
    await view.events(after=Height(0), until=Height(100))
    assert [number for first, last in asked for number in range(first, last + 1)] == list(range(1, 101))


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (-32000, "requested block is too old, block must be within 1000 blocks of the head block number"),
        (-32000, "distance to target block exceeds maximum proof window"),
        (-32000, "missing trie node 5f7e (path ) state 0x is not available"),
    ],
    ids=["erigon", "reth", "geth"],
)
async def test_proofs_of_old_blocks_are_told_from_no_proofs_at_all(code: int, words: str) -> None:
    """Erigon and reth prove the newest blocks alone: a window behind the head, not a lost block."""

    def proof(_: str, keys: list[str], at: str) -> Any:
        if int(at, 16) < 90:
            return NodeRefused("eth_getProof", code, words)
        return {"accountProof": [], "storageProof": [{"proof": []} for _ in keys]}

    node = Node(eth_getProof=proof, eth_blockNumber="0x64").evm()
    with pytest.raises(HeightPruned, match="use a node that keeps more"):
        await node.proof(CONTRACT, [bytes(32)], Height(5))
    assert await node.proof(CONTRACT, [bytes(32)], Height(95))
    unserved = NodeRefused("eth_getProof", -32601, "the method eth_getProof does not exist/is not available")
    with pytest.raises(LedgerUnavailable, match="does not exist"):
        await Node(eth_getProof=unserved, eth_blockNumber="0x64").evm().proof(CONTRACT, [bytes(32)], Height(5))
