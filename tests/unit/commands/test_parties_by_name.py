"""Wherever a party is named on the command line: exact, by its name, by a beginning; and what is said of other names."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from relayer.cli import app
from relayer.errors import InvalidInput
from relayer.keystore import create_keystore
from relayer.ledgers.embedded.chain.operators import OperatorKey
from relayer.testing.clock import ManualClock
from tests.support.embedded import believe_the_clock
from tests.support.owing import OwingLedger
from tests.unit.commands.test_every_verb import VERBS
from tests.unit.commands.test_settlement_operating import SETTINGS

NAMES = {"DE*NBM": "Nordbahn", "DE*KCS": "KiezCar", "AT*ATX": "AlpenTaxi", "AT*ATY": "AlpenTram"}
DEBTS = {("DE*NBM", "DE*KCS"): 10_000, ("AT*ATX", "DE*KCS"): 500, ("AT*ATY", "DE*NBM"): 700, ("DE*KCS", "DE*NBM"): 300}
ACCOUNT = "0x1000000000000000000000000000000000000001"
PARTY_PARAMETERS = {"actor", "party", "debtor", "creditor"}


@dataclass(kw_only=True)
class Books:
    """A folder with the relayer's configuration, a proposed cycle, a dispute and a payment."""

    folder: Path
    fact: str

    def run(self, *arguments: str) -> Result:
        return CliRunner().invoke(app, ["settlement", *arguments, "--config", str(self.folder / "relayer.yaml")])


@pytest.fixture(scope="module")
def books(tmp_path_factory: pytest.TempPathFactory) -> Books:
    folder = tmp_path_factory.mktemp("books")
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
        ("dispute", made.fact, "1.00", "--reason", "late", "--id", "D-1"),
        ("pay", "--debtor", "DE*NBM", "--creditor", "DE*KCS", "--amount", "1.00", "--id", "P-1"),
        ("net", "2026-11"),
    ):
        result = made.run(*words)
        assert result.exit_code == 0, (result.output, result.exception)
    (folder / "accounts.json").write_text("{}")
    return made


Named = Callable[[Books, str], tuple[str, ...]]
DRY = "--dry-run"
VERBS_WITH_PARTIES: dict[tuple[str, str], Named] = {
    ("statement", "party"): lambda _, name: (name,),
    ("consent", "party"): lambda _, name: (name, DRY),
    ("consent", "actor"): lambda _, name: ("DE*NBM", "--as", name, DRY),
    ("net", "actor"): lambda _, name: ("2026-12", "--as", name, DRY),
    ("verify", "actor"): lambda _, name: ("2026-11", "--as", name, DRY),
    ("commit", "actor"): lambda _, name: ("2026-11", "--as", name, DRY),
    ("abort", "actor"): lambda _, name: ("2026-11", "--as", name, DRY),
    ("pay", "debtor"): lambda _, name: ("--debtor", name, "--creditor", "DE*KCS", "--amount", "1", "--id", "P-2", DRY),
    ("pay", "creditor"): lambda _, name: ("--debtor", "DE*KCS", "--creditor", name, "--amount", "1", "--id", "P-2", DRY),
    ("pay", "actor"): lambda _, name: (
        *("--debtor", "DE*NBM", "--creditor", "DE*KCS", "--amount", "1", "--id", "P-2"),
        *("--as", name, DRY),
    ),
    ("record", "actor"): lambda _, name: ("P-1", "pending", "--as", name, DRY),
    ("export", "debtor"): lambda books, name: (
        *(str(books.folder / "p.xml"), "--accounts", str(books.folder / "accounts.json")),
        *("--initiator", "Me", "--debtor", name),
    ),
    ("dispute", "actor"): lambda books, name: (books.fact, "1.00", "--reason", "late", "--as", name, DRY),
    ("release", "actor"): lambda _, name: ("D-1", "--as", name, DRY),
    ("write-off", "actor"): lambda books, name: (books.fact, "1.00", "--reason", "late", "--as", name, DRY),
    ("mandate", "creditor"): lambda _, name: (name, ACCOUNT, DRY),
    ("mandate", "actor"): lambda _, name: ("DE*NBM", ACCOUNT, "--as", name, DRY),
    ("remove-issuer", "actor"): lambda _, name: (ACCOUNT, "--as", name, DRY),
    ("revoke-account", "account"): lambda _, name: (f"{name}/2", DRY),
}


def test_no_verb_that_names_a_party_is_left_out() -> None:
    found = {
        (words[1], parameter.name)
        for words, command in VERBS.items()
        if words[0] == "settlement"
        for parameter in command.params
        if parameter.name in PARTY_PARAMETERS
    }
    assert found == VERBS_WITH_PARTIES.keys() - {("revoke-account", "account")}
    others = {words for words, command in VERBS.items() for each in command.params if each.name in PARTY_PARAMETERS}
    assert {words[0] for words in others} == {"settlement"}


@pytest.mark.parametrize(("verb", "parameter"), VERBS_WITH_PARTIES, ids=map(" ".join, VERBS_WITH_PARTIES))
def test_a_party_is_named_by_its_id_its_name_or_a_beginning(books: Books, verb: str, parameter: str) -> None:
    named = VERBS_WITH_PARTIES[verb, parameter]

    def said(name: str) -> str:
        result = books.run(verb, *named(books, name))
        return str(result.exception) if isinstance(result.exception, InvalidInput) else ""

    for name in ("DE*NBM", "DE*N", "Nordbahn", "Nord"):
        assert "is not registered" not in said(name)
        assert "are called like this" not in said(name)
    assert "did you mean DE*NBM" in said("DE*NMB")
    several = said("AT*")
    assert "2 are called like this: AT*ATX (AlpenTaxi), AT*ATY (AlpenTram)" in several


def test_what_is_shown_is_the_party_and_not_the_beginning_of_it(books: Books) -> None:
    shown = json.loads(books.run("statement", "Nord", "--json").stdout)
    assert shown["party"] == "DE*NBM"
    assert "DE*NBM, consent to novation" in books.run("consent", "Nord", DRY).stdout
    assert json.loads(books.run("revoke-account", "Nord/2", DRY, "--json").stdout)["account"] == "DE*NBM/2"
    (order,) = json.loads(books.run("pay", *VERBS_WITH_PARTIES["pay", "debtor"](books, "AlpenTa"), "--json").stdout)
    assert order["debtor"] == "AT*ATX"
