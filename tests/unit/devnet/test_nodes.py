"""Development nodes start quickly, answer, and never outlive their parent."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from relayer.devnet.nodes import (
    DEVNET_FOLDER,
    Anvil,
    AnvilOptions,
    DevelopmentNode,
    Ganache,
    GanacheOptions,
    ensure_node_modules,
    node_environment,
)
from relayer.errors import ConfigurationError, LedgerUnavailable
from relayer.ledgers.evm.rpc import JsonRpc

pytestmark = pytest.mark.node
DEADLINE_SECONDS = 20.0


async def block_number(node: DevelopmentNode) -> int:
    rpc = JsonRpc([node.url], chain_id=node.chain_id)
    try:
        return int(await rpc.call("eth_blockNumber"), 16)
    finally:
        await rpc.close()


def is_running(process_id: int) -> bool:
    try:
        state = Path(f"/proc/{process_id}/stat").read_text().rpartition(") ")[2][0]
    except FileNotFoundError:
        return False
    return state != "Z"


def await_end(process_id: int) -> None:
    deadline = time.monotonic() + DEADLINE_SECONDS
    while group_is_running(process_id):
        assert time.monotonic() < deadline, "the node outlived its parent"
        time.sleep(0.05)


def group_is_running(group: int) -> bool:
    """Whether any process of the group lives: anvil is a child of the script that was started."""
    for process in Path("/proc").glob("[0-9]*"):
        try:
            state, _, found = (process / "stat").read_text().rpartition(") ")[2].split()[:3]
        except OSError:
            continue
        if int(found) == group and state != "Z":
            return True
    return False


@pytest.mark.parametrize("start", [lambda: Ganache(GanacheOptions(chain_id=77)), lambda: Anvil(AnvilOptions(chain_id=77))])
async def test_a_node_answers_and_ends(start) -> None:
    with start() as node:
        assert await block_number(node) == 0
        assert group_is_running(node.process_id)
    assert not group_is_running(node.process_id)
    node.stop()


async def test_state_in_a_folder_survives_a_restart(tmp_path) -> None:
    for expected in (0, 3):
        with Ganache(GanacheOptions(folder=tmp_path)) as node:
            assert await block_number(node) == expected
            rpc = JsonRpc([node.url], chain_id=node.chain_id)
            for _ in range(3):
                await rpc.call("evm_mine")
            await rpc.close()


@pytest.mark.parametrize("kind", ["Ganache", "Anvil"])
@pytest.mark.parametrize("kill", [signal.SIGKILL, signal.SIGTERM])
def test_a_node_ends_with_its_parent(kill, kind) -> None:
    code = (
        "import sys, time\n"
        f"from relayer.devnet.nodes import {kind}, {kind}Options\n"
        f"node = {kind}({kind}Options())\n"
        "print(node.process_id, flush=True)\n"
        "sys.stdin.read()\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    process_id = int(parent.stdout.readline())
    assert is_running(process_id)
    os.kill(parent.pid, kill)
    parent.wait(DEADLINE_SECONDS)
    parent.stdin.close()
    parent.stdout.close()
    await_end(process_id)


def test_a_port_in_use_is_said() -> None:
    with Ganache(GanacheOptions()) as node:
        with pytest.raises(LedgerUnavailable, match="port in use"):
            Ganache(GanacheOptions(port=node.port))
        with pytest.raises(LedgerUnavailable, match="anvil did not start: is its port in use"):
            Anvil(AnvilOptions(port=node.port))


def test_packages_are_installed_once() -> None:
    ensure_node_modules(DEVNET_FOLDER)
    assert ensure_node_modules(DEVNET_FOLDER) is False


def test_a_folder_without_a_lock_file_is_said(tmp_path) -> None:
    with pytest.raises(ConfigurationError, match="full checkout"):
        ensure_node_modules(tmp_path)


async def test_node_itself_runs_and_comes_first() -> None:
    node, environment = node_environment()
    process = await asyncio.create_subprocess_exec("node", "--version", env=environment, stdout=asyncio.subprocess.PIPE)
    output, _ = await process.communicate()
    assert output.startswith(b"v2")
    assert environment["PATH"].startswith(str(node.parent))
