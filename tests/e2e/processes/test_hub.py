"""Facts of an EVM ledger reach a settlement ledger behind a hub and their news come home, every part its own process."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import yaml

from relayer.app.ends import open_settlement
from relayer.app.ledgers import Rights
from relayer.app.selection import Selection, select
from relayer.codes.facts import FactKind
from relayer.config.relayer_file import load_relayer
from relayer.devnet.journals import rows_below
from relayer.devnet.layout import CHAIN_ID, CHANNEL, Layout
from relayer.devnet.network import ChainShape, Network, running_network
from relayer.devnet.operators import Business, open_business
from relayer.devnet.processes import Child
from relayer.examples.consortium import FactDraft
from relayer.facts.schema import Fact
from relayer.ports.facts import FactRecord, FactState
from relayer.waiting import until_true
from tests.e2e.conftest import said, start_anvil
from tests.e2e.test_news import pay
from tests.support.forked import forked

pytestmark = pytest.mark.node
FAR, FAR_CHAIN = "vault", "vault-1"


def with_a_hub(layout: Layout) -> None:
    """The settlement ledger of the network becomes a hub, and an embedded ledger is behind it."""
    folder, content = layout.folder, yaml.safe_load(layout.configuration.read_text())
    token = {"file": "keys/vault.token"}
    far = {
        "version": 1,
        "folder": FAR,
        "chain_id": FAR_CHAIN,
        "operators": [{"keystore": "keys/vault-operator.json", "password": {"file": "keys/password"}}],
        "heartbeat_seconds": 0.5,
        "listen": {"socket": f"{FAR}/ledger.sock"},
        "token": token,
        "logging": {"format": "console"},
    }
    (folder / f"{FAR}.yaml").write_text(yaml.safe_dump(far))
    channel = content.pop("channels")[0]
    content["ledgers"][FAR] = {
        "type": "remote",
        "address": f"unix:{FAR}/ledger.sock",
        "chain_id": FAR_CHAIN,
        "token": dict(token),
    }
    legs = [{"name": CHANNEL, "ledger": "contracts"}, {"ledger": FAR}]
    content["hub"] = {"ledger": "settlement", "timeout_seconds": channel["timeout_seconds"], "legs": legs}
    layout.configuration.write_text(yaml.safe_dump(content, sort_keys=False))


@contextmanager
def running_star(folder: Path, **options: Any) -> Iterator[Network]:
    with running_network(
        folder, print, heartbeat_seconds=0.5, clients=2, start_node=start_anvil, spawn=forked, prepare=with_a_hub, **options
    ) as network:
        children = network.children
        children.run("ledger", "init", f"{FAR}.yaml")
        ledger = children.start(FAR, "ledger", "serve", f"{FAR}.yaml")
        children.wait_until_listening(ledger, folder / FAR / "ledger.sock")
        children.run("channel", "open", FAR, "--yes")
        register = json.loads((folder / "settlement.json").read_text())
        for party in register["parties"]:
            party.pop("settlement_account", None)  # of the chain, which the ledger behind it does not know
        (folder / f"{FAR}.json").write_text(json.dumps(register))
        children.run("settlement", "apply", f"{FAR}.json", "--channel", FAR)
        yield network


@pytest.fixture(scope="module")
def star(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Network]:
    with running_star(tmp_path_factory.mktemp("star")) as network:
        yield network


@pytest.fixture(scope="module")
def star_of_a_chain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Network]:
    with running_star(tmp_path_factory.mktemp("chain-star"), chain=ChainShape(block_time_ms=300)) as network:
        yield network


@pytest.fixture
def far(star: Network) -> Selection:
    return select(star.configuration, FAR)


@pytest.fixture
async def business(star: Network, far: Selection) -> AsyncIterator[Business]:
    async with AsyncExitStack() as stack:
        yield await open_business(stack, star.layout, far)


def open_routes(network: Network) -> None:
    """Facts to the far ledger, and its news home; by the hub's operator."""
    channels = {each.name: each for each in load_relayer(network.configuration).channels}
    to_far, to_contracts = (channels[name].ends[1].client for name in (FAR, CHANNEL))
    assert to_far
    assert to_contracts
    assert network.run("hub", "route", FAR_CHAIN, to_far, "--margin", "30").status == 0
    assert network.run("hub", "route", str(CHAIN_ID), to_contracts, "--from", to_far, "--margin", "30").status == 0


def open_routes_as_told(network: Network) -> None:
    """By the commands that `check` says."""
    checked = network.run("check", "--json")
    assert checked.status == 1
    remedies = [each["remedy"] for each in json.loads(checked.output) if each["subject"] == "routes of hub settlement"]
    assert len(remedies) == 2
    for remedy in remedies:
        _, command, _ = remedy.split("`")
        assert network.run(*command.split()[1:], "--margin", "30").status == 0


def charge(net: int) -> FactDraft:
    return FactDraft(creditor="VLT", debtor="NBM", kind=FactKind.TRIP_COMPLETED, currency="EUR", exponent=2, net=net, tax=0)


async def until(star: Network, business: Business, facts: Sequence[Fact], state: FactState) -> list[FactRecord]:
    """Their records, once all of them are in this state."""
    found: list[FactRecord] = []

    async def reached() -> bool:
        found[:] = await business.desks["VLT"].contract.records([each.fact_id for each in facts])
        return all(each.state is state for each in found)

    await until_true(reached, f"{state.name} of {len(facts)} facts", progress=partial(rows_below, star.layout.folder))
    return found


async def test_a_fact_goes_over_an_embedded_hub_is_paid_there_and_its_news_come_home(
    star: Network, far: Selection, business: Business, tmp_path: Path
) -> None:
    await whole_life(star, far, business, tmp_path)


@pytest.mark.chain
@pytest.mark.long
async def test_a_fact_goes_over_a_chain_is_paid_behind_it_and_its_news_come_home(
    star_of_a_chain: Network, tmp_path: Path
) -> None:
    far = select(star_of_a_chain.configuration, FAR)
    async with AsyncExitStack() as stack:
        business = await open_business(stack, star_of_a_chain.layout, far)
        await whole_life(star_of_a_chain, far, business, tmp_path)


async def whole_life(star: Network, far: Selection, business: Business, folder: Path) -> None:
    """Returned while there is no route, sent again, recorded behind the hub, paid there, settled at home."""
    issued = await business.issue([charge(1_000), charge(2_000)])
    first, second = (fact for _, fact in issued)
    await business.send(issued[:1], size=1, timeout_seconds=600)
    relayer = star.start_relayer(star.configuration)
    await until(star, business, [first], FactState.TIMED_OUT)
    assert said(star, "facts", "show", f"0x{first.fact_id.hex()}", "--channel", FAR)[0]["code"] == "no_route"
    open_routes_as_told(star)
    assert [each["destination"] for each in said(star, "hub", "routes")] == sorted([FAR_CHAIN, str(CHAIN_ID)])
    sequence, _ = [(await business.send([each], size=1, timeout_seconds=600))[0] for each in issued]
    for found in await until(star, business, [first, second], FactState.ACKNOWLEDGED):
        assert found.ledger_id == FAR_CHAIN

    assert len(said(star, "explain", f"{CHANNEL}/contracts/{sequence}")["hops"]) == 2
    for name in (FAR, CHANNEL):
        assert said(star, "reconcile", "--channel", name)["agrees"]
    assert len(said(star, "settlement", "liabilities", "--channel", FAR)) == 2
    assert said(star, "settlement", "liabilities", "--channel", CHANNEL) == []

    async with open_settlement(far, rights=Rights.OPERATOR) as service:
        await pay(service, first, "over-the-hub", int(time.time()) + 3_600)
    await until(star, business, [first, second], FactState.SETTLED)
    assert said(star, "reconcile", "--channel", FAR)["agrees"]
    assert said(star, "hub", "forwards") == []
    told(star, sequence, folder)
    relayer.stop()


async def test_relayer_hub_and_far_ledger_are_killed_on_the_way_and_nothing_is_lost_or_doubled(
    star: Network, business: Business
) -> None:
    open_routes(star)
    before = len(said(star, "settlement", "liabilities", "--channel", FAR))
    issued = await business.issue([charge(100 + number) for number in range(6)])
    (vault,) = (each for each in star.children.started if each.name == FAR)
    relayer = star.start_relayer(star.configuration)
    for number, each in enumerate(issued):
        await business.send([each], size=1, timeout_seconds=600)
        match number % 3:
            case 0:
                relayer.kill()
                relayer = star.start_relayer(star.configuration)
            case 1:
                kill_and_start(star, star.ledger, "ledger.yaml", "ledger/ledger.sock")
            case _:
                kill_and_start(star, vault, f"{FAR}.yaml", f"{FAR}/ledger.sock")
    await until(star, business, [fact for _, fact in issued], FactState.ACKNOWLEDGED)
    assert len(said(star, "settlement", "liabilities", "--channel", FAR)) == before + len(issued)
    assert said(star, "hub", "forwards") == []
    for name in (FAR, CHANNEL):
        assert said(star, "reconcile", "--channel", name)["agrees"]
    relayer.stop()


def kill_and_start(star: Network, ledger: Child, settings: str, socket: str) -> None:
    ledger.kill()
    ledger.process = star.children.start(ledger.name, "ledger", "serve", settings).process
    star.children.wait_until_listening(ledger, star.layout.folder / socket)


def told(star: Network, sequence: int, folder: Path) -> None:
    """What an operator sees of it, and what a stranger can verify."""
    status = star.run("status", "--json")
    assert {each["channel"] for each in json.loads(status.output)["star"]["legs"]} == {CHANNEL, FAR}
    evidence, trusts = folder / "evidence.json", [folder / f"{name}.trust.json" for name in (CHANNEL, FAR)]
    assert star.run("export", f"{CHANNEL}/contracts/{sequence}", "--output", str(evidence)).status == 0
    for name, path in zip((CHANNEL, FAR), trusts, strict=True):
        assert star.run("trust", str(path), "--channel", name).status == 0
    verified = star.run("verify", str(evidence), *(word for path in trusts for word in ("--trust", str(path))))
    assert verified.status == 0, verified.words
    assert star.run("check").status == 0


async def test_a_fact_that_may_still_go_elsewhere_is_not_recorded_by_proof(star: Network, business: Business) -> None:
    """Else it could become two liabilities. And the ledger behind the hub has no client that could verify it."""
    (minted,) = await business.issue([charge(3_000)])
    name = f"0x{minted[1].fact_id.hex()}"
    assert said(star, "settlement", "bind-contract", "--channel", CHANNEL)["bound"]
    refused = star.run("facts", "prove", name, "--channel", CHANNEL, "--json")
    assert (refused.status, json.loads(refused.output)[0]["code"]) == (1, "other_ledger")
    behind = star.run("facts", "prove", name, "--channel", FAR)
    assert "follows the hub settlement, so it cannot verify" in behind.words
