"""The README's commands: each exists, none is left out, and the set-up commands run as they stand there."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import typer

from relayer.cli import app

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text()


def every_command() -> Iterator[str]:
    root = typer.main.get_command(app)
    for name, command in root.commands.items():  # type: ignore[attr-defined]
        inner = getattr(command, "commands", None)
        yield from (f"relayer {name} {each}" for each in inner) if inner else (f"relayer {name}",)


def section(title: str) -> str:
    return re.split(r"^#+ ", README.split(f"### {title}\n", 1)[1], maxsplit=1, flags=re.MULTILINE)[0]


def commands_of(title: str) -> list[list[str]]:
    (block,) = re.findall(r"```console\n(.*?)```", section(title), re.DOTALL)
    return [shlex.split(line.removeprefix("$ relayer ")) for line in block.splitlines() if line.startswith("$ relayer ")]


def test_every_command_stands_in_the_readme() -> None:
    assert [command for command in every_command() if command != "relayer demo" and command not in README] == []


def test_the_set_up_commands_run(tmp_path: Path) -> None:
    commands = commands_of("Set up")
    assert commands
    for arguments in commands:
        finished = subprocess.run(
            [sys.executable, "-m", "relayer", *arguments],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert finished.returncode == 0, finished.stderr


def test_the_exit_statuses_are_those_of_the_program() -> None:
    documented = " ".join(section("Exit status").split())
    assert documented.rstrip(".") in " ".join((app.info.epilog or "").split())
