"""The folder of a development network: made as a whole or not at all, held by one process, and told apart by its kind."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml
from typer.testing import CliRunner

from relayer.cli import app
from relayer.commands.form import OutputForm
from relayer.devnet import control
from relayer.devnet import folder as folders
from relayer.devnet.control import down, up
from relayer.devnet.folder import DevnetFolder, make
from relayer.devnet.network import ChainShape, SettlementKind, settlement_kind
from relayer.devnet.parts import parts
from relayer.errors import ConfigurationError, InvalidInput
from tests.support.outputs import output


@pytest.fixture(scope="module")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> DevnetFolder:
    made = DevnetFolder(path=tmp_path_factory.mktemp("devnet") / "network")
    make(made, SettlementKind.EMBEDDED, ChainShape(), print)
    return made


def test_a_made_network_is_complete_and_does_not_run(embedded: DevnetFolder) -> None:
    assert embedded.kind() is SettlementKind.EMBEDDED
    assert all(path.is_file() for path in (*embedded.authority_files, embedded.path / "settlement.json"))
    assert embedded.running() is None
    assert not embedded.is_ready()
    assert [(part.name, part.answers) for part in parts(embedded)][:2] == [
        ("contract ledger", False),
        ("settlement ledger", False),
    ]


def test_nothing_is_left_of_a_network_that_could_not_be_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> None:
        raise ConfigurationError("no compiler")

    made = DevnetFolder(path=tmp_path / "network")
    monkeypatch.setattr(folders, "new_chain", fails)
    with pytest.raises(ConfigurationError, match="no compiler"):
        make(made, SettlementKind.COSMOS, ChainShape(), print)
    assert not made.path.exists()
    monkeypatch.undo()
    make(made, SettlementKind.EMBEDDED, ChainShape(), print)
    assert made.kind() is SettlementKind.EMBEDDED
    assert [path.name for path in tmp_path.iterdir()] == ["network"]


@pytest.mark.parametrize("missing", ["authority-2.yaml", "chain/node0"])
def test_a_folder_that_is_no_whole_network_is_refused_before_anything_is_compiled(
    embedded: DevnetFolder, missing: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The fault: the chain was compiled for minutes, and only then the network of an operator's own folder did not start."""
    own = DevnetFolder(path=tmp_path / "own")
    shutil.copytree(embedded.path, own.path)
    chain = "    type: cosmos\n    chain_id: settlement-1\n    endpoints: [http://127.0.0.1:9]\n    bech32_prefix: cosmos\n"
    chain += "    account: {key: {env: KEY}}\n    fees: {gas_price: 0stake}\n"
    settings = yaml.safe_load(own.configuration.read_text())
    settings["ledgers"]["settlement"] = yaml.safe_load(chain)
    own.configuration.write_text(yaml.safe_dump(settings))
    (own.path / "chain/node0").mkdir(parents=True)
    gone = own.path / missing
    gone.unlink() if gone.is_file() else gone.rmdir()

    def compiles(*_: object) -> None:
        pytest.fail("the chain is compiled for a folder that is not looked at")

    monkeypatch.setattr(control, "CHAIN", SimpleNamespace(compiled=compiles))
    with pytest.raises(ConfigurationError, match=f"there is no {gone}"):
        up(own.path, None, ChainShape(), OutputForm.WORDS)


def test_a_folder_with_something_else_in_it_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("words")
    with pytest.raises(ConfigurationError, match="is not empty"):
        make(DevnetFolder(path=tmp_path), SettlementKind.EMBEDDED, ChainShape(), print)
    with pytest.raises(ConfigurationError, match="holds no development network"):
        down(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_one_process_holds_a_network(embedded: DevnetFolder) -> None:
    with embedded.held():
        assert embedded.running() == os.getpid()
        with pytest.raises(ConfigurationError, match="runs already"), embedded.held():
            pass
        assert embedded.running() == os.getpid()
        embedded.ready_file.write_text(str(os.getpid()))
        assert embedded.is_ready()
    assert embedded.running() is None
    assert not embedded.ready_file.exists()


def test_a_number_left_by_a_crash_is_nobody(embedded: DevnetFolder) -> None:
    embedded.pid_file.write_text("1")
    embedded.ready_file.write_text("1")
    assert embedded.running() is None
    assert not embedded.is_ready()


def test_the_kind_of_a_network_stays(embedded: DevnetFolder) -> None:
    with pytest.raises(ConfigurationError, match="of kind embedded"):
        up(embedded.path, SettlementKind.COSMOS, ChainShape(), OutputForm.JSON)
    with pytest.raises(InvalidInput, match="choose embedded or cosmos"):
        settlement_kind("fabric")


def test_the_status_of_a_network_that_does_not_run_is_1(embedded: DevnetFolder) -> None:
    result = CliRunner().invoke(app, ["devnet", "status", str(embedded.path), "--json"])
    assert result.exit_code == 1
    assert output("devnet status", result.stdout)["ready"] is False
