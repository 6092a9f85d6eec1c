"""The README names no command that the program does not have. What its commands do is run by the end-to-end tests."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import typer

from relayer.cli import app

README = (Path(__file__).resolve().parents[2] / "README.md").read_text()


def known_commands() -> set[tuple[str, ...]]:
    found: set[tuple[str, ...]] = set()
    for name, command in typer.main.get_command(app).commands.items():  # type: ignore[attr-defined]
        inner = getattr(command, "commands", {})
        found |= {(name,)} | {(name, each) for each in inner}
    return found


def named_commands() -> Iterator[list[str]]:
    for text in re.findall(r"^\$ relayer (.*)$", README, re.MULTILINE):
        yield shlex.split(text)


def test_every_command_that_the_readme_names_exists() -> None:
    known = known_commands()
    groups = {command[0] for command in known if len(command) == 2}
    named = list(named_commands())
    assert named
    for words in named:
        depth = 2 if words[0] in groups and len(words) > 1 and not words[1].startswith("-") else 1
        assert tuple(words[:depth]) in known, words
