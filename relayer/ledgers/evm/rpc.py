"""JSON-RPC over HTTP to one or several nodes of the same ledger, with bounded answers and failover.

A node is identified by its chain id. One that lacks a block which any node had one look earlier is behind: between two looks
every healthy node receives what the others have, however short the time between blocks is. Nothing here knows what the
answers mean.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import count

import aiohttp

from relayer.errors import WrongLedger
from relayer.ledgers.evm.errors import MalformedAnswer, NodeRefused
from relayer.ledgers.evm.quantity import Json, quantity
from relayer.ledgers.nodes.answers import require_few_values
from relayer.ledgers.nodes.batches import Batches
from relayer.ledgers.nodes.envelope import require_served, sentence
from relayer.ledgers.nodes.errors import AnswerTooLarge, TooMuch
from relayer.ledgers.nodes.failover import Failover, FailoverPolicy, Heads
from relayer.ledgers.nodes.repeated import first_answer, put_again_if_cut_off
from relayer.ledgers.nodes.websocket import shown

MAXIMUM_ANSWER_BYTES = 64 << 20
MAXIMUM_BATCH = 100
"""Calls in one request; geth accepts 1,000, hosted nodes often 100, and a node that takes less is asked for less."""
_CUT_SHORT = frozenset({-32002, -32003})
"""Geth's codes for the calls that it leaves out of a batch which takes too long, or whose answer becomes too large."""

_PARITY_REVERT = "Reverted "
_BROADCAST = "eth_sendRawTransaction"
_PATIENCE = 1 / 3
"""Of the time-out: after so much silence a question is put again."""


@dataclass(frozen=True, slots=True)
class Call:
    """One JSON-RPC call; parameters as JSON takes them."""

    method: str
    params: tuple[Json, ...] = ()


class JsonRpc:
    """Calls with failover. Safe for concurrent use on one event loop; `close` ends it."""

    def __init__(
        self,
        urls: Sequence[str],
        *,
        chain_id: int,
        timeout_seconds: float = 60.0,
        silence_seconds: float = 5.0,
        survey_seconds: float = 2.0,
    ) -> None:
        """`urls`: HTTP addresses, the preferred one first. After `silence_seconds` without an answer the next one is asked
        as well, and the first answer counts."""
        self._transport = _Transport(chain_id, timeout_seconds)
        self._again_after = _PATIENCE * timeout_seconds
        # A node that failed is looked at again at once: the look costs no request its time.
        policy = FailoverPolicy(
            behind=_behind, silence_seconds=silence_seconds, survey_seconds=survey_seconds, aside_seconds=0.0
        )
        self._failover = Failover(urls, self._transport, policy)

    def __len__(self) -> int:
        """The number of configured nodes."""
        return len(self._failover)

    async def close(self) -> None:
        """Closes the session."""
        await self._failover.close()
        await self._transport.close()

    async def call(self, method: str, *params: Json) -> Json:
        """One call. Raises NodeRefused for an error object, LedgerUnavailable if no node answers, WrongLedger."""
        (result,) = await self.batch([Call(method, params)])
        if isinstance(result, NodeRefused):
            raise result
        return result

    async def batch(self, calls: Sequence[Call]) -> list[Json | NodeRefused]:
        """Results in the order of `calls`, all of one node; each call that the node refused is its NodeRefused."""
        ask = partial(self._failover.ask, partial(self._transport.ask, calls=calls))
        if _sends(calls):
            return await ask()
        return await first_answer(ask, again_after=self._again_after)

    async def every(self, call: Call) -> list[Json]:
        """The answers of all nodes that give one; none of them is believed more than another."""
        answers = await self._failover.ask_every(partial(self._transport.ask, calls=[call]))
        return [answer for (answer,) in answers if not isinstance(answer, NodeRefused)]

    async def each(self, calls: Sequence[Call]) -> list[list[Json | NodeRefused]]:
        """The results of every node that answers, each as `batch` gives them."""
        return await self._failover.ask_every(partial(self._transport.ask, calls=calls))

    def doubt(self) -> None:
        """The node in use contradicts another one: others are asked before it for a while."""
        self._failover.doubt()

    async def check_endpoints(self) -> None:
        """Asks every node for its chain id. Raises WrongLedger for a foreign one, LedgerUnavailable if none answers."""
        await self._failover.check()


def _sends(calls: Sequence[Call]) -> bool:
    return any(call.method == _BROADCAST for call in calls)


def _behind(height: int, heads: Heads) -> int:
    return max(heads.before - height, 0)


class _Transport:
    """Requests to one address, and how a node is recognised."""

    def __init__(self, chain_id: int, timeout_seconds: float) -> None:
        self._chain_id = chain_id
        self._timeout = aiohttp.ClientTimeout(total=timeout_seconds)
        self._session: aiohttp.ClientSession | None = None
        self._ids = count(1)
        self._batches = Batches(self._post, most=MAXIMUM_BATCH, single=MalformedAnswer)

    async def close(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def identify(self, url: str) -> None:
        (answer,) = await self._post(url, [Call("eth_chainId")])
        if isinstance(answer, NodeRefused):
            raise MalformedAnswer(str(answer))
        found = quantity(answer, "eth_chainId")
        if found != self._chain_id:
            raise WrongLedger(
                f"{shown(url)} serves chain id {found}, the configuration says {self._chain_id}; correct one of the two"
            )

    async def height(self, url: str) -> int:
        (answer,) = await self._post(url, [Call("eth_blockNumber")])
        if isinstance(answer, NodeRefused):
            raise answer
        return quantity(answer, "eth_blockNumber")

    async def ask(self, url: str, calls: Sequence[Call]) -> list[Json | NodeRefused]:
        results: list[Json | NodeRefused] = []
        for part in self._batches.parts(url, calls):
            results += await self._batches.ask(url, part)
        return results

    async def _post(self, url: str, calls: Sequence[Call]) -> list[Json | NodeRefused]:
        requests = [
            {"jsonrpc": "2.0", "id": next(self._ids), "method": call.method, "params": call.params} for call in calls
        ]
        # A single call goes without the array: some nodes do not take batches of one well.
        body = json.dumps(requests if len(requests) != 1 else requests[0], separators=(",", ":"))
        if self._session is None:
            self._session = aiohttp.ClientSession(timeout=self._timeout)
        exchange = partial(_exchange, self._session, url, body, calls=len(calls))
        status, raw = await (exchange() if _sends(calls) else put_again_if_cut_off(exchange))
        try:
            answer = json.loads(raw)
        except (ValueError, RecursionError):
            require_served(status, None, calls=len(calls))
            raise MalformedAnswer(sentence(status, None)) from None
        require_served(status, answer, calls=len(calls))
        answers = answer if isinstance(answer, list) else [answer]
        by_id = {item["id"]: item for item in answers if isinstance(item, dict) and isinstance(item.get("id"), int)}
        if missing := [request["id"] for request in requests if request["id"] not in by_id]:
            words = sentence(status, answer)
            raise TooMuch(f"{len(missing)} calls without an answer: {words}") if len(calls) > 1 else MalformedAnswer(words)
        results = [_result(call, by_id[request["id"]]) for call, request in zip(calls, requests, strict=True)]
        _require_whole(results)
        return results


def _require_whole(results: Sequence[Json | NodeRefused]) -> None:
    """Raises TooMuch for a batch that was answered in part, because it as a whole took too long or became too large."""
    cut = [each for each in results if isinstance(each, NodeRefused) and each.code in _CUT_SHORT]
    if cut and len(results) > 1:
        raise TooMuch(str(cut[0]))


async def _exchange(session: aiohttp.ClientSession, url: str, body: str, *, calls: int) -> tuple[int, bytes]:
    headers = {"content-type": "application/json"}
    async with session.post(url, data=body, headers=headers, allow_redirects=False) as response:
        return response.status, await _read_bounded(response, batch=calls)


async def _read_bounded(response: aiohttp.ClientResponse, *, batch: int) -> bytes:
    chunks, size = [], 0
    async for chunk in response.content.iter_chunked(1 << 18):
        size += len(chunk)
        if size > MAXIMUM_ANSWER_BYTES:
            words = f"an answer of more than {MAXIMUM_ANSWER_BYTES} bytes; ask for fewer blocks at once"
            raise TooMuch(words) if batch > 1 else AnswerTooLarge(words)
        chunks.append(chunk)
    raw = b"".join(chunks)
    try:
        require_few_values(raw)
    except AnswerTooLarge as error:
        if batch > 1:
            raise TooMuch(str(error)) from error
        raise
    return raw


def _result(call: Call, answer: Mapping[str, Json]) -> Json | NodeRefused:
    error = answer.get("error")
    if error is None:
        if "result" not in answer:
            raise MalformedAnswer(f"{call.method}: neither a result nor an error")
        return answer["result"]
    if not isinstance(error, dict) or not isinstance(error.get("code"), int):
        raise MalformedAnswer(f"{call.method}: an error without a code")
    return NodeRefused(call.method, error["code"], str(error.get("message", "")), _revert_data(error.get("data")))


def _revert_data(value: Json) -> bytes | None:
    """Geth, anvil and Besu give the revert data as hexadecimal text. Ganache wraps it in an object's `result`, or before
    version 7 in the `return` of an object under the transaction's hash; parity, OpenEthereum and old Nethermind put a word
    before it.
    """
    if isinstance(value, dict):
        inner = (each for each in value.values() if isinstance(each, dict))
        value = next((each["return"] for each in inner if "return" in each), value.get("result", value.get("data")))
    value = value.removeprefix(_PARITY_REVERT) if isinstance(value, str) else value
    if not isinstance(value, str) or not value.startswith("0x") or len(value) > 2 * MAXIMUM_ANSWER_BYTES:
        return None
    try:
        return bytes.fromhex(value[2:])
    except ValueError:
        return None
