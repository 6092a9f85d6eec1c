"""Reorganisations within what counts as final, and authorities that vouch for two histories."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import pytest
import pytest_asyncio
import yaml

from relayer.app.ledgers import connected, make_ledger
from relayer.app.selection import select
from relayer.devnet.network import Network
from relayer.devnet.nodes import Anvil, AnvilOptions
from relayer.devnet.operators import Watch, open_business
from relayer.ledgers.evm.finality import Confirmations
from relayer.ledgers.evm.rpc import JsonRpc
from relayer.ports.facts import FactState
from relayer.ports.ledger import ClientCondition
from relayer.waiting import until_true
from tests.support.faulty_authority import AuthorityFault
from tests.support.faulty_node import FaultyNode, NodeFault

pytestmark = pytest.mark.node
DEPTH = 4
BLOCK_SECONDS = 0.2


@asynccontextmanager
async def blocks(rpc: JsonRpc) -> AsyncIterator[None]:
    """The ledger goes on although nobody sends anything."""

    async def mine() -> None:
        while True:
            await rpc.call("evm_mine")
            await asyncio.sleep(BLOCK_SECONDS)

    mining = asyncio.create_task(mine())
    try:
        yield
    finally:
        mining.cancel()
        await asyncio.gather(mining, return_exceptions=True)


async def reorganise(rpc: JsonRpc, depth: int) -> None:
    """The newest `depth` blocks are replaced by others, without their transactions."""
    before = await rpc.call("eth_getBlockByNumber", "latest", False)
    await rpc.call("anvil_reorg", depth, [])
    after = await rpc.call("eth_getBlockByNumber", before["number"], False)
    assert after["hash"] != before["hash"]


@pytest_asyncio.fixture
async def deep(network: Network, job, stand_in, stack: AsyncExitStack, rpc: JsonRpc) -> Any:
    """The job with a relayer, authorities and a view to which a block is final when there are DEPTH more."""
    stand_ins = await stand_in(finality=Confirmations(depth=DEPTH))
    configuration = network.variant("deep", ledgers=stand_ins.change(finality={"confirmations": DEPTH}))
    # None of the blocks that will be removed has been vouched for as the newest one by the network's own authorities.
    for _ in range(2 * DEPTH):
        await rpc.call("evm_mine")
    selection = select(configuration, "main")
    ledger = make_ledger(selection.contract_end.ledger, selection.contract_ledger)
    job.watch = Watch(await stack.enter_async_context(connected(ledger)))
    await job.watch.look()
    network.start_relayer(configuration)
    return job


async def test_facts_of_removed_blocks_are_forgotten_and_settled_once_when_they_are_sent_again(
    network: Network, deep, stack: AsyncExitStack, rpc: JsonRpc
) -> None:
    job = deep
    await job.send(2, size=2)
    removed = list(job.facts)
    await reorganise(rpc, DEPTH)
    async with blocks(rpc):
        job.facts, job.sent = [], set()
        job.business = await open_business(stack, network.layout, job.selection)
        await job.send(1)
        await job.until_acknowledged()
        # What was removed was never final, so nobody has heard of it; its id is free for the same fact or another one.
        assert job.facts[0].fact_id == removed[0].fact_id
        await job.send(2)
        await job.until_acknowledged()
    await job.check_settled()


async def test_an_acknowledgement_in_a_removed_block_is_given_again(deep, rpc: JsonRpc) -> None:
    job = deep
    contract = next(iter(job.business.desks.values())).contract

    async def acknowledged_but_not_final() -> bool:
        records = await contract.records([fact.fact_id for fact in job.facts])
        return all(record.state is FactState.ACKNOWLEDGED for record in records)

    async with blocks(rpc):
        sent = await job.send(2)
        await until_true(acknowledged_but_not_final, "the first acknowledgement")
        await reorganise(rpc, DEPTH)
        records = await contract.records([fact.fact_id for fact in job.facts])
        assert {record.state for record in records} == {FactState.SENT}
        await job.watch.look()
        assert not job.watch.acknowledged & set(sent)
        await job.until_acknowledged()
    await job.check_settled()


async def test_two_histories_freeze_the_client_before_anything_is_settled(
    network: Network, job, stand_in, stack: AsyncExitStack, rpc: JsonRpc
) -> None:
    def other(channels: list[dict[str, Any]]) -> None:
        channels[0]["name"] = "fork"

    opened = network.variant("fork", channels=other)
    network.children.run("channel", "open", "--yes", "fork", "--config", opened.name)
    with Anvil(AnvilOptions(chain_id=network.node.chain_id, fork_url=network.node.url)) as fork:
        forked = JsonRpc([fork.url], chain_id=fork.chain_id)
        stack.push_async_callback(forked.close)
        # A node of the other history that is behind, so that the relayer follows the network's own.
        witness = await stack.enter_async_context(FaultyNode(fork.url))
        await witness.set(NodeFault.LAGS)
        await forked.call("anvil_mine", hex(50))
        authorities = await stand_in(nodes={2: fork.url}, forks={1: fork.url})
        authorities.members[1].fault = AuthorityFault.CONTRADICTS
        change = authorities.change(endpoints=[network.node.url, witness.url])
        content = yaml.safe_load(opened.read_text())
        change(content["ledgers"])
        opened.write_text(yaml.safe_dump(content))
        selection = select(opened, "fork")
        job.business = await open_business(stack, network.layout, selection)
        await job.send(1)
        relayer = network.start_relayer(opened)
        ledger = make_ledger(selection.settlement_end.ledger, selection.settlement_ledger)
        async with connected(ledger):

            async def frozen() -> bool:
                return (await ledger.client_status(selection.settlement_client)).condition is ClientCondition.FROZEN

            await until_true(frozen, "the client on the settlement ledger to freeze")
    await job.until_standstill(opened, "frozen")
    await job.check_nothing_was_settled()
    assert "authorities_misbehave" in relayer.log.read_text()
