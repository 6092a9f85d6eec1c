"""`relayer settlement export` and `import`: from instructed payments to a bank's answer, over an embedded ledger."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from relayer.cli import app
from relayer.demo.bank import execute
from relayer.errors import RelayerError
from relayer.iso20022.documents import PAIN_001, namespace, read_document
from relayer.iso20022.payment import parse_payment_id
from relayer.keystore import create_keystore
from relayer.ledgers.embedded.chain.operators import OperatorKey
from relayer.ledgers.embedded.chain.verify import verify
from tests.support.embedded import believe_the_clock
from tests.support.outputs import output_of
from tests.support.owing import OwingLedger

DEBTS = {("DE*NBM", "DE*KCS"): 2192754, ("DE*ROL", "DE*KCS"): 144347, ("DE*KCS", "AT*ATX"): 500, ("DE*KCS", "DE*NBM"): 500}
ACCOUNTS = {
    "DE*NBM": {"name": "Nordbahn", "number": "DE89370400440532013000", "bic": "COBADEFFXXX"},
    "DE*ROL": {"name": "Rolla", "number": "DE02500105170137075030"},
    "DE*KCS": {"name": "KiezCar", "number": "DE02120300000000202051"},
    "AT*ATX": {"name": "AlpenTaxi", "number": "AT611904300234573201"},
}
Run = Callable[..., Result]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The files of `relayer init` with an embedded ledger, a committed cycle and its payments instructed."""
    assert CliRunner().invoke(app, ["init", str(tmp_path)]).exit_code == 0
    settings = tmp_path / "relayer.yaml"
    before, _, rest = settings.read_text().partition("    type: remote\n")
    settings.write_text(
        before
        + "    type: embedded\n    settings: ledger.yaml\n    chain_id: settlement-1\n"
        + rest.partition("ledger.token}\n")[2]
    )
    believe_the_clock(tmp_path / "ledger.yaml")
    (tmp_path / "keys/operator.password").write_text("password\n")
    key = OperatorKey(bytes(create_keystore(tmp_path / "keys/operator.json", "password").key))

    async def fill() -> None:
        owing = OwingLedger(tmp_path / "ledger", DEBTS, keys=[key])
        await owing.set_up()
        await owing.ledger.close()

    asyncio.run(fill())
    (tmp_path / "accounts.json").write_text(json.dumps(ACCOUNTS))
    return tmp_path


@pytest.fixture
def settle(folder: Path) -> Run:
    def run(*arguments: str) -> Result:
        result = CliRunner().invoke(app, ["settlement", *arguments, "--config", str(folder / "relayer.yaml")])
        if "--json" in arguments and result.stdout:
            output_of(("settlement", *arguments), result.stdout)
        return result

    for command in (
        ("net", "C-1", "--as", "DE*NBM"),
        ("verify", "C-1", "--as", "DE*KCS"),
        ("commit", "C-1"),
        ("pay", "C-1"),
    ):
        done(run(*command))
    return run


def done(result: Result) -> str:
    assert result.exit_code == 0, (result.output, result.exception)
    return result.stdout


def refused(result: Result) -> RelayerError:
    assert isinstance(result.exception, RelayerError), result.output
    return result.exception


def export(settle: Run, folder: Path, *more: str, name: str = "payments.xml") -> bytes:
    file = folder / name
    done(settle("export", str(file), "--accounts", str(folder / "accounts.json"), "--initiator", "Office", *more))
    return file.read_bytes()


def answer(settle: Run, folder: Path, notification: bytes, *more: str) -> Result:
    file = folder / "notification.xml"
    file.write_bytes(notification)
    return settle("import", str(file), "--accounts", str(folder / "accounts.json"), "--json", *more)


def states(settle: Run) -> dict[str, str]:
    return {each["debtor"] + each["creditor"]: each["state"] for each in json.loads(done(settle("payments", "--json")))}


def test_what_a_cycle_left_is_paid_by_the_bank(settle: Run, folder: Path) -> None:
    planned = json.loads(done(settle("payments", "--json")))
    raw = export(settle, folder, "--cycle", "C-1", "--execute", "2026-12-01")
    ids = [each.text or "" for each in read_document(raw, PAIN_001).iter(f"{{{namespace(PAIN_001)}}}EndToEndId")]
    assert sorted(ids) == sorted(each["payment_id"] for each in planned)
    assert {(parse_payment_id(each).cycle_tag, parse_payment_id(each).creditor) for each in ids} == {
        ("C-1", "DE*KCS"),
        ("C-1", "AT*ATX"),
    }
    for notification in execute(raw, at_seconds=1_796_100_000):
        before = states(settle)
        would = json.loads(done(answer(settle, folder, notification, "--dry-run")))
        assert states(settle) == before
        told = json.loads(done(answer(settle, folder, notification)))
        assert told == would
        assert told["final"] == len(told["findings"]) > 0
    assert set(states(settle).values()) == {"final"}
    verify(folder / "ledger")


def test_a_wrong_amount_is_refused_with_status_1_and_the_rest_is_kept(settle: Run, folder: Path) -> None:
    notifications = execute(export(settle, folder), at_seconds=1_796_100_000)
    wrong = next(each for each in notifications if b">21922.54<" in each).replace(b">21922.54<", b">21922.53<")
    result = answer(settle, folder, wrong)
    assert result.exit_code == 1
    told = json.loads(result.stdout)
    assert sorted(each["result"] for each in told["findings"]) == ["AMOUNT_DIFFERS", "final"]
    assert states(settle)["DE*NBMDE*KCS"] == "instructed"
    assert states(settle)["DE*ROLDE*KCS"] == "final"


def test_only_one_debtors_payments_can_be_exported(settle: Run, folder: Path) -> None:
    raw = export(settle, folder, "--debtor", "DE*ROL", "--message-id", "ROL-1")
    assert raw.count(b"<CdtTrfTxInf>") == 1
    assert b"<MsgId>ROL-1</MsgId>" in raw


def test_orders_are_not_exported_twice_unnoticed(settle: Run, folder: Path) -> None:
    export(settle, folder, "--debtor", "DE*ROL", "--message-id", "ROL-1")
    more = ("--accounts", str(folder / "accounts.json"), "--initiator", "Office")
    twice = refused(settle("export", str(folder / "all.xml"), *more))
    assert "1 of these payments are in a payment file already" in str(twice)
    assert "in ROL-1" in str(twice)
    assert not (folder / "all.xml").exists()
    result = settle("export", str(folder / "all.xml"), *more, "--again", "--execute", "2026-01-03")
    assert "warning: 1 of these payments are in a payment file already" in done(result) + result.output
    assert "warning: execution date 2026-01-03 is a Saturday" in result.output
    assert "warning: execution date 2026-01-03 lies in the past" in result.output
    assert (folder / "all.xml").read_bytes().count(b"<CdtTrfTxInf>") > 1


def test_bad_files_are_refused_and_nothing_is_overwritten(settle: Run, folder: Path) -> None:
    export(settle, folder)
    arguments = (
        "export",
        str(folder / "payments.xml"),
        "--accounts",
        str(folder / "accounts.json"),
        "--initiator",
        "Office",
    )
    assert "exists already" in str(refused(settle(*arguments)))
    (folder / "accounts.json").write_text(json.dumps({"DE*KCS": ACCOUNTS["DE*KCS"]}))
    missing = ("export", str(folder / "new.xml"), "--accounts", str(folder / "accounts.json"), "--initiator", "Office")
    assert "no account of" in str(refused(settle(*missing)))
    assert not (folder / "new.xml").exists()
    assert "document type" in str(refused(answer(settle, folder, b"<!DOCTYPE x><x/>")))
    before = states(settle)
    assert refused(answer(settle, folder, (folder / "payments.xml").read_bytes()))
    assert states(settle) == before
