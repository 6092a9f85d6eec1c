"""What an authority reads of its own node. Its finality rule is its own as well, and may be stricter than the relayer's."""

from __future__ import annotations

from relayer.core.ids import Height
from relayer.ledgers.evm.errors import MalformedAnswer
from relayer.ledgers.evm.finality import FinalityRule
from relayer.ledgers.evm.node import Block, EvmNode
from relayer.ledgers.evm.rpc import JsonRpc
from relayer.proofs.errors import ProofError
from relayer.proofs.poa_evm.evm_header import encode_block


class EvmBlockSource:
    """Final heights and block hashes; each hash is checked to be that of the header's fields."""

    def __init__(self, rpc: JsonRpc, finality: FinalityRule) -> None:
        self._node = EvmNode(rpc, finality)

    async def final_height(self) -> Height:
        return (await self._node.head()).number

    async def final_block(self) -> tuple[int, bytes]:
        block = await self._node.head()
        return block.number, _hash(block)

    async def block_hash(self, number: int) -> bytes:
        return _hash(await self._node.block(number))

    async def close(self) -> None:
        await self._node.rpc.close()


def _hash(block: Block) -> bytes:
    try:
        return encode_block(block.raw).hash
    except ProofError as error:
        raise MalformedAnswer(f"block {block.number}: {error}") from error
