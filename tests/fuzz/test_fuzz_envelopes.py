"""Bodies of JSON-RPC answers over HTTP, changed on their way: an answer to the call, or an error of the ledger's kind.

Each input takes a request, so there are a quarter of FUZZ_EXAMPLES.
"""

from __future__ import annotations

import json
import os
import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from relayer.errors import LedgerUnavailable
from relayer.ledgers.cosmos.transport import AbciCall as CometCall
from relayer.ledgers.cosmos.transport import Transport
from relayer.ledgers.evm.errors import NodeRefused
from relayer.ledgers.evm.rpc import Call, JsonRpc
from relayer.ledgers.nodes.errors import TooMuch
from tests.support.fuzzing import Form, mutate

INPUTS = int(os.environ.get("FUZZ_EXAMPLES", "2000")) // 4
SEED = int(os.environ.get("FUZZ_SEED", "20261122"))
CHAIN_ID = 5
ERROR = {"code": 3, "message": "execution reverted", "data": "0x08c379a0"}


def honest(request: Any) -> Any:
    """A result, or an error for every seventh call."""
    if isinstance(request, list):
        return [honest(each) for each in request]
    head = {"jsonrpc": "2.0", "id": request["id"]}
    if request["method"] == "eth_chainId":
        return {**head, "result": hex(CHAIN_ID)}
    return {**head, "error": ERROR} if request["id"] % 7 == 0 else {**head, "result": {"height": "7", "list": [1, "0x2"]}}


@asynccontextmanager
async def node(change: Callable[[bytes], bytes]) -> AsyncIterator[str]:
    async def handle(request: web.Request) -> web.Response:
        asked = await request.json()
        body = json.dumps(honest(asked)).encode()
        is_question = isinstance(asked, dict) and asked["method"] == "eth_chainId"
        return web.Response(body=body if is_question else change(body), content_type="application/json")

    application = web.Application()
    application.router.add_post("/", handle)
    async with TestServer(application) as server:
        yield str(server.make_url("/"))


def changer(name: str) -> Callable[[bytes], bytes]:
    source = random.Random(f"{SEED}/{name}")
    return lambda body: mutate(source, (body,), Form.JSON)


@pytest.mark.parametrize("count", [1, 3])
async def test_answers_of_an_evm_node(count: int) -> None:
    heard = 0
    async with node(changer(f"evm {count}")) as url:
        rpc = JsonRpc([url], chain_id=CHAIN_ID)
        try:
            for _ in range(INPUTS):
                try:
                    answers = await rpc.batch([Call("eth_blockNumber")] * count)
                except LedgerUnavailable:
                    continue
                assert len(answers) == count
                heard += sum(not isinstance(each, NodeRefused) for each in answers)
        finally:
            await rpc.close()
    assert heard > 0


@pytest.mark.parametrize("count", [1, 3])
async def test_answers_of_a_cometbft_node(count: int) -> None:
    heard = 0
    async with node(changer(f"comet {count}")) as url:
        transport = Transport(timeout_seconds=10, connections=2)
        try:
            for _ in range(INPUTS):
                try:
                    answers = await transport.post(url, [CometCall("status")] * count)
                except (LedgerUnavailable, TooMuch, aiohttp.ClientError):
                    continue
                assert len(answers) == count
                heard += count
        finally:
            await transport.close()
    assert heard > 0
