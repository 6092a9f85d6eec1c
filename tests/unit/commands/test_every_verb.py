"""The whole command line, verb by verb: each takes --json, and wrong input is one sentence with a documented status."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from relayer.cli import app
from relayer.commands.arguments.groups import LateGroup
from relayer.commands.ending import BUG, run
from tests.support.outputs import output

NOWHERE = "/dev/null/folder/file"
RUNS_BY_ITSELF = {("demo",), ("bench",), ("bench", "netting"), ("bench", "start"), ("bench", "ways"), ("schema",)}
"""They need no file that could be missing, or do much before they do."""


def verbs() -> Iterator[tuple[tuple[str, ...], Any]]:
    """Words and command of each; a group that does something by itself is a verb as well."""

    def walk(command: Any, words: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
        found = command.loaded() if isinstance(command, LateGroup) else command
        inner = getattr(found, "commands", None)
        if inner is None or (words and found.invoke_without_command):
            yield words, found
        for name, each in (inner or {}).items():
            yield from walk(each, (*words, name))

    return walk(get_command(app), ())


VERBS = dict(verbs())


def required(command: Any) -> list[str]:
    """Values of the arguments and options that must be given."""
    given: list[str] = []
    for parameter in command.params:
        if parameter.required:
            value = "5" if parameter.type_descriptor.annotation is int else NOWHERE
            given += [value] if parameter.param_type_name == "argument" else [parameter.opts[0], value]
    return given


def placed(command: Any) -> list[str]:
    """Every file that the verb reads or writes is somewhere that does not exist."""
    given: list[str] = []
    for parameter in command.params:
        if parameter.type_descriptor.annotation is Path:
            if parameter.param_type_name == "option":
                given += [parameter.opts[-1], NOWHERE]
            elif not parameter.required:
                given.append(NOWHERE)
    return given


def ended(*arguments: str, monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr(sys, "argv", ["relayer", *arguments])
    with pytest.raises(SystemExit) as caught:
        run(app)
    assert isinstance(caught.value.code, int)
    return caught.value.code


@pytest.mark.parametrize("words", VERBS, ids=" ".join)
def test_every_verb_takes_json(words: tuple[str, ...]) -> None:
    assert any("--json" in parameter.opts for parameter in VERBS[words].params)


@pytest.mark.parametrize("words", sorted(VERBS.keys() - RUNS_BY_ITSELF), ids=" ".join)
def test_files_that_are_not_there_are_one_sentence_or_json(
    words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    arguments = (*words, *required(VERBS[words]), *placed(VERBS[words]))
    status = ended(*arguments, monkeypatch=monkeypatch)
    told = capsys.readouterr()
    assert 1 <= status < BUG, told.err
    assert "Traceback" not in told.err
    assert told.out == ""
    assert told.err.splitlines()[-1].startswith("relayer: ")
    assert ended(*arguments, "--json", monkeypatch=monkeypatch) == status
    error = output("error", capsys.readouterr().err.splitlines()[-1])["error"]
    assert error["status"] == status
    assert list(tmp_path.iterdir()) == []
