"""Child processes of a development network: each in its own process group, each with its log, all gone at the end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Protocol, Self

from relayer.devnet.checkout import ROOT
from relayer.devnet.ports import is_listening
from relayer.devnet.usage import work
from relayer.errors import LedgerUnavailable
from relayer.waiting import STALLED_AFTER_SECONDS, Patience, Progress, Stalled, nothing, wait_for

_STOP_SECONDS = 10.0
_COMMAND_SECONDS = 120.0
_LOOK_SECONDS = 0.5
_START_WORK_SECONDS = 60.0
"""CPU time that a process may take to start."""
_COMMAND_WORK_SECONDS = 600.0
"""CPU time that a command may take; compiling is no such command."""


class DevnetFailed(LedgerUnavailable):
    """A process of a development network failed or stalled. The message holds the end of its log."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """A command that has ended: its results, and what it said beside them."""

    status: int
    output: str
    words: str


class Process(Protocol):
    """One that runs, or has ended: what is used here of `subprocess.Popen`."""

    @property
    def pid(self) -> int:
        """Also the id of its process group."""
        ...

    @property
    def returncode(self) -> int | None:
        """Once its end has been seen. Negative: the number of the signal that ended it."""
        ...

    def poll(self) -> int | None:
        """Looks whether it has ended; its exit status, or None."""
        ...

    def wait(self, timeout: float | None = None) -> int:
        """Its exit status. Raises subprocess.TimeoutExpired."""
        ...


class Spawn(Protocol):
    """Starts a command in a process group of its own, without input."""

    def __call__(
        self, arguments: Sequence[str], *, cwd: Path | None, environment: Mapping[str, str] | None, output: Path, words: Path
    ) -> Process:
        """Standard output is added to the file `output`, standard error to `words`, which may be the same."""
        ...


def spawn(
    arguments: Sequence[str], *, cwd: Path | None, environment: Mapping[str, str] | None, output: Path, words: Path
) -> subprocess.Popen[bytes]:
    """See Spawn."""
    with output.open("ab") as results, words.open("ab") as errors:
        return subprocess.Popen(  # noqa: S603  (our own arguments, no shell)
            arguments,
            cwd=cwd,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=results,
            stderr=errors,
            start_new_session=True,
        )


@dataclass(slots=True)
class Child:
    """One `relayer` process."""

    name: str
    process: Process
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
            has_ended(self.process, stalled_after_seconds=_STOP_SECONDS)
        self.kill()
        return self.process.wait()

    def tail(self) -> str:
        """The last lines of its log."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-15:])


@dataclass(slots=True)
class Children:
    """Everything that was started. Leaving the context ends all of it, whatever happened."""

    folder: Path
    spawn: Spawn = spawn
    started: list[Child] = field(default_factory=list)

    def start(self, name: str, *arguments: str) -> Child:
        """Starts `relayer <arguments>` in the folder."""
        return self._started(name, command(*arguments))

    def start_module(self, name: str, module: str, *arguments: str) -> Child:
        """Starts another program of this package in the folder."""
        return self._started(name, [sys.executable, "-m", module, *arguments])

    def _started(self, name: str, words: Sequence[str]) -> Child:
        log = self.folder / f"{name}.log"
        process = self.spawn(words, cwd=self.folder, environment=_environment(), output=log, words=log)
        child = Child(name=name, process=process, log=log)
        self.started.append(child)
        return child

    def run(self, *arguments: str) -> str:
        """Runs one command to its end and returns what it said. Raises DevnetFailed if it fails."""
        result = self.finish(*arguments)
        if result.status != 0:
            raise DevnetFailed(f"`relayer {' '.join(arguments)}` ended with status {result.status}:\n{result.words.strip()}")
        return result.words

    def finish(self, *arguments: str, **environment: str) -> Finished:
        """Runs one command to its end, whatever its status."""
        result = run_to_end(
            command(*arguments), cwd=self.folder, environment={**_environment(), **environment}, spawn=self.spawn
        )
        return Finished(status=result.returncode, output=result.stdout, words=result.stderr)

    def wait_until_listening(self, child: Child, place: int | Path) -> None:
        """Returns when the child accepts connections. Raises DevnetFailed if it ends, or if its start stalls."""
        self.wait_until(child, lambda: _listens(place), f"{child.name} to listen at {place}")

    def wait_until(
        self,
        child: Child,
        done: Callable[[], bool],
        what: str,
        *,
        progress: Progress = nothing,
        stalled_after_seconds: float = STALLED_AFTER_SECONDS,
    ) -> None:
        """Asks `done` until it is true. Raises DevnetFailed if the child ends, or if neither it nor `progress` moves."""

        def asked() -> bool:
            if done():
                return True
            if child.process.poll() is not None:
                raise DevnetFailed(f"{child.name} ended with status {child.process.returncode}:\n{child.tail()}")
            return False

        def moved() -> object:
            return work(child.process.pid, at_most_seconds=_START_WORK_SECONDS), progress()

        try:
            wait_for(asked, what, progress=moved, stalled_after_seconds=stalled_after_seconds)
        except Stalled as error:
            raise DevnetFailed(f"{error}; the end of its log:\n{child.tail()}") from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        for child in reversed(self.started):
            if child.process.poll() is None:
                with suppress(ProcessLookupError):
                    os.killpg(child.process.pid, signal.SIGTERM)
        for child in reversed(self.started):
            child.stop()


def has_ended(process: Process, *, stalled_after_seconds: float) -> bool:
    """Waits for a process that was asked to end, as long as it does something. False if it stalled."""
    return _ends(process, Patience(stalled_after_seconds=stalled_after_seconds))


def _ends(process: Process, patience: Patience) -> bool:
    while True:
        with suppress(subprocess.TimeoutExpired):
            process.wait(_LOOK_SECONDS)
            return True
        if patience.is_over(partial(work, process.pid, at_most_seconds=_COMMAND_WORK_SECONDS)):
            return False


def run_to_end(
    arguments: Sequence[str],
    *,
    cwd: Path | None = None,
    environment: Mapping[str, str] | None = None,
    stalled_after_seconds: float = _COMMAND_SECONDS,
    spawn: Spawn = spawn,
) -> subprocess.CompletedProcess[str]:
    """Runs a command in its own process group, whatever its status. Raises Stalled, and ends it, once it does."""
    with TemporaryDirectory(prefix="relayer-command-") as folder:
        output, words = Path(folder) / "output", Path(folder) / "words"
        process = spawn(arguments, cwd=cwd, environment=environment, output=output, words=words)
        try:
            patience = Patience(stalled_after_seconds=stalled_after_seconds)
            if not _ends(process, patience):
                raise Stalled(patience.words(f"`{Path(arguments[0]).name} {' '.join(arguments[1:5])}` to end"))
            return subprocess.CompletedProcess(arguments, process.wait(), output.read_text(), words.read_text())
        finally:
            with suppress(ProcessLookupError):
                if process.poll() is None:
                    os.killpg(process.pid, signal.SIGKILL)
                    process.wait()


def command(*arguments: str) -> list[str]:
    """`relayer` with this interpreter, wherever it is installed."""
    return [sys.executable, "-m", "relayer", *arguments]


def _environment() -> dict[str, str]:
    """Children import this very package, installed or not, though they run in another folder."""
    paths = [str(ROOT), os.environ.get("PYTHONPATH", "")]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, paths))}


def _listens(place: int | Path) -> bool:
    return is_listening(f"127.0.0.1:{place}" if isinstance(place, int) else f"unix:{place}")
