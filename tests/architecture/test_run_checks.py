"""The runner of checks: side by side as far as the processors carry, in order where one needs another, all of it told."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.paths import ROOT
from tests.support.scripts import load_script

GO_TESTS = load_script(ROOT / "devnet" / "run_go_tests.py")
RUNNER = load_script(ROOT / "devnet" / "run_checks.py")


def job(name: str, script: str, **more: Any) -> Any:
    return RUNNER.Job(name=name, command=(sys.executable, "-c", script), **more)


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    monkeypatch.setattr(RUNNER, "LOGS", tmp_path / "logs")
    monkeypatch.chdir(tmp_path)

    def run(*jobs: Any) -> tuple[int, list[str]]:
        status = RUNNER.Checks(title="test", waiting=list(jobs)).run()
        return status, capsys.readouterr().out.splitlines()

    return run


def test_closing_lines_are_kept_and_added_up(run: Any) -> None:
    status, told = run(
        job("one", "print('...\\n12 passed in 3.21s')"), job("two", "print('=== 30 passed, 1 skipped in 1.00s (0:01) ===')")
    )
    assert status == 0
    assert any(line.startswith("test: one passed in ") and line.endswith(": 12 passed in 3.21s") for line in told)
    assert any(line.endswith(": 30 passed, 1 skipped in 1.00s (0:01)") for line in told)
    assert told[-1].startswith("test: all passed in ")
    assert "42 tests and 2 jobs" in told[-1]


def test_a_failure_is_shown_whole_and_stops_nothing(run: Any) -> None:
    status, told = run(job("bad", "import sys; print('what went wrong'); sys.exit(3)"), job("good", "print('unseen')"))
    assert status == 1
    assert "what went wrong" in told
    assert "unseen" not in told
    assert told[-1].startswith("test: FAILED: bad in ")
    assert any(line.startswith("test: good passed") for line in told)


def test_what_needs_another_starts_after_it_even_if_that_failed(run: Any, tmp_path: Path) -> None:
    first = tmp_path / "first"
    make = f"import sys, time; time.sleep(0.5); open({str(first)!r}, 'w'); sys.exit(1)"
    look = f"import os, sys; sys.exit(not os.path.exists({str(first)!r}))"
    status, told = run(job("make", make), job("look", look, after=("make",)))
    assert status == 1
    assert any(line.startswith("test: look passed") for line in told)


def test_no_more_run_at_once_than_the_processors_carry(run: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 1)
    script = (
        "import os, sys, time; from pathlib import Path\n"
        f"folder = Path({str(tmp_path)!r}); (folder / f'{{os.getpid()}}.run').touch(); time.sleep(0.3)\n"
        "together = len(list(folder.glob('*.run'))); (folder / f'{os.getpid()}.run').unlink(); sys.exit(together > 1)"
    )
    status, _ = run(*(job(f"number {number}", script) for number in range(3)))
    assert status == 0


def test_what_is_shown_comes_line_by_line(run: Any) -> None:
    _, told = run(job("chain", "print('12 packages'); print('40 packages')", is_shown=True))
    assert told[:2] == ["test: chain: 12 packages", "test: chain: 40 packages"]


@pytest.mark.parametrize(
    ("source", "is_anew"),
    [
        ("raw, err := os.ReadFile(name)", True),
        ('_ = os.Getenv("INTERLEDGER_SHARED_FILES")\nraw, err := os.ReadFile(name)', False),
        ("require.Equal(t, 1, one())", False),
        ('exec.Command("relayer")', True),
    ],
)
def test_go_remembers_no_result_that_depends_on_files_it_does_not_see(tmp_path: Path, source: str, is_anew: bool) -> None:
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "rules_test.go").write_text(source)
    (command,) = [command for _, command in GO_TESTS._tests(tmp_path)]
    assert ("-count=1" in command, command[-1]) == (is_anew, "./rules")
