"""`relayer facts send --destination`: a ledger behind a hub is one that the channel names, or nothing is sent."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from relayer.cli import app
from relayer.errors import InvalidInput, LedgerUnavailable


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An open channel to a hub, over a contract ledger that does not answer."""
    assert CliRunner().invoke(app, ["init", str(tmp_path)]).exit_code == 0
    monkeypatch.setenv("ISSUER", "11" * 32)
    return tmp_path


def send(folder: Path, destination: str, *destinations: str) -> BaseException | None:
    path = folder / "relayer.yaml"
    content = yaml.safe_load(path.read_text())
    contracts = content["ledgers"]["contracts"]
    contracts["endpoints"] = ["http://127.0.0.1:9"]
    contracts["router"] = contracts["facts"] = "0x1000000000000000000000000000000000000009"
    ends = content["channels"][0]["ends"]
    ends[0] |= {"client": "client-0", "destinations": list(destinations)}
    ends[1] |= {"client": "poa-evm-0"}
    path.write_text(yaml.safe_dump(content))
    arguments = ["facts", "send", "--destination", destination, "--key-env", "ISSUER", "--config", str(path)]
    return CliRunner().invoke(app, arguments).exception


def test_a_ledger_that_the_channel_does_not_name_is_refused_before_anything_is_asked(folder: Path) -> None:
    near = send(folder, "far-2", "far-1", "other")
    assert isinstance(near, InvalidInput)
    assert str(near) == ("destination 'far-2' is not one of channel 'main': it leads to far-1, other; did you mean far-1?")
    none = send(folder, "far-1")
    assert isinstance(none, InvalidInput)
    assert "it names no `destinations`" in str(none)


@pytest.mark.parametrize("destination", ["far-1", "settlement-1"])
def test_one_that_it_names_and_the_hub_itself_are_sent_to(folder: Path, destination: str) -> None:
    assert isinstance(send(folder, destination, "far-1"), LedgerUnavailable)
