"""The development chain's program, compiled once for its sources and then reused by tests, demo and measurements.

It is kept in the virtual environment of the Python that runs this, else in the home folder, under the hash of everything it
is made of. Two processes never build at once.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from relayer.devnet.go_toolchain import GO_FOLDERS, ROOT, GoToolchain, find_go
from relayer.errors import ConfigurationError

PROGRAM = "settlementd"
_IN_AN_ENVIRONMENT = sys.prefix != sys.base_prefix
CACHE_FOLDER = Path(sys.prefix) / "chain" if _IN_AN_ENVIRONMENT else Path.home() / ".cache" / "settlement-chain"
OWN_PROGRAM = "SETTLEMENTD"
"""Environment variable: the path of a program that was compiled elsewhere, which is then used as it is."""
KEPT_BUILDS = 6
"""Older ones are removed, a hundred megabytes each."""
FIRST_BUILD_WORDS = "compiling the settlement chain; the first time this takes some minutes, later seconds or nothing"

_SUFFIXES = (".go", ".mod", ".sum")
_BUILD_TIMEOUT_SECONDS = 1800.0

Progress = Callable[[str], None]


def chain_program(progress: Progress) -> Path:
    """The compiled program. `progress` hears of it only if something has to be compiled. Raises ConfigurationError."""
    if own := os.environ.get(OWN_PROGRAM):
        if not os.access(own, os.X_OK):
            raise ConfigurationError(
                f"{OWN_PROGRAM} names {own}, which is no program; correct it, or unset it to compile one"
            )
        return Path(own).resolve()
    program = CACHE_FOLDER / source_hash() / PROGRAM
    if program.is_file():
        os.utime(program.parent)
        return program
    toolchain = find_go()
    CACHE_FOLDER.mkdir(parents=True, exist_ok=True)
    with _alone(CACHE_FOLDER / "lock", progress):
        if not program.is_file():
            progress(FIRST_BUILD_WORDS)
            _build(toolchain, program)
            _forget_old()
    return program


def source_hash() -> str:
    """16 hex digits over names and contents of all Go sources but tests."""
    digest = hashlib.sha256()
    files = sorted(
        path
        for folder in GO_FOLDERS
        for path in folder.rglob("*")
        if path.suffix in _SUFFIXES and not path.name.endswith("_test.go") and path.is_file()
    )
    for path in files:
        content = path.read_bytes()
        digest.update(f"{path.relative_to(ROOT).as_posix()} {len(content)}\n".encode())
        digest.update(content)
    return digest.hexdigest()[:16]


def _build(toolchain: GoToolchain, program: Path) -> None:
    unfinished = program.with_name(PROGRAM + ".unfinished")
    program.parent.mkdir(exist_ok=True)
    command = [str(toolchain.executable), "build", "-ldflags", "-s -w", "-o", str(unfinished), "./cmd/" + PROGRAM]
    try:
        result = subprocess.run(  # noqa: S603  (fixed arguments, no shell)
            command,
            cwd=GO_FOLDERS[-1],
            env=toolchain.environment(),
            capture_output=True,
            text=True,
            timeout=_BUILD_TIMEOUT_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise ConfigurationError(
            f"compiling {PROGRAM} took longer than {_BUILD_TIMEOUT_SECONDS:.0f} s; try again, what was compiled is kept"
        ) from error
    if result.returncode != 0:
        words = result.stderr.strip()[-2000:]
        raise ConfigurationError(
            f"{PROGRAM} cannot be compiled; the first time it needs the network, for its modules:\n{words}"
        )
    unfinished.rename(program)


def _forget_old() -> None:
    builds = sorted((path for path in CACHE_FOLDER.iterdir() if path.is_dir()), key=lambda path: path.stat().st_mtime)
    for folder in builds[:-KEPT_BUILDS]:
        for path in folder.iterdir():
            path.unlink(missing_ok=True)
        folder.rmdir()


@contextmanager
def _alone(path: Path, progress: Progress) -> Iterator[None]:
    with path.open("ab") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            progress("waiting for another process that compiles the settlement chain")
            fcntl.flock(stream, fcntl.LOCK_EX)
        yield
