"""A whole network of real processes, once for all end-to-end tests: Ganache, three authorities, the settlement ledger.

A module says with SETTLEMENT_KINDS on which kinds of settlement ledger its tests run; without it, on the embedded one.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Generator, Iterator
from contextlib import AsyncExitStack
from functools import partial
from typing import Any

import pytest
import pytest_asyncio
import yaml

from relayer.app.ledgers import connected, make_ledger
from relayer.app.selection import Selection, select
from relayer.devnet.journals import rows_below
from relayer.devnet.layout import Layout
from relayer.devnet.network import ChainShape, Network, SettlementKind, running_network, start_ganache
from relayer.devnet.nodes import Anvil, AnvilOptions, DevelopmentNode
from relayer.devnet.operators import Business, Watch, open_business
from tests.support.diagnosis import state_of
from tests.support.forked import forked

AT_FAILURE = pytest.StashKey[list[str]]()
CLIENTS = 6
NAMED_PORT = "mobility.facts"
FOUR_VALIDATORS = "cosmos of four"
SHAPES = {
    SettlementKind.EMBEDDED: None,
    SettlementKind.COSMOS: ChainShape(block_time_ms=300),
    FOUR_VALIDATORS: ChainShape(validators=4, block_time_ms=300),
}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "whole_network" in metafunc.fixturenames:
        kinds = getattr(metafunc.module, "SETTLEMENT_KINDS", (SettlementKind.EMBEDDED,))
        marked = [kind if SHAPES[kind] is None else pytest.param(kind, marks=pytest.mark.chain) for kind in kinds]
        metafunc.parametrize("whole_network", marked, ids=list(map(str, kinds)), indirect=True, scope="session")


@pytest.fixture(scope="session")
def whole_network(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Network]:
    folder = tmp_path_factory.mktemp("network")
    # Where nodes of the chain die, a contract ledger that stalls by itself would only confuse: Ganache does, now and then.
    start_node = start_anvil if request.param == FOUR_VALIDATORS else start_ganache
    with running_network(
        folder,
        print,
        heartbeat_seconds=0.5,
        clients=CLIENTS,
        start_node=start_node,
        chain=SHAPES[request.param],
        spawn=forked,
        prepare=with_a_named_port if request.param == SettlementKind.COSMOS else lambda _: None,
    ) as network:
        yield network


def with_a_named_port(layout: Layout) -> None:
    """Facts leave from a port of another name, as on a router that several applications share."""
    for path in (layout.configuration, layout.competitor_configuration, layout.member_configuration):
        content = yaml.safe_load(path.read_text())
        content["channels"][0]["ends"][0]["port"] = NAMED_PORT
        path.write_text(yaml.safe_dump(content, sort_keys=False))


def start_anvil(chain_id: int, accounts: int) -> DevelopmentNode:
    return Anvil(AnvilOptions(chain_id=chain_id, accounts=accounts))


def said(network: Network, *arguments: str) -> Any:
    """What a command that ends well says as JSON."""
    finished = network.run(*arguments, "--json")
    assert finished.status == 0, finished.words
    return json.loads(finished.output)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """What the network looked like when a test failed, before its relayers end."""
    report = yield
    network = getattr(item, "funcargs", {}).get("network")
    if report.when == "call" and report.failed and isinstance(network, Network):
        item.config.stash.setdefault(AT_FAILURE, []).append(f"{item.name}: {state_of(network)}")
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    for state in config.stash.get(AT_FAILURE, []):
        terminalreporter.write_line(state)


@pytest.fixture
def network(whole_network: Network) -> Iterator[Network]:
    """Relayers that a test starts end with it."""
    before = list(whole_network.children.started)
    yield whole_network
    for child in whole_network.children.started:
        if child not in before:
            child.stop()
    whole_network.children.started[:] = before


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
async def watch(network: Network, selection: Selection, stack: AsyncExitStack) -> Watch:
    ledger = await stack.enter_async_context(
        connected(make_ledger(selection.contract_end.ledger, selection.contract_ledger))
    )
    watch = Watch(ledger, client=selection.contract_client, progress=partial(rows_below, network.layout.folder))
    await watch.look()
    return watch
