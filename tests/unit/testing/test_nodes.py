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

from relayer.errors import ConfigurationError, LedgerUnavailable
from relayer.ledgers.evm.rpc import JsonRpc
from relayer.testing.nodes import DEVNET_FOLDER, Ganache, GanacheOptions, ensure_node_modules, node_environment

pytestmark = pytest.mark.node
DEADLINE_SECONDS = 20.0


async def block_number(node: Ganache) -> int:
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
    while is_running(process_id):
        assert time.monotonic() < deadline, "the node outlived its parent"
        time.sleep(0.05)


async def test_a_node_answers_and_ends() -> None:
    with Ganache(GanacheOptions(chain_id=77)) as node:
        assert await block_number(node) == 0
    assert not is_running(node.process_id)
    node.stop()


async def test_state_in_a_folder_survives_a_restart(tmp_path) -> None:
    for expected in (0, 3):
        with Ganache(GanacheOptions(folder=tmp_path)) as node:
            assert await block_number(node) == expected
            rpc = JsonRpc([node.url], chain_id=node.chain_id)
            for _ in range(3):
                await rpc.call("evm_mine")
            await rpc.close()


@pytest.mark.parametrize("kill", [signal.SIGKILL, signal.SIGTERM])
def test_a_node_ends_with_its_parent(kill) -> None:
    code = (
        "import sys, time\n"
        "from relayer.testing.nodes import Ganache, GanacheOptions\n"
        "node = Ganache(GanacheOptions())\n"
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
    with Ganache(GanacheOptions()) as node, pytest.raises(LedgerUnavailable, match="port in use"):
        Ganache(GanacheOptions(port=node.port))


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
