"""`relayer demo --json`: nothing but the counts on standard output, as published, and they are those of the last line."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.support.outputs import output

pytestmark = [pytest.mark.node, pytest.mark.long]


def test_the_counts_are_the_whole_output() -> None:
    demo = subprocess.run(
        [sys.executable, "-m", "relayer", "demo", "--facts", "200", "--json"], capture_output=True, text=True, check=False
    )
    assert demo.returncode == 0, demo.stderr[-4_000:]
    counted = output("demo", demo.stdout)
    assert (counted["facts"], counted["lost"], counted["duplicated"]) == (200, 0, 0)
    assert counted["acknowledged"] + counted["rejected"] == 200
    words = " ".join(f"{name}={count}" for name, count in counted.items())
    assert f"demo: {words}" in demo.stderr
