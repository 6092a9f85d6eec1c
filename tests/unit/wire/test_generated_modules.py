"""What is checked in below relayer/wire is exactly what the .proto files give."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.support.paths import ROOT


def modules(folder: Path) -> dict[str, str]:
    found = [path for path in (folder / "interledger").rglob("*") if path.suffix in {".py", ".pyi"}]
    return {str(path.relative_to(folder)): path.read_text() for path in found}


def test_generating_again_changes_nothing(tmp_path: Path) -> None:
    subprocess.run([sys.executable, ROOT / "devnet" / "generate_protos.py", tmp_path], check=True, capture_output=True)
    assert modules(tmp_path) == modules(ROOT / "relayer" / "wire")
