"""A folder as an operator has it: an embedded ledger with debts, a proposed cycle, a dispute and a payment; no node."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path

from click.testing import Result
from typer.testing import CliRunner

from relayer.cli import app
from relayer.keystore import create_keystore
from relayer.ledgers.embedded.chain.operators import OperatorKey
from relayer.testing.clock import ManualClock
from tests.support.embedded import believe_the_clock
from tests.support.owing import OwingLedger

SETTINGS = """version: 1
ledgers:
  settlement: {type: embedded, settings: ledger.yaml, chain_id: settlement-1}
  contracts:
    type: evm
    chain_id: 1337
    endpoints: [http://127.0.0.1:9]
    finality: latest
    account: {key: {env: NOBODYS_KEY}}
    fees: {policy: zero}
    authorities: {threshold: 1, members: [{address: "0x1000000000000000000000000000000000000001", endpoint: "127.0.0.1:9"}]}
channels:
  - {name: main, ends: [{ledger: contracts}, {ledger: settlement}], timeout_seconds: 3600}
journal: {path: relayer.journal}
service: {host: 127.0.0.1, port: 8484}
"""
NAMES = {"DE*NBM": "Nordbahn", "DE*KCS": "KiezCar", "AT*ATX": "AlpenTaxi", "AT*ATY": "AlpenTram"}
DEBTS = {
    ("DE*NBM", "DE*KCS"): 13_140_625,
    ("AT*ATX", "DE*KCS"): 500,
    ("AT*ATY", "DE*NBM"): 700,
    ("DE*KCS", "DE*NBM"): 9_999_999,
}


@dataclass(kw_only=True)
class Books:
    """`fact`: the id of the first debt's fact, in hexadecimal."""

    folder: Path
    fact: str

    def run(self, *arguments: str) -> Result:
        """A verb of the command line, with this folder's configuration."""
        return CliRunner().invoke(app, [*arguments, "--config", str(self.folder / "relayer.yaml")])

    def settle(self, *arguments: str) -> Result:
        """A verb of `settlement`."""
        return self.run("settlement", *arguments)


def make_books(folder: Path) -> Books:
    """In an empty folder."""
    (folder / "relayer.yaml").write_text(SETTINGS)
    assert CliRunner().invoke(app, ["init", str(folder / "examples")]).exit_code == 0
    (folder / "ledger.yaml").write_text((folder / "examples/ledger.yaml").read_text())
    believe_the_clock(folder / "ledger.yaml")
    (folder / "keys").mkdir()
    (folder / "keys/operator.password").write_text("password\n")
    key = OperatorKey(bytes(create_keystore(folder / "keys/operator.json", "password").key))

    async def fill() -> str:
        owing = OwingLedger(folder / "ledger", DEBTS, keys=[key], clock=ManualClock(), titles=NAMES)
        await owing.set_up()
        await owing.ledger.close()
        return owing.fact(1).fact_id.hex()

    made = Books(folder=folder, fact=asyncio.run(fill()))
    for words in (
        ("dispute", made.fact, "1234.50", "--reason", "two cars of the train were not ours", "--id", "D-1"),
        ("pay", "--debtor", "DE*NBM", "--creditor", "DE*KCS", "--amount", "1.00", "--id", "P-1"),
        ("net", "2026-11"),
    ):
        result = made.settle(*words)
        assert result.exit_code == 0, (result.output, result.exception)
    (folder / "accounts.json").write_text("{}")
    return made
