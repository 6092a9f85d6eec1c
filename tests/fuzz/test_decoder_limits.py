"""Each decoder of bytes that others chose keeps its bounds of time and memory on the worst inputs known at its limit."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tests.support.decoders import DECODERS, SLOW, table
from tests.support.paths import ROOT


def _measure(*arguments: str) -> dict[str, tuple[float, float]]:
    """By decoder: seconds and mebibytes. In a process of its own, because one that has gRPC running must not fork."""
    run = subprocess.run(
        [sys.executable, "-m", "tests.support.decoders", *arguments], cwd=ROOT, capture_output=True, text=True, check=True
    )
    rows = [json.loads(line) for line in run.stdout.splitlines()]
    return {row["name"]: (row["seconds"], row["mebibytes"]) for row in rows}


@pytest.fixture(scope="module")
def measured() -> dict[str, tuple[float, float]]:
    return _measure()


@pytest.mark.parametrize("decoder", [each for each in DECODERS if each.name not in SLOW], ids=lambda each: each.name)
def test_a_decoder_keeps_its_bounds_at_its_limit(decoder, measured) -> None:
    seconds, mebibytes = measured[decoder.name]
    assert seconds <= decoder.seconds
    assert mebibytes <= decoder.mebibytes


@pytest.mark.long
def test_what_takes_long_keeps_its_bounds_as_well() -> None:
    found = _measure("--slow")
    assert found.keys() == set(SLOW)
    for decoder in DECODERS:
        if decoder.name in SLOW:
            seconds, mebibytes = found[decoder.name]
            assert (decoder.name, seconds <= decoder.seconds) == (decoder.name, True)
            assert (decoder.name, mebibytes <= decoder.mebibytes) == (decoder.name, True)


def test_the_page_has_the_bounds_that_are_held() -> None:
    assert table() in (ROOT / "docs" / "limits.md").read_text()
