"""JSON-RPC over HTTP to one address: one request, one bounded answer. Which address is asked is decided by others."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import count

import aiohttp

from relayer.ledgers.cosmos.errors import MalformedAnswer, NodeRefused
from relayer.ledgers.cosmos.values import Json
from relayer.ledgers.nodes.answers import require_few_values
from relayer.ledgers.nodes.envelope import require_served, sentence
from relayer.ledgers.nodes.errors import AnswerTooLarge, TooMuch
from relayer.ledgers.nodes.repeated import put_again_if_cut_off

MAXIMUM_ANSWER_BYTES = 64 << 20
_BROADCASTS = "broadcast_"


@dataclass(frozen=True, slots=True)
class AbciCall:
    """One JSON-RPC call. CometBFT wants 64-bit numbers as text, and bytes as its reference says."""

    method: str
    params: Mapping[str, object] = field(default_factory=dict)


class Transport:
    """One session for all addresses. Safe for concurrent use on one event loop; `close` ends it."""

    def __init__(self, *, timeout_seconds: float, connections: int) -> None:
        """`connections`: requests under way at one time."""
        self._timeout_seconds = timeout_seconds
        self._places = asyncio.Semaphore(connections)
        self._session: aiohttp.ClientSession | None = None
        self._ids = count(1)

    async def close(self) -> None:
        """Closes the session."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def post(self, url: str, calls: Sequence[AbciCall]) -> list[Json]:
        """Results in the order of `calls`; several go as one batch. Raises NodeRefused, NodeFailure, TooMuch, and what
        aiohttp raises."""
        requests = [
            {"jsonrpc": "2.0", "id": next(self._ids), "method": call.method, "params": call.params} for call in calls
        ]
        if self._session is None:
            self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=self._timeout_seconds))
        body = json.dumps(requests if len(requests) > 1 else requests[0], separators=(",", ":"))
        exchange = partial(_exchange, self._session, url, body)
        # Waiting for a free place is none of the node's delay, so it does not count against the request's time.
        async with self._places:
            status, raw = await (exchange() if _sends(calls) else put_again_if_cut_off(exchange))
        try:
            answer = json.loads(raw)
        except (ValueError, RecursionError):
            require_served(status, None, calls=len(calls))
            raise MalformedAnswer(sentence(status, None)) from None
        require_served(status, answer, calls=len(calls))
        if len(requests) == 1:
            return [_result(calls[0].method, requests[0]["id"], answer)]
        if not isinstance(answer, list):
            raise MalformedAnswer(f"status {status} and no answer to the request")
        by_id = {item["id"]: item for item in answer if isinstance(item, dict) and type(item.get("id")) is int}
        return [
            _result(call.method, request["id"], by_id.get(request["id"]))
            for call, request in zip(calls, requests, strict=True)
        ]


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


def _sends(calls: Sequence[AbciCall]) -> bool:
    return any(call.method.startswith(_BROADCASTS) for call in calls)


async def _exchange(session: aiohttp.ClientSession, url: str, body: str) -> tuple[int, bytes]:
    headers = {"content-type": "application/json"}
    async with session.post(url, data=body, headers=headers, allow_redirects=False) as response:
        return response.status, await _read_bounded(response)


async def _read_bounded(response: aiohttp.ClientResponse) -> bytes:
    chunks, size = [], 0
    async for chunk in response.content.iter_chunked(1 << 18):
        size += len(chunk)
        if size > MAXIMUM_ANSWER_BYTES:
            raise TooMuch(f"an answer of more than {MAXIMUM_ANSWER_BYTES} bytes")
        chunks.append(chunk)
    raw = b"".join(chunks)
    try:
        require_few_values(raw)
    except AnswerTooLarge as error:
        raise TooMuch(str(error)) from error
    return raw
