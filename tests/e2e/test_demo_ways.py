"""`relayer demo --ways --json`: by each way, and one fact by all of them: nothing is lost, nothing doubled."""

from __future__ import annotations

import subprocess
import sys

import pytest

from relayer.demo.ways import TRIPS
from relayer.devnet.ways.work import WayName
from tests.support.outputs import output

pytestmark = [pytest.mark.node, pytest.mark.long]


def test_every_way_leads_to_one_liability_for_each_trip() -> None:
    command = [sys.executable, "-m", "relayer", "demo", "--ways", "--json"]
    demo = subprocess.run(command, capture_output=True, text=True, check=False)
    assert demo.returncode == 0, demo.stderr[-4_000:]
    counted = output("demo --ways", demo.stdout)
    assert (counted["ways"], counted["trips"]) == (len(WayName), len(WayName) * TRIPS)
    assert counted["liabilities"] == counted["trips"] + 1
    assert [counted[name] for name in ("lost", "doubled", "wrong_references", "differences")] == [0, 0, 0, 0]
    words = " ".join(f"{name}={count}" for name, count in counted.items())
    assert f"demo: {words}" in demo.stderr
