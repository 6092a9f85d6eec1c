"""Programs in Go for development networks, compiled once for their sources and then reused by tests, demo and measurements.

Each is kept in the virtual environment of the Python that runs this, else in the home folder, under the hash of everything
it is made of. Two processes never build at once.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO

from relayer.devnet.checkout import ROOT
from relayer.devnet.go_toolchain import BROKER_FOLDER, GO_FOLDERS, GoToolchain, find_go
from relayer.errors import ConfigurationError
from relayer.private_files import private_file

_IN_AN_ENVIRONMENT = sys.prefix != sys.base_prefix
KEPT_BUILDS = 6
"""Older ones are removed, a hundred megabytes each."""
_LOG = "build.log"
_SUFFIXES = (".go", ".mod", ".sum")
_TELL_SECONDS = 15.0
_LOOK_SECONDS = 1.0
_WORDS_BYTES = 2_000

Progress = Callable[[str], None]


def _cache(name: str) -> Path:
    return Path(sys.prefix) / name if _IN_AN_ENVIRONMENT else Path.home() / ".cache" / f"settlement-{name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class GoProgram:
    """What is compiled of which modules, the last one of which holds `package`."""

    name: str
    what: str
    folders: tuple[Path, ...]
    package: str
    cache: Path
    own: str
    """Environment variable: the path of a program that was compiled elsewhere, which is then used as it is."""

    @property
    def first_words(self) -> str:
        """Said before it is compiled."""
        return f"compiling {self.what}; the first time this takes some minutes, later seconds or nothing"

    def compiled(self, progress: Progress) -> Path:
        """The program. `progress` is called only if something has to be compiled. Raises ConfigurationError."""
        if own := os.environ.get(self.own):
            if not os.access(own, os.X_OK):
                raise ConfigurationError(
                    f"{self.own} names {own}, which is not a program; correct it, or unset it to compile one"
                )
            return Path(own).resolve()
        program = self.cache / self.source_hash() / self.name
        if program.is_file():
            os.utime(program.parent)
            return program
        toolchain = find_go(self.folders)
        self.cache.mkdir(parents=True, exist_ok=True)
        with self._alone(progress):
            if not program.is_file():
                progress(self.first_words)
                self._build(toolchain, program, progress)
                self._forget_old()
        return program

    def source_hash(self) -> str:
        """16 hex digits over names and contents of all Go sources but tests."""
        digest = hashlib.sha256()
        files = sorted(
            path
            for folder in self.folders
            for path in folder.rglob("*")
            if path.suffix in _SUFFIXES and not path.name.endswith("_test.go") and path.is_file()
        )
        for path in files:
            content = path.read_bytes()
            digest.update(f"{os.path.relpath(path, ROOT)} {len(content)}\n".encode())
            digest.update(content)
        return digest.hexdigest()[:16]

    def _build(self, toolchain: GoToolchain, program: Path, progress: Progress) -> None:
        unfinished = program.with_name(self.name + ".unfinished")
        program.parent.mkdir(exist_ok=True)
        # With -v it names each package on a line of its own as it begins with it.
        command = [str(toolchain.executable), "build", "-ldflags", "-s -w", "-o", str(unfinished), "-v", self.package]
        log = program.parent / _LOG
        with log.open("w") as stream:
            compiling = subprocess.Popen(  # noqa: S603  (fixed arguments, no shell)
                command,
                cwd=self.folders[-1],
                env=toolchain.environment(),
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=stream,
            )
            try:
                _tell_until(partial(_has_ended, compiling), partial(_counted, log), progress)
            finally:
                compiling.kill()
                compiling.wait()
        if compiling.returncode != 0:
            words = log.read_text(errors="replace").strip()[-_WORDS_BYTES:]
            raise ConfigurationError(
                f"{self.name} cannot be compiled; the first time it needs the network, for its modules:\n{words}"
            )
        unfinished.rename(program)

    def _forget_old(self) -> None:
        builds = sorted((path for path in self.cache.iterdir() if path.is_dir()), key=lambda path: path.stat().st_mtime)
        for folder in builds[:-KEPT_BUILDS]:
            for path in folder.iterdir():
                path.unlink(missing_ok=True)
            folder.rmdir()

    @contextmanager
    def _alone(self, progress: Progress) -> Iterator[None]:
        with private_file(self.cache / "lock") as stream:
            if not _locked(stream):
                progress(f"waiting for another process that compiles {self.what}")
                _tell_until(partial(_locked, stream, wait_seconds=_LOOK_SECONDS), self._others_words, progress)
            yield

    def _others_words(self) -> str:
        logs = sorted(self.cache.glob(f"*/{_LOG}"), key=lambda path: path.stat().st_mtime)
        return f"it is at {_counted(logs[-1])}" if logs else "it has not begun"


CHAIN = GoProgram(
    name="settlementd",
    what="the settlement chain",
    folders=GO_FOLDERS,
    package="./cmd/settlementd",
    cache=_cache("chain"),
    own="SETTLEMENTD",
)
BROKER = GoProgram(
    name="broker",
    what="the message broker",
    folders=(BROKER_FOLDER,),
    package=".",
    cache=_cache("broker"),
    own="NATS_BROKER",
)


def _has_ended(process: subprocess.Popen[bytes]) -> bool:
    with suppress(subprocess.TimeoutExpired):
        process.wait(_LOOK_SECONDS)
    return process.poll() is not None


def _counted(log: Path) -> str:
    """What the compiler has told so far."""
    lines = log.read_text(errors="replace").splitlines()
    fetched = sum(line.startswith("go: ") for line in lines)
    return f"{len(lines) - fetched} packages" + (f", {fetched} modules fetched" if fetched else "")


def _tell_until(done: Callable[[], bool], words: Callable[[], str], progress: Progress) -> None:
    """Has no limit: a busy machine takes as long as it takes, and whoever waits sees that it goes on."""
    started = told = time.monotonic()
    while not done():
        now = time.monotonic()
        if now - told >= _TELL_SECONDS:
            progress(f"  {now - started:.0f} s: {words()}")
            told = now


def _locked(stream: IO[bytes], wait_seconds: float = 0.0) -> bool:
    try:
        fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        time.sleep(wait_seconds)
        return False
    return True
