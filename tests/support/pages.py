"""README and docs/ as tests read them: which commands they show, and which files they tell a reader to write.

A block of kind `console` is a promise: each of its lines is run by a test, with the files of the page written first.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from tests.support.paths import ROOT

README = ROOT / "README.md"
DOCS = ROOT / "docs"
AFTER_THE_README = ("operations.md", "reconcile.md", "settlement.md", "trust.md")
"""Pages whose commands continue the README's walk-through, on its network."""
WITH_A_BROKER = ("queue.md",)
"""Pages whose commands need a message broker and nothing else."""
WITH_A_CHAIN = ("cosmos.md",)
"""Pages whose commands start a development network with a chain."""
WITH_AN_AGENT = ("agent.md",)
"""Pages whose commands run over a node and an embedded ledger."""
BACKGROUND = " &"


def pages() -> list[Path]:
    """README, CONTRIBUTING and every page of docs/."""
    return [README, ROOT / "CONTRIBUTING.md", *sorted(DOCS.rglob("*.md"))]


def commands(page: Path) -> list[str]:
    """What follows `$ relayer ` in the page's console blocks. Any other line there is refused: no test would run it."""
    lines = [
        line for block in re.findall(r"```console\n(.*?)```", page.read_text(), re.DOTALL) for line in block.splitlines()
    ]
    assert all(line.startswith("$ relayer ") for line in lines), f"{page}: {lines}"
    return [line.removeprefix("$ relayer ") for line in lines]


def json_blocks(page: Path) -> list[str]:
    """Untitled JSON blocks, in order."""
    return re.findall(r"```json\n(.*?)```", page.read_text(), re.DOTALL)


def titled_files(page: Path) -> Mapping[str, str]:
    """Blocks with a title, which is the name of the file that they are."""
    return dict(re.findall(r'```json title="([^"]+)"\n(.*?)```', page.read_text(), re.DOTALL))
