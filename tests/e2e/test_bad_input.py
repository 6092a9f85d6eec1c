"""What an operator can get wrong, on real processes: each is a clear error that says what to do, and nothing is lost."""

from __future__ import annotations

import http.client
import json
import shutil
import sqlite3
from pathlib import Path
from typing import Any

import pytest
import rlp

from relayer.app.evm import evm_connection
from relayer.app.evm_settings import open_account
from relayer.app.ledgers import connected, make_ledger
from relayer.app.opening import open_channel, recover_channel
from relayer.app.selection import Selection, select
from relayer.codes.facts import FactKind
from relayer.config.deployment import deployment_path
from relayer.config.relayer_file import load_relayer
from relayer.core.ids import ClientId, Height
from relayer.devnet.layout import CHAIN_ID, SETTLEMENT_CHAIN, THRESHOLD
from relayer.devnet.network import Network
from relayer.devnet.operators import Business, Watch
from relayer.examples.consortium import FactDraft
from relayer.keystore import create_keystore, open_keystore
from relayer.ports.ledger import ClientCondition, SubmissionBatch
from relayer.ports.prover import ClientMessage
from relayer.proofs.client import ClientIdentity
from relayer.proofs.poa_evm.attestation import authority_digest, sign_digest
from relayer.proofs.poa_evm.evm_header import decode_header, encode_block
from relayer.proofs.poa_evm.types import Misbehaviour, SealedHeader, encode_misbehaviour
from relayer.waiting import until_true
from tests.support.checks import failing_lines

pytestmark = pytest.mark.node

EXTRA_DATA = 12
"""Index of the field in a block header."""
TRIP = FactDraft(creditor="KCS", debtor="NBM", kind=FactKind.TRIP_COMPLETED, currency="EUR", exponent=2, net=1_000, tax=190)
FACT = {
    "kind": "trip_completed",
    "category": "fare",
    "creditor": "DE*KCS",
    "debtor": "DE*NBM",
    "currency": "EUR",
    "exponent": 2,
    "net": 1_000,
    "tax": 190,
    "service_end": 1_760_000_000,
    "due_date": 1_762_000_000,
    "document": {"trip": 1},
}


def test_a_sound_network_is_well(network: Network) -> None:
    finished = network.run("check")
    assert finished.status == 0, finished
    assert finished.output.splitlines()[-1] == "check: everything is well"


def test_another_chain_behind_the_endpoint(network: Network) -> None:
    def other(ledgers: dict[str, Any]) -> None:
        ledgers["contracts"]["chain_id"] = 9_999

    remedy = failing_lines(network, network.variant("wrong-chain", ledgers=other).name)["ledger contracts"]
    assert "9999" in remedy
    assert str(CHAIN_ID) in remedy


def test_another_settlement_ledger_behind_the_address(network: Network) -> None:
    def other(ledgers: dict[str, Any]) -> None:
        ledgers["settlement"]["chain_id"] = "elsewhere-1"

    remedy = failing_lines(network, network.variant("wrong-ledger", ledgers=other).name)["ledger settlement"]
    assert "elsewhere-1" in remedy
    assert SETTLEMENT_CHAIN in remedy


@pytest.mark.parametrize("what", ["nothing", "facts"])
def test_no_router_at_the_address(network: Network, selection: Selection, what: str) -> None:
    known = selection.contract_ledger
    addresses = {"nothing": "0x" + "12" * 20, "facts": known.facts}

    def other(ledgers: dict[str, Any]) -> None:
        ledgers["contracts"] |= {"router": addresses[what], "facts": known.facts}

    configuration = network.variant("wrong-router", ledgers=other)
    deployment_path(configuration).unlink()
    remedy = failing_lines(network, configuration.name)["ledger contracts"]
    assert "router" in remedy


def test_two_files_that_contradict_each_other(network: Network) -> None:
    def other(ledgers: dict[str, Any]) -> None:
        ledgers["contracts"]["router"] = "0x" + "12" * 20

    finished = network.run("start", "--config", network.variant("contradiction", ledgers=other).name)
    assert finished.status == 3
    assert "ledgers.contracts.router: differs from" in finished.words


def test_an_account_without_funds(network: Network) -> None:
    keys = network.layout.folder / "keys"
    poor = create_keystore(keys / "poor.json", (keys / "password").read_text().strip())

    def other(ledgers: dict[str, Any]) -> None:
        ledgers["contracts"]["account"]["keystore"] = "keys/poor.json"

    remedy = failing_lines(network, network.variant("poor", ledgers=other).name)["account of contracts"]
    assert poor.address in remedy
    assert "send funds" in remedy
    facts = network.layout.folder / "one-fact.json"
    facts.write_text(json.dumps([FACT]))
    poor_keys = ("--keystore", "keys/poor.json", "--password-file", "keys/password")
    finished = network.run("facts", "mint", facts.name, *poor_keys, "--no-check")
    assert finished.status == 4, finished
    assert "relayer: " in finished.words


def test_a_silent_ledger(network: Network) -> None:
    def other(ledgers: dict[str, Any]) -> None:
        ledgers["settlement"]["address"] = "unix:nothing.sock"

    assert "nothing.sock" in failing_lines(network, network.variant("silent", ledgers=other).name)["ledger settlement"]


def test_too_few_authorities(network: Network) -> None:
    def other(ledgers: dict[str, Any]) -> None:
        for member in ledgers["contracts"]["authorities"]["members"][:2]:
            member["endpoint"] = f"127.0.0.1:{1 + int(member['address'], 16) % 900}"

    lines = failing_lines(network, network.variant("few", ledgers=other).name)
    assert "start more of the authorities" in lines["authorities of contracts"]


def test_a_port_in_use(network: Network) -> None:
    relayer = network.start_relayer(network.configuration)
    network.children.wait_until_listening(relayer, network.layout.ports.service)

    def same(service: dict[str, Any]) -> None:
        service["port"] = network.layout.ports.service

    finished = network.run("start", "--config", network.variant("same-port", service=same).name)
    assert finished.status == 3
    assert "change service.port" in finished.words
    for arguments in (("ledger", "serve", "ledger.yaml"), ("authority", "serve", "authority-0.yaml")):
        finished = network.run(*arguments)
        assert finished.status in (3, 6)
        assert "Traceback" not in finished.words


def test_a_journal_in_use(network: Network) -> None:
    relayer = network.start_relayer(network.configuration)
    network.children.wait_until_listening(relayer, network.layout.ports.service)

    def same(journal: dict[str, Any]) -> None:
        journal["path"] = "relayer.journal"

    finished = network.run("start", "--config", network.variant("same-journal", journal=same).name)
    assert finished.status == 6
    assert "another relayer has it open" in finished.words


async def test_a_damaged_journal_names_its_row(network: Network, business: Business, watch: Watch) -> None:
    (sent,) = await business.send(await business.issue([TRIP]), size=1, timeout_seconds=600)
    relayer = network.start_relayer(network.configuration)
    await watch.until(lambda: sent in watch.acknowledged, "the acknowledgement")
    assert relayer.stop() == 0
    configuration = network.variant("damaged")
    damaged = network.layout.folder / "damaged.journal"
    shutil.copyfile(network.layout.folder / "relayer.journal", damaged)
    with sqlite3.connect(damaged) as database:
        triggers = database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for (name,) in triggers:
            database.execute(f"DROP TRIGGER {name}")
        database.execute("UPDATE journal SET body = zeroblob(length(body)) WHERE row = 2")
    for command in ("start", "replay"):
        finished = network.run(command, "--config", configuration.name)
        assert finished.status == 6, finished
        assert "row 2" in finished.words
    assert network.run("replay").status == 0


async def test_an_expired_client_is_told_and_recovered(network: Network, business: Business) -> None:
    def short(channels: list[dict[str, Any]]) -> None:
        channels[0] |= {"name": "short", "client_terms": {"trusting_period_seconds": 8, "max_clock_drift_seconds": 5}}

    configuration = network.variant("short", channels=short)
    # An idle ledger's newest block may be older than so short a period.
    rpc = next(iter(business.desks.values())).connection.rpc
    await rpc.call("evm_mine")
    await open_channel(configuration, "short", print)
    selection = select(configuration, "short")
    ledger = make_ledger(selection.settlement_end.ledger, selection.settlement_ledger)
    async with connected(ledger):

        async def expired() -> bool:
            return (await ledger.client_status(selection.settlement_client)).condition is ClientCondition.EXPIRED

        await until_true(expired, "the client to expire")
    lines = failing_lines(network, configuration.name)
    assert "relayer channel recover" in lines["channel short on settlement"]
    await rpc.call("evm_mine")
    words = await recovered(configuration, "short")
    assert any(f"{selection.settlement_client} on settlement was expired" in line for line in words)


async def recovered(configuration: Path, channel: str) -> list[str]:
    """What recovery says. Both clients are active afterwards."""
    words: list[str] = []
    await recover_channel(configuration, channel, words.append)
    selection = select(configuration, channel)
    for end in (selection.contract_end, selection.settlement_end):
        ledger = make_ledger(end.ledger, load_relayer(configuration).ledgers[end.ledger])
        async with connected(ledger):
            assert (await ledger.client_status(ClientId(end.client or ""))).condition is ClientCondition.ACTIVE
    return words


async def test_a_frozen_client_is_told_and_recovered(network: Network) -> None:
    def other(channels: list[dict[str, Any]]) -> None:
        channels[0]["name"] = "fork"

    configuration = network.variant("fork", channels=other)
    assert network.run("channel", "open", "--yes", "fork", "--config", configuration.name).status == 0
    selection = select(configuration, "fork")
    ledger = make_ledger(selection.settlement_end.ledger, selection.settlement_ledger)
    async with connected(ledger):
        evidence = await two_headers_of_one_height(network, selection, ledger.genesis_hash)
        await ledger.submit(SubmissionBatch(client_id=selection.settlement_client, update=evidence, messages=()))
    lines = failing_lines(network, configuration.name)
    assert "signed two headers of one height" in lines["channel fork on settlement"]
    finished = network.run("channel", "recover", "--yes", "fork", "--config", configuration.name)
    assert finished.status == 0, finished
    assert f"{selection.settlement_client} on settlement was frozen" in finished.output + finished.words
    assert (await recovered(configuration, "fork"))[-1].endswith("active: left alone")


async def two_headers_of_one_height(network: Network, selection: Selection, host_genesis: bytes) -> ClientMessage:
    """Evidence that two authorities signed two hashes; their keys are ours to misuse here."""
    settings = selection.contract_ledger
    async with evm_connection(settings, open_account(settings.account)) as connection:
        encoding = encode_block((await connection.node.block("latest")).raw).encoding
    fields = rlp.decode(encoding)
    fields[EXTRA_DATA] = b"fork"
    headers = []
    for header in (decode_header(encoding), decode_header(rlp.encode(fields))):
        identity = ClientIdentity(
            host_chain_id=SETTLEMENT_CHAIN, host_genesis=host_genesis, client_id=selection.settlement_client
        )
        digest = authority_digest(chain_id=CHAIN_ID, identity=identity, number=header.number, block_hash=header.hash)
        seals = tuple(sign_digest(key, digest) for key in authority_keys(network))
        headers.append(SealedHeader(header_rlp=header.encoding, seals=seals, account_proof=()))
    value = encode_misbehaviour(Misbehaviour(header_1=headers[0], header_2=headers[1]))
    return ClientMessage(type_url="/interledger.lightclients.poaevm.v1.Misbehaviour", value=value, height=Height(0))


def authority_keys(network: Network) -> list[bytes]:
    keys = network.layout.folder / "keys"
    password = (keys / "password").read_text().strip()
    return [bytes(open_keystore(keys / f"authority-{number}.json", password).key) for number in range(THRESHOLD)]


def test_health_says_why_nothing_moves(network: Network) -> None:
    def other(ledgers: dict[str, Any]) -> None:
        ledgers["settlement"]["address"] = "unix:nothing.sock"

    configuration = network.variant("standstill", ledgers=other)
    port = load_relayer(configuration).service.port
    relayer = network.start_relayer(configuration)
    network.children.wait_until_listening(relayer, port)

    def told() -> bool:
        return any("ledger settlement" in reason for reason in ask_health(port)[1]["reasons"])

    network.children.wait_until(relayer, told, "the reason in /healthz")
    assert ask_health(port)[0] == 503
    assert relayer.stop() == 0


def test_opening_an_open_channel_changes_nothing(network: Network) -> None:
    before = deployment_path(network.configuration).read_text()
    assert network.run("channel", "open", "--yes", "main").status == 0
    assert deployment_path(network.configuration).read_text() == before
    assert network.run("check").status == 0


def ask_health(port: int) -> tuple[int, Any]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("GET", "/healthz")
    answer = connection.getresponse()
    told = answer.status, json.loads(answer.read())
    connection.close()
    return told
