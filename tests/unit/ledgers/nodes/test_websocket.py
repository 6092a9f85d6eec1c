"""Notices over websockets that come from whichever node sends them, and what of an address may be shown."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import aiohttp
import multidict
import pytest
import yarl
from aiohttp import WSMsgType, web
from aiohttp.test_utils import TestServer

from relayer.errors import LedgerUnavailable
from relayer.ledgers.cosmos.errors import MalformedAnswer
from relayer.ledgers.nodes.websocket import Subscription, lasting_notices, notices, reason, shown
from relayer.testing.clock import ManualClock

NOWHERE = "ws://127.0.0.1:9"
NEWS = Subscription("subscribe", ["news"])


class Node:
    """Sends one notice for each subscription, then hangs up."""

    def __init__(self) -> None:
        self.asked: list[object] = []

    async def serve(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        message = await socket.receive()
        assert message.type is WSMsgType.TEXT
        self.asked.append(message.json())
        await socket.send_str("anything")
        await socket.close()
        return socket


@pytest.fixture
async def node() -> AsyncIterator[tuple[Node, str]]:
    made, app = Node(), web.Application()
    app.router.add_get("/", made.serve)
    async with TestServer(app) as server:
        yield made, str(server.make_url("/"))


async def test_a_node_is_asked_and_every_answer_is_a_notice(node: tuple[Node, str]) -> None:
    made, url = node
    found = notices(url, NEWS)
    await anext(found)
    assert made.asked == [{"jsonrpc": "2.0", "id": 1, "method": "subscribe", "params": ["news"]}]
    await found.aclose()  # type: ignore[attr-defined]


async def test_after_an_end_the_next_address_is_asked(node: tuple[Node, str]) -> None:
    made, url = node
    found = lasting_notices([NOWHERE, url], NEWS, ManualClock())
    async with asyncio.timeout(120):
        for _ in range(3):
            await anext(found)
    assert len(made.asked) == 3


async def test_an_end_is_told_without_what_may_be_secret(node: tuple[Node, str]) -> None:
    _, url = node
    with pytest.raises(LedgerUnavailable, match=r"status 404.*polling continues") as failure:
        await anext(notices(f"{url}v3/secret", NEWS))
    assert "secret" not in str(failure.value)


SECRET = "https://node.example/v3/secret"
REQUEST = aiohttp.RequestInfo(yarl.URL(SECRET), "POST", multidict.CIMultiDictProxy(multidict.CIMultiDict()))


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (aiohttp.ClientResponseError(REQUEST, (), status=404, message=SECRET), "ClientResponseError, status 404"),
        (aiohttp.InvalidURL(SECRET), "InvalidURL"),
        (aiohttp.ConnectionTimeoutError(f"Connection timeout to host {SECRET}"), "ConnectionTimeoutError"),
        (aiohttp.ClientOSError(32, f"Can not write request body for {SECRET}"), "ClientOSError"),
        (TimeoutError(), "TimeoutError"),
        (MalformedAnswer("status 503 and no JSON"), "status 503 and no JSON"),
    ],
)
def test_the_reason_of_a_failure_names_no_address(error: Exception, words: str) -> None:
    assert reason(error) == words


async def test_a_refused_connection_is_named() -> None:
    async with aiohttp.ClientSession() as session:
        with pytest.raises(aiohttp.ClientConnectorError) as failure:
            await session.get("http://127.0.0.1:9/v3/secret")
    assert reason(failure.value).startswith("Cannot connect to host 127.0.0.1:9")
    assert "secret" not in reason(failure.value)


async def test_without_an_address_there_are_none() -> None:
    assert [each async for each in lasting_notices([], NEWS, ManualClock())] == []


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("https://user:word@node.example/v3/secret?key=secret", "https://node.example"),
        ("ws://127.0.0.1:8545/secret", "ws://127.0.0.1:8545"),
    ],
)
def test_a_secret_in_an_address_is_not_shown(url: str, words: str) -> None:
    assert shown(url) == words
