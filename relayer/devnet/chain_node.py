"""The settlement chain of devnet/ as child processes: one or several CometBFT nodes, for tests, the demo and measurements.

A node started here never outlives its parent: it ends when its standard input closes. The keys of its validators lie
unencrypted in its folder, so nothing here may hold anything of worth.
"""

from __future__ import annotations

import atexit
import json
import os
import signal
import subprocess
import tempfile
import tomllib
import urllib.request
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from relayer.devnet.go_program import CHAIN
from relayer.devnet.ports import free_row
from relayer.devnet.processes import has_ended, run_to_end
from relayer.devnet.usage import work
from relayer.errors import ConfigurationError, LedgerUnavailable
from relayer.waiting import Stalled, wait_for

DENOMINATION = "stake"
BECH32_PREFIX = "cosmos"
OPERATOR_KEY = "operator"
VALIDATOR_KEY = "validator"
"""Names of the keys in each node's keyring: the settlement operator (first node alone) and whoever holds the stake."""

_FIRST_HEIGHT = 2
_STALLED_AFTER_SECONDS = 120.0
_STOP_SECONDS = 20.0
_INCLUDED_WITHIN_BLOCKS = 60
"""A transaction that is in none of the next blocks is in none at all."""
_START_WORK_SECONDS = 120.0
"""CPU time that a node may take to start, and to catch up."""
_PORTS_PER_NODE = 10
_HTTP_TIMEOUT_SECONDS = 2.0

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainOptions:
    """A new chain, or, where `folder` holds one already, that one; the other options are then without effect."""

    folder: Path | None = None
    """Where everything is kept; None: a temporary folder."""
    chain_id: str = "settlement-1"
    validators: int = 1
    block_time_ms: int = 500
    operators: tuple[str, ...] = ()
    """Accounts that may register parties, beside the chain's own operator key."""
    funded: tuple[str, ...] = ()
    """Accounts that get coins."""
    gas_price: str = "0"
    """The least that nodes take for a unit of gas, in DENOMINATION."""
    voting_period_seconds: int = 10


class ChainNode:
    """One node of the chain. It may be stopped, killed, frozen and started again at any time."""

    def __init__(self, program: Path, home: Path) -> None:
        self.home = home
        self._program = program
        self._process: subprocess.Popen[bytes] | None = None
        configuration = tomllib.loads((home / "config" / "config.toml").read_text())
        self.url = _as_http(configuration["rpc"]["laddr"])

    @property
    def process_id(self) -> int:
        """Raises LedgerUnavailable if the node does not run."""
        return self._running().pid

    @property
    def is_running(self) -> bool:
        """Whether the process lives; it may answer nothing all the same."""
        return self._process is not None and self._process.poll() is None

    def start(self, *arguments: str) -> None:
        """Returns at once. A node that runs already is left alone."""
        if self.is_running:
            return
        with self.home.with_suffix(".log").open("ab") as log:
            command = [
                str(self._program),
                "start",
                "--home",
                str(self.home),
                "--log_no_color",
                "--stop-with-stdin",
                *arguments,
            ]
            self._process = subprocess.Popen(  # noqa: S603  (our own program)
                command, stdin=subprocess.PIPE, stdout=log, stderr=subprocess.STDOUT, start_new_session=True
            )

    def stop(self) -> None:
        """As an operator would: it writes what it has to. Once more does nothing."""
        if self._process is None:
            return
        assert self._process.stdin is not None
        with suppress(BrokenPipeError):
            self._process.stdin.close()
        # A frozen one could not hear.
        self._signal(signal.SIGCONT)
        if not has_ended(self._process, stalled_after_seconds=_STOP_SECONDS):
            self.kill()
        self._process = None

    def kill(self) -> None:
        """SIGKILL, as a crash would end it."""
        self._signal(signal.SIGKILL)
        if self._process is not None:
            self._process.wait()
            assert self._process.stdin is not None
            with suppress(BrokenPipeError):
                self._process.stdin.close()
            self._process = None

    def forget(self) -> None:
        """Deletes every block and state of a node that does not run; started again, it has to fetch them from its peers."""
        _run(self._program, ["comet", "unsafe-reset-all", "--home", str(self.home)])

    def freeze(self) -> None:
        """It keeps its connections and answers nothing."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """It goes on after `freeze`."""
        self._signal(signal.SIGCONT)

    def height(self) -> int | None:
        """Newest block; None if it does not answer or is still syncing."""
        try:
            with urllib.request.urlopen(f"{self.url}/status", timeout=_HTTP_TIMEOUT_SECONDS) as answer:  # noqa: S310
                status = json.load(answer)["result"]["sync_info"]
        except (OSError, ValueError):
            return None
        return None if status["catching_up"] else int(status["latest_block_height"])

    def work(self) -> float:
        """CPU seconds that it has used, up to what a start may take."""
        return 0.0 if self._process is None else work(self._process.pid, at_most_seconds=_START_WORK_SECONDS)

    def last_words(self) -> str:
        """The end of its log."""
        log = self.home.with_suffix(".log")
        return "\n".join(log.read_text(errors="replace").splitlines()[-15:]) if log.is_file() else ""

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            raise LedgerUnavailable(f"the node of {self.home} does not run; start it first")
        return self._process

    def _signal(self, number: signal.Signals) -> None:
        if self._process is not None:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, number)


class SettlementChain:
    """A whole chain. Use it as a context manager, or call `stop`; a second `stop` does nothing."""

    def __init__(self, options: ChainOptions, progress: Progress = lambda _: None) -> None:
        """Compiles the program if need be, makes the chain if it is new, and starts nothing. Raises ConfigurationError."""
        self.program = CHAIN.compiled(progress)
        self._temporary = None if options.folder else tempfile.TemporaryDirectory(prefix="settlement-chain-")
        self.folder = (options.folder or Path(self._temporary.name if self._temporary else "")).resolve()
        if not (self.folder / "node0").is_dir():
            _make(self.program, self.folder, options)
        self.nodes = [ChainNode(self.program, home) for home in _homes(self.folder)]
        self.chain_id = str(json.loads((self.nodes[0].home / "config" / "genesis.json").read_text())["chain_id"])

    @property
    def endpoints(self) -> tuple[str, ...]:
        """Where each node answers CometBFT's JSON-RPC."""
        return tuple(node.url for node in self.nodes)

    def start(self) -> None:
        """Starts every node and returns when all of them have made a block since. Raises LedgerUnavailable."""
        atexit.register(self.stop)
        for node in self.nodes:
            node.start()
        self.wait_for_blocks(1)

    def stop(self) -> None:
        """Every node ends, and the temporary folder with them."""
        atexit.unregister(self.stop)
        for node in self.nodes:
            if (process := node._process) is not None and process.stdin is not None:  # noqa: SLF001  (all at the same time)
                with suppress(BrokenPipeError):
                    process.stdin.close()
        for node in self.nodes:
            node.stop()
        if self._temporary is not None:
            self._temporary.cleanup()

    def wait_for_blocks(self, count: int, *, stalled_after_seconds: float = _STALLED_AFTER_SECONDS) -> int:
        """Until each running node is `count` blocks further, at least at a height that can be proven. Returns the height.

        Raises LedgerUnavailable if no node runs, or once neither heights nor the nodes themselves move.
        """
        first: int | None = None
        heights: list[int | None] = []

        def reached() -> bool:
            nonlocal first
            running = [node for node in self.nodes if node.is_running]
            dead = next((node for node in self.nodes if node not in running), None)
            if not running:
                raise LedgerUnavailable(f"no node runs; the last words of one:\n{dead.last_words() if dead else ''}")
            heights[:] = [node.height() for node in running]
            if first is None and None not in heights:
                first = _least(heights)
            return first is not None and _least(heights) >= max(first + count, _FIRST_HEIGHT)

        def moved() -> object:
            # One that does not answer may still be starting, and then it works.
            running = [node for node in self.nodes if node.is_running]
            return [node.work() if height is None else height for node, height in zip(running, heights, strict=False)]

        try:
            wait_for(reached, f"{count} blocks", progress=moved, stalled_after_seconds=stalled_after_seconds)
        except Stalled as error:
            words = self.nodes[0].last_words()
            raise LedgerUnavailable(f"the chain is at heights {heights}: {error}; a node's last words:\n{words}") from error
        return _least(heights)

    def transact(self, *arguments: str, sender: str = OPERATOR_KEY, node: int = 0) -> dict[str, Any]:
        """`settlementd tx <arguments>` by a key of a node, included and successful. Raises LedgerUnavailable."""
        answered = self.query(
            "tx", *arguments, "--from", sender, "--home", str(self.nodes[node].home), "--keyring-backend", "test",
            "--chain-id", self.chain_id, "--gas", "1000000", "--yes", node=node,
        )  # fmt: skip
        words = f"settlementd tx {' '.join(arguments)}"
        if answered["code"] != 0:
            raise LedgerUnavailable(f"{words}: {answered['raw_log']}")
        last = (self.nodes[node].height() or 0) + _INCLUDED_WITHIN_BLOCKS
        found: dict[str, Any] = {}

        def included() -> bool:
            found.update(self._transaction(answered["txhash"], node) or {})
            return bool(found)

        try:
            wait_for(included, f"{words} to be included", progress=lambda: min(self.nodes[node].height() or 0, last))
        except Stalled as error:
            raise LedgerUnavailable(f"{error}; does the chain make blocks?") from error
        if found["tx_result"]["code"] != 0:
            raise LedgerUnavailable(f"{words}: {found['tx_result']['log']}")
        return found

    def _transaction(self, transaction: str, node: int) -> dict[str, Any] | None:
        url = f"{self.nodes[node].url}/tx?hash=0x{transaction}"
        with suppress(OSError, ValueError), urllib.request.urlopen(url, timeout=_HTTP_TIMEOUT_SECONDS) as stream:  # noqa: S310
            return dict(json.load(stream)["result"])
        return None

    def query(self, *arguments: str, node: int = 0) -> dict[str, Any]:
        """`settlementd <arguments>` against a node, and its JSON. Raises LedgerUnavailable."""
        at = self.nodes[node].url.replace("http://", "tcp://")
        return dict(json.loads(_run(self.program, [*arguments, "--node", at, "--output", "json"])))

    def address(self, key: str, *, node: int = 0) -> str:
        """Bech32 address of a key in a node's keyring."""
        arguments = ["keys", "show", key, "--address", "--home", str(self.nodes[node].home), "--keyring-backend", "test"]
        return _run(self.program, arguments).strip()

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def _make(program: Path, folder: Path, options: ChainOptions) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    arguments = [
        "network", "init",
        "--network-home", str(folder),
        "--network-chain-id", options.chain_id,
        "--validators", str(options.validators),
        "--block-time", f"{options.block_time_ms}ms",
        "--base-port", str(free_row(options.validators * _PORTS_PER_NODE)),
        "--gas-prices", options.gas_price + DENOMINATION,
        "--voting-period", f"{options.voting_period_seconds}s",
    ]  # fmt: skip
    for flag, addresses in (("--operator", options.operators), ("--fund", options.funded)):
        for address in addresses:
            arguments += [flag, address]
    _run(program, arguments)


def _run(program: Path, arguments: Sequence[str]) -> str:
    result = run_to_end([str(program), *arguments])
    if result.returncode != 0:
        raise ConfigurationError(f"{program.name} {' '.join(arguments[:3])} failed:\n{result.stderr.strip()[-2000:]}")
    return result.stdout


def _least(heights: Sequence[int | None]) -> int:
    return min(-1 if height is None else height for height in heights)


def _homes(folder: Path) -> list[Path]:
    return sorted(
        (path for path in folder.iterdir() if path.is_dir() and path.name.removeprefix("node").isdecimal()),
        key=lambda path: int(path.name.removeprefix("node")),
    )


def _as_http(listens: str) -> str:
    return "http://" + listens.removeprefix("tcp://")
