"""Compiles the settlement chain (`chain`), or vets and tests both Go modules (`tests`); without a word, both."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence

from relayer.devnet.chain_binary import chain_program
from relayer.devnet.go_toolchain import GO_FOLDERS, GoToolchain, find_go
from relayer.errors import ConfigurationError


def main(arguments: Sequence[str]) -> int:
    """Exit status: 0 if everything passed. All of it runs, so that one run shows all."""
    try:
        go = find_go()
        if "tests" not in arguments:
            chain_program(lambda words: print(words, flush=True))
    except ConfigurationError as error:
        print(error, file=sys.stderr)
        return 1
    return 0 if "chain" in arguments else _test(go)


def _test(go: GoToolchain) -> int:
    failed = False
    for folder in GO_FOLDERS:
        # A remembered result would not notice a changed case file, because those lie outside of the Go modules.
        for words in (("vet", "./..."), ("test", "-count=1", "-ldflags=-s -w", "./...")):
            command = [str(go.executable), *words]
            failed |= subprocess.run(command, cwd=folder, env=go.environment(), check=False).returncode != 0
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
