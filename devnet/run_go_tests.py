"""Vets and tests both Go modules, as `make test` and `make test-go` do, and compiles the chain for the tests of Python."""

from __future__ import annotations

import subprocess
import sys

from relayer.devnet.chain_binary import chain_program
from relayer.devnet.go_toolchain import GO_FOLDERS, find_go
from relayer.errors import ConfigurationError


def main() -> int:
    """Exit status: 0 if everything passed. All of it runs, so that one run shows all."""
    try:
        go = find_go()
        chain_program(lambda words: print(words, flush=True))
    except ConfigurationError as error:
        print(error, file=sys.stderr)
        return 1
    failed = False
    for folder in GO_FOLDERS:
        # A remembered result would not notice a changed case file, because those lie outside of the Go modules.
        for arguments in (("vet", "./..."), ("test", "-count=1", "./...")):
            command = [str(go.executable), *arguments]
            failed |= subprocess.run(command, cwd=folder, env=go.environment(), check=False).returncode != 0
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
