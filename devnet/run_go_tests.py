"""Compiles the settlement chain (`chain`), tests both Go modules (`tests`) or vets them (`vet`); without a word, all of it.

From nothing, `go vet` takes as long as the compiler, since it reads every module that is imported, and `go test` vets once
more with its own selection. So tests go without, and vetting is a job of its own.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence

from relayer.devnet.go_program import CHAIN
from relayer.devnet.go_toolchain import GO_FOLDERS, GoToolchain, find_go
from relayer.errors import ConfigurationError

COMMANDS = {
    # A remembered result would not notice a changed case file, because those lie outside of the Go modules.
    "tests": ("test", "-count=1", "-vet=off", "-ldflags=-s -w", "./..."),
    "vet": ("vet", "./..."),
}


def main(arguments: Sequence[str]) -> int:
    """Exit status: 0 if everything passed. All of it runs, so that one run shows all."""
    try:
        go = find_go()
        if not arguments or "chain" in arguments:
            CHAIN.compiled(lambda words: print(words, flush=True))
    except ConfigurationError as error:
        print(error, file=sys.stderr)
        return 1
    return max([0, *(_run(go, word) for word in COMMANDS if not arguments or word in arguments)])


def _run(go: GoToolchain, word: str) -> int:
    found = [
        subprocess.run([str(go.executable), *COMMANDS[word]], cwd=folder, env=go.environment(), check=False).returncode
        for folder in GO_FOLDERS
    ]
    return 1 if any(found) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
