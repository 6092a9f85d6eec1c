"""Typed reads of one EVM ledger (Ethereum execution APIs). Every answer is checked; nothing is decided here but finality."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import assert_never

from relayer.core.ids import Height, TimestampSeconds
from relayer.errors import HeightPruned, LedgerUnavailable, NotFinal, WrongLedger
from relayer.ledgers.evm.errors import BlockMissing, MalformedAnswer, NodeRefused
from relayer.ledgers.evm.finality import Confirmations, FinalityRule, FinalizedTag, LatestIsFinal
from relayer.ledgers.evm.quantity import Json, data, fixed, listing, member, quantity, short_quantity
from relayer.ledgers.evm.rpc import Call, JsonRpc

MAXIMUM_PROOF_NODES = 64
"""A path in a 256-bit trie has at most 64 nibbles."""
_MAXIMUM_NODE_BYTES = 1_024
_LATEST_SECONDS = 100_000_000_000
"""The year 5138: a later time counts milliseconds or nanoseconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A block header as the node shows it. `raw` still has every member, for rebuilding the RLP."""

    number: Height
    hash: bytes
    parent_hash: bytes
    timestamp: TimestampSeconds
    base_fee: int | None
    gas_limit: int
    raw: Mapping[str, Json]


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountProof:
    """EIP-1186: trie nodes to the account, and per slot the nodes to it. Not verified here."""

    account: tuple[bytes, ...]
    storage: tuple[tuple[bytes, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MinedTransaction:
    """A transaction's receipt, as far as it is used."""

    hash: str
    block_number: int
    block_hash: bytes
    succeeded: bool
    gas_used: int
    gas_price: int
    contract: bytes | None
    logs: Json


class EvmNode:
    """Reads over JSON-RPC; the finality rule is part of what 'head' means."""

    def __init__(self, rpc: JsonRpc, finality: FinalityRule) -> None:
        self.rpc = rpc
        self._finality = finality

    async def head(self) -> Block:
        """The newest final block. Raises NotFinal while there is none yet."""
        match self._finality:
            case LatestIsFinal():
                tag: int | str = "latest"
            case FinalizedTag():
                return await self._finalized()
            case Confirmations(depth=depth):
                latest = short_quantity(await self.rpc.call("eth_blockNumber"), "eth_blockNumber")
                if latest < depth:
                    raise NotFinal(f"the ledger has {latest} blocks, its finality rule asks for {depth} confirmations; wait")
                tag = latest - depth
            case unreachable:
                assert_never(unreachable)
        return await self.block(tag)

    async def _finalized(self) -> Block:
        """Nodes whose ledger finalises nothing answer with null or with one of several errors."""
        try:
            return await self.block("finalized")
        except (BlockMissing, NodeRefused) as error:
            raise NotFinal(
                f"the node names no finalized block ({error}); wait if its ledger has none yet, and on a ledger without "
                "this tag, such as QBFT, IBFT, Clique and Aura, set `finality` to latest or {confirmations: N}"
            ) from error

    async def block(self, number: int | str) -> Block:
        """One block by number or tag. Raises LedgerUnavailable if this node does not have it (yet)."""
        return parse_block(await self.rpc.call(*block_call(number)), number)

    async def blocks_of_hash(self, block_hash: bytes) -> list[Mapping[str, Json]]:
        """What each node has under that hash, also beside the ledger's present history. Not verified here."""
        answers = await self.rpc.every(Call("eth_getBlockByHash", ("0x" + block_hash.hex(), False)))
        return [answer for answer in answers if isinstance(answer, Mapping)]

    async def require_agreement(self, number: Height, block_hash: bytes) -> None:
        """Raises LedgerUnavailable unless every configured node answers and has that hash for the block."""
        answers = await self.rpc.every(block_request(number))
        found = [parse_block(answer, number).hash for answer in answers]
        if len(found) < len(self.rpc):
            raise LedgerUnavailable(
                f"block {number}: {len(found)} of {len(self.rpc)} nodes answer, and all of them must agree on the first "
                "header of a light client; start the others, or take them out of the configuration"
            )
        if any(each != block_hash for each in found):
            raise LedgerUnavailable(
                f"the nodes show different blocks {number} ({', '.join(sorted({each.hex() for each in found}))}); find out "
                "which of them is wrong before a light client starts there"
            )

    async def proof(self, address: bytes, slots: Sequence[bytes], at: Height) -> AccountProof:
        """eth_getProof of one account with many slots. Raises HeightPruned if the node dropped the state of that height,
        LedgerUnavailable for any other refusal."""
        keys = ["0x" + slot.hex() for slot in slots]
        try:
            answer = await self.rpc.call("eth_getProof", "0x" + address.hex(), keys, hex(at))
        except NodeRefused as error:
            answer = await self._prove_again(address, keys, at, error)
        storage = listing(member(answer, "storageProof", "eth_getProof"), "eth_getProof slots", maximum=len(slots))
        if len(storage) != len(slots):
            raise MalformedAnswer(f"eth_getProof: {len(storage)} proofs for {len(slots)} slots")
        return AccountProof(
            account=trie_nodes(member(answer, "accountProof", "eth_getProof")),
            storage=tuple(trie_nodes(member(item, "proof", "eth_getProof")) for item in storage),
        )

    async def slot_proofs(
        self, address: bytes, slots: Sequence[bytes], at: Height
    ) -> tuple[Sequence[bytes], Sequence[Sequence[bytes]]]:
        """Nodes of the account's proof, and of each slot's. Raises as proof does."""
        answer = await self.proof(address, slots, at)
        return answer.account, answer.storage

    async def _prove_again(self, address: bytes, keys: Sequence[str], at: Height, refusal: NodeRefused) -> Json:
        """A refusal may pass, or be about every proof: only a node that proves its newest block, and still not this one, has
        dropped this one's state."""
        head = short_quantity(await self.rpc.call("eth_blockNumber"), "eth_blockNumber")
        if at > head:
            raise LedgerUnavailable(f"the node knows {head} blocks, not block {at} yet") from refusal
        try:
            await self.rpc.call("eth_getProof", "0x" + address.hex(), list(keys), hex(head))
        except NodeRefused:
            raise refusal from None
        try:
            return await self.rpc.call("eth_getProof", "0x" + address.hex(), list(keys), hex(at))
        except NodeRefused as error:
            raise HeightPruned(f"the node gives no proofs at block {at} ({error}); use a node that keeps more") from error

    async def view(self, to: bytes, calldata: bytes, at: int | str = "latest") -> bytes:
        """eth_call. Raises NodeRefused with the revert data."""
        transaction = {"to": "0x" + to.hex(), "data": "0x" + calldata.hex()}
        block = at if isinstance(at, str) else hex(at)
        return data(await self.rpc.call("eth_call", transaction, block), "eth_call")

    async def balance(self, address: bytes) -> int:
        """In wei."""
        return quantity(await self.rpc.call("eth_getBalance", "0x" + address.hex(), "latest"), "eth_getBalance")

    async def receipt(self, transaction: str) -> MinedTransaction | None:
        """None while the transaction is not in a block, as far as this node knows."""
        answer = await self.rpc.call("eth_getTransactionReceipt", transaction)
        return None if answer is None else _parse_receipt(answer)


def block_call(number: int | str) -> tuple[str, str, bool]:
    """Method and parameters of a block read without transactions."""
    return "eth_getBlockByNumber", number if isinstance(number, str) else hex(number), False


def block_request(number: int | str) -> Call:
    """The same for a batch."""
    method, *params = block_call(number)
    return Call(method, tuple(params))


def parse_block(answer: Json | NodeRefused, number: int | str) -> Block:
    """Strict reading; raises LedgerUnavailable when the node does not have the block, WrongLedger if its time is in other
    units than seconds."""
    if isinstance(answer, NodeRefused):
        raise answer
    if answer is None:
        raise BlockMissing(f"the node does not have block {number} (yet)")
    fee = answer.get("baseFeePerGas") if isinstance(answer, Mapping) else None
    timestamp = short_quantity(member(answer, "timestamp", "block"), "block time")
    if timestamp > _LATEST_SECONDS:
        raise WrongLedger(
            f"block {number} is of the time {timestamp}, which is not in seconds: ledgers such as Quorum with raft count "
            "nanoseconds, so contracts there find every packet timed out and every light client expired; such a ledger "
            "cannot be used, run it with istanbul or qbft"
        )
    block = Block(
        number=Height(short_quantity(member(answer, "number", "block"), "block number")),
        hash=fixed(member(answer, "hash", "block"), 32, "block hash"),
        parent_hash=fixed(member(answer, "parentHash", "block"), 32, "parent hash"),
        timestamp=TimestampSeconds(timestamp),
        base_fee=None if fee is None else quantity(fee, "base fee"),
        gas_limit=quantity(member(answer, "gasLimit", "block"), "block gas limit"),
        raw=answer,
    )
    if isinstance(number, int) and block.number != number:
        raise MalformedAnswer(f"the node gave block {block.number} when asked for {number}")
    return block


def trie_nodes(value: Json) -> tuple[bytes, ...]:
    """The nodes of a proof as eth_getProof gives them. Raises MalformedAnswer."""
    items = listing(value, "eth_getProof nodes", maximum=MAXIMUM_PROOF_NODES)
    # Some nodes fill what an absent key has no node for with empty ones, which no light client accepts.
    return tuple(node for node in (data(item, "trie node", maximum=_MAXIMUM_NODE_BYTES) for item in items) if node)


def _parse_receipt(answer: Json) -> MinedTransaction:
    contract = answer.get("contractAddress") if isinstance(answer, Mapping) else None
    # Nodes from before EIP-1559 leave it out, others write null.
    price = (answer.get("effectiveGasPrice") or "0x0") if isinstance(answer, Mapping) else None
    if isinstance(answer, Mapping) and answer.get("status") is None and answer.get("root"):
        raise WrongLedger(
            f"the receipt of {str(answer.get('transactionHash'))[:66]!r} has a state root instead of a status, so it does "
            "not show whether the transaction succeeded; the ledger's operators must enable Byzantium (eip658Transition) in "
            "its genesis file"
        )
    return MinedTransaction(
        hash="0x" + fixed(member(answer, "transactionHash", "receipt"), 32, "transaction hash").hex(),
        block_number=short_quantity(member(answer, "blockNumber", "receipt"), "receipt block"),
        block_hash=fixed(member(answer, "blockHash", "receipt"), 32, "receipt block hash"),
        succeeded=quantity(member(answer, "status", "receipt"), "receipt status") == 1,
        gas_used=quantity(member(answer, "gasUsed", "receipt"), "gas used"),
        gas_price=quantity(price, "effective gas price"),
        contract=None if contract is None else fixed(contract, 20, "contract address"),
        logs=member(answer, "logs", "receipt"),
    )
