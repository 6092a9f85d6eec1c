"""`relayer devnet` on real processes: up, down, up again with both ledgers where they were, and a crash."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from relayer.devnet.processes import Children, Finished
from relayer.waiting import wait_for
from tests.support.forked import forked

pytestmark = pytest.mark.node


@pytest.fixture
def children(tmp_path: Path) -> Iterator[Children]:
    with Children(tmp_path, spawn=forked) as started:
        yield started
        started.finish("devnet", "down", "net")


def heights(finished: Finished) -> dict[str, int | None]:
    told: dict[str, Any] = json.loads(finished.output)
    assert finished.status == 0, finished
    assert told["ready"]
    assert all(part["answers"] for part in told["parts"])
    return {part["name"]: part["height"] for part in told["parts"]}


@pytest.mark.parametrize("kind", [pytest.param("cosmos", marks=pytest.mark.chain), "embedded"])
def test_a_network_goes_on_where_it_stopped(children: Children, tmp_path: Path, kind: str) -> None:
    heights(children.finish("devnet", "up", "net", "--settlement", kind, "--json"))
    configured = children.finish("channel", "open", "--yes", "--config", "net/relayer.yaml")
    assert configured.status == 0, configured
    before = heights(children.finish("devnet", "status", "net", "--json"))
    assert (before["contract ledger"] or 0) > 5
    assert children.finish("devnet", "up", "net").status == 0
    assert children.finish("devnet", "down", "net").status == 0
    assert children.finish("devnet", "status", "net").status == 1
    after = heights(children.finish("devnet", "up", "net", "--json"))
    assert all((after[name] or 0) >= (height or 0) for name, height in before.items())
    assert children.finish("check", "--config", "net/relayer.yaml").status == 0
    kill(tmp_path / "net")
    # Nothing holds the ports or the folders any more, so it starts again.
    heights(children.finish("devnet", "up", "net", "--json"))
    assert children.finish("devnet", "down", "net").status == 0


def kill(folder: Path) -> None:
    """SIGKILL for its process; everything that it started has to end as well."""
    pid = int((folder / "devnet.pid").read_text())
    group = os.getpgid(pid)
    os.kill(pid, signal.SIGKILL)
    assert group == pid

    def mine() -> list[Path]:
        return [each for each in Path("/proc").glob("[0-9]*/cmdline") if str(folder).encode() in command_line(each)]

    wait_for(lambda: not mine(), "everything that it started to end", progress=lambda: len(mine()))


def command_line(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""
