"""A node of an EVM ledger with faults: it stands between whoever asks and a real node, and dies, lags, lies low or refuses.

Only what is asked over JSON-RPC and websockets passes here; the ledger itself goes on as if nothing were the matter.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from enum import Enum
from typing import Any, Self

import aiohttp
from aiohttp import web

_MAXIMUM_BYTES = 64 << 20
_LIMIT_EXCEEDED = -32005
_UNKNOWN_BLOCK = -32000
_NEWEST = {"jsonrpc": "2.0", "id": 1, "method": "eth_blockNumber", "params": []}
_BLOCK_PARAMETER = {
    "eth_call": 1,
    "eth_getBalance": 1,
    "eth_getTransactionCount": 1,
    "eth_getProof": 2,
    "eth_getBlockByNumber": 0,
}


class NodeFault(Enum):
    """What is wrong with it."""

    NONE = "none"
    SILENT = "silent"
    """It takes requests and never answers; websockets stay open without a word."""
    REFUSES = "refuses"
    """A JSON-RPC error for whatever is asked."""
    BROKEN = "broken"
    """Status 503 and a page for people."""
    SWALLOWS = "swallows"
    """Transactions are passed on, and nobody hears that they were."""
    LAGS = "lags"
    """The ledger ends for it where it ended when the fault began. Transactions still go out."""


class FaultyNode:
    """`url` and `websocket_url` stay the same through `die` and `revive`. `asked` counts methods since the start."""

    def __init__(self, upstream: str) -> None:
        """`upstream`: a real node's HTTP address."""
        self.asked: Counter[str] = Counter()
        self._upstream = upstream
        self._fault = NodeFault.NONE
        self._height = 0
        self._changed = asyncio.Event()
        self._session: aiohttp.ClientSession | None = None
        self._runner: web.AppRunner | None = None
        self._port = 0
        self._sockets: set[web.WebSocketResponse] = set()

    @property
    def url(self) -> str:
        """Where JSON-RPC is served."""
        return f"http://127.0.0.1:{self._port}"

    @property
    def websocket_url(self) -> str:
        """Where JSON-RPC is served over a websocket."""
        return f"ws://127.0.0.1:{self._port}"

    @property
    def websockets(self) -> int:
        """How many are open."""
        return len(self._sockets)

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=60))
        await self.revive()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.die()
        if self._session is not None:
            await self._session.close()

    async def set(self, fault: NodeFault) -> None:
        """From now on; NONE heals it. Requests that a silent node kept are dropped then."""
        if fault is NodeFault.LAGS:
            self._height = int((await self._forward(_NEWEST))["result"], 16)
        self._fault = fault
        self._changed.set()
        self._changed = asyncio.Event()

    async def die(self) -> None:
        """Nothing listens any more, and every connection is cut."""
        runner, self._runner = self._runner, None
        await self.close_websockets()
        self._changed.set()
        self._changed = asyncio.Event()
        if runner is not None:
            await runner.cleanup()

    async def revive(self) -> None:
        """Listens again, at the same address."""
        application = web.Application(client_max_size=_MAXIMUM_BYTES)
        application.router.add_post("/", self._answer)
        application.router.add_get("/", self._follow)
        self._runner = web.AppRunner(application, shutdown_timeout=0.1, handler_cancellation=True)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self._port, reuse_address=True).start()
        self._port = self._runner.addresses[0][1]

    async def close_websockets(self) -> None:
        """Each is closed by the node; whoever followed may come again."""
        sockets, self._sockets = self._sockets, set()
        for socket in sockets:
            with suppress(ConnectionError):
                await socket.close()

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        content = await request.json()
        calls = content if isinstance(content, list) else [content]
        self.asked.update(str(call["method"]) for call in calls)
        match self._fault:
            case NodeFault.SILENT:
                await self._changed.wait()
                raise web.HTTPServiceUnavailable
            case NodeFault.BROKEN:
                return web.Response(status=503, text="<html>Service Unavailable</html>", content_type="text/html")
            case NodeFault.REFUSES:
                answers = [_error(call, _LIMIT_EXCEEDED, "rate limit exceeded") for call in calls]
            case NodeFault.LAGS:
                answers = [await self._from_the_past(call) for call in calls]
            case NodeFault.SWALLOWS if any(call["method"] == "eth_sendRawTransaction" for call in calls):
                await self._forward(content)
                await self._changed.wait()
                raise web.HTTPServiceUnavailable
            case NodeFault.NONE | NodeFault.SWALLOWS:
                return web.json_response(await self._forward(content))
        return web.json_response(answers if isinstance(content, list) else answers[0])

    async def _forward(self, content: Any) -> Any:
        assert self._session is not None
        async with self._session.post(self._upstream, json=content) as response:
            return await response.json(content_type=None)

    async def _from_the_past(self, call: dict[str, Any]) -> Any:
        method, params = call["method"], list(call["params"])
        known = self._height
        if method == "eth_blockNumber":
            return {"jsonrpc": "2.0", "id": call["id"], "result": hex(known)}
        if method in _BLOCK_PARAMETER:
            place = _BLOCK_PARAMETER[method]
            asked = params[place]
            params[place] = asked if asked.startswith("0x") else hex(known)
            if int(params[place], 16) > known:
                return _nothing(call) if place == 0 else _error(call, _UNKNOWN_BLOCK, "header not found")
        if method == "eth_getLogs" and int(params[0]["toBlock"], 16) > known:
            return _error(call, _UNKNOWN_BLOCK, "block range beyond the head")
        answer = await self._forward({**call, "params": params})
        if method == "eth_getTransactionReceipt" and _is_above(answer, known):
            return _nothing(call)
        return answer

    async def _follow(self, request: web.Request) -> web.StreamResponse:
        socket = web.WebSocketResponse(autoping=False)
        await socket.prepare(request)
        self._sockets.add(socket)
        assert self._session is not None
        try:
            async with self._session.ws_connect(self._upstream) as upstream:
                pair = [
                    asyncio.create_task(_pump(socket, upstream.send_str, self._is_silent)),
                    asyncio.create_task(_pump(upstream, socket.send_str, self._is_silent)),
                ]
                await asyncio.wait(pair, return_when=asyncio.FIRST_COMPLETED)
                for task in pair:
                    task.cancel()
                await asyncio.gather(*pair, return_exceptions=True)
        finally:
            self._sockets.discard(socket)
        return socket

    def _is_silent(self) -> bool:
        return self._fault is NodeFault.SILENT


async def _pump(
    source: web.WebSocketResponse | aiohttp.ClientWebSocketResponse,
    send: Callable[[str], Any],
    is_silent: Callable[[], bool],
) -> None:
    async for message in source:
        if message.type is aiohttp.WSMsgType.TEXT and not is_silent():
            await send(message.data)
        elif message.type is aiohttp.WSMsgType.PING and not is_silent():
            await source.pong(message.data)


def _error(call: dict[str, Any], code: int, words: str) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": call["id"], "error": {"code": code, "message": words}}


def _nothing(call: dict[str, Any]) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": call["id"], "result": None}


def _is_above(answer: Any, height: int) -> bool:
    receipt = answer.get("result")
    return receipt is not None and int(receipt["blockNumber"], 16) > height
