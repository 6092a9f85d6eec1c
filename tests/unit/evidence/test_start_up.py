"""What a command may load and how much processor time its start may take: people and scripts call them often."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from typer.testing import CliRunner

from relayer.cli import app
from relayer.evidence.codec import encode_evidence
from relayer.evidence.model import PacketEvidence
from relayer.evidence.trust import Trust, encode_trust
from relayer.journal.sqlite import SqliteJournal

HEAVY = "aiohttp asyncio eth_abi eth_account eth_utils grpc lxml ortools prometheus_client rich starlette uvicorn web3"
CONFIGURED = f"{HEAVY} cosmpy coincurve google.protobuf relayer.core.machine relayer.ledgers relayer.settlement"
LIMITS = {
    "--help": f"{CONFIGURED} pydantic yaml sqlite3 relayer.config",
    "settlement --help": f"{CONFIGURED} yaml sqlite3 relayer.config",
    "status": CONFIGURED,
    "verify": f"{HEAVY} yaml sqlite3 relayer.config relayer.ledgers",
}
"""Modules that the command must not load."""
ONE_COMMAND = "eth_abi eth_utils lxml ortools rich structlog starlette uvicorn prometheus_client relayer.ledgers.cosmos"
DAEMON = "eth_abi eth_utils lxml ortools relayer.ledgers.cosmos"
RPC_ONLY = "starlette uvicorn relayer.engine relayer.journal"
MODULES = {
    "check": f"{ONE_COMMAND} relayer.ledgers.embedded relayer.engine",
    "facts": f"{ONE_COMMAND} relayer.ledgers.embedded relayer.engine",
    "reconcile": f"{ONE_COMMAND} relayer.ledgers.embedded relayer.engine",
    "start": f"{DAEMON} relayer.ledgers.embedded relayer.settlement relayer.business",
    "authority": f"{DAEMON} {RPC_ONLY} cosmpy relayer.ledgers.embedded relayer.settlement",
    "ledger": f"{DAEMON} {RPC_ONLY} aiohttp relayer.ledgers.evm",
}
"""What the module of a command that connects, or serves, must not load."""
COLLECTIONS = 3
"""Of garbage, while a command starts and ends."""
SECONDS = {"--help": 0.4, "status": 0.6, "verify": 0.6}
YARDSTICK = ("-I", "-S", "-c", "sum(i * i for i in range(2_000_000))")
YARDSTICK_SECONDS = 0.12
"""On the machine for which the limits are meant, with nothing beside it. Slower machines get as much longer."""
RUNS = 5


@pytest.fixture
def arguments(tmp_path: Path, acknowledged: PacketEvidence, trust: Trust) -> dict[str, list[str]]:
    """Of commands that succeed."""
    assert CliRunner().invoke(app, ["init", str(tmp_path)]).exit_code == 0
    SqliteJournal(tmp_path / "relayer.journal").close()
    (tmp_path / "evidence.json").write_bytes(encode_evidence(acknowledged))
    (tmp_path / "trust.json").write_bytes(encode_trust(trust))
    return {
        "--help": ["--help"],
        "settlement --help": ["settlement", "--help"],
        "status": ["status", "--config", str(tmp_path / "relayer.yaml")],
        "verify": ["verify", str(tmp_path / "evidence.json"), "--trust", str(tmp_path / "trust.json")],
    }


@pytest.mark.parametrize("command", LIMITS)
def test_a_command_loads_only_what_it_needs(command: str, arguments: dict[str, list[str]]) -> None:
    forbidden = set(LIMITS[command].split())
    script = (
        "import atexit, gc, sys\n"
        "before = gc.get_stats()[0]['collections']\n"
        "atexit.register(lambda: print('loaded:', *sorted(sys.modules), file=sys.stderr))\n"
        "atexit.register(lambda: print('collected:', gc.get_stats()[0]['collections'] - before, file=sys.stderr))\n"
        "from relayer.__main__ import main\n"
        "main()\n"
    )
    done = subprocess.run([sys.executable, "-c", script, *arguments[command]], capture_output=True, text=True, check=True)
    loaded = set(done.stderr.rpartition("loaded:")[2].split())
    assert forbidden & loaded == set()
    assert "relayer.cli" in loaded
    assert int(done.stderr.rpartition("collected:")[2].split()[0]) <= COLLECTIONS


@pytest.mark.parametrize("name", MODULES)
def test_a_command_that_connects_loads_only_what_it_needs(name: str) -> None:
    script = f"import sys, relayer.commands.{name}; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert set(MODULES[name].split()) & set(done.stdout.split()) == set()


@pytest.mark.parametrize("command", SECONDS)
def test_a_command_starts_within_its_processor_time(command: str, arguments: dict[str, list[str]]) -> None:
    words = ["-m", "relayer", *arguments[command]]
    # Each run beside one of the yardstick, and the best pair counts: what else happens on the machine only adds to either.
    # So the first pair within the limit ends it.
    factors = (_once(words) / max(YARDSTICK_SECONDS, _once(YARDSTICK)) for _ in range(RUNS))
    assert any(factor * YARDSTICK_SECONDS < SECONDS[command] for factor in factors)


def _once(arguments: Sequence[str]) -> float:
    child = os.posix_spawn(
        sys.executable,
        [sys.executable, *arguments],
        os.environ,
        file_actions=[(os.POSIX_SPAWN_OPEN, number, os.devnull, os.O_WRONLY, 0) for number in (1, 2)],
    )
    _, status, usage = os.wait4(child, 0)
    assert status == 0
    return usage.ru_utime + usage.ru_stime
