"""Who may issue and act for whom, by the verbs of an operator, over both ledgers and both kinds of settlement ledger."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from click.testing import Result
from typer.testing import CliRunner

from relayer.app.ends import open_facts
from relayer.app.selection import select
from relayer.cli import app
from relayer.devnet.chain_node import BECH32_PREFIX, SettlementChain
from relayer.devnet.network import Network, SettlementKind
from relayer.errors import LedgerRefused
from relayer.examples.consortium import PARTY
from relayer.facts.schema import party_id
from relayer.keystore import account_from_key, create_keystore
from relayer.ledgers.cosmos.account import CosmosAccount

pytestmark = pytest.mark.node
SETTLEMENT_KINDS = tuple(SettlementKind)
PLATFORM = "0x" + "5e" * 20


class Operator:
    """Runs commands in this process; everything they talk to is real."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self.keys = network.layout.folder / "keys"

    def run(self, *arguments: str) -> Result:
        return CliRunner().invoke(app, [*arguments, "--config", str(self.network.configuration)])

    def told(self, *arguments: str) -> Any:
        result = self.run(*arguments, "--json")
        assert result.stdout, (arguments, result.output, result.exception)
        return json.loads(result.stdout)

    def register(self, **platform: str) -> Result:
        party = {"id": "DE*PLT", "name": "Platform", "account": PLATFORM, "issuer": True, **platform}
        path = self.network.layout.folder / "platform.json"
        path.write_text(json.dumps({"parties": [party], "agreements": []}))
        return self.run("settlement", "apply", str(path))

    def key_of(self, code: str) -> tuple[str, ...]:
        """As the creditor itself names its key."""
        path, password = self.keys / f"{code}-creditor.json", self.keys / "password"
        if not path.exists():
            create_keystore(path, password.read_text().strip(), key=bytes(self.network.layout.operators[code].key))
        return ("--keystore", str(path), "--password-file", str(password))

    def grant_on_the_contract_alone(self, code: str) -> None:
        async def grant() -> None:
            selection = select(self.network.configuration, "main")
            async with open_facts(selection, self.network.layout.operators[code]) as facts:
                await facts.grant_mandate(party_id(PARTY[code]), bytes.fromhex(PLATFORM[2:]))

        asyncio.run(grant())

    def wrong_rights(self) -> list[dict[str, Any]]:
        """What `check` and `reconcile` say of the platform; they must say the same."""
        by_check = [
            each for each in self.told("check") if each["subject"].startswith("issuers of channel") and not each["good"]
        ]
        found: list[dict[str, Any]] = self.told("reconcile")["rights"]
        assert [each["remedy"] for each in by_check] == [each["remedy"] for each in found]
        return found


@pytest.fixture
def operator(network: Network) -> Operator:
    return Operator(network)


def test_a_platforms_rights_from_the_first_to_the_last(operator: Operator) -> None:
    assert operator.register().exit_code == 0
    granted = operator.told("settlement", "mandate", PARTY["KCS"], PLATFORM, *operator.key_of("KCS"))
    assert (granted["creditor"], granted["party"], granted["state"]) == (PARTY["KCS"], "DE*PLT", "active")
    assert operator.wrong_rights() == []

    operator.grant_on_the_contract_alone("ROL")
    (half,) = operator.wrong_rights()
    assert f"relayer settlement mandate {PARTY['ROL']} {PLATFORM}" in half["remedy"]
    operator.told("settlement", "mandate", PARTY["ROL"], PLATFORM, *operator.key_of("ROL"))
    ended = operator.told("settlement", "mandate", PARTY["ROL"], PLATFORM, "--revoke", *operator.key_of("ROL"))
    assert (ended["state"], ended["last_sequence"]) == ("ended", 0)

    removed = operator.told("settlement", "remove-issuer", PLATFORM)
    assert (removed["state"], removed["last_sequence"]) == ("ended", 0)
    assert operator.told("settlement", "remove-issuer", PLATFORM) == removed
    assert operator.wrong_rights() == []
    assert operator.register().exit_code != 0, "a removed issuer is never bound again"


def test_a_revoked_account_is_an_entry_of_the_log_and_never_comes_back(operator: Operator) -> None:
    on_chain = isinstance(operator.network.settlement, SettlementChain)
    address = CosmosAccount(account_from_key("0x" + "09" * 32), prefix=BECH32_PREFIX).address
    account = address if on_chain else "DE*KCS/lost"
    revoked = operator.told("settlement", "revoke-account", account)
    assert revoked["revoked"]
    assert operator.told("settlement", "revoke-account", account) == revoked
    unknown = account[:-1] + "q" if on_chain else "DE*XXX"
    assert operator.run("settlement", "revoke-account", unknown).exit_code != 0
    if on_chain:
        again = operator.register(settlement_account=account, account="0x" + "5f" * 20)
        assert isinstance(again.exception, LedgerRefused)
        assert again.exception.code == "settlement/11"
