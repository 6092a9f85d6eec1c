"""A network of real processes on anvil, once for all tests of processes that die: small, so that lives are short."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack

import pytest
import pytest_asyncio

from relayer.app.ledgers import connected, make_ledger
from relayer.app.selection import Selection, select
from relayer.demo.business import Business, Watch, open_business
from relayer.demo.network import Network, running_network
from relayer.testing.nodes import Anvil, AnvilOptions, DevelopmentNode


def start_anvil(chain_id: int, accounts: int) -> DevelopmentNode:
    return Anvil(AnvilOptions(chain_id=chain_id, accounts=accounts))


@pytest.fixture(scope="session")
def anvil_network(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Network]:
    folder = tmp_path_factory.mktemp("anvil-network")
    with running_network(folder, print, heartbeat_seconds=0.5, start_node=start_anvil) as network:
        yield network


@pytest.fixture
def network(anvil_network: Network) -> Iterator[Network]:
    """Relayers that a test starts end with it."""
    before = list(anvil_network.children.started)
    yield anvil_network
    for child in anvil_network.children.started:
        if child not in before:
            child.stop()
    anvil_network.children.started[:] = before


@pytest.fixture
def selection(network: Network) -> Selection:
    return select(network.configuration, "main")


@pytest_asyncio.fixture
async def stack() -> AsyncIterator[AsyncExitStack]:
    async with AsyncExitStack() as opened:
        yield opened


@pytest_asyncio.fixture
async def business(network: Network, selection: Selection, stack: AsyncExitStack) -> Business:
    return await open_business(stack, network.layout, selection)


@pytest_asyncio.fixture
async def watch(selection: Selection, stack: AsyncExitStack) -> Watch:
    ledger = make_ledger(selection.contract_end.ledger, selection.contract_ledger)
    watch = Watch(await stack.enter_async_context(connected(ledger)), client=selection.contract_client)
    await watch.look()
    return watch
