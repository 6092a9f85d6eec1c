"""`relayer ledger`: the clock of a ledger that was off for weeks, confirmed from the command line."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from relayer.cli import app
from relayer.errors import ConfigurationError
from relayer.keystore import create_keystore
from relayer.ledgers.embedded.chain.folder import create_ledger
from relayer.ledgers.embedded.chain.operators import open_operator
from relayer.ledgers.embedded.chain.verify import verify

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
