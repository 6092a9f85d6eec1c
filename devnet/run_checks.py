"""`make test`: every check, each with its time, and one closing line. Stops at nothing, so that one run shows all."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BIN = Path(sys.executable).parent

CHECKS = (
    ("lint", [str(BIN / "ruff"), "check", "."]),
    ("imports", [str(BIN / "lint-imports"), "--no-cache"]),
    ("types", [str(BIN / "mypy")]),
    ("go", [sys.executable, str(ROOT / "devnet" / "run_go_tests.py")]),
    ("tests", [sys.executable, "-m", "pytest", "-q"]),
)


def main() -> int:
    failed = []
    begun = time.monotonic()
    for name, command in CHECKS:
        print(f"test: {name} ...", flush=True)
        started = time.monotonic()
        status = subprocess.run(command, cwd=ROOT, check=False).returncode
        print(f"test: {name} {'passed' if status == 0 else 'FAILED'} in {time.monotonic() - started:.0f} s", flush=True)
        if status != 0:
            failed.append(name)
    minutes = (time.monotonic() - begun) / 60
    print(f"test: {'FAILED: ' + ', '.join(failed) if failed else 'all passed'} in {minutes:.1f} minutes")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
