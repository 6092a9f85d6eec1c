"""Forked `relayer` processes are processes like any other."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

import pytest

from relayer.devnet.processes import Children, has_ended
from tests.support.forked import forked


@pytest.fixture
def children(tmp_path: Path) -> Children:
    return Children(tmp_path, spawn=forked)


def test_a_command_has_its_folder_its_output_and_its_status(children: Children) -> None:
    made = children.finish("init", "there")
    assert made.status == 0, made
    assert (children.folder / "there" / "relayer.yaml").is_file()
    listed = children.finish("status", "--json", "--config", "there/relayer.yaml")
    assert (listed.status, listed.output) == (6, "")
    assert '"Journal' in listed.words
    wrong = children.finish("status", "--config", "nowhere.yaml")
    assert wrong.status == 3
    assert "nowhere.yaml" in wrong.words


@pytest.mark.parametrize(("number", "status"), [(signal.SIGTERM, 0), (signal.SIGKILL, -signal.SIGKILL)])
def test_a_process_leads_its_group_and_dies_of_signals(children: Children, number: signal.Signals, status: int) -> None:
    assert children.finish("ledger", "init", "ledger.yaml").status == 3
    assert children.finish("init").status == 0
    assert children.finish("ledger", "init").status == 0
    ledger = children.start("ledger", "ledger", "serve")
    children.wait_until_listening(ledger, children.folder / "ledger" / "ledger.sock")
    assert os.getpgid(ledger.process.pid) == ledger.process.pid != os.getpgrp()
    children.wait_until(ledger, lambda: "ledger serves" in ledger.tail(), "the ledger to say that it serves")
    assert ledger.process.poll() is None
    os.killpg(ledger.process.pid, number)
    assert has_ended(ledger.process, stalled_after_seconds=30)
    assert ledger.process.returncode == status


def test_what_is_no_relayer_is_not_forked(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="only `relayer`"):
        forked([sys.executable, "-c", "1"], cwd=tmp_path, environment=None, output=tmp_path / "1", words=tmp_path / "2")
