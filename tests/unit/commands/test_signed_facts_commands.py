"""`relayer facts sign` and `facts deliver` over an embedded ledger: by hand what a push library does by itself."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from relayer.app.clock import SystemClock
from relayer.cli import app
from relayer.errors import InvalidInput, LedgerRefused
from relayer.facts.schema import party_id
from relayer.facts.signing import issuer_of_key
from relayer.facts.ways import Way
from relayer.keystore import create_keystore
from relayer.ledgers.embedded.chain.operators import OperatorKey
from relayer.settlement.model.acts import OPERATOR
from relayer.settlement.model.issuers import BindIssuer, Issuer
from relayer.settlement.model.parties import Agreement, CurrencyTerms, Party, RecordAgreement, RegisterParty
from tests.support.embedded import believe_the_clock, embedded_ledger
from tests.support.outputs import output
from tests.unit.commands.test_settlement_commands import EMBEDDED, REMOTE

KEY = "07" * 32
FACT = {
    "kind": "trip_completed",
    "category": "fare",
    "creditor": "DE*KCS",
    "debtor": "DE*NBM",
    "currency": "EUR",
    "exponent": 2,
    "net": 1840,
    "tax": 350,
    "service_end": 1_790_000_000,
    "due_date": 1_795_000_000,
    "document": {"trip": "T-1"},
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The files of `relayer init`, and a ledger on which one debtor accepts pushed facts of the key's party."""
    assert CliRunner().invoke(app, ["init", str(tmp_path)]).exit_code == 0
    settings = tmp_path / "relayer.yaml"
    settings.write_text(settings.read_text().replace(REMOTE, EMBEDDED))
    believe_the_clock(tmp_path / "ledger.yaml")
    (tmp_path / "keys/operator.password").write_text("password\n")
    key = OperatorKey(bytes(create_keystore(tmp_path / "keys/operator.json", "password").key))
    monkeypatch.setenv("ISSUER_KEY", KEY)
    monkeypatch.chdir(tmp_path)
    asyncio.run(_fill(tmp_path / "ledger", key))
    (tmp_path / "facts.json").write_text(json.dumps([FACT, {**FACT, "document": {"trip": "T-2"}}]))
    return tmp_path


async def _fill(folder: Path, key: OperatorKey) -> None:
    ledger = embedded_ledger(folder, SystemClock(), keys=[key])
    await ledger.connect()
    names = ("DE*KCS", "DE*NBM", "AT*ATX")
    for name in names:
        party = Party(party_id=party_id(name), ocpi_id=name, name=name, lei="", vat_id="")
        await ledger.settlement.execute(RegisterParty(request_id=name, actor=OPERATOR, party=party))
    for debtor, ways in (("DE*NBM", (Way.INTERLEDGER, Way.PUSHED)), ("AT*ATX", (Way.INTERLEDGER,))):
        agreement = Agreement(
            agreement_id=f"{debtor}>DE*KCS",
            creditor=party_id("DE*KCS"),
            debtor=party_id(debtor),
            currencies=(CurrencyTerms(currency="EUR", exponent=2, open_limit=None),),
            ways=ways,
        )
        await ledger.settlement.execute(
            RecordAgreement(request_id=f"terms {debtor}", actor=OPERATOR, agreement=agreement, replaces=0)
        )
    issuer = Issuer(1337, issuer_of_key(bytes.fromhex(KEY)))
    await ledger.settlement.execute(BindIssuer(request_id="issuer", actor=OPERATOR, issuer=issuer, party=party_id("DE*KCS")))
    await ledger.close()


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["facts", *arguments])


def sign(*more: str) -> Result:
    return run("sign", "facts.json", "--output", "signed.json", "--system", "bookings", "--key-env", "ISSUER_KEY", *more)


def test_signed_facts_are_delivered_and_once_more(folder: Path) -> None:
    signed = sign("--first-sequence", "1", "--object-id", "T-1", "--object-id", "T-2", "--json")
    assert signed.exit_code == 0, (signed.output, signed.exception)
    ids = output("facts sign", signed.stdout)
    first, again = (run("deliver", "signed.json", "--json") for _ in range(2))

    answers, repeated = output("facts deliver", first.stdout), output("facts deliver", again.stdout)
    assert [each["fact_id"] for each in answers] == ids
    assert [(each["code"], each["accepted"]) for each in answers] == [("ok", True)] * 2
    assert repeated == [{**each, "code": "duplicate"} for each in answers]
    listed = CliRunner().invoke(app, ["settlement", "liabilities", "--json"])
    views = output("settlement liabilities", listed.stdout)
    assert [(each["way"], each["origin"]["system"], each["origin"]["object_id"]) for each in views] == [
        ("pushed", "bookings", "T-1"),
        ("pushed", "bookings", "T-2"),
    ]
    terms = CliRunner().invoke(app, ["settlement", "agreements", "--json"])
    assert [each["ways"] for each in output("settlement agreements", terms.stdout)] == [
        ["interledger"],
        ["interledger", "pushed"],
    ]


def test_a_rejected_fact_ends_with_status_1_and_says_why(folder: Path) -> None:
    (folder / "facts.json").write_text(json.dumps([{**FACT, "debtor": "AT*ATX"}, FACT]))
    assert sign("--first-sequence", "7").exit_code == 0
    result = run("deliver", "signed.json", "--json")
    assert result.exit_code == 1
    assert [each["code"] for each in output("facts deliver", result.stdout)] == ["way_not_agreed", "ok"]
    assert "1 rejected" in result.stderr


def test_a_file_that_was_changed_is_refused(folder: Path) -> None:
    assert sign("--first-sequence", "1").exit_code == 0
    signed = json.loads((folder / "signed.json").read_text())
    signed["facts"][0]["net"] = "1"
    (folder / "signed.json").write_text(json.dumps(signed))
    refused = run("deliver", "signed.json").exception
    assert isinstance(refused, LedgerRefused)
    assert refused.code == "settlement/33"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"way": "interledger"}, "way: expected pulled or pushed"),
        ({"chain_id": "1337"}, "chain_id: expected a whole number"),
        ({"contract": "5fbd"}, "contract: expected lower-case hexadecimal"),
        ({"issuer": "0x01"}, "20 bytes"),
        ({"facts": []}, "1 to 1000 facts"),
        ({"facts": [{}]}, "facts.0: expected an object"),
        ({"object_ids": ["1"]}, "1 object ids for 2 facts"),
        ({"more": 1}, "nothing else"),
    ],
)
def test_a_file_of_another_form_is_refused_with_its_place(folder: Path, change: dict[str, object], message: str) -> None:
    assert sign("--first-sequence", "1").exit_code == 0
    signed = json.loads((folder / "signed.json").read_text())
    (folder / "signed.json").write_text(json.dumps(signed | change))
    refused = run("deliver", "signed.json").exception
    assert isinstance(refused, InvalidInput)
    assert message in str(refused)
