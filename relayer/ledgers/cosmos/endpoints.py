"""The nodes of one chain: how one is recognised, when one is behind, and how much is asked of it at once."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from relayer.core.ids import Height
from relayer.errors import WrongLedger
from relayer.ledgers.cosmos import values
from relayer.ledgers.cosmos.errors import MalformedAnswer, NodeRefused
from relayer.ledgers.cosmos.transport import AbciCall, Transport
from relayer.ledgers.cosmos.values import Json
from relayer.ledgers.nodes.batches import Batches
from relayer.ledgers.nodes.errors import NodeUnfit, TooMuch
from relayer.ledgers.nodes.failover import Failover, FailoverPolicy, Heads
from relayer.ledgers.nodes.websocket import shown
from relayer.proofs.comet.types import TimestampNanoseconds

MAXIMUM_BATCH = 10
"""Calls in one request: CometBFT's own limit, unless its operator has set another one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointOptions:
    """How long a node is waited for, how far it may lag, and how long it is left alone after a failure."""

    timeout_seconds: float = 15.0
    aside_seconds: float = 20.0
    doubt_seconds: float = 600.0
    """How long the height that a doubted node claims makes no other one lag."""
    survey_seconds: float = 5.0
    """How often the heads of several nodes are compared."""
    maximum_lag: int = 10
    """Blocks that a node may be behind the best one."""
    connections: int = 16
    """Requests under way at one time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeStatus:
    """What a node reports about itself. `hash` and `time` are the newest header's, of `height`."""

    chain_id: str
    height: Height
    hash: bytes
    time: TimestampNanoseconds
    earliest_height: Height
    is_catching_up: bool
    is_indexing: bool


class Endpoints:
    """JSON-RPC with failover over the nodes of one chain."""

    def __init__(self, urls: Sequence[str], *, chain_id: str, options: EndpointOptions) -> None:
        self._nodes = _Nodes(chain_id, options)
        policy = FailoverPolicy(
            behind=partial(_behind, maximum=options.maximum_lag),
            survey_seconds=options.survey_seconds,
            aside_seconds=options.aside_seconds,
            doubt_seconds=options.doubt_seconds,
        )
        self._failover = Failover(urls, self._nodes, policy)

    def __len__(self) -> int:
        return len(self._failover)

    async def close(self) -> None:
        """Closes all connections."""
        await self._failover.close()
        await self._nodes.close()

    async def check(self) -> None:
        """Asks every node what it is. Raises WrongLedger for a foreign one, LedgerUnavailable if none can be used."""
        await self._failover.check()

    async def status(self) -> NodeStatus:
        """Of the first node that can be used. Raises LedgerUnavailable; WrongLedger if one is of another chain and none
        can be used."""
        return await self._failover.ask(self._status)

    async def call(self, call: AbciCall) -> Json:
        """The result of the first node that gives one. Raises NodeRefused, LedgerUnavailable, WrongLedger."""
        (result,) = await self.batch([call])
        return result

    async def batch(self, calls: Sequence[AbciCall]) -> list[Json]:
        """Results in the order of `calls`, all of one node. Raises as `call` does, if one of them fails on every node."""
        return await self._failover.ask(partial(self._nodes.ask, calls=calls))

    async def every(self, call: AbciCall) -> list[Json]:
        """The answers of all nodes that give one."""
        answers = await self._failover.ask_every(partial(self._nodes.ask, calls=[call]))
        return [answer for (answer,) in answers]

    def doubt(self) -> None:
        """The last answer of the node in use is inconsistent: for a while, others are asked before it and are not
        measured by it."""
        self._failover.doubt()

    async def _status(self, url: str) -> NodeStatus:
        found = await self._nodes.status(url)
        self._failover.heard(url, found.height)
        return found


def _behind(height: int, heads: Heads, *, maximum: int) -> int:
    lag = heads.now - height
    return lag if lag > maximum else 0


class _Nodes:
    """Requests to one address, and how a node is recognised."""

    def __init__(self, chain_id: str, options: EndpointOptions) -> None:
        self._chain_id = chain_id
        self._transport = Transport(timeout_seconds=options.timeout_seconds, connections=options.connections)
        self._batches = Batches(self._transport.post, most=MAXIMUM_BATCH, single=MalformedAnswer)

    async def close(self) -> None:
        await self._transport.close()

    async def identify(self, url: str) -> int:
        return (await self.status(url)).height

    async def height(self, url: str) -> int:
        return (await self.status(url)).height

    async def status(self, url: str) -> NodeStatus:
        """Raises WrongLedger for another chain, and a NodeFailure for a node that cannot be used now."""
        try:
            (answer,) = await self._transport.post(url, [AbciCall("status")])
            found = _node_status(answer)
        except (NodeRefused, TooMuch) as error:
            raise NodeUnfit(str(error)) from error
        if found.chain_id != self._chain_id:
            raise WrongLedger(
                f"{shown(url)} serves chain {found.chain_id!r}, the configuration says {self._chain_id!r}; "
                "correct one of the two"
            )
        if found.is_catching_up:
            raise NodeUnfit(f"the node is still syncing (block {found.height}); wait, or name a node that has caught up")
        if not found.is_indexing:
            raise NodeUnfit('the node keeps no index of transactions; set indexer = "kv" in its config.toml')
        return found

    async def ask(self, url: str, calls: Sequence[AbciCall]) -> list[Json]:
        parts = self._batches.parts(url, calls)
        done = await asyncio.gather(*(self._batches.ask(url, part) for part in parts), return_exceptions=True)
        results: list[Json] = []
        for each in done:
            if isinstance(each, BaseException):
                raise each
            results += each
        return results


def _node_status(answer: Json) -> NodeStatus:
    node, sync = values.member(answer, "node_info", "status"), values.member(answer, "sync_info", "status")
    catching_up = values.member(sync, "catching_up", "status")
    if not isinstance(catching_up, bool):
        raise MalformedAnswer("status: catching_up is neither true nor false")
    height = Height(values.integer(values.member(sync, "latest_block_height", "status"), "newest height"))
    if not catching_up and not height:
        raise NodeUnfit("the chain has no block yet; wait for its first one")
    other = values.optional(node, "other", "status")
    return NodeStatus(
        chain_id=values.text(values.member(node, "network", "status"), "chain id", maximum=50),
        height=height,
        hash=values.hexadecimal(values.member(sync, "latest_block_hash", "status"), "newest hash", maximum=32),
        time=values.time(values.member(sync, "latest_block_time", "status"), "newest time"),
        earliest_height=Height(values.integer(values.member(sync, "earliest_block_height", "status"), "earliest height")),
        is_catching_up=catching_up,
        is_indexing=isinstance(other, Mapping) and other.get("tx_index") == "on",
    )
