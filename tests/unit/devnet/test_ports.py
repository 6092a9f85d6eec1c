"""Ports are handed out once, also to processes that ask at the same time."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path

import pytest

from relayer.devnet import ports
from relayer.devnet.ports import PORTS, free_ports, free_row
from relayer.errors import ConfigurationError
from tests.support.paths import ROOT

FEW = range(31_000, 31_040)
ASK = (
    "import sys; from relayer.devnet import ports; ports.PORTS = range(31_000, 31_040)\n"
    "print(*ports.free_ports(10), flush=True); sys.stdin.read()"
)


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(ports, "PORTS", FEW)
    monkeypatch.setattr(ports, "_FOLDER", tmp_path)


def test_they_are_distinct_and_not_the_systems_own() -> None:
    found = free_ports(50)
    assert len(set(found)) == 50
    assert set(found) <= set(PORTS)
    first = free_row(20)
    assert not set(range(first, first + 20)) & set(found)


@pytest.mark.usefixtures("few")
def test_none_is_handed_out_twice_and_their_end_is_said() -> None:
    with pytest.raises(ConfigurationError, match="no 1 free ports"):
        free_ports(len(FEW) + 1)


@pytest.mark.usefixtures("few")
def test_one_that_something_listens_on_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        monkeypatch.setattr(ports, "PORTS", range(port, port + 2))
        with pytest.raises(ConfigurationError):
            free_ports(1)


def test_two_processes_get_different_ones() -> None:
    one, other = (
        subprocess.Popen([sys.executable, "-c", ASK], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT, text=True)
        for _ in range(2)
    )
    with one, other:
        assert one.stdout is not None
        assert other.stdout is not None
        found = one.stdout.readline().split() + other.stdout.readline().split()
        for each in (one, other):
            each.communicate("")
    # Each takes a quarter of the same few, so without the locks they would meet.
    assert len(found) == 20
    assert len(set(found)) == len(found)
