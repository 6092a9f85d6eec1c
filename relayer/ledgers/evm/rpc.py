"""JSON-RPC over HTTP to one or several nodes of the same ledger, with bounded answers and failover.

Requests go to one node until it fails, keeps silent, or falls behind the others; then to the next. Which nodes answer and
keep up is asked beside the requests, never before one. A node is asked for its chain id before anything else, so that a
failover can never end on another ledger. Nothing here knows what the answers mean.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count

import aiohttp
import structlog

from relayer.errors import LedgerUnavailable, RelayerError, WrongLedger
from relayer.ledgers.evm.errors import MalformedAnswer, NodeRefused
from relayer.ledgers.evm.quantity import Json, quantity
from relayer.ledgers.nodes.websocket import reason, shown

MAXIMUM_ANSWER_BYTES = 64 << 20
MAXIMUM_BATCH = 100
"""Calls in one request; geth accepts 1,000, hosted nodes often 100."""

_FAILURES = (aiohttp.ClientError, TimeoutError, OSError, MalformedAnswer)
"""What another node may do better."""
_PARITY_REVERT = "Reverted "
_SURVEY_SECONDS = 2.0
_log = structlog.get_logger(__name__)


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

    def __init__(
        self, urls: Sequence[str], *, chain_id: int, timeout_seconds: float = 60.0, silence_seconds: float = 5.0
    ) -> None:
        """`urls`: HTTP addresses, the preferred one first. After `silence_seconds` without an answer the next one is asked
        as well, and the first answer counts."""
        self._endpoints = [_Endpoint(url) for url in urls]
        self._chain_id = chain_id
        self._timeout = aiohttp.ClientTimeout(total=timeout_seconds)
        self._silence_seconds = silence_seconds
        self._session: aiohttp.ClientSession | None = None
        self._current = 0
        self._ids = count(1)
        self._height = 0
        self._survey_due = 0.0
        self._survey: asyncio.Task[None] | None = None

    async def close(self) -> None:
        """Closes the session."""
        survey, self._survey = self._survey, None
        if survey is not None:
            survey.cancel()
            await asyncio.gather(survey, return_exceptions=True)
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
        if len(self._endpoints) == 1:
            try:
                return await self._ask(self._endpoints[0], calls)
            except _FAILURES as error:
                raise _unavailable([_words(self._endpoints[0], error)]) from error
        self._look_around()
        return await self._ask_in_turn(calls)

    async def every(self, call: Call) -> list[Json]:
        """The answers of all nodes that give one; none of them is believed more than another."""
        answers = await asyncio.gather(*(self._ask(each, [call]) for each in self._endpoints), return_exceptions=True)
        return [answer[0] for answer in answers if isinstance(answer, list) and not isinstance(answer[0], NodeRefused)]

    async def check_endpoints(self) -> None:
        """Asks every node for its chain id. Raises WrongLedger for a foreign one, LedgerUnavailable if none answers."""
        failures = []
        answers = await asyncio.gather(*map(self._chain_failure, self._endpoints))
        for endpoint, error in zip(self._endpoints, answers, strict=True):
            if error is not None:
                failures.append(_words(endpoint, error))
        if len(failures) == len(self._endpoints):
            raise _unavailable(failures)

    async def _chain_failure(self, endpoint: _Endpoint) -> Exception | None:
        try:
            async with asyncio.timeout(self._silence_seconds if len(self._endpoints) > 1 else None):
                await self._check_chain(endpoint)
        except _FAILURES as error:
            return error
        return None

    async def _ask(self, endpoint: _Endpoint, calls: Sequence[Call]) -> list[Json | NodeRefused]:
        await self._check_chain(endpoint)
        results: list[Json | NodeRefused] = []
        for first in range(0, len(calls), MAXIMUM_BATCH):
            results += await self._post(endpoint.url, calls[first : first + MAXIMUM_BATCH])
        return results

    async def _ask_in_turn(self, calls: Sequence[Call]) -> list[Json | NodeRefused]:
        """The chosen node; the next one when that fails, or beside it when it keeps silent."""
        first, count_all, failures = self._current, len(self._endpoints), []
        left = [(first + step) % count_all for step in range(count_all)]
        asked: dict[asyncio.Task[list[Json | NodeRefused]], int] = {}
        try:
            while left or asked:
                if left:
                    index = left.pop(0)
                    asked[asyncio.create_task(self._ask(self._endpoints[index], calls))] = index
                patience = self._silence_seconds if left else None
                done, _ = await asyncio.wait(asked, timeout=patience, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    index = asked.pop(task)
                    try:
                        results = task.result()
                    except _FAILURES as error:
                        failures.append(_words(self._endpoints[index], error))
                        continue
                    if index != first:
                        self._choose(index)
                    return results
        finally:
            for task in asked:
                task.cancel()
            await asyncio.gather(*asked, return_exceptions=True)
        raise _unavailable(failures)

    def _choose(self, index: int) -> None:
        if index != self._current:
            before, after = self._endpoints[self._current], self._endpoints[index]
            _log.warning("endpoint_changed", before=shown(before.url), after=shown(after.url))
            self._current = index

    def _look_around(self) -> None:
        now = asyncio.get_running_loop().time()
        if now >= self._survey_due and (self._survey is None or self._survey.done()):
            self._survey_due = now + _SURVEY_SECONDS
            self._survey = asyncio.create_task(self._compare_endpoints())

    async def _compare_endpoints(self) -> None:
        """Chooses the first node that answers and has reached what any of them had one look earlier."""
        heights = await asyncio.gather(*map(self._height_of, self._endpoints))
        keeping_up = [index for index, height in enumerate(heights) if height is not None and height >= self._height]
        # Not the highest ever: a ledger that lost blocks is one all the same.
        self._height = max((height for height in heights if height is not None), default=self._height)
        if keeping_up:
            self._choose(keeping_up[0])

    async def _height_of(self, endpoint: _Endpoint) -> int | None:
        try:
            async with asyncio.timeout(self._silence_seconds):
                (answer,) = await self._ask(endpoint, [Call("eth_blockNumber")])
                return None if isinstance(answer, NodeRefused) else quantity(answer, "eth_blockNumber")
        except (*_FAILURES, RelayerError):
            return None

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


def _words(endpoint: _Endpoint, error: Exception) -> str:
    return f"{shown(endpoint.url)}: {reason(error)}"


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
    """Geth, anvil and Besu give the revert data as hexadecimal text. Ganache may wrap it in an object's `result`; parity,
    OpenEthereum and old Nethermind put a word before it.
    """
    if isinstance(value, dict):
        value = value.get("result", value.get("data"))
    value = value.removeprefix(_PARITY_REVERT) if isinstance(value, str) else value
    if not isinstance(value, str) or not value.startswith("0x") or len(value) > 2 * MAXIMUM_ANSWER_BYTES:
        return None
    try:
        return bytes.fromhex(value[2:])
    except ValueError:
        return None
