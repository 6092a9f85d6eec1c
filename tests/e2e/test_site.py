"""docs/ builds as a site: no warning, no lost link or anchor, and nothing that is loaded from outside."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from tests.support.paths import ROOT


def test_the_site_builds_without_a_warning_or_an_outside_resource(tmp_path: Path) -> None:
    built = subprocess.run(
        [str(Path(sys.executable).parent / "mkdocs"), "build", "--strict", "--quiet", "--site-dir", str(tmp_path / "site")],
        cwd=ROOT,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert built.returncode == 0, built.stdout + built.stderr
    loaded = re.compile(r'<(?:script|link|img|iframe)[^>]*(?:src|href)="?(?:https?:)?//[^>]*>')
    outside = {found for page in (tmp_path / "site").rglob("*.html") for found in loaded.findall(page.read_text())}
    assert outside == set()
