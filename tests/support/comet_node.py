"""A CometBFT node's JSON-RPC over a chain in memory: real headers and proofs, in the form in which a node gives them.

For tests of whatever reads such nodes. It checks no transaction and runs no application; what a block did is what a test
says. `overrides` and the switches play nodes that err, lag, lie or say nothing.
"""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Self

from aiohttp import WSMsgType, web

from relayer.core.commitment import CommitmentPath
from relayer.core.ids import Height
from relayer.proofs import comet
from relayer.wire.cosmos_protos import commitment
from tests.support.comet_chain import CometChain

Json = Any
Override = Callable[[Mapping[str, Any]], Json]
"""Gets the parameters and gives a result, a NodeError to raise, or a whole Response."""


class NodeError(Exception):
    """Becomes a JSON-RPC error object with CometBFT's code for everything."""


@dataclass(slots=True, kw_only=True)
class BlockResults:
    """What a block did: transactions with their results, and what no transaction caused."""

    transactions: list[bytes] = field(default_factory=list)
    results: list[Json] = field(default_factory=list)
    finalize_block_events: list[Json] = field(default_factory=list)


class CometNode:
    """One node. Use it as an asynchronous context manager; `url` is its address then."""

    def __init__(self, chain: CometChain) -> None:
        self.chain = chain
        self.url = ""
        self.results: dict[int, BlockResults] = {}
        self.queries: dict[str, Callable[[bytes], Json]] = {}
        """Answers of the application by query path."""
        self.overrides: dict[str, Override] = {}
        self.calls: list[str] = []
        self.batches: list[int] = []
        self.earliest = 1
        self.lag = 0
        self.catching_up = False
        self.indexing = "on"
        self.batch_limit = 10
        self.silent = False
        self._sockets: set[web.WebSocketResponse] = set()
        self._runner: web.AppRunner | None = None
        self._stopping = asyncio.Event()

    @property
    def height(self) -> int:
        """Its newest block."""
        return self.chain.height - self.lag

    async def __aenter__(self) -> Self:
        application = web.Application()
        application.router.add_post("/", self._handle)
        application.router.add_get("/websocket", self._subscribe)
        self._runner = web.AppRunner(application, shutdown_timeout=1.0)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        host, port = self._runner.addresses[0][:2]
        self.url = f"http://{host}:{port}"
        return self

    async def __aexit__(self, *_: object) -> None:
        self._stopping.set()
        await self.hang_up()
        if self._runner is not None:
            await self._runner.cleanup()

    async def tell(self) -> None:
        """A notice of a new block to every subscriber."""
        for socket in self._sockets:
            await socket.send_json({"jsonrpc": "2.0", "id": 1, "result": {"query": "tm.event='NewBlockHeader'"}})

    async def hang_up(self) -> None:
        """Ends every subscription."""
        for socket in tuple(self._sockets):
            await socket.close()

    @property
    def subscribers(self) -> int:
        """How many websockets are open."""
        return len(self._sockets)

    async def _subscribe(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        async for message in socket:
            if message.type is WSMsgType.TEXT:
                self._sockets.add(socket)
        self._sockets.discard(socket)
        return socket

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        if self.silent:
            await self._stopping.wait()
        body = await request.json()
        if isinstance(body, list):
            self.batches.append(len(body))
            if len(body) > self.batch_limit:
                return web.json_response({"jsonrpc": "2.0", "error": {"code": -32600, "message": "Invalid Request"}})
            return web.json_response([self._answer(each) for each in body])
        answer = self._answer(body)
        return answer if isinstance(answer, web.StreamResponse) else web.json_response(answer)

    def _answer(self, body: Mapping[str, Any]) -> Json:
        method, params = body["method"], body["params"]
        self.calls.append(method)
        answer = self.overrides.get(method) or getattr(self, f"_{method}")
        try:
            result = answer(params)
        except NodeError as error:
            fault = {"code": -32603, "message": "Internal error", "data": str(error)}
            return {"jsonrpc": "2.0", "id": body["id"], "error": fault}
        if isinstance(result, web.StreamResponse):
            return result
        return {"jsonrpc": "2.0", "id": body["id"], "result": result}

    def _status(self, _: Mapping[str, Any]) -> Json:
        newest = self.chain.signed(Height(self.height)).header
        return {
            "node_info": {"network": self.chain.chain_id, "other": {"tx_index": self.indexing}},
            "sync_info": {
                "latest_block_hash": newest.hash().hex().upper(),
                "latest_block_height": str(newest.height),
                "latest_block_time": as_time(newest.time),
                "earliest_block_height": str(self.earliest),
                "catching_up": self.catching_up,
            },
        }

    def _commit(self, params: Mapping[str, Any]) -> Json:
        signed = self.chain.signed(self._known(params))
        return {"signed_header": {"header": header_json(signed.header), "commit": commit_json(signed.commit)}}

    def _validators(self, params: Mapping[str, Any]) -> Json:
        height = int(params["height"])
        members = self.chain.validators(Height(self._kept(height, most=self.height + 1))).validators
        size, page = int(params["per_page"]), int(params["page"])
        part = members[(page - 1) * size : page * size]
        return {
            "block_height": str(height),
            "validators": [validator_json(each) for each in part],
            "count": str(len(part)),
            "total": str(len(members)),
        }

    def _block_results(self, params: Mapping[str, Any]) -> Json:
        height = self._known(params)
        found = self.results.get(height, BlockResults())
        return {
            "height": str(height),
            "txs_results": found.results or None,
            "finalize_block_events": found.finalize_block_events or None,
        }

    def _block(self, params: Mapping[str, Any]) -> Json:
        found = self.results.get(self._known(params), BlockResults())
        return {"block": {"data": {"txs": [base64.b64encode(each).decode() for each in found.transactions]}}}

    def _abci_query(self, params: Mapping[str, Any]) -> Json:
        path, data = str(params["path"]), bytes.fromhex(params["data"])
        if path != "store/ibc/key":
            answer = self.queries.get(path)
            if answer is None:
                return {"response": {"code": 6, "log": "unknown query path", "height": "0", "codespace": "sdk"}}
            return {"response": answer(data)}
        # The state after a block is proven by the header of the next one.
        height = int(params["height"])
        if not self.earliest <= height < self.height:
            return {"response": {"code": 7, "log": "no such version", "height": "0", "codespace": "store"}}
        return {"response": self._proven(CommitmentPath(data), Height(height + 1))}

    def _proven(self, path: CommitmentPath, at: Height) -> Json:
        (proof,) = self.chain.prove([path], at=at)
        levels = commitment.MerkleProof.FromString(proof.value).proofs
        value = self.chain.read(path, at=at)
        ops = [
            {"type": kind, "key": encode(key), "data": encode(level.SerializeToString(deterministic=True))}
            for kind, key, level in zip(("ics23:iavl", "ics23:simple"), (path, b"ibc"), levels, strict=True)
        ]
        return {
            "code": 0,
            "log": "",
            "key": encode(path),
            "value": None if value is None else encode(value),
            "proofOps": {"ops": ops},
            "height": str(at - 1),
            "codespace": "",
        }

    def _known(self, params: Mapping[str, Any]) -> Height:
        return Height(self._kept(int(params["height"]), most=self.height))

    def _kept(self, height: int, *, most: int) -> int:
        if height > most:
            raise NodeError(f"height {height} must be less than or equal to the current blockchain height {most}")
        if height < self.earliest:
            raise NodeError(f"height {height} is not available, lowest height is {self.earliest}")
        return height


def as_time(time: int) -> str:
    """Unix nanoseconds as Go writes them: no trailing zeros."""
    seconds, nanoseconds = divmod(time, comet.NANOSECONDS)
    if time == comet.ABSENT_TIME:
        return "0001-01-01T00:00:00Z"
    whole = datetime.fromtimestamp(seconds, tz=UTC).strftime("%Y-%m-%dT%H:%M:%S")
    return whole + (f".{nanoseconds:09}".rstrip("0") if nanoseconds else "") + "Z"


def header_json(header: comet.Header) -> Json:
    """As in an answer to `commit`."""
    hashes = (
        "last_commit_hash",
        "data_hash",
        "validators_hash",
        "next_validators_hash",
        "consensus_hash",
        "app_hash",
        "last_results_hash",
        "evidence_hash",
        "proposer_address",
    )
    return {
        "version": {"block": str(header.block_version)},
        "chain_id": header.chain_id,
        "height": str(header.height),
        "time": as_time(header.time),
        "last_block_id": _block_id_json(header.last_block_id),
        **{name: getattr(header, name).hex().upper() for name in hashes},
    }


def commit_json(commit: comet.Commit) -> Json:
    """As in an answer to `commit`."""
    return {
        "height": str(commit.height),
        "round": commit.round,
        "block_id": _block_id_json(commit.block_id),
        "signatures": [
            {
                "block_id_flag": int(entry.flag),
                "validator_address": entry.validator_address.hex().upper(),
                "timestamp": as_time(entry.timestamp),
                "signature": encode(entry.signature) if entry.signature else None,
            }
            for entry in commit.signatures
        ],
    }


def validator_json(validator: comet.Validator) -> Json:
    """As in an answer to `validators`."""
    return {
        "address": validator.address.hex().upper(),
        "pub_key": {"type": "tendermint/PubKeySecp256k1", "value": encode(validator.public_key)},
        "voting_power": str(validator.power),
        "proposer_priority": "0",
    }


def encode(value: bytes) -> str:
    """Base 64."""
    return base64.b64encode(value).decode()


def _block_id_json(block_id: comet.BlockId) -> Json:
    return {
        "hash": block_id.hash.hex().upper(),
        "parts": {"total": block_id.parts.total, "hash": block_id.parts.hash.hex().upper()},
    }
