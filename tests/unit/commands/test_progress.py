"""A computation says that it goes on."""

from __future__ import annotations

import time

import pytest

from relayer.commands import progress


def test_a_long_computation_says_so_at_growing_intervals_and_hints_at_a_faster_way(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "_FIRST_WORD_SECONDS", 0.02)
    monkeypatch.setattr(progress, "_HINT_SECONDS", 0.05)
    written = ""
    with progress.at_work("netting 3 debts", hint="`--solver ortools` is faster"):
        deadline = time.monotonic() + 60
        while "ortools" not in written and time.monotonic() < deadline:
            time.sleep(0.01)
            written += capsys.readouterr().err
    lines = written.splitlines()
    assert lines[0] == "netting 3 debts: 0 s so far"
    assert lines[-1].endswith("so far; `--solver ortools` is faster")
    assert len(lines) <= 8


def test_a_short_one_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    with progress.at_work("netting 3 debts"):
        pass
    assert capsys.readouterr().err == ""
