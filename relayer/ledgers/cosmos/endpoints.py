"""The nodes of one chain: which of them is asked, and which is put aside for how long.

A node is asked what it is before anything else, so that a failover can never end on another chain. One that errs, goes
silent, still syncs or lags behind the others is put aside for a while; if all are, they are tried nevertheless.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import aiohttp

from relayer.core.ids import Height
from relayer.errors import LedgerUnavailable, WrongLedger
from relayer.ledgers.cosmos import values
from relayer.ledgers.cosmos.errors import MalformedAnswer, NodeRefused
from relayer.ledgers.cosmos.transport import AbciCall, TooMuch, Transport
from relayer.ledgers.cosmos.values import Json
from relayer.ledgers.nodes.websocket import reason, shown
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
    """What a node says of itself. `hash` and `time` are the newest header's, of `height`."""

    chain_id: str
    height: Height
    hash: bytes
    time: TimestampNanoseconds
    earliest_height: Height
    is_catching_up: bool
    is_indexing: bool


@dataclass(slots=True)
class _Endpoint:
    url: str
    is_known: bool = False
    batch: int = MAXIMUM_BATCH
    height: int = 0
    aside_until: float = 0.0
    doubted_until: float = 0.0


class _Unfit(Exception):
    """The node answers, and must not be used now."""


@dataclass(frozen=True, slots=True)
class _Failure:
    words: str
    error: Exception


_FAILURES = (aiohttp.ClientError, TimeoutError, OSError, MalformedAnswer, _Unfit)
_ANY_FAILURE = (*_FAILURES, WrongLedger)


class Endpoints:
    """JSON-RPC with failover over the nodes of one chain."""

    def __init__(self, urls: Sequence[str], *, chain_id: str, options: EndpointOptions) -> None:
        self._endpoints = [_Endpoint(url) for url in urls]
        self._chain_id = chain_id
        self._options = options
        self._transport = Transport(timeout_seconds=options.timeout_seconds, connections=options.connections)
        self._current = 0
        self._survey: asyncio.Task[None] | None = None
        self._next_survey = 0.0

    def __len__(self) -> int:
        return len(self._endpoints)

    async def close(self) -> None:
        """Closes all connections."""
        survey, self._survey = self._survey, None
        if survey is not None:
            survey.cancel()
            await asyncio.gather(survey, return_exceptions=True)
        await self._transport.close()

    async def check(self) -> None:
        """Asks every node what it is. Raises WrongLedger for a foreign one, LedgerUnavailable if none can be used."""
        failures = []
        for endpoint in self._endpoints:
            try:
                await self._probe(endpoint)
            except _FAILURES as error:
                failures.append(self._put_aside(endpoint, error))
        if len(failures) == len(self._endpoints):
            raise _verdict(failures)

    async def status(self) -> NodeStatus:
        """Of the first node that can be used. Raises LedgerUnavailable; WrongLedger if all are of another chain."""
        failures = []
        for index in self._order():
            endpoint = self._endpoints[index]
            try:
                found = await self._probe(endpoint)
            except _ANY_FAILURE as error:
                failures.append(self._put_aside(endpoint, error))
                continue
            self._use(index)
            return found
        raise _verdict(failures)

    async def call(self, call: AbciCall) -> Json:
        """The result of the first node that gives one. Raises NodeRefused, LedgerUnavailable, WrongLedger."""
        (result,) = await self.batch([call])
        return result

    async def batch(self, calls: Sequence[AbciCall]) -> list[Json]:
        """Results in the order of `calls`, all of one node. Raises as `call` does, if one of them fails on every node."""
        failures: list[_Failure] = []
        refused: NodeRefused | None = None
        for index in self._order():
            endpoint = self._endpoints[index]
            try:
                if not endpoint.is_known:
                    await self._probe(endpoint)
                results = await self._ask(endpoint, calls)
            except NodeRefused as error:
                # It may have pruned, or not have yet, what another node has.
                refused = refused or error
                continue
            except _ANY_FAILURE as error:
                failures.append(self._put_aside(endpoint, error))
                continue
            self._use(index)
            return results
        raise refused or _verdict(failures)

    def doubt(self) -> None:
        """What the node in use answered does not hold together: others are asked before it for a while, and are not
        measured by it."""
        endpoint = self._endpoints[self._current]
        self._put_aside(endpoint, _Unfit())
        endpoint.doubted_until = _now() + self._options.doubt_seconds

    def _order(self) -> list[int]:
        """The node in use and those behind it in turn; last those that are aside, the longest of them first."""
        now = _now()
        turn = [(self._current + step) % len(self._endpoints) for step in range(len(self._endpoints))]
        return sorted(turn, key=lambda index: self._aside_until(index, now))

    def _aside_until(self, index: int, now: float) -> float:
        until = self._endpoints[index].aside_until
        return until if until > now else 0.0

    def _use(self, index: int) -> None:
        self._current = index
        self._endpoints[index].aside_until = 0.0
        if len(self._endpoints) > 1 and self._survey is None and _now() >= self._next_survey:
            self._survey = asyncio.create_task(self._compare())

    def _put_aside(self, endpoint: _Endpoint, error: Exception) -> _Failure:
        endpoint.aside_until = _now() + self._options.aside_seconds
        endpoint.is_known = False
        endpoint.height = 0
        return _Failure(f"{shown(endpoint.url)}: {reason(error)}", error)

    async def _compare(self) -> None:
        """Renews what is known of all nodes' heads, so that one that falls behind is found out by the others."""
        now = _now()
        try:
            await asyncio.gather(*(self._look(each) for each in self._endpoints if each.aside_until <= now))
            for endpoint in self._endpoints:
                if endpoint.is_known and self._lag(endpoint) > self._options.maximum_lag:
                    self._put_aside(endpoint, _Unfit())
        finally:
            self._next_survey = _now() + self._options.survey_seconds
            self._survey = None

    async def _look(self, endpoint: _Endpoint) -> None:
        try:
            await self._probe(endpoint)
        except _ANY_FAILURE as error:
            self._put_aside(endpoint, error)

    async def _probe(self, endpoint: _Endpoint) -> NodeStatus:
        """Raises WrongLedger for another chain, and what is in _FAILURES for a node that cannot be used now."""
        try:
            (answer,) = await self._transport.post(endpoint.url, [AbciCall("status")])
            found = _node_status(answer)
        except (NodeRefused, TooMuch) as error:
            raise _Unfit(str(error)) from error
        if found.chain_id != self._chain_id:
            raise WrongLedger(
                f"{shown(endpoint.url)} serves chain {found.chain_id!r}, the configuration says {self._chain_id!r}; "
                "correct one of the two"
            )
        if found.is_catching_up:
            raise _Unfit(f"the node is still syncing (block {found.height}); wait, or name a node that has caught up")
        if not found.is_indexing:
            raise _Unfit('the node keeps no index of transactions; set indexer = "kv" in its config.toml')
        endpoint.height = found.height
        endpoint.is_known = True
        lag = self._lag(endpoint)
        if lag > self._options.maximum_lag:
            raise _Unfit(f"the node is {lag} blocks behind another one of the configured nodes")
        return found

    def _lag(self, endpoint: _Endpoint) -> int:
        """Heights are claims: one that a node has nothing to show for must not keep the others away for good."""
        now = _now()
        believed = (each.height for each in self._endpoints if each.doubted_until <= now)
        return max(believed, default=0) - endpoint.height

    async def _ask(self, endpoint: _Endpoint, calls: Sequence[AbciCall]) -> list[Json]:
        parts = [calls[first : first + endpoint.batch] for first in range(0, len(calls), endpoint.batch)]
        done = await asyncio.gather(*(self._ask_part(endpoint, part) for part in parts), return_exceptions=True)
        results: list[Json] = []
        for each in done:
            if isinstance(each, BaseException):
                raise each
            results += each
        return results

    async def _ask_part(self, endpoint: _Endpoint, calls: Sequence[AbciCall]) -> list[Json]:
        """One request, or one by one where the node takes no more at once."""
        try:
            return await self._transport.post(endpoint.url, calls)
        except TooMuch as error:
            if len(calls) == 1:
                raise MalformedAnswer(str(error)) from error
            endpoint.batch = 1
            return [(await self._ask_part(endpoint, [call]))[0] for call in calls]


def _node_status(answer: Json) -> NodeStatus:
    node, sync = values.member(answer, "node_info", "status"), values.member(answer, "sync_info", "status")
    catching_up = values.member(sync, "catching_up", "status")
    if not isinstance(catching_up, bool):
        raise MalformedAnswer("status: catching_up is neither true nor false")
    height = Height(values.integer(values.member(sync, "latest_block_height", "status"), "newest height"))
    if not catching_up and not height:
        raise _Unfit("the chain has no block yet; wait for its first one")
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


def _verdict(failures: Sequence[_Failure]) -> LedgerUnavailable | WrongLedger:
    """Another chain behind every address is a matter for the operator; anything else may pass."""
    foreign = [each.error for each in failures if isinstance(each.error, WrongLedger)]
    if len(foreign) == len(failures):
        return foreign[0]
    words = "; ".join(each.words for each in failures)
    return LedgerUnavailable(f"no node of the ledger can be used; check that one runs, and its address: {words}")


def _now() -> float:
    return asyncio.get_running_loop().time()
