"""JSON-RPC over HTTP to one or several nodes of the same ledger, with bounded answers and plain failover.

Requests go to one node until it fails, then to the next. A node is asked for its chain id before anything else, so that a
failover can never end on another ledger. Nothing here knows what the answers mean.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from itertools import count
from urllib.parse import urlsplit

import aiohttp

from relayer.errors import LedgerUnavailable, WrongLedger
from relayer.ledgers.evm.errors import MalformedAnswer, NodeRefused
from relayer.ledgers.evm.quantity import Json, quantity

MAXIMUM_ANSWER_BYTES = 64 << 20
MAXIMUM_BATCH = 100
"""Calls in one request; geth accepts 1,000, hosted nodes often 100."""

_HINT_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Call:
    """One JSON-RPC call; parameters as JSON takes them."""

    method: str
    params: tuple[Json, ...] = ()


@dataclass(slots=True)
class _Endpoint:
    url: str
    chain_checked: bool = False


class JsonRpc:
    """Calls with failover. Safe for concurrent use on one event loop; `close` ends it."""

    def __init__(self, urls: Sequence[str], *, chain_id: int, timeout_seconds: float = 60.0) -> None:
        """`urls`: HTTP addresses, the preferred one first."""
        self._endpoints = [_Endpoint(url) for url in urls]
        self._chain_id = chain_id
        self._timeout = aiohttp.ClientTimeout(total=timeout_seconds)
        self._session: aiohttp.ClientSession | None = None
        self._current = 0
        self._ids = count(1)

    async def close(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def call(self, method: str, *params: Json) -> Json:
        """One call. Raises NodeRefused for an error object, LedgerUnavailable if no node answers, WrongLedger."""
        (result,) = await self.batch([Call(method, params)])
        if isinstance(result, NodeRefused):
            raise result
        return result

    async def batch(self, calls: Sequence[Call]) -> list[Json | NodeRefused]:
        """Results in the order of `calls`, all of one node; each call that the node refused is its NodeRefused."""
        start, failures = self._current, []
        for step in range(len(self._endpoints)):
            index = (start + step) % len(self._endpoints)
            endpoint = self._endpoints[index]
            try:
                await self._check_chain(endpoint)
                results: list[Json | NodeRefused] = []
                for first in range(0, len(calls), MAXIMUM_BATCH):
                    results += await self._post(endpoint.url, calls[first : first + MAXIMUM_BATCH])
            except (aiohttp.ClientError, TimeoutError, OSError, MalformedAnswer) as error:
                failures.append(_words(endpoint, error))
                continue
            self._current = index
            return results
        raise _unavailable(failures)

    async def check_endpoints(self) -> None:
        """Asks every node for its chain id. Raises WrongLedger for a foreign one, LedgerUnavailable if none answers."""
        failures = []
        for endpoint in self._endpoints:
            try:
                await self._check_chain(endpoint)
            except (aiohttp.ClientError, TimeoutError, OSError, MalformedAnswer) as error:
                failures.append(_words(endpoint, error))
        if len(failures) == len(self._endpoints):
            raise _unavailable(failures)

    async def _check_chain(self, endpoint: _Endpoint) -> None:
        if endpoint.chain_checked:
            return
        (answer,) = await self._post(endpoint.url, [Call("eth_chainId")])
        if isinstance(answer, NodeRefused):
            raise MalformedAnswer(str(answer))
        found = quantity(answer, "eth_chainId")
        if found != self._chain_id:
            raise WrongLedger(
                f"{shown(endpoint.url)} serves chain id {found}, the configuration says {self._chain_id}; "
                "correct one of the two"
            )
        endpoint.chain_checked = True

    async def _post(self, url: str, calls: Sequence[Call]) -> list[Json | NodeRefused]:
        requests = [
            {"jsonrpc": "2.0", "id": next(self._ids), "method": call.method, "params": call.params} for call in calls
        ]
        # A single call goes without the array: some nodes do not take batches of one well.
        body = json.dumps(requests if len(requests) != 1 else requests[0], separators=(",", ":"))
        if self._session is None:
            self._session = aiohttp.ClientSession(timeout=self._timeout)
        headers = {"content-type": "application/json"}
        async with self._session.post(url, data=body, headers=headers, allow_redirects=False) as response:
            raw = await _read_bounded(response)
        try:
            answer = json.loads(raw)
        except (ValueError, RecursionError):
            raise MalformedAnswer(f"status {response.status} and no JSON") from None
        answers = answer if isinstance(answer, list) else [answer]
        by_id = {item["id"]: item for item in answers if isinstance(item, dict) and isinstance(item.get("id"), int)}
        return [_result(call, by_id.get(request["id"])) for call, request in zip(calls, requests, strict=True)]


def shown(url: str) -> str:
    """The address without its path and query: hosted nodes are often addressed with a secret in there."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.hostname}" + (f":{parts.port}" if parts.port else "")


def _words(endpoint: _Endpoint, error: Exception) -> str:
    return f"{shown(endpoint.url)}: {str(error) or type(error).__name__}"


def _unavailable(failures: Sequence[str]) -> LedgerUnavailable:
    return LedgerUnavailable("no node of the ledger answers; check that it runs, and its address: " + "; ".join(failures))


async def _read_bounded(response: aiohttp.ClientResponse) -> bytes:
    chunks, size = [], 0
    async for chunk in response.content.iter_chunked(1 << 18):
        size += len(chunk)
        if size > MAXIMUM_ANSWER_BYTES:
            raise MalformedAnswer(f"an answer of more than {MAXIMUM_ANSWER_BYTES} bytes; ask for fewer blocks at once")
        chunks.append(chunk)
    return b"".join(chunks)


def _result(call: Call, answer: Json) -> Json | NodeRefused:
    if not isinstance(answer, dict):
        raise MalformedAnswer(f"{call.method}: no answer in the batch")
    error = answer.get("error")
    if error is None:
        if "result" not in answer:
            raise MalformedAnswer(f"{call.method}: neither a result nor an error")
        return answer["result"]
    if not isinstance(error, dict) or not isinstance(error.get("code"), int):
        raise MalformedAnswer(f"{call.method}: an error without a code")
    return NodeRefused(call.method, error["code"], str(error.get("message", "")), _revert_data(error.get("data")))


def _revert_data(value: Json) -> bytes | None:
    """Geth, anvil and Besu give the revert data as hexadecimal text; Ganache may wrap it in an object's `result`."""
    if isinstance(value, dict):
        value = value.get("result", value.get("data"))
    if not isinstance(value, str) or not value.startswith("0x") or len(value) > 2 * MAXIMUM_ANSWER_BYTES:
        return None
    try:
        return bytes.fromhex(value[2:])
    except ValueError:
        return None


async def new_heads(url: str) -> AsyncIterator[None]:
    """Yields at each eth_subscribe newHeads notice of a websocket. Raises LedgerUnavailable when the connection ends.

    Only that a notice came is used; its content is never read.
    """
    try:
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=10)
        async with (
            aiohttp.ClientSession(timeout=timeout) as session,
            session.ws_connect(url, heartbeat=20, max_msg_size=_HINT_BYTES) as socket,
        ):
            await socket.send_json({"jsonrpc": "2.0", "id": 1, "method": "eth_subscribe", "params": ["newHeads"]})
            async for message in socket:
                if message.type is aiohttp.WSMsgType.TEXT:
                    yield
    except (aiohttp.ClientError, OSError) as error:
        raise LedgerUnavailable(f"{shown(url)}: the websocket ended ({error}); polling goes on") from error
    raise LedgerUnavailable(f"{shown(url)}: the websocket was closed by the node; polling goes on")
