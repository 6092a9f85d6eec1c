"""Scripts as modules."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.scripts import load_script


def test_a_script_with_dataclasses_is_run_once(tmp_path: Path) -> None:
    script = tmp_path / "made.py"
    script.write_text(
        "from __future__ import annotations\n"
        "from dataclasses import dataclass\n"
        "@dataclass(slots=True)\n"
        "class Made:\n"
        "    number: int\n"
    )
    module = load_script(script)
    assert module.Made(number=3).number == 3
    assert load_script(tmp_path / "." / "made.py") is module


def test_scripts_of_one_name_are_not_mixed_up(tmp_path: Path) -> None:
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "made.py").write_text(f"NAME = {folder!r}\n")
    assert [load_script(tmp_path / folder / "made.py").NAME for folder in ("one", "two")] == ["one", "two"]


def test_a_script_that_failed_is_run_again(tmp_path: Path) -> None:
    script = tmp_path / "made.py"
    script.write_text("raise ValueError('no')\n")
    with pytest.raises(ValueError, match="no"):
        load_script(script)
    script.write_text("NAME = 'good'\n")
    assert load_script(script).NAME == "good"


def test_a_script_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        load_script(tmp_path / "made.py")
