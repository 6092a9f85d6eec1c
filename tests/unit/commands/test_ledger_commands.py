"""`relayer ledger`: the clock of a ledger that was off for weeks, confirmed from the command line."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
import yaml
from click.testing import Result
from typer.testing import CliRunner

from relayer.cli import app
from relayer.errors import ConfigurationError, InvalidInput
from relayer.keystore import create_keystore
from relayer.ledgers.embedded.chain.folder import create_ledger
from relayer.ledgers.embedded.chain.operators import open_operator
from relayer.ledgers.embedded.chain.verify import verify
from relayer.ledgers.embedded.tree.errors import LedgerLocked, QuorumMissing
from relayer.ledgers.embedded.tree.store import lock
from relayer.proofs.comet.client_types import decode_client_header

DAY = 86_400


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    """A ledger whose newest block is 30 days old."""
    create_keystore(tmp_path / "operator.json", "secret")
    (tmp_path / "secret").write_text("secret\n")
    (tmp_path / "token").write_text("token\n")
    keys = [open_operator(tmp_path / "operator.json", "secret")]
    create_ledger(tmp_path / "ledger", chain_id="settlement-1", keys=keys, now=time.time_ns() - 30 * DAY * 10**9)
    path = tmp_path / "ledger.yaml"
    content = {
        "version": 1,
        "folder": "ledger",
        "chain_id": "settlement-1",
        "operators": [{"keystore": "operator.json", "password": {"file": "secret"}}],
        "listen": {"socket": "ledger/ledger.sock"},
        "token": {"file": "token"},
    }
    path.write_text(yaml.safe_dump(content))
    return path


def test_an_operator_confirms_the_clock_by_another_one(settings: Path) -> None:
    done = CliRunner().invoke(app, ["ledger", "confirm-time", str(settings), "--time", str(int(time.time()))])
    assert done.exit_code == 0, done.output
    assert verify(settings.parent / "ledger").transactions == 1


def test_an_operator_who_states_another_time_confirms_nothing(settings: Path) -> None:
    done = CliRunner().invoke(app, ["ledger", "confirm-time", str(settings), "--time", "2026-01-01T00:00Z"])
    assert isinstance(done.exception, ConfigurationError)
    assert verify(settings.parent / "ledger").transactions == 0


@pytest.fixture
def following(settings: Path) -> Path:
    """The same ledger with another operator, whose key is not made yet. Its clock is believed."""
    content = yaml.safe_load(settings.read_text()) | {"maximum_step_seconds": 10 * 365 * DAY}
    settings.write_text(yaml.safe_dump(content))
    content["operators"] = [{"keystore": "next.json", "password": {"file": "secret"}}]
    path = settings.with_name("next.yaml")
    path.write_text(yaml.safe_dump(content))
    return path


def rotate(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, ["ledger", "rotate", *map(str, arguments)])


def test_operators_hand_over_by_a_plan_with_a_dry_run_and_evidence(settings: Path, following: Path) -> None:
    folder, evidence = settings.parent, settings.with_name("evidence.json")
    assert isinstance(rotate(settings, "--to", following, "--dry-run").exception, InvalidInput)
    assert not (folder / "next.json").exists()
    create_keystore(folder / "next.json", "secret")
    before = verify(folder / "ledger").height
    shown = rotate(settings, "--to", following, "--dry-run", "--json")
    assert shown.exit_code == 0, shown.output
    (change,) = json.loads(shown.stdout)["changes"]
    assert change["before"] != change["after"]
    assert verify(folder / "ledger").height == before
    done = rotate(settings, "--to", following, "--output", evidence)
    assert done.exit_code == 0, done.output
    found = json.loads(evidence.read_text())
    headers = [decode_client_header(bytes.fromhex(found[name]["header"][2:])) for name in ("announced_by", "first")]
    announced, first = headers
    assert announced.signed.header.next_validators_hash == first.validators.hash() != announced.validators.hash()
    assert found["after"] == change["after"]
    assert verify(folder / "ledger").height == before + 3
    again = rotate(following, "--to", following)
    assert isinstance(again.exception, InvalidInput)
    old = CliRunner().invoke(app, ["ledger", "confirm-time", str(settings), "--time", str(int(time.time()))])
    assert isinstance(old.exception, QuorumMissing)


def test_a_ledger_that_is_served_says_what_to_do(settings: Path, following: Path) -> None:
    create_keystore(settings.parent / "next.json", "secret")
    with lock(settings.parent / "ledger"):
        for words in ([], ["--dry-run"]):
            refused = rotate(settings, "--to", following, *words).exception
            assert isinstance(refused, LedgerLocked)
            assert "Stop `relayer ledger serve`" in str(refused)
            assert "put the plan in the place of ledger.yaml" in str(refused)
    assert rotate(settings, "--to", following, "--dry-run").exit_code == 0


def test_operators_hand_back(settings: Path, following: Path) -> None:
    for one, other in ((settings, following), (following, settings)):
        done = rotate(one, "--to", other)
        assert done.exit_code == 0, done.output
    assert verify(settings.parent / "ledger").transactions == 2


def test_a_plan_for_another_ledger_changes_nothing(settings: Path, following: Path) -> None:
    following.write_text(following.read_text().replace("settlement-1", "settlement-2"))
    assert isinstance(rotate(settings, "--to", following).exception, ConfigurationError)
    assert not (settings.parent / "next.json").exists()
    assert verify(settings.parent / "ledger").transactions == 0
