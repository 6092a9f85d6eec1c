"""`relayer settle` over an embedded ledger with the demo's debts: every verb, dry runs that change nothing, refusals."""

from __future__ import annotations

import asyncio
import csv
import io
import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from relayer.cli import app
from relayer.commands.moments import moment
from relayer.commands.settlement.desk import minor_units
from relayer.errors import InvalidInput, LedgerRefused, RelayerError
from relayer.examples.consortium import DEBTS, PARTY
from relayer.keystore import create_keystore
from relayer.ledgers.embedded.chain.operators import OperatorKey
from relayer.ledgers.embedded.chain.verify import verify
from tests.support.embedded import believe_the_clock
from tests.support.outputs import output, output_of
from tests.support.owing import OwingLedger

REMOTE = """    type: remote
    # On another machine: host:port with tls: and the file of the certificate authority.
    address: unix:ledger/ledger.sock
    chain_id: settlement-1
    # Reads, and opens set-up and business commands if it is the operator's. It never crosses a plain port.
    token: {file: keys/ledger.token}
"""
EMBEDDED = "    type: embedded\n    settings: ledger.yaml\n    chain_id: settlement-1\n"
Run = Callable[..., Result]


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of `relayer init`, with the demo's 19 debts on an embedded ledger."""
    folder = tmp_path_factory.mktemp("settlement")
    assert CliRunner().invoke(app, ["init", str(folder)]).exit_code == 0
    settings = folder / "relayer.yaml"
    text = settings.read_text()
    assert REMOTE in text
    settings.write_text(text.replace(REMOTE, EMBEDDED))
    believe_the_clock(folder / "ledger.yaml")
    (folder / "keys/operator.password").write_text("password\n")
    key = OperatorKey(bytes(create_keystore(folder / "keys/operator.json", "password").key))

    async def fill() -> None:
        debts = {(PARTY[debtor], PARTY[creditor]): cents for (debtor, creditor), cents in DEBTS.items()}
        owing = OwingLedger(folder / "ledger", debts, keys=[key])
        await owing.set_up()
        await owing.ledger.close()

    asyncio.run(fill())
    return folder


@pytest.fixture
def folder(template: Path, tmp_path: Path) -> Path:
    """A copy for one test."""
    for source in template.rglob("*"):
        target = tmp_path / source.relative_to(template)
        if source.is_dir():
            target.mkdir(parents=True, exist_ok=True)
        else:
            target.write_bytes(source.read_bytes())
            target.chmod(source.stat().st_mode)
    return tmp_path


@pytest.fixture
def settle(folder: Path) -> Run:
    def run(*arguments: str) -> Result:
        result = CliRunner().invoke(app, ["settlement", *arguments, "--config", str(folder / "relayer.yaml")])
        if "--json" in arguments and result.stdout:
            output_of(("settlement", *arguments), result.stdout)
        return result

    return run


def done(result: Result) -> str:
    assert result.exit_code == 0, (result.output, result.exception)
    return result.stdout


def refused(result: Result) -> RelayerError:
    assert isinstance(result.exception, RelayerError), result.output
    return result.exception


def fact_id(folder: Path, debtor: str, creditor: str) -> str:
    result = CliRunner().invoke(app, ["settlement", "liabilities", "--json", "--config", str(folder / "relayer.yaml")])
    (found,) = [
        each["fact_id"]
        for each in output("settlement liabilities", result.stdout)
        if (each["debtor"], each["creditor"]) == (PARTY[debtor], PARTY[creditor])
    ]
    return found


def test_a_dry_run_shows_every_mode_side_by_side_and_changes_nothing(settle: Run, folder: Path) -> None:
    picture = folder / "debts.svg"
    shown = json.loads(done(settle("net", "2026-11", "--dry-run", "--json", "--picture", str(picture))))
    assert shown["gross"] == {"still_owed": "13140625", "debts": 19}
    assert shown["bilateral"] == {"still_owed": "8065697", "debts": 13}
    assert (shown["cycle"]["still_owed"], shown["hub"]) == ("5680049", {"still_owed": "3607682", "debts": 5})
    assert sum(int(each["amount"]) for each in shown["left"]) == 5680049
    assert picture.read_text().startswith("<svg")
    assert json.loads(done(settle("cycles", "--json"))) == []
    words = done(settle("net", "2026-11", "--dry-run"))
    assert "131,406.25" in words
    assert "56,800.49" in words


def test_the_whole_life_of_a_cycle(settle: Run, folder: Path) -> None:
    fact = fact_id(folder, "KCS", "VLT")
    assert "2,856.00" in done(settle("dispute", fact, "2856.00", "--reason", "two cars were not ours", "--dry-run"))
    assert json.loads(done(settle("disputes", "--json"))) == []
    done(settle("dispute", fact, "2856.00", "--reason", "two cars were not ours", "--id", "D-1"))
    done(settle("net", "2026-11", "--as", "DE*NBM"))
    assert refused(settle("verify", "2026-11", "--as", "DE*NBM")).code == "settlement/29"
    assert "verified" in done(settle("verify", "2026-11", "--as", "DE*ISR", "--dry-run"))
    assert isinstance(refused(settle("commit", "2026-11", "--dry-run")), InvalidInput)
    done(settle("verify", "2026-11", "--as", "DE*ISR"))
    words = done(settle("commit", "2026-11", "--dry-run"))
    assert "128,550.25" in words
    assert "53,944.49" in words
    assert json.loads(done(settle("cycles", "--json")))[0]["state"] == "verified"
    done(settle("commit", "2026-11"))
    (cycle,) = json.loads(done(settle("cycles", "--json")))
    assert (cycle["state"], cycle["gross"], cycle["verifier"]) == ("committed", "12855025", "DE*ISR")
    assert int(cycle["gross"]) - int(cycle["still_owed"]) == 7460576

    planned = json.loads(done(settle("pay", "2026-11", "--dry-run", "--json")))
    assert json.loads(done(settle("payments", "--json"))) == []
    done(settle("pay", "2026-11"))
    assert json.loads(done(settle("pay", "2026-11", "--json"))) == []
    payments = json.loads(done(settle("payments", "--json")))
    assert {each["payment_id"] for each in payments} == {each["payment_id"] for each in planned}
    for number, each in enumerate(payments):
        done(settle("record", each["payment_id"], "pending", "--as", each["debtor"], "--dry-run"))
        done(settle("record", each["payment_id"], "pending", "--as", each["debtor"]))
        done(settle("record", each["payment_id"], "final", "--evidence", f"bank:S/{number}", "--as", each["creditor"]))
    done(settle("release", "D-1", "--credit", "2000.00"))
    positions = json.loads(done(settle("positions", "--json")))
    assert {each["party"]: each["payable"] for each in positions if each["payable"] != "0"} == {"DE*KCS": "85600"}
    (dispute,) = json.loads(done(settle("disputes", "--json")))
    assert (dispute["state"], dispute["credited"]) == ("partly_upheld", "200000")
    verify(folder / "ledger")


def test_a_hub_cycle_needs_consent(settle: Run) -> None:
    assert "novation" in str(refused(settle("net", "hub-1", "--mode", "hub")))
    for party in PARTY.values():
        assert "given" in done(settle("consent", party, "--dry-run"))
    assert "novation" in str(refused(settle("net", "hub-1", "--mode", "hub")))
    for party in PARTY.values():
        done(settle("consent", party))
    words = done(settle("consent", "DE*KCS", "--withdraw", "--dry-run"))
    assert words.index("given") < words.index("withdrawn")
    assert isinstance(refused(settle("consent", "FR*XYZ", "--dry-run")), InvalidInput)
    done(settle("consent", "DE*KCS", "--withdraw"))
    assert isinstance(refused(settle("net", "hub-1", "--mode", "hub")), InvalidInput)
    done(settle("consent", "DE*KCS"))
    done(settle("net", "hub-1", "--mode", "hub"))
    done(settle("verify", "hub-1", "--as", "DE*ISR"))
    done(settle("commit", "hub-1"))
    positions = json.loads(done(settle("positions", "--json")))
    assert sum(int(each["payable"]) for each in positions) == 3607682


def test_an_aborted_cycle_leaves_everything_as_it_was(settle: Run) -> None:
    before = done(settle("positions", "--json"))
    done(settle("net", "one"))
    done(settle("verify", "one", "--as", "DE*ISR"))
    assert refused(settle("net", "two")).code == "settlement/26"
    assert "aborted" in done(settle("abort", "one", "--dry-run"))
    assert refused(settle("net", "two")).code == "settlement/26"
    done(settle("abort", "one"))
    assert done(settle("positions", "--json")) == before
    done(settle("net", "two"))


def test_proposals_of_one_party_are_aborted_by_another_and_limited_by_the_operator(settle: Run) -> None:
    before = done(settle("positions", "--json"))
    done(settle("limits", "--proposals", "2", "--disputes", "100"))
    done(settle("net", "one", "--as", "DE*NBM"))
    done(settle("net", "two", "--as", "DE*NBM"))
    assert refused(settle("net", "three", "--as", "DE*NBM")).code == "settlement/32"
    done(settle("abort", "one", "--as", "DE*ISR"))
    assert [each["state"] for each in json.loads(done(settle("cycles", "--json")))] == ["aborted", "proposed"]
    assert done(settle("positions", "--json")) == before


def test_one_payment_by_hand(settle: Run) -> None:
    arguments = ("pay", "--debtor", "DE*NBM", "--creditor", "DE*KCS", "--amount", "100.01", "--id", "P-1")
    done(settle(*arguments, "--dry-run"))
    done(settle(*arguments))
    (payment,) = json.loads(done(settle("payments", "--json")))
    assert (payment["amount"], payment["state"]) == ("10001", "instructed")
    assert isinstance(refused(settle("record", "P-1", "expired")), InvalidInput)
    assert isinstance(refused(settle("record", "P-1", "returned", "--evidence", "bank:1", "--dry-run")), InvalidInput)
    assert isinstance(refused(settle("record", "P-1", "final")), InvalidInput)
    done(settle("record", "P-1", "final", "--evidence", "transaction:0x01"))
    done(settle("record", "P-1", "returned", "--evidence", "transaction:0x02"))
    assert "returned" in done(settle("payments"))


def test_a_write_off_counts_once_until_another_one_is_named(settle: Run, folder: Path) -> None:
    fact = fact_id(folder, "KCS", "VLT")

    def credited(*arguments: str) -> str:
        done(settle("write-off", fact, "0.41", "--reason", "goodwill", *arguments))
        statement = json.loads(done(settle("statement", "DE*VLT", "--until", "2100-01-01", "--json")))
        return statement["receivable"]["credited"]

    assert [credited(), credited()] == ["41", "41"]
    assert [credited("--id", "second"), credited("--id", "second")] == ["82", "82"]
    repeat = refused(settle("write-off", fact, "0.42", "--reason", "goodwill", "--id", "second"))
    assert "used before with other content" in str(repeat)
    assert "counts once" in settle("write-off", fact, "0.41", "--reason", "goodwill").stderr


def test_a_statement_in_words_json_and_csv(settle: Run, folder: Path) -> None:
    fact = fact_id(folder, "KCS", "VLT")
    done(settle("write-off", fact, "0.41", "--reason", "goodwill", "--dry-run"))
    done(settle("write-off", fact, "0.41", "--reason", "goodwill"))
    statement = json.loads(done(settle("statement", "DE*VLT", "--until", "2100-01-01", "--json")))
    receivable = statement["receivable"]
    assert (receivable["opening"], receivable["credited"]) == ("0", "41")
    assert int(receivable["closing"]) == int(receivable["facts"]) - 41
    file = folder / "statement.csv"
    done(settle("statement", "DE*VLT", "--until", "2100-01-01", "--csv", str(file)))
    rows = list(csv.DictReader(io.StringIO(file.read_text())))
    assert {row["kind"] for row in rows} == {"opening", "fact", "credited", "closing"}
    for side in ("payable", "receivable"):
        own = [row for row in rows if row["side"] == side]
        amounts = [round(float(row["amount"]) * 100) for row in own if row["kind"] != "closing"]
        assert sum(amounts) == round(float(own[-1]["amount"]) * 100)
    assert "-0.41" in done(settle("statement", "DE*VLT", "--until", "2100-01-01", "--csv", "-"))
    assert "closing" in done(settle("statement", "DE*VLT"))


@pytest.mark.parametrize(
    "arguments",
    [
        ("net", "one", "--mode", "triangle"),
        ("net", "one", "--solver", "guess"),
        ("net", "one", "--currency", "XTS"),
        ("net", "one", "--cut-off", "yesterday"),
        ("verify", "one"),
        ("pay",),
        ("pay", "one"),
        ("pay", "--debtor", "DE*NBM", "--creditor", "DE*KCS", "--amount", "1.001", "--id", "P-1"),
        ("record", "P-1", "final"),
        ("dispute", "0x11", "1", "--reason", "none"),
        ("dispute", "zz", "1", "--reason", "none"),
        ("release", "D-1"),
        ("consent", "nobody"),
        ("statement", "nobody"),
    ],
)
def test_wrong_input_is_told_in_words(settle: Run, arguments: tuple[str, ...]) -> None:
    assert isinstance(refused(settle(*arguments)), InvalidInput)


def test_what_the_ledger_refuses_is_told_with_its_code(settle: Run, folder: Path) -> None:
    done(settle("net", "2026-11"))
    error = refused(settle("commit", "2026-11"))
    assert isinstance(error, LedgerRefused)
    assert error.code == "settlement/11"
    fact = fact_id(folder, "KCS", "VLT")
    assert isinstance(refused(settle("dispute", fact, "99999999.00", "--reason", "all of it")), InvalidInput)


def test_moments_and_amounts() -> None:
    assert moment("1700000000") == 1_700_000_000
    assert moment("2026-11-30") == moment("2026-11-30T00:00:00+00:00") == 1_795_996_800
    assert moment("999999999999") == moment("9999-12-31T23:59:59")
    assert minor_units("12.5", 2) == 1250
    assert minor_units("7", 0) == 7
    with pytest.raises(InvalidInput):
        minor_units("-1", 2)


def test_terms_there_and_back_are_three_changes_and_the_list_shows_those_in_force(settle: Run, folder: Path) -> None:
    before = json.loads(done(settle("agreements", "--json")))
    terms, others = before[0], before[1:]
    pair = f"{terms['debtor']}>{terms['creditor']}"

    def applied(limit: int | None) -> list[str]:
        currency = {"currency": "EUR", "exponent": 2} | ({} if limit is None else {"open_limit": limit})
        agreement = {"creditor": terms["creditor"], "debtor": terms["debtor"], "currencies": [currency]}
        (folder / "settlement.json").write_text(json.dumps({"agreements": [agreement]}))
        found = json.loads(done(settle("apply", str(folder / "settlement.json"), "--json")))
        assert all(pair in each["subject"] or terms["debtor"] in each["subject"] for each in found)
        return [each["applied"] for each in found]

    sequences = []
    for limit in (10**9, 10**10, 10**9):
        assert applied(limit) == ["recorded"]
        assert applied(limit) == ["unchanged"]
        now = {each["agreement_id"]: each for each in json.loads(done(settle("agreements", "--json")))}
        assert now[terms["agreement_id"]]["currencies"] == [{"currency": "EUR", "exponent": 2, "open_limit": str(limit)}]
        sequences.append(now[terms["agreement_id"]]["sequence"])
    assert sequences == sorted(set(sequences))
    assert [
        each for each in json.loads(done(settle("agreements", "--json"))) if each != now[terms["agreement_id"]]
    ] == others
    assert terms["debtor"] in done(settle("agreements"))


@pytest.mark.parametrize(
    "arguments",
    [
        ("statement", "DE*NMB"),
        ("consent", "DE*NMB"),
        ("net", "2026-11", "--dry-run", "--as", "DE*NMB"),
        ("pay", "--debtor", "DE*NMB", "--creditor", "DE*KCS", "--amount", "1.00", "--id", "P-1", "--dry-run"),
    ],
)
def test_an_unknown_party_is_an_error_with_the_near_names(settle: Run, arguments: tuple[str, ...]) -> None:
    error = refused(settle(*arguments))
    assert isinstance(error, InvalidInput)
    assert "did you mean DE*NBM" in str(error)


@pytest.mark.parametrize(
    "arguments",
    [
        ("verify", "2026-12"),
        ("commit", "2026-12"),
        ("abort", "2026-12"),
        ("pay", "2026-12"),
        ("commit", "2026-12", "--dry-run"),
    ],
)
def test_an_unknown_cycle_is_an_error_with_the_near_names(settle: Run, arguments: tuple[str, ...]) -> None:
    done(settle("net", "2026-11"))
    error = refused(settle(*arguments))
    assert isinstance(error, InvalidInput)
    assert "did you mean 2026-11?" in str(error)


def test_beginnings_of_ids_name_facts_cycles_disputes_and_payments(settle: Run, folder: Path) -> None:
    fact = fact_id(folder, "NBM", "VLT")
    done(settle("dispute", fact[:14], "1.00", "--reason", "late", "--id", "D-late-train"))
    done(settle("release", "D-late"))
    done(settle("net", "2026-11"))
    assert "cycle 2026-11: aborted" in settle("abort", "2026-1").stderr
    done(settle("pay", "--debtor", PARTY["NBM"], "--creditor", PARTY["VLT"], "--amount", "1.00", "--id", "P-first"))
    assert "payment P-first: pending" in settle("record", "P-f", "pending").stderr


def test_disputes_are_listed_as_decimals(settle: Run, folder: Path) -> None:
    done(settle("dispute", fact_id(folder, "NBM", "VLT"), "12.50", "--reason", "late"))
    listed = done(settle("disputes"))
    assert "12.50" in listed
    assert "EUR" in listed


def test_who_may_issue_for_whom_is_listed(settle: Run) -> None:
    listed = json.loads(done(settle("issuers", "--json")))
    assert {each["creditor"] for each in listed} == set(PARTY.values())
    assert [each["creditor"] == each["party"] for each in listed].count(True) == 1
    assert all((each["state"], each["last_sequence"]) == ("active", None) for each in listed)
    assert "issues for" in done(settle("issuers"))


def test_an_account_is_revoked_by_an_entry_of_the_log(settle: Run) -> None:
    assert "DE*NBM" in str(refused(settle("revoke-account", "DE*NMB/2", "--dry-run")))
    dry = json.loads(done(settle("revoke-account", "DE*NBM/2", "--dry-run", "--json")))
    assert dry == {"account": "DE*NBM/2", "revoked": False, "sequence": None}
    revoked = json.loads(done(settle("revoke-account", "DE*NBM/2", "--json")))
    assert revoked["revoked"]
    assert f"since entry {revoked['sequence']}" in settle("revoke-account", "DE*NBM/2").stderr


def test_steps_report_what_they_change_as_json(settle: Run, folder: Path) -> None:
    fact = fact_id(folder, "NBM", "VLT")
    dry = output("settlement dispute", done(settle("dispute", fact, "1.00", "--reason", "late", "--dry-run", "--json")))
    assert dry["done"] == []
    assert dry["changes"][0]["after"]["held"] == "1.00"
    real = output("settlement dispute", done(settle("dispute", fact, "1.00", "--reason", "late", "--id", "D-1", "--json")))
    assert real["done"] == ["dispute D-1: 1.00 EUR is held"]
    done(settle("net", "2026-11"))
    plan = output("settlement abort", done(settle("abort", "2026-11", "--dry-run", "--json")))
    assert (plan["changes"][0]["before"]["cycle"], plan["changes"][0]["after"]["cycle"]) == ("proposed", "aborted")
    given = output("settlement consent", done(settle("consent", PARTY["NBM"], "--json")))
    assert given["changes"][0]["after"] == {"state": "given"}
    assert len(given["done"]) == 1


def test_a_file_that_is_written_is_reported_as_json(tmp_path: Path) -> None:
    told = output("init", done(CliRunner().invoke(app, ["init", str(tmp_path), "--json"])))
    assert f"wrote {tmp_path / 'relayer.yaml'}" in told["done"]


def test_refusals_of_the_ledger_give_names_and_decimals(settle: Run, folder: Path) -> None:
    fact = fact_id(folder, "KCS", "VLT")
    words = str(refused(settle("dispute", fact, "1.00", "--reason", "not ours", "--id", "D-9", "--as", "DE*ISR")))
    assert "party DE*ISR may not dispute the debt of another debtor" in words
    assert not re.search("[0-9a-f]{16}", words)
    words = str(refused(settle("pay", "--debtor", "DE*KCS", "--creditor", "DE*VLT", "--amount", "99999", "--id", "P-9")))
    assert "99999.00 EUR is 81383.59 EUR more than is open" in words


def test_a_refused_agreement_names_the_party_that_is_missing(settle: Run, folder: Path) -> None:
    register = folder / "settlement.json"
    agreement = {"creditor": "DE*KCS", "debtor": "DE*XYZ", "currencies": [{"currency": "EUR", "exponent": 2}]}
    register.write_text(json.dumps({"parties": [], "agreements": [agreement]}))
    result = settle("apply", str(register))
    assert "register party DE*XYZ first" in result.output + str(result.exception)
