"""Compiles the settlement chain (`chain`), tests both Go modules (`tests`) or vets them (`vet`); without a word, all of it.

From nothing, `go vet` takes as long as the compiler, since it reads every module that is imported, and `go test` vets once
more with its own selection. So tests go without, and vetting is a job of its own.
"""

from __future__ import annotations

import hashlib
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from relayer.devnet.checkout import ROOT
from relayer.devnet.go_program import CHAIN
from relayer.devnet.go_toolchain import GO_FOLDERS, find_go
from relayer.errors import ConfigurationError

TEST = ("test", "-vet=off", "-ldflags=-s -w")
VET = ("vet", "./...")
SHARED = ("tests/cases", "tests/vectors", "docs")
"""Below the checkout: what Go tests read of it."""
VARIABLE = "INTERLEDGER_SHARED_FILES"
READING = re.compile(r"\bos\.(?:Read|Open|Stat|Lstat|DirFS)|\bfilepath\.(?:Glob|Walk)|\bexec\.Command")


def main(arguments: Sequence[str]) -> int:
    """Exit status: 0 if everything passed. All of it runs, so that one run shows all."""
    try:
        go = find_go()
        if not arguments or "chain" in arguments:
            CHAIN.compiled(lambda words: print(words, flush=True))
    except ConfigurationError as error:
        print(error, file=sys.stderr)
        return 1
    commands = [
        *(each for folder in GO_FOLDERS for each in _tests(folder) if not arguments or "tests" in arguments),
        *((folder, VET) for folder in GO_FOLDERS if not arguments or "vet" in arguments),
    ]
    environment = {**go.environment(), VARIABLE: _shared()}
    found = [
        subprocess.run([str(go.executable), *command], cwd=folder, env=environment, check=False).returncode
        for folder, command in commands
    ]
    return 1 if any(found) else 0


def _tests(folder: Path) -> Iterator[tuple[Path, tuple[str, ...]]]:
    """Commands that test the module in `folder`, each package once."""
    packages = sorted({path.parent for path in folder.rglob("*.go")})
    anew = {each for each in packages if _reads_unseen(each)}
    for once, chosen in (((), [each for each in packages if each not in anew]), (("-count=1",), sorted(anew))):
        if chosen:
            yield folder, (*TEST, *once, *(f"./{each.relative_to(folder)}" for each in chosen))


def _reads_unseen(package: Path) -> bool:
    """Whether its tests read files, or run programs, and Go does not see which."""
    tests = [path.read_text() for path in package.glob("*_test.go")]
    return any(READING.search(text) and f'os.Getenv("{VARIABLE}")' not in text for text in tests)


def _shared() -> str:
    found = hashlib.sha256()
    for path in sorted(path for name in SHARED for path in (ROOT / name).rglob("*") if path.is_file()):
        found.update(f"{path.relative_to(ROOT)} ".encode() + hashlib.sha256(path.read_bytes()).digest())
    return found.hexdigest()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
