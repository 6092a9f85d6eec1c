"""CometBFT's JSON-RPC to one or several nodes of the same chain: typed calls with bounded answers.

Which node is asked is decided in `endpoints`; what the answers prove is decided elsewhere. No answer is believed here: a
node can lie about anything but its form.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from relayer.core.ids import Height
from relayer.ledgers.cosmos import values
from relayer.ledgers.cosmos.endpoints import EndpointOptions, Endpoints, NodeStatus
from relayer.ledgers.cosmos.errors import MalformedAnswer
from relayer.ledgers.cosmos.transport import AbciCall
from relayer.ledgers.cosmos.values import Json

NEWEST = Height(0)
"""As the height of a query: the newest state that the node has committed."""

_MAXIMUM_OPS = 16
_CODESPACE = re.compile(r"[A-Za-z0-9._/-]*", re.ASCII)


@dataclass(frozen=True, slots=True)
class ProofOp:
    """One level of an ABCI proof; `data` is encoded as `kind` says."""

    kind: str
    key: bytes
    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class AbciAnswer:
    """What the application answered to a query. `code` 0 is a success; `height` is the state's, 0 if there was none."""

    code: int
    codespace: str
    log: str
    value: bytes
    height: Height
    proof_ops: tuple[ProofOp, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class BroadcastAnswer:
    """What CheckTx said. `code` 0: the transaction waits in the node's pool; that is no promise of a block."""

    code: int
    codespace: str
    log: str
    hash: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class IncludedTransaction:
    """What became of a transaction in the block of `height`. `data` is `cosmos.base.abci.v1beta1.TxMsgData` bytes. Events
    are read by block, not here."""

    hash: bytes
    height: Height
    code: int
    codespace: str
    log: str
    gas_used: int
    data: bytes


class CometRpc:
    """Calls with failover. Safe for concurrent use on one event loop; `close` ends it."""

    def __init__(self, urls: Sequence[str], *, chain_id: str, options: EndpointOptions | None = None) -> None:
        """`urls`: http(s) addresses, the preferred one first."""
        self.endpoints = Endpoints(urls, chain_id=chain_id, options=options or EndpointOptions())

    @property
    def nodes(self) -> int:
        """How many are configured; at least one."""
        return len(self.endpoints)

    async def close(self) -> None:
        """Closes all connections."""
        await self.endpoints.close()

    async def check_endpoints(self) -> None:
        """Asks every node what it is. Raises WrongLedger for a foreign one, LedgerUnavailable if none can be used."""
        await self.endpoints.check()

    async def status(self) -> NodeStatus:
        """Of the node in use. Raises LedgerUnavailable, also while all nodes are still syncing, and WrongLedger."""
        return await self.endpoints.status()

    async def call(self, method: str, params: Mapping[str, object]) -> Json:
        """The `result` of one call. CometBFT wants 64-bit numbers as text, bytes as its reference says.

        Raises NodeRefused if every node answers with an error object, LedgerUnavailable, WrongLedger.
        """
        return await self.endpoints.call(AbciCall(method, params))

    async def batch(self, method: str, params: Sequence[Mapping[str, object]]) -> list[Json]:
        """The same method many times, all answered by one node, in order. Raises as `call` does, if one of them fails."""
        return await self.endpoints.batch([AbciCall(method, each) for each in params])

    async def every(self, method: str, params: Mapping[str, object]) -> list[Json]:
        """The answers of all nodes that give one."""
        return await self.endpoints.every(AbciCall(method, params))

    def doubt(self) -> None:
        """The last answer of the node in use is inconsistent: others are asked before it for a while."""
        self.endpoints.doubt()

    async def abci_query(self, path: str, data: bytes) -> AbciAnswer:
        """Of the newest state. `path` is `/package.Service/Method`. A refusal is in the answer."""
        (answer,) = await self.abci_queries([(path, data)])
        return answer

    async def abci_queries(
        self, queries: Sequence[tuple[str, bytes]], *, height: Height = NEWEST, prove: bool = False
    ) -> list[AbciAnswer]:
        """Several queries of (path, data), all answered by one node, in order. `store/NAME/key` is the path of a key in a
        store, which can be proven."""
        params = [{"path": path, "data": data.hex(), "height": str(height), "prove": prove} for path, data in queries]
        answers = await self.batch("abci_query", params)
        return [_abci_answer(values.member(answer, "response", "abci_query")) for answer in answers]

    async def broadcast_sync(self, transaction: bytes) -> BroadcastAnswer:
        """Returns after CheckTx. NodeRefused may also mean that the pool has these bytes already, or is full."""
        params = {"tx": base64.b64encode(transaction).decode()}
        answer = await self.call("broadcast_tx_sync", params)
        return BroadcastAnswer(
            code=values.integer(values.member(answer, "code", "broadcast"), "broadcast code", maximum=2**32 - 1),
            codespace=_codespace(answer, "broadcast"),
            log=_log(answer, "broadcast"),
            hash=values.hexadecimal(values.member(answer, "hash", "broadcast"), "broadcast hash", maximum=32),
        )

    async def transaction(self, transaction_hash: bytes) -> IncludedTransaction | None:
        """None while no block that the node has indexed holds it. Indexing ends a moment after the block is there."""
        # Not `tx`: its refusal of an unknown hash has the same code as any other failure.
        params = {"query": f"tx.hash='{transaction_hash.hex().upper()}'", "per_page": "1"}
        found = values.listing(
            values.member(await self.call("tx_search", params), "txs", "tx_search"), "tx_search", maximum=1
        )
        if not found:
            return None
        result = transaction_result(found[0])
        if result.hash != transaction_hash:
            raise MalformedAnswer("tx_search: the node gave another transaction than the one asked for")
        return result


def transaction_result(value: Json) -> IncludedTransaction:
    """Strict reading of one item of `tx_search`, or of the answer of `tx`. Raises MalformedAnswer."""
    result = values.member(value, "tx_result", "transaction")
    return IncludedTransaction(
        hash=values.hexadecimal(values.member(value, "hash", "transaction"), "transaction hash", maximum=32),
        height=Height(values.integer(values.member(value, "height", "transaction"), "transaction height", minimum=1)),
        code=values.integer(values.optional(result, "code", "transaction") or 0, "code", maximum=2**32 - 1),
        codespace=_codespace(result, "transaction"),
        log=_log(result, "transaction"),
        gas_used=values.integer(values.optional(result, "gas_used", "transaction") or 0, "gas used"),
        data=values.base64(values.optional(result, "data", "transaction"), "transaction data"),
    )


def _abci_answer(answer: Json) -> AbciAnswer:
    proof = values.optional(answer, "proofOps", "abci_query")
    ops = [] if proof is None else values.listing(values.member(proof, "ops", "proof"), "proof", maximum=_MAXIMUM_OPS)
    return AbciAnswer(
        code=values.integer(values.member(answer, "code", "abci_query"), "query code", maximum=2**32 - 1),
        codespace=_codespace(answer, "abci_query"),
        log=_log(answer, "abci_query"),
        value=values.base64(values.optional(answer, "value", "abci_query"), "query value"),
        height=Height(values.integer(values.optional(answer, "height", "abci_query") or 0, "query height")),
        proof_ops=tuple(
            ProofOp(
                values.text(values.member(op, "type", "proof"), "proof type"),
                values.base64(values.optional(op, "key", "proof"), "proof key"),
                values.base64(values.optional(op, "data", "proof"), "proof data"),
            )
            for op in ops
        ),
    )


def _codespace(answer: Json, what: str) -> str:
    """It becomes part of codes that are journaled and shown, so it must be a plain name."""
    found = values.text(values.optional(answer, "codespace", what) or "", f"{what} codespace", maximum=64)
    if not _CODESPACE.fullmatch(found):
        raise MalformedAnswer(f"{what}: the node gave the codespace {found!r:.80}, expected letters, digits and . _ / -")
    return found


def _log(answer: Json, what: str) -> str:
    return values.text(values.optional(answer, "log", what) or "", f"{what} log", maximum=1 << 20)
