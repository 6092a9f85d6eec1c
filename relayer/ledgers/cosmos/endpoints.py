"""The nodes of one chain: which of them is asked, and which is put aside for how long.

A node is asked what it is before anything else, so that a failover can never end on another chain. One that errs, goes
silent, still syncs or lags behind the others is put aside for a while; if all are, they are tried nevertheless.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from urllib.parse import urlsplit

import aiohttp

from relayer.core.ids import Height
from relayer.errors import LedgerUnavailable, WrongLedger
from relayer.ledgers.cosmos import values
from relayer.ledgers.cosmos.errors import MalformedAnswer, NodeRefused
from relayer.ledgers.cosmos.values import Json
from relayer.proofs.comet_types import TimestampNanoseconds

MAXIMUM_ANSWER_BYTES = 64 << 20
_HINT_BYTES = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointOptions:
    """How long a node is waited for, how far it may lag, and how long it is left alone after a failure."""

    timeout_seconds: float = 15.0
    aside_seconds: float = 20.0
    survey_seconds: float = 5.0
    """How often the heads of several nodes are compared."""
    maximum_lag: int = 10
    """Blocks that a node may be behind the best one."""
    connections: int = 16
    """Requests under way at one time per node."""


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
    height: int = 0
    aside_until: float = 0.0


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
        self._session: aiohttp.ClientSession | None = None
        self._current = 0
        self._ids = count(1)
        self._survey: asyncio.Task[None] | None = None
        self._next_survey = 0.0

    async def close(self) -> None:
        survey, self._survey = self._survey, None
        if survey is not None:
            survey.cancel()
            await asyncio.gather(survey, return_exceptions=True)
        session, self._session = self._session, None
        if session is not None:
            await session.close()

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

    async def call(self, method: str, params: Mapping[str, object]) -> Json:
        """The result of the first node that gives one. Raises NodeRefused, LedgerUnavailable, WrongLedger."""
        failures: list[_Failure] = []
        refused: NodeRefused | None = None
        for index in self._order():
            endpoint = self._endpoints[index]
            try:
                if not endpoint.is_known:
                    await self._probe(endpoint)
                result = await self._post(endpoint.url, method, params)
            except NodeRefused as error:
                # It may have pruned, or not have yet, what another node has.
                refused = refused or error
                continue
            except _ANY_FAILURE as error:
                failures.append(self._put_aside(endpoint, error))
                continue
            self._use(index)
            return result
        raise refused or _verdict(failures)

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
        return _Failure(f"{shown(endpoint.url)}: {str(error) or type(error).__name__}", error)

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
            found = _node_status(await self._post(endpoint.url, "status", {}))
        except NodeRefused as error:
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
        return max(each.height for each in self._endpoints) - endpoint.height

    async def _post(self, url: str, method: str, params: Mapping[str, object]) -> Json:
        request = {"jsonrpc": "2.0", "id": next(self._ids), "method": method, "params": params}
        if self._session is None:
            self._session = aiohttp.ClientSession(
                timeout=aiohttp.ClientTimeout(total=self._options.timeout_seconds),
                connector=aiohttp.TCPConnector(limit_per_host=self._options.connections),
            )
        body = json.dumps(request, separators=(",", ":"))
        headers = {"content-type": "application/json"}
        async with self._session.post(url, data=body, headers=headers, allow_redirects=False) as response:
            raw = await _read_bounded(response)
            status = response.status
        try:
            answer = json.loads(raw)
        except (ValueError, RecursionError):
            raise MalformedAnswer(f"status {status} and no JSON") from None
        return _result(method, request["id"], answer)


async def new_blocks(url: str) -> AsyncIterator[None]:
    """Yields at each new block that a node's websocket tells of. Raises LedgerUnavailable when the connection ends.

    `url` is the node's http(s) address. Only that a notice came is used; its content is never read.
    """
    query = {"query": "tm.event='NewBlockHeader'"}
    try:
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=10)
        async with (
            aiohttp.ClientSession(timeout=timeout) as session,
            session.ws_connect(url.rstrip("/") + "/websocket", heartbeat=20, max_msg_size=_HINT_BYTES) as socket,
        ):
            await socket.send_json({"jsonrpc": "2.0", "id": 1, "method": "subscribe", "params": query})
            async for message in socket:
                if message.type is aiohttp.WSMsgType.TEXT:
                    yield
    except (aiohttp.ClientError, OSError) as error:
        raise LedgerUnavailable(f"{shown(url)}: the websocket ended ({error}); polling goes on") from error
    raise LedgerUnavailable(f"{shown(url)}: the websocket was closed by the node; polling goes on")


def shown(url: str) -> str:
    """The address without its path and query: hosted nodes are often addressed with a secret in there."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.hostname}" + (f":{parts.port}" if parts.port else "")


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


def _result(method: str, identity: object, answer: Json) -> Json:
    if not isinstance(answer, dict):
        raise MalformedAnswer(f"{method}: no answer object")
    error = answer.get("error")
    if error is None:
        if "result" not in answer or answer.get("id") != identity:
            raise MalformedAnswer(f"{method}: neither a result nor an error")
        return answer["result"]
    if not isinstance(error, dict) or type(error.get("code")) is not int:
        raise MalformedAnswer(f"{method}: an error without a code")
    raise NodeRefused(method, error["code"], f"{error.get('message', '')} {error.get('data', '')}")


async def _read_bounded(response: aiohttp.ClientResponse) -> bytes:
    chunks, size = [], 0
    async for chunk in response.content.iter_chunked(1 << 18):
        size += len(chunk)
        if size > MAXIMUM_ANSWER_BYTES:
            raise MalformedAnswer(f"an answer of more than {MAXIMUM_ANSWER_BYTES} bytes")
        chunks.append(chunk)
    return b"".join(chunks)


def _verdict(failures: Sequence[_Failure]) -> LedgerUnavailable | WrongLedger:
    """Another chain behind every address is a matter for the operator; anything else may pass."""
    foreign = [each.error for each in failures if isinstance(each.error, WrongLedger)]
    if len(foreign) == len(failures):
        return foreign[0]
    words = "; ".join(each.words for each in failures)
    return LedgerUnavailable(f"no node of the ledger can be used; check that one runs, and its address: {words}")


def _now() -> float:
    return asyncio.get_running_loop().time()
