"""Child processes of the demo: each in its own process group, each with its log, all of them gone at the end."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from relayer.errors import RelayerError

_STOP_SECONDS = 10.0
_COMMAND_SECONDS = 120.0
_POLL_SECONDS = 0.05


class DemoFailed(RelayerError):
    """A process of the demo ended or did not do its part in time. The message holds the end of its log."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """A command that has ended: its results, and what it said beside them."""

    status: int
    output: str
    words: str


@dataclass(slots=True)
class Child:
    """One `relayer` process."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path

    def kill(self) -> None:
        """SIGKILL, as a crash would end it."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def stop(self) -> int:
        """SIGTERM, and SIGKILL for one that does not listen. Returns its exit status."""
        if self.process.poll() is None:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGTERM)
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(_STOP_SECONDS)
        self.kill()
        return self.process.returncode

    def tail(self) -> str:
        """The last lines of its log."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-15:])


@dataclass(slots=True)
class Children:
    """Everything that was started. Leaving the context ends all of it, whatever happened."""

    folder: Path
    started: list[Child] = field(default_factory=list)

    def start(self, name: str, *arguments: str) -> Child:
        """Starts `relayer <arguments>` in the folder."""
        log = self.folder / f"{name}.log"
        with log.open("ab") as stream:
            process = subprocess.Popen(  # noqa: S603  (our own program)
                command(*arguments),
                cwd=self.folder,
                env=_environment(),
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        child = Child(name=name, process=process, log=log)
        self.started.append(child)
        return child

    def run(self, *arguments: str) -> str:
        """Runs one command to its end and returns what it said. Raises DemoFailed if it fails."""
        result = self.finish(*arguments)
        if result.status != 0:
            raise DemoFailed(f"`relayer {' '.join(arguments)}` ended with status {result.status}:\n{result.words.strip()}")
        return result.words

    def finish(self, *arguments: str, **environment: str) -> Finished:
        """Runs one command to its end, whatever its status."""
        result = subprocess.run(  # noqa: S603  (our own program)
            command(*arguments),
            cwd=self.folder,
            env={**_environment(), **environment},
            capture_output=True,
            text=True,
            timeout=_COMMAND_SECONDS,
            check=False,
        )
        return Finished(status=result.returncode, output=result.stdout, words=result.stderr)

    def wait_until_listening(self, child: Child, port: int, *, timeout_seconds: float = 30.0) -> None:
        """Returns when the child accepts connections. Raises DemoFailed if it ends or takes too long."""
        self.wait_until(child, lambda: _listens(port), timeout_seconds=timeout_seconds)

    def wait_until(self, child: Child, done: Callable[[], bool], *, timeout_seconds: float) -> None:
        """Asks `done` until it is true."""
        deadline = time.monotonic() + timeout_seconds
        while not done():
            if child.process.poll() is not None:
                raise DemoFailed(f"{child.name} ended with status {child.process.returncode}:\n{child.tail()}")
            if time.monotonic() > deadline:
                raise DemoFailed(f"{child.name} was not ready within {timeout_seconds:.0f} s:\n{child.tail()}")
            time.sleep(_POLL_SECONDS)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        for child in reversed(self.started):
            if child.process.poll() is None:
                with suppress(ProcessLookupError):
                    os.killpg(child.process.pid, signal.SIGTERM)
        for child in reversed(self.started):
            child.stop()


def command(*arguments: str) -> list[str]:
    """`relayer` with this interpreter, wherever it is installed."""
    return [sys.executable, "-m", "relayer", *arguments]


def _environment() -> dict[str, str]:
    """Children import this very package, installed or not, though they run in another folder."""
    paths = [str(Path(__file__).resolve().parents[2]), os.environ.get("PYTHONPATH", "")]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, paths))}


def free_ports(count: int) -> list[int]:
    """Distinct ports of the loopback interface that nothing listens on now."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]
    finally:
        for each in sockets:
            each.close()


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0
