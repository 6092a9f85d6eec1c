"""Nodes that die, lag, refuse, keep silent or close websockets: another one is asked, and both ledgers agree in the end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any

import pytest
import pytest_asyncio

from relayer.devnet.network import Network
from relayer.waiting import until_true
from tests.support.faulty_node import FaultyNode, NodeFault

pytestmark = pytest.mark.node


@pytest_asyncio.fixture
async def nodes(network: Network, stack: AsyncExitStack) -> AsyncIterator[tuple[FaultyNode, FaultyNode]]:
    """Two addresses of the same ledger."""
    first = await stack.enter_async_context(FaultyNode(network.node.url))
    second = await stack.enter_async_context(FaultyNode(network.node.url))
    yield first, second


def at(*endpoints: str) -> Any:
    def change(ledgers: Any) -> None:
        ledgers["contracts"]["endpoints"] = list(endpoints)
        ledgers["contracts"]["request_timeout_seconds"] = 20

    return change


async def is_used(node: FaultyNode) -> None:
    """Returns when more than its height is asked of it."""
    before = node.asked["eth_getBlockByNumber"]

    async def asked() -> bool:
        return node.asked["eth_getBlockByNumber"] > before

    await until_true(asked, "requests for blocks")


@pytest.mark.parametrize("fault", [NodeFault.SILENT, NodeFault.REFUSES, NodeFault.BROKEN, NodeFault.LAGS])
async def test_the_other_node_is_asked_and_the_first_one_again_when_it_is_well(network: Network, job, nodes, fault) -> None:
    first, second = nodes
    network.start_relayer(network.variant(f"node-{fault.value}", ledgers=at(first.url, second.url)))
    await job.send(2)
    await job.until_acknowledged()
    assert not second.asked["eth_sendRawTransaction"]
    await first.set(fault)
    await job.send(3)
    await job.until_acknowledged()
    assert second.asked["eth_sendRawTransaction"]
    await first.set(NodeFault.NONE)
    await job.send(1)
    await asyncio.gather(is_used(first), job.until_acknowledged())
    await job.check_settled()


async def test_a_node_that_dies_is_passed_over(network: Network, job, nodes) -> None:
    first, second = nodes
    network.start_relayer(network.variant("node-dies", ledgers=at(first.url, second.url)))
    await job.send(1)
    await job.until_acknowledged()
    await first.die()
    await job.send(3)
    await job.until_acknowledged()
    assert second.asked["eth_sendRawTransaction"]
    await first.revive()
    await job.send(1)
    await asyncio.gather(is_used(first), job.until_acknowledged())
    await job.check_settled()


async def test_the_only_node_is_waited_for_and_the_reason_is_said(network: Network, job, nodes) -> None:
    only, _ = nodes
    configuration = network.variant("only-node", ledgers=at(only.url))
    network.start_relayer(configuration)
    await job.send(1)
    await job.until_acknowledged()
    await only.die()
    sent = await job.send(2)
    await job.until_standstill(configuration, "no node of the ledger answers")
    await job.watch.look()
    assert not job.watch.acknowledged & set(sent)
    await only.revive()
    await job.until_acknowledged()
    await job.check_settled()


async def test_closed_and_silent_websockets_cost_only_time(network: Network, job, nodes) -> None:
    first, second = nodes

    async def follows() -> bool:
        return bool(first.websockets)

    network.start_relayer(
        network.variant(
            "websockets", ledgers=at(second.url, first.websocket_url), engine=lambda each: each.update(poll_seconds=1)
        )
    )
    await until_true(follows, "a websocket")
    await job.send(1)
    await job.until_acknowledged()
    await first.close_websockets()
    await job.send(1)
    await job.until_acknowledged()
    await until_true(follows, "another websocket")
    await first.set(NodeFault.SILENT)
    await job.send(1)
    await job.until_acknowledged()
    await job.check_settled()
