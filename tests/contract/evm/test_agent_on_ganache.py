"""The agent's page, word for word, over a real node and an embedded ledger: trips of a contract become liabilities, and the
contract has their references. And the same for a data contract of others."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from eth_account.signers.local import LocalAccount
from typer.testing import CliRunner

from relayer.agent.web3_source import Web3Source
from relayer.app.clock import SystemClock
from relayer.app.ledgers import Rights, connected, make_settlement
from relayer.cli import app
from relayer.config.agent_file import load_agent
from relayer.devnet.nodes import Ganache
from relayer.facts.schema import party_id
from relayer.facts.ways import Way
from relayer.keystore import account_from_key, create_keystore
from relayer.ledgers.evm.abi_types import encode
from relayer.ledgers.evm.connection import EvmConnection
from relayer.ledgers.evm.finality import LatestIsFinal
from relayer.proofs.keccak import keccak256
from relayer.settlement.model.acts import OPERATOR
from relayer.settlement.model.facts import PulledFacts
from relayer.settlement.model.issuers import BindIssuer, Issuer
from relayer.settlement.model.parties import Agreement, CurrencyTerms, Party, RecordAgreement, RegisterParty
from tests.contract.evm.conftest import connection_options
from tests.support.outputs import output
from tests.support.pages import DOCS, commands
from tests.support.trips import EXAMPLES, NOON

pytestmark = pytest.mark.node

PAGE = DOCS / "agent.md"
MAPPING = "0x" + b"settlement".ljust(32, b"\0").hex()
RECORD = keccak256(b"record(bytes32,address,uint64,uint64,uint32,uint16)")[:4]


@dataclass(frozen=True, kw_only=True)
class Place:
    """A folder with the page's files, and what is on the contract ledger."""

    folder: Path
    trips: bytes
    data: bytes
    connection: EvmConnection
    retailer: bytes

    async def trip(self, number: int, seconds: int) -> str:
        values = [number.to_bytes(32, "big"), f"0x{self.retailer.hex()}", NOON, NOON + seconds, 1_234, 1]
        arguments = encode(["bytes32", "address", "uint64", "uint64", "uint32", "uint16"], values)
        mined = await self.connection.deployer.call(self.trips, RECORD + arguments, "record")
        return f"{mined.hash}:0"

    async def reference(self, contract: bytes, function: str, *words: bytes) -> bytes:
        return await self.connection.node.view(contract, keccak256(function.encode())[:4] + b"".join(words))


def initcode(name: str, *addresses: bytes) -> bytes:
    artifact = json.loads((EXAMPLES / "artifacts" / f"{name}.json").read_text())
    return bytes.fromhex(artifact["bytecode"][2:]) + b"".join(each.rjust(32, b"\0") for each in addresses)


def written(page: Path, title: str) -> str:
    text = re.search(rf'```yaml title="{re.escape(title)}"\n(.*?)```', page.read_text(), re.DOTALL)
    assert text
    snippet = re.fullmatch(r'--8<-- "(.+)"\n', text[1])
    return (EXAMPLES.parents[2] / snippet[1]).read_text() if snippet else text[1]


@pytest.fixture
async def place(ganache: Ganache, accounts: Iterator[LocalAccount], tmp_path: Path, monkeypatch: pytest.MonkeyPatch):  # type: ignore[no-untyped-def]
    account, retailer = next(accounts), bytes.fromhex(next(accounts).address[2:])
    key = account.key.hex().removeprefix("0x")
    monkeypatch.chdir(tmp_path)
    ours = account_from_key(key)
    provider = bytes.fromhex(ours.address[2:])
    assert CliRunner().invoke(app, ["init"]).exit_code == 0
    assert CliRunner().invoke(app, ["ledger", "init"]).exit_code == 0
    create_keystore(tmp_path / "keys" / "agent.json", "secret", key=bytes.fromhex(key))
    (tmp_path / "keys" / "agent.password").write_text("secret")
    (tmp_path / "keys" / "agent.password").chmod(0o600)
    async with EvmConnection(connection_options(ganache), ours, SystemClock()) as connection:
        trips, mined = await connection.deployer.deploy(initcode("TripLog", provider), "trips")
        data, _ = await connection.deployer.deploy(initcode("DataContract", provider), "data")
        rules = written(PAGE, "trips.rules.yaml")
        rules = rules.replace("0x90f8bf6a479f320ead074411a4b0e7944ea8c9c1", f"0x{provider.hex()}")
        rules = rules.replace("0xffcf8fdee72ac11b5c542428b35eef5769c409f0", f"0x{retailer.hex()}")
        rules = rules.replace("0x5b1869d9a4c187f2eaa108f3062412ecf0526b24", f"0x{trips.hex()}")
        rules = rules.replace("start_block: 1\n", f"start_block: {mined.block_number}\n")
        rules = rules.replace("chain_id: 1337", f"chain_id: {ganache.chain_id}")
        (tmp_path / "trips.rules.yaml").write_text(rules)
        agent = written(PAGE, "agent.yaml").replace("http://127.0.0.1:8545", ganache.url)
        (tmp_path / "agent.yaml").write_text(agent)
        await _register(tmp_path, Issuer(ganache.chain_id, provider))
        yield Place(folder=tmp_path, trips=trips, data=data, connection=connection, retailer=retailer)


async def _register(folder: Path, issuer: Issuer) -> None:
    settlement = make_settlement("settlement", load_agent(folder / "agent.yaml").settlement, rights=Rights.OPERATOR)
    async with connected(settlement.ledger):
        for name in ("DE*KCS", "DE*NBM"):
            party = Party(party_id=party_id(name), ocpi_id=name, name=name, lei="", vat_id="")
            await settlement.service.execute(RegisterParty(request_id=name, actor=OPERATOR, party=party))
        terms = Agreement(
            agreement_id="KCS-NBM",
            creditor=party_id("DE*KCS"),
            debtor=party_id("DE*NBM"),
            currencies=(CurrencyTerms(currency="EUR", exponent=2, open_limit=None),),
            ways=(Way.INTERLEDGER, Way.PULLED),
        )
        await settlement.service.execute(RecordAgreement(request_id="terms", actor=OPERATOR, agreement=terms, replaces=0))
        bind = BindIssuer(request_id="issuer", actor=OPERATOR, issuer=issuer, party=party_id("DE*KCS"))
        await settlement.service.execute(bind)


async def relayer(*arguments: str, status: int = 0) -> str:
    """In a thread, because a command has an event loop of its own."""
    result = await asyncio.to_thread(CliRunner().invoke, app, list(arguments))
    assert result.exit_code == status, (arguments, result.output, result.exception)
    return result.stdout


async def test_every_command_of_the_page_does_what_it_says(place: Place) -> None:
    event = await place.trip(1, 601)
    printed = {each: await relayer(*each.replace("EVENT", event).split()) for each in commands(PAGE)}
    explained = printed["agent explain EVENT"]
    shown = re.search(r"```\n(claim 0:.*?)```", PAGE.read_text(), re.DOTALL)
    assert shown
    assert shown[1] in explained
    rows = output("agent list", await relayer("agent", "list", "--all", "--json"))
    assert [(row["event"], row["state"], row["gross"], row["reference"]) for row in rows] == [
        (event, "recorded", "375", "written")
    ]
    stored = await place.reference(place.trips, "referenceOf(bytes32)", (1).to_bytes(32, "big"))
    assert f"0x{stored.hex()}" == rows[0]["liability_id"]
    settlement = make_settlement("settlement", load_agent(place.folder / "agent.yaml").settlement)
    async with connected(settlement.ledger):
        (liability,) = await settlement.service.liabilities(after_sequence=0, limit=10)
    assert liability.liability_id == stored
    assert isinstance(liability.origin, PulledFacts)
    assert f"0x{liability.origin.rules.hex()}" == rows[0]["rules"]
    assert liability.origin.object_id == (1).to_bytes(32, "big").hex()
    again = output("agent pull", await relayer("agent", "pull", "--json"))
    assert (again["events"], again["recorded"], again["references"]) == (0, 0, 0)


async def test_a_dearer_rule_is_corrected_when_asked_for(place: Place) -> None:
    event = await place.trip(1, 601)
    await relayer("agent", "pull")
    path = place.folder / "trips.rules.yaml"
    path.write_text(path.read_text().replace("minimum: 250", "minimum: 1000"))
    assert output("agent pull", await relayer("agent", "pull", "--json"))["recorded"] == 0
    (shown,) = output("agent correct", await relayer("agent", "correct", event, "--json"))
    assert (shown["settled"], shown["rated"], shown["recorded"]) == ("375", "1190", False)
    (made,) = output("agent correct", await relayer("agent", "correct", event, "--yes", "--json"))
    assert made["recorded"]
    assert output("agent correct", await relayer("agent", "correct", event, "--json")) == []


async def test_references_in_a_data_contract_of_others(place: Place) -> None:
    """evan.network's form, by configuration alone; a value that is there is kept."""
    path = place.folder / "trips.rules.yaml"
    text = path.read_text().partition("    reference:")[0]
    text = text.replace(
        "\nevents:",
        f'\n  data:\n    address: "0x{place.data.hex()}"\n    abi:\n'
        "      - function getMappingValue(bytes32 mapping, bytes32 key) view returns (bytes32)\n"
        "      - function setMappingValue(bytes32 mapping, bytes32 key, bytes32 value)\n\nevents:",
    )
    block = re.search(r"```yaml\n(reference:\n.*?)```", PAGE.read_text(), re.DOTALL)
    assert block
    assert MAPPING in block[1]
    path.write_text(text + "".join(f"    {line}\n" for line in block[1].splitlines()))
    await place.trip(1, 601)
    await place.trip(2, 601)
    taken = keccak256(b"setMappingValue(bytes32,bytes32,bytes32)")[:4]
    words = bytes.fromhex(MAPPING[2:]) + (2).to_bytes(32, "big") + b"\x99" * 32
    await place.connection.deployer.call(place.data, taken + words, "setMappingValue")
    await relayer("agent", "pull")
    rows = output("agent list", await relayer("agent", "list", "--all", "--json"))
    assert [row["reference"] for row in rows] == ["written", "differs"]
    for number, expected in ((1, bytes.fromhex(rows[0]["liability_id"][2:])), (2, b"\x99" * 32)):
        key = number.to_bytes(32, "big")
        found = await place.reference(place.data, "getMappingValue(bytes32,bytes32)", bytes.fromhex(MAPPING[2:]), key)
        assert found == expected


async def test_the_reader_asks_the_next_node_where_one_is_down(ganache: Ganache, place: Place) -> None:
    source = Web3Source(["http://127.0.0.1:1", ganache.url], chain_id=ganache.chain_id, finality=LatestIsFinal())
    head = await source.head()
    assert await source.times([head.number, head.number - 1]) == {
        head.number: head.time,
        head.number - 1: (await source.block(head.number - 1)).time,  # type: ignore[union-attr]
    }
    await source.close()
