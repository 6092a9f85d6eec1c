"""Any two ledgers form a channel: opened from a YAML file, relayed both ways by the engine, checked and recovered."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from aiohttp import web
from aiohttp.test_utils import TestServer

from relayer.app import opening
from relayer.app.checking import check
from relayer.app.first_header import Starting, expected_headers
from relayer.app.journal import journal_reader
from relayer.app.ledgers import FullLedger
from relayer.app.opening import newest_headers, open_channel, recover_channel
from relayer.app.relaying import relay
from relayer.app.selection import choose
from relayer.commands.channel import open_channel as open_by_command
from relayer.commands.ledger import init_ledger
from relayer.config.deployment import deployment_path, read_deployment
from relayer.config.relayer_file import load_relayer
from relayer.config.serving import ServedClientSettings
from relayer.core.events import AcknowledgementWritten, PacketAcknowledged
from relayer.core.ids import ClientId, LedgerId, TimestampSeconds
from relayer.core.packet import Payload
from relayer.errors import ConfigurationError, LedgerRefused
from relayer.ports.ledger import ClientCondition, ClientStatus
from relayer.ports.prover import ClientCreation
from relayer.proofs.evm_address import checksum_address
from relayer.testing.capable import CapableLedger
from relayer.testing.clock import ManualClock
from relayer.testing.simulated import SimulatedLedger
from relayer.testing.simulated_client import SimulatedClient
from relayer.waiting import until_true
from tests.support.embedded import EchoApplication
from tests.support.two_ledgers import TOKEN, TwoLedgers, configuration, two_ledgers

LETTERS = "letters"
LETTER = Payload(source_port=LETTERS, destination_port=LETTERS, version="letter-1", encoding="text/plain", value=b"hello")


@pytest.fixture
async def two(tmp_path: Path) -> AsyncIterator[TwoLedgers]:
    async with two_ledgers(tmp_path, applications={LETTERS: EchoApplication()}) as made:
        yield made


async def test_two_settlement_ledgers_are_opened_and_relay_both_ways(two: TwoLedgers) -> None:
    clients = await two.open()
    assert clients == {"left": "07-tendermint-0", "right": "07-tendermint-0"}
    # Before a packet can come: the first facts would bind a client, and a stranger's may come first.
    assert two.told[-3:] == [
        "facts through 07-tendermint-0 come from port settlement on right",
        "facts through 07-tendermint-0 come from port settlement on left",
        "paired 07-tendermint-0 on right with 07-tendermint-0 on left",
    ]
    stopping = asyncio.Event()
    relaying = asyncio.create_task(relay(load_relayer(two.config), stopping))
    for name, ledger in two.ledgers.items():
        deadline = TimestampSeconds((await ledger.head()).timestamp + 600)
        await ledger.send_packet(ClientId(clients[name]), LETTER, timeout_timestamp=deadline, signer="anyone")

    async def answered() -> bool:
        if relaying.done():
            relaying.result()
        found = [await two.facts(name) for name in two.ledgers]
        return all(any(isinstance(fact, PacketAcknowledged) for fact in facts) for facts in found)

    await until_true(answered, "both letters to be acknowledged")
    stopping.set()
    await relaying
    for name in two.ledgers:
        (written,) = [fact for fact in await two.facts(name) if isinstance(fact, AcknowledgementWritten)]
        assert written.acknowledgement.app_acknowledgement == b"echo hello"


async def test_a_repeat_of_channel_open_changes_nothing(two: TwoLedgers) -> None:
    clients = await two.open()
    heights = {name: (await ledger.head()).height for name, ledger in two.ledgers.items()}
    assert await two.open() == clients
    assert {name: (await ledger.head()).height for name, ledger in two.ledgers.items()} == heights


async def test_what_an_end_may_not_send_is_set_aside(two: TwoLedgers, tmp_path: Path) -> None:
    settings = load_relayer(two.config)
    entries = yaml.safe_load(two.config.read_text())["ledgers"]
    clients = await two.open()
    strict = load_relayer(configuration(tmp_path, entries, sends=["facts"]))
    assert strict.channels[0].ends[0].sends == ("facts",)
    assert settings.channels[0].ends[0].sends == ("anything",)
    left = two.ledgers["left"]
    deadline = TimestampSeconds((await left.head()).timestamp + 600)
    await left.send_packet(ClientId(clients["left"]), LETTER, timeout_timestamp=deadline, signer="anyone")
    stopping = asyncio.Event()
    relaying = asyncio.create_task(relay(strict, stopping))

    async def set_aside() -> bool:
        if relaying.done():
            relaying.result()
        if not strict.journal.path.exists():
            return False
        with journal_reader(strict.journal.path) as journal:
            return any("does not carry letter-1" in line.reason for line in journal.packets())

    await until_true(set_aside, "the letter to be quarantined")
    stopping.set()
    await relaying
    assert not any(isinstance(fact, AcknowledgementWritten) for fact in await two.facts("right"))


async def test_check_finds_both_ends_well(two: TwoLedgers) -> None:
    await two.open()
    lines = [line async for line in check(load_relayer(two.config))]
    channel = {line.subject: line for line in lines if line.subject.startswith("channel")}
    assert set(channel) == {"channel main on left", "channel main on right"}
    assert all(line.good for line in channel.values())


async def test_recovery_leaves_active_clients_alone_at_both_ends(two: TwoLedgers) -> None:
    await two.open()
    told: list[str] = []
    await recover_channel(two.config, "main", told.append)
    assert told == [f"07-tendermint-0 on {name} is active: left alone" for name in two.ledgers]


def a_ledger_file(folder: Path, name: str) -> dict[str, object]:
    """A ledger of this process, made by `ledger init`, as the configuration names it."""
    (folder / "token").write_text(TOKEN)
    (folder / "password").write_text("a password")
    path = folder / f"{name}.yaml"
    path.write_text(
        yaml.safe_dump(
            {
                "version": 1,
                "folder": name,
                "chain_id": f"{name}-1",
                "operators": [{"keystore": f"{name}.json", "password": {"file": "password"}}],
                "heartbeat_seconds": 0.2,
                "listen": {"socket": f"{name}/ledger.sock"},
                "token": {"file": "token"},
            }
        )
    )
    init_ledger(path)
    return {"type": "embedded", "settings": path.name, "chain_id": f"{name}-1"}


async def test_two_ledgers_of_one_process_are_opened_by_the_command_and_found_well(tmp_path: Path) -> None:
    entries = {name: a_ledger_file(tmp_path, name) for name in ("left", "right")}
    config = configuration(tmp_path, entries, sends=["facts", "news"])
    await asyncio.to_thread(open_by_command, config, None, yes=True)
    assert read_deployment(deployment_path(config)).clients == {
        "main": {"left": "07-tendermint-0", "right": "07-tendermint-0"}
    }
    lines = [line async for line in check(load_relayer(config))]
    assert [line.subject for line in lines if line.good and line.subject.startswith("channel")] == [
        *["channel main on left"] * 2,
        *["channel main on right"] * 2,
    ]


def replaced(monkeypatch: pytest.MonkeyPatch, ledgers: dict[str, SimulatedLedger]) -> None:
    def make(name: str, settings: object, *, rights: object = None) -> FullLedger:
        del settings, rights
        return ledgers[name]

    monkeypatch.setattr(opening, "make_ledger", make)


@pytest.mark.parametrize("kinds", [(SimulatedLedger, CapableLedger), (CapableLedger, SimulatedLedger), (CapableLedger,) * 2])
async def test_a_host_that_pairs_at_creation_comes_second_or_announces_its_client(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kinds: tuple[type[SimulatedLedger], type[SimulatedLedger]]
) -> None:
    clock = ManualClock()
    names = ("left", "right")
    ledgers = {name: kind(LedgerId(name), clock) for name, kind in zip(names, kinds, strict=True)}
    replaced(monkeypatch, ledgers)
    entry = {"type": "remote", "chain_id": "x-1"}
    ports = {name: {**entry, "address": f"127.0.0.1:{index + 1}"} for index, name in enumerate(names)}
    config = configuration(tmp_path, ports, sends=["facts"])
    told: list[str] = []
    await open_channel(config, None, told.append)
    chosen = choose(config, None)
    clients = {end.ledger: chosen.client(end) for end in chosen.channel.ends}
    for mine, theirs in (names, names[::-1]):
        status = await ledgers[mine].client_status(clients[mine])
        assert (status.counterparty_client_id, status.counterparty_chain_id) == (clients[theirs], ledgers[theirs].chain_id)
    for mine, theirs in (names, names[::-1]):
        said = [line for line in told if line.startswith(f"not every authority of {theirs} signs")]
        assert len(said) == isinstance(ledgers[theirs], CapableLedger)
        for line in said:
            # What it says is what an authority's file takes.
            (entry,) = yaml.safe_load(line.partition("\n")[2])
            served = ServedClientSettings.model_validate(entry)
            assert (served.host_chain_id, served.client_id) == (ledgers[mine].chain_id, clients[mine])
            assert served.host_genesis == "0x" + ledgers[mine].genesis_hash.hex()
    trusting = [ledger for ledger in ledgers.values() if isinstance(ledger, CapableLedger)]
    assert [await each.trusts_client(clients[each.ledger_id]) for each in trusting] == [True] * len(trusting)


async def test_somebody_else_creating_a_client_meanwhile_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Overtaken(CapableLedger):
        async def next_client_id(self) -> ClientId:
            return ClientId("simulated-7")

    clock = ManualClock()
    ledgers = {name: Overtaken(LedgerId(name), clock) for name in ("left", "right")}
    replaced(monkeypatch, dict(ledgers))
    ports = {
        name: {"type": "remote", "chain_id": "x-1", "address": f"127.0.0.1:{index + 1}"}
        for index, name in enumerate(ledgers)
    }
    config = configuration(tmp_path, ports, sends=["facts"])
    with pytest.raises(ConfigurationError, match="somebody else created a client"):
        await open_channel(config, None, lambda _: None)


class LateRefusal(CapableLedger):
    """Light clients are contracts here; the router refuses to take one as often as `refusals` says."""

    refusals = 2

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.deployed: list[tuple[ClientCreation, ClientCondition]] = []

    async def deploy_client(self, creation: ClientCreation, **_: object) -> str:
        self.deployed.append((creation, ClientCondition.ACTIVE))
        return checksum_address(len(self.deployed).to_bytes(20, "big"))

    async def deployed_client(self, contract: str) -> ClientStatus:
        creation, condition = self.deployed[int(contract, 16) - 1]
        status = SimulatedClient.created(ClientId(""), creation).status(creation.height)
        return replace(status, condition=condition)

    async def add_client(self, contract: str, **pairing: Any) -> ClientId:
        if self.refusals:
            self.refusals -= 1
            raise LedgerRefused("IBCInvalidClientId", "addClient: the router refuses")
        return await self.create_client(self.deployed[int(contract, 16) - 1][0], **pairing)


@dataclass(slots=True)
class Late:
    """A channel whose second ledger refuses late."""

    config: Path
    ledger: LateRefusal
    followed: SimulatedLedger
    clock: ManualClock
    told: list[str] = field(default_factory=list)

    async def refused(self) -> None:
        with pytest.raises(LedgerRefused, match="the router refuses"):
            await open_channel(self.config, None, self.told.append)


@pytest.fixture
def late(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Late:
    clock = ManualClock()
    ledger, followed = LateRefusal(LedgerId("left"), clock), SimulatedLedger(LedgerId("right"), clock)
    replaced(monkeypatch, {"left": ledger, "right": followed})
    ports = {
        name: {"type": "remote", "chain_id": "x-1", "address": f"127.0.0.1:{index + 1}"}
        for index, name in enumerate(("left", "right"))
    }
    return Late(config=configuration(tmp_path, ports, sends=["facts"]), ledger=ledger, followed=followed, clock=clock)


async def test_a_light_client_is_paid_for_once_however_often_the_router_refuses_it(late: Late) -> None:
    """The fault: each try of `channel open` that was refused late deployed another light client, for 4.7 million gas."""
    await late.refused()
    await late.refused()
    await open_channel(late.config, None, late.told.append)
    assert len(late.ledger.deployed) == 1
    written = read_deployment(deployment_path(late.config))
    assert (set(written.clients["main"]), written.unadded) == ({"left", "right"}, {})
    assert sum("is there already; it starts from right:" in line for line in late.told) == 2


@pytest.mark.parametrize("cause", ["expired", "other terms", "another header expected"])
async def test_a_light_client_that_no_longer_serves_is_deployed_anew(late: Late, cause: str) -> None:
    late.ledger.refusals = 1
    await late.refused()
    starting = Starting()
    if cause == "expired":
        late.ledger.deployed[0] = (late.ledger.deployed[0][0], ClientCondition.EXPIRED)
    elif cause == "other terms":
        late.config.write_text(
            late.config.read_text().replace("name: main", "name: main\n  client_terms: {trusting_period_seconds: 77}")
        )
    else:
        late.clock.advance(60)
        await late.followed.head()
        (_, right) = await newest_headers(late.config, None)
        starting = Starting(expected=expected_headers([right.pin], ["right"]))
    await open_channel(late.config, None, late.told.append, starting)
    assert len(late.ledger.deployed) == 2


class CountingNode:
    """An EVM node that answers nothing and counts what it is asked."""

    def __init__(self) -> None:
        self.requests: list[object] = []
        application = web.Application()
        application.router.add_post("/", self._handle)
        self.server = TestServer(application)

    async def _handle(self, request: web.Request) -> web.Response:
        self.requests.append(await request.json())
        return web.Response(status=503)


def an_evm_ledger(folder: Path, url: str, chain_id: int) -> dict[str, object]:
    (folder / "password").write_text("a password")
    return {
        "type": "evm",
        "chain_id": chain_id,
        "endpoints": [url],
        "account": {"keystore": "operator.json", "password": {"file": "password"}},
        "finality": "latest",
        "fees": {"policy": "zero"},
        "authorities": {
            "threshold": 1,
            "members": [{"address": "0x" + "11" * 20, "endpoint": "127.0.0.1:1"}],
        },
    }


async def test_two_ledgers_without_light_clients_of_each_other_are_refused_before_anything_is_deployed(
    tmp_path: Path,
) -> None:
    """The fault: contracts were deployed and paid for on both, and only then was it found that no client can follow them."""
    node = CountingNode()
    async with node.server:
        url = str(node.server.make_url("/"))
        entries = {name: an_evm_ledger(tmp_path, url, number) for number, name in enumerate(("left", "right"), 5)}
        config = configuration(tmp_path, entries, sends=["facts"])
        with pytest.raises(
            ConfigurationError, match="left cannot follow right, because it has no light client of type poa-evm"
        ):
            await open_channel(config, None, lambda _: None)
    assert node.requests == []
    assert not deployment_path(config).exists()


async def test_a_ledger_that_only_a_connection_can_describe_is_asked_before_anything_is_deployed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    replaced(monkeypatch, {"right": SimulatedLedger(LedgerId("right"), ManualClock())})
    node = CountingNode()
    async with node.server:
        entries = {
            "left": an_evm_ledger(tmp_path, str(node.server.make_url("/")), 5),
            "right": {"type": "remote", "chain_id": "x-1", "address": "127.0.0.1:2"},
        }
        config = configuration(tmp_path, entries, sends=["facts"])
        with pytest.raises(ConfigurationError, match="no light client of type simulated"):
            await open_channel(config, None, lambda _: None)
    assert node.requests == []
