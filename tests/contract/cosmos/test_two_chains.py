"""A settlement chain forms a channel with another chain, and with an embedded ledger: each follows the other with the light
client `07-tendermint` of stock ibc-go, and one relayer carries letters both ways and proves what became of them.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import yaml
from eth_account.signers.local import LocalAccount

from relayer.app.checking import check
from relayer.app.clock import SystemClock
from relayer.app.journal import journal_reader
from relayer.app.ledgers import connected, make_ledger
from relayer.app.opening import open_channel
from relayer.app.relaying import relay
from relayer.app.selection import Chosen, choose
from relayer.commands.evidence import export_packet, export_trust
from relayer.config.deployment import deployment_path
from relayer.config.relayer_file import load_relayer
from relayer.core.ids import ClientId, TimestampSeconds
from relayer.core.packet import Packet
from relayer.core.states import Acknowledged, state_name
from relayer.devnet.chain_node import BECH32_PREFIX, ChainOptions, SettlementChain
from relayer.devnet.ports import free_ports
from relayer.evidence.model import Ending
from relayer.evidence.trust import decode_trust
from relayer.evidence.verify import verify_file
from relayer.keystore import create_keystore
from relayer.light_clients.known import KNOWN
from relayer.ports.ledger import ClientCondition
from relayer.waiting import until_true
from tests.support.embedded import EchoApplication, embedded_ledger
from tests.support.letters import LETTER, LETTERS, letter_writer
from tests.support.served import ledger_server

pytestmark = [pytest.mark.node, pytest.mark.chain]

Send = Callable[[TimestampSeconds], Awaitable[Packet]]
TOKEN = "operators-token"


def entry(chain: SettlementChain) -> dict[str, object]:
    return {
        "type": "cosmos",
        "chain_id": chain.chain_id,
        "endpoints": list(chain.endpoints),
        "bech32_prefix": BECH32_PREFIX,
        "account": {"keystore": "operator.json", "password": {"file": "password"}},
        "fees": {"gas_price": "0stake"},
    }


def configuration(folder: Path, account: LocalAccount, ledgers: Mapping[str, object]) -> Path:
    (folder / "password").write_text("a password")
    create_keystore(folder / "operator.json", "a password", key=bytes(account.key))
    path = folder / "relayer.yaml"
    ends = [{"ledger": name, "sends": ["anything"]} for name in ledgers]
    path.write_text(
        yaml.safe_dump(
            {
                "version": 1,
                "ledgers": dict(ledgers),
                "channels": [{"name": "main", "ends": ends}],
                "engine": {"poll_seconds": 0.1},
                "journal": {"path": "relayer.journal"},
                "service": {"host": "127.0.0.1", "port": free_ports(1)[0]},
            }
        )
    )
    return path


@dataclass(frozen=True, slots=True)
class Opened:
    """A channel of two ledgers, and how a letter leaves each of them."""

    config: Path
    chosen: Chosen
    senders: Mapping[str, Send]


@asynccontextmanager
async def two_chains(
    folder: Path, options: ChainOptions, chain: SettlementChain, account: LocalAccount, writer: LocalAccount
) -> AsyncIterator[Opened]:
    with SettlementChain(replace(options, chain_id="settlement-2")) as second:
        config = configuration(folder, account, {"one": entry(chain), "other": entry(second)})
        await open_channel(config, None, print)
        chosen = choose(config, None)
        clients = {end.ledger: chosen.client(end) for end in chosen.channel.ends}
        async with (
            letter_writer(chain, writer, client=clients["one"], counterparty=clients["other"]) as one,
            letter_writer(second, writer, client=clients["other"], counterparty=clients["one"]) as other,
        ):
            yield Opened(config, chosen, {"one": one.send, "other": other.send})


@asynccontextmanager
async def a_chain_and_an_embedded_ledger(
    folder: Path, options: ChainOptions, chain: SettlementChain, account: LocalAccount, writer: LocalAccount
) -> AsyncIterator[Opened]:
    del options
    async with AsyncExitStack() as stack:
        ledger = embedded_ledger(folder / "other", SystemClock(), name="other", applications={LETTERS: EchoApplication()})
        await ledger.connect()
        stack.push_async_callback(ledger.close)
        server = ledger_server(ledger, folder / "other" / "ledger.sock", token=TOKEN)
        await server.start()
        stack.push_async_callback(server.stop)
        (folder / "token").write_text(TOKEN)
        remote = {"type": "remote", "address": "unix:other/ledger.sock", "chain_id": "other-1", "token": {"file": "token"}}
        config = configuration(folder, account, {"one": entry(chain), "other": remote})
        await open_channel(config, None, print)
        chosen = choose(config, None)
        clients = {end.ledger: chosen.client(end) for end in chosen.channel.ends}

        async def send(timeout_timestamp: TimestampSeconds) -> Packet:
            sequence = await ledger.send_packet(
                clients["other"], LETTER, timeout_timestamp=timeout_timestamp, signer="anyone"
            )
            return Packet(
                sequence=sequence,
                source_client=clients["other"],
                destination_client=clients["one"],
                timeout_timestamp=timeout_timestamp,
                payloads=(LETTER,),
            )

        one = await stack.enter_async_context(
            letter_writer(chain, writer, client=clients["one"], counterparty=clients["other"])
        )
        yield Opened(config, chosen, {"one": one.send, "other": send})


@pytest.fixture(params=[two_chains, a_chain_and_an_embedded_ledger], ids=["cosmos-cosmos", "cosmos-embedded"])
async def opened(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Opened]:
    names = ("chain_options", "chain", "relayer_account", "writer_account")
    async with request.param(tmp_path, *map(request.getfixturevalue, names)) as made:
        yield made


async def require_following(opened: Opened) -> None:
    """Each ledger has an active client of the other, paired with that one's client."""
    settings = opened.chosen.settings
    clients = {end.ledger: opened.chosen.client(end) for end in opened.chosen.channel.ends}
    for mine, theirs in (("one", "other"), ("other", "one")):
        async with connected(make_ledger(mine, settings.ledgers[mine])) as ledger:
            status = await ledger.client_status(clients[mine])
            newest = (await ledger.head()).height
        # A chain is read from where the channel began, not from its first block.
        assert settings.ledgers[mine].type != "cosmos" or 0 < settings.ledgers[mine].read_above < newest
        assert status.condition is ClientCondition.ACTIVE
        assert status.client_type == "07-tendermint"
        followed = settings.ledgers[theirs].chain_id
        assert (status.counterparty_client_id, status.counterparty_chain_id) == (ClientId(clients[theirs]), followed)


async def test_a_channel_is_opened_checked_relayed_both_ways_and_shown_to_others(opened: Opened, tmp_path: Path) -> None:
    assert deployment_path(opened.config).exists()
    await require_following(opened)
    settings = load_relayer(opened.config)
    lines = [line async for line in check(settings)]
    found = [line for line in lines if line.subject.startswith("channel")]
    assert {line.subject for line in found} == {"channel main on one", "channel main on other"}
    assert [line for line in found if not line.good] == []
    stopping = asyncio.Event()
    relaying = asyncio.create_task(relay(settings, stopping))
    sent = {}
    for name, send in opened.senders.items():
        async with connected(make_ledger(name, settings.ledgers[name])) as ledger:
            deadline = TimestampSeconds((await ledger.head()).timestamp + 600)
        sent[name] = await send(deadline)

    async def acknowledged() -> bool:
        if relaying.done():
            relaying.result()
        with journal_reader(settings.journal.path) as journal:
            states = [line.state for line in journal.packets()]
        return states == [state_name(Acknowledged)] * len(sent)

    await until_true(acknowledged, "both letters to be acknowledged")
    stopping.set()
    await relaying
    trust = tmp_path / "trust.json"
    await asyncio.to_thread(export_trust, opened.config, None, trust)
    for name, packet in sent.items():
        file = tmp_path / f"{name}.evidence.json"
        await asyncio.to_thread(export_packet, opened.config, f"main/{name}/{packet.sequence}", file)
        verdict = verify_file(file.read_bytes(), decode_trust(trust.read_bytes(), KNOWN.trust_readers))
        assert (verdict.ending, verdict.packet) == (Ending.ACKNOWLEDGED, packet)
