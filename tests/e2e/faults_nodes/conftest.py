"""A network over anvil for faults of nodes and authorities; what became of facts is read from both ledgers themselves."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
import yaml

from relayer.app.ends import read_both
from relayer.app.evm_settings import open_account
from relayer.app.selection import Selection
from relayer.business.facts import TrackedFact
from relayer.business.reconciling import BothLedgers
from relayer.codes.facts import FactKind
from relayer.config.fields import AccountSettings, Secret
from relayer.devnet.network import Network, running_network
from relayer.devnet.nodes import Anvil, AnvilOptions, DevelopmentNode
from relayer.devnet.operators import Business, Watch
from relayer.examples.consortium import FactDraft
from relayer.facts.schema import Fact
from relayer.ledgers.evm.block_source import EvmBlockSource
from relayer.ledgers.evm.finality import FinalityRule, LatestIsFinal
from relayer.ledgers.evm.rpc import JsonRpc
from relayer.ports.facts import FactState
from relayer.settlement.model.liabilities import Liability
from relayer.waiting import until_true
from tests.support.faulty_authority import FaultyAuthority
from tests.support.forked import forked

CLIENTS = 6


def start_anvil(chain_id: int, accounts: int) -> DevelopmentNode:
    return Anvil(AnvilOptions(chain_id=chain_id, accounts=accounts))


@pytest.fixture(scope="session")
def whole_network(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Network]:
    folder = tmp_path_factory.mktemp("network")
    with running_network(
        folder, print, heartbeat_seconds=0.5, clients=CLIENTS, start_node=start_anvil, spawn=forked
    ) as network:
        yield network


@dataclass(slots=True, kw_only=True)
class Job:
    """Facts on their way through one relayer, and what the two ledgers say of them."""

    network: Network
    business: Business
    watch: Watch
    selection: Selection
    sent: set[int]
    facts: list[Fact]

    async def send(self, count: int, *, size: int = 1, timeout_seconds: int = 600) -> list[int]:
        """`count` new facts in packets of `size`."""
        drafts = [trip(1_000 + len(self.facts) + number) for number in range(count)]
        issued = await self.business.issue(drafts)
        self.facts += [fact for _, fact in issued]
        sequences = await self.business.send(issued, size=size, timeout_seconds=timeout_seconds)
        self.sent |= set(sequences)
        return sequences

    def draft(self, net: int) -> FactDraft:
        """Of a fact that `send` would issue."""
        return trip(net)

    async def until_acknowledged(self) -> None:
        """All that was sent so far."""
        await self.watch.until(lambda: self.watch.acknowledged >= self.sent, "acknowledgements")

    async def check_settled(self) -> None:
        """Every fact is acknowledged, has one liability, and each reference stands on both ledgers."""
        both = await read_both(self.selection)
        facts, liabilities = self._of_these(both)
        assert {each.record.state for each in facts} == {FactState.ACKNOWLEDGED}
        assert len(facts) == len(self.facts)
        assert Counter(each.fact_id for each in liabilities) == Counter(each.fact_id for each in self.facts)
        assert both.reconcile().agrees

    async def check_nothing_was_settled(self) -> None:
        """No fact is acknowledged, and the settlement ledger knows none."""
        facts, liabilities = self._of_these(await read_both(self.selection))
        assert {each.record.state for each in facts} == {FactState.SENT}
        assert liabilities == []

    async def until_standstill(self, configuration: Path, words: str) -> None:
        """Returns when the relayer of that configuration gives that reason for it."""

        service = yaml.safe_load(configuration.read_text())["service"]  # noqa: ASYNC240 - a small file

        async def said() -> bool:
            return words in await standstill(f"http://{service['host']}:{service['port']}/status")

        await until_true(said, f"a standstill because of {words!r}")

    def _of_these(self, both: BothLedgers) -> tuple[list[TrackedFact], list[Liability]]:
        ids = {fact.fact_id for fact in self.facts}
        return (
            [each for each in both.facts if each.record.fact_id in ids],
            [each for each in both.liabilities if each.fact_id in ids],
        )


async def standstill(url: str) -> str:
    """Why nothing moves, as a relayer says to whoever asks; empty if it does not say."""
    try:
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=5)) as session,
            session.get(url) as response,
        ):
            return "; ".join((await response.json())["standstill"])
    except (aiohttp.ClientError, TimeoutError):
        return ""  # It is still starting.


def trip(net: int) -> FactDraft:
    return FactDraft(
        creditor="KCS", debtor="NBM", kind=FactKind.TRIP_COMPLETED, currency="EUR", exponent=2, net=net, tax=190
    )


@pytest_asyncio.fixture
async def job(network: Network, business: Business, watch: Watch, selection: Selection) -> Job:
    return Job(network=network, business=business, watch=watch, selection=selection, sent=set(), facts=[])


@dataclass(slots=True, kw_only=True)
class Authorities:
    """Stand for the network's own authorities, with their keys; the light clients cannot tell."""

    members: list[FaultyAuthority]

    def change(self, **more: Any) -> Callable[[Any], None]:
        """Makes a relayer ask these."""

        def change(ledgers: Any) -> None:
            ledgers["contracts"] |= more
            authorities = ledgers["contracts"]["authorities"]
            authorities["members"] = [{"address": each.address, "endpoint": each.target} for each in self.members]
            authorities["request_timeout_seconds"] = 5

        return change


StandIn = Callable[..., Awaitable[Authorities]]


@pytest.fixture
def stand_in(network: Network, stack: AsyncExitStack) -> StandIn:
    """Authorities in place of the network's. By an authority's number: the node that it asks, if not the network's, and
    the node of another history, for one that contradicts itself."""

    async def start(
        *,
        finality: FinalityRule | None = None,
        nodes: dict[int, str] | None = None,
        forks: dict[int, str] | None = None,
    ) -> Authorities:
        members = []
        for number in range(len(network.authorities)):
            source = _source(stack, network, (nodes or {}).get(number, network.node.url), finality)
            fork = _source(stack, network, url, finality) if (url := (forks or {}).get(number)) else None
            account = _key(network.layout.folder, number)
            authority = FaultyAuthority(account, source, chain_id=network.node.chain_id, fork=fork)
            members.append(await stack.enter_async_context(authority))
        return Authorities(members=members)

    return start


@pytest_asyncio.fixture
async def authorities(stand_in: StandIn) -> Authorities:
    """Honest ones, until a test makes them otherwise."""
    return await stand_in()


@pytest_asyncio.fixture
async def rpc(network: Network) -> AsyncIterator[JsonRpc]:
    """Straight to the real node."""
    opened = JsonRpc([network.node.url], chain_id=network.node.chain_id)
    yield opened
    await opened.close()


_keys: dict[Path, Any] = {}


def _key(folder: Path, number: int) -> Any:
    path = folder / "keys" / f"authority-{number}.json"
    if path not in _keys:
        _keys[path] = open_account(AccountSettings(keystore=path, password=Secret(file=folder / "keys" / "password")))
    return _keys[path]


def _source(stack: AsyncExitStack, network: Network, url: str, finality: FinalityRule | None) -> EvmBlockSource:
    source = EvmBlockSource(JsonRpc([url], chain_id=network.node.chain_id), finality or LatestIsFinal())
    stack.push_async_callback(source.close)
    return source
