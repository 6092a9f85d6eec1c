"""What `check` says of the price of gas on an EVM ledger, asked of a node over HTTP."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from relayer.keystore import account_from_key
from relayer.ledgers.evm.checks import EvmChecks
from relayer.ledgers.evm.connection import ConnectionOptions
from relayer.ledgers.evm.fees import DynamicPrice, FeePolicy, LegacyPrice, ZeroPrice
from relayer.ports.capabilities import CheckLine
from relayer.testing.clock import ManualClock

ACCOUNT = account_from_key("11" * 32)


@asynccontextmanager
async def node(base_fee: int | None) -> AsyncIterator[str]:
    """Its newest block has that base fee; None: a ledger from before EIP-1559."""
    block: dict[str, Any] = {
        "number": "0x9",
        "hash": "0x" + "01" * 32,
        "parentHash": "0x" + "02" * 32,
        "timestamp": "0x64000000",
        "gasLimit": "0x1000000",
    }
    if base_fee is not None:
        block["baseFeePerGas"] = hex(base_fee)
    results = {"eth_chainId": "0x5", "eth_getBalance": "0x100", "eth_gasPrice": "0x7", "eth_getBlockByNumber": block}

    async def handle(request: web.Request) -> web.Response:
        call = await request.json()
        return web.json_response({"jsonrpc": "2.0", "id": call["id"], "result": results[call["method"]]})

    application = web.Application()
    application.router.add_post("/", handle)
    async with TestServer(application) as server:
        yield str(server.make_url("/"))


async def fees_line(base_fee: int | None, policy: FeePolicy) -> CheckLine:
    async with node(base_fee) as url:
        checks = EvmChecks(
            connection=ConnectionOptions(chain_id=5, endpoints=(url,), fees=policy),
            account=lambda: ACCOUNT,
            authorities=(),
            threshold=0,
            authority_timeout_seconds=1.0,
            clock=ManualClock(1_750_000_000),
            router=None,
            facts=None,
            clients=(),
        )
        (line,) = [line async for line in checks.checks() if line.subject == "fees"]
    return line


@pytest.mark.parametrize(
    ("base_fee", "policy", "price"),
    [
        (10, DynamicPrice(cap_wei=100, tip_wei=1), 21),
        (None, LegacyPrice(cap_wei=100), 7),
        (None, ZeroPrice(), 0),
        (0, ZeroPrice(), 0),
    ],
)
async def test_the_price_that_a_transaction_would_offer(base_fee: int | None, policy: FeePolicy, price: int) -> None:
    assert await fees_line(base_fee, policy) == CheckLine(
        subject="fees", found=f"a transaction would offer {price} wei per gas"
    )


@pytest.mark.parametrize(
    ("base_fee", "policy", "words"),
    [
        (None, DynamicPrice(cap_wei=100, tip_wei=1), "knows no EIP-1559 transactions; choose `legacy` or `zero`"),
        (10, ZeroPrice(), "asks a base fee of 10 wei per gas, .* choose `eip1559` with a cap"),
        (500, DynamicPrice(cap_wei=100, tip_wei=1), "the cap is 100 wei; raise the cap or wait"),
        (None, LegacyPrice(cap_wei=6), "the ledger asks 7 wei per gas, the cap is 6 wei"),
    ],
)
async def test_a_fee_policy_that_the_ledger_does_not_take_is_found_before_anything_is_sent(
    base_fee: int | None, policy: FeePolicy, words: str
) -> None:
    """The fault: check said that all is well, and two packets were quarantined."""
    line = await fees_line(base_fee, policy)
    assert not line.good
    assert re.search(words, line.remedy)
