"""The published schema: any change of what commands print is seen here first."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import pytest
import typer
from jsonschema import Draft202012Validator, ValidationError
from typer.testing import CliRunner

from relayer.cli import app
from relayer.views.outputs import OUTPUTS
from relayer.views.plain import as_plain, from_plain
from relayer.views.schema import document, of_output
from relayer.views.values import Hex

GOLDEN = Path(__file__).with_name("schema.json")


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaf:
    """A leaf."""

    name: str
    digits: Hex


@dataclass(frozen=True, slots=True, kw_only=True)
class Tree:
    """A tree."""

    kind: Literal["tree"]
    height: float
    size: int | None
    leaves: tuple[Leaf, ...]


TREE = Tree(kind="tree", height=1.5, size=None, leaves=(Leaf(name="a", digits="0x01"),))


def test_the_schema_is_the_published_one() -> None:
    """After a wanted change: relayer schema > tests/unit/views/schema.json."""
    result = CliRunner().invoke(app, ["schema"])
    assert json.loads(result.stdout) == json.loads(GOLDEN.read_text())
    Draft202012Validator.check_schema(json.loads(result.stdout))


@pytest.mark.parametrize("name", OUTPUTS)
def test_each_output_has_a_schema_of_its_own(name: str) -> None:
    schema = json.loads(CliRunner().invoke(app, ["schema", name]).stdout)
    Draft202012Validator.check_schema(schema)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    validator = Draft202012Validator(schema)
    assert not validator.is_valid("no output is a text")


def test_an_unknown_output_is_refused_with_those_that_there_are() -> None:
    error = CliRunner().invoke(app, ["schema", "nothing"]).exception
    assert "settlement positions" in str(error)


RUNNING = {
    "start",
    "agent serve",
    "ledger serve",
    "authority serve",
    "devnet run",
    "push listen",
    "push serve",
    "queue serve",
}
"""They end by a signal and have no result; with --json their logs have that form."""
OWN_FORM = {"schema", "queue asyncapi"}
"""JSON in any case."""


def test_every_command_that_prints_json_is_published() -> None:
    commands = dict(_commands("", typer.main.get_command(app)))
    printing = {name for name, command in commands.items() if any(each.name == "json" for each in command.params)}
    published = {
        name.removesuffix(" --dry-run").removesuffix(" --ways") for name in OUTPUTS if not name.startswith(("GET ", "POST "))
    } - {"error"}
    assert printing - RUNNING - OWN_FORM == published - {"start"}


def test_every_command_takes_json() -> None:
    assert {
        name
        for name, command in _commands("", typer.main.get_command(app))
        if not any(each.name == "json" for each in command.params)
    } == set()


def test_a_view_is_read_as_it_was_written() -> None:
    assert from_plain(Tree, as_plain(TREE)) == TREE
    assert from_plain(Tree, {**as_plain(TREE), "colour": "new in a later version"}) == TREE


@pytest.mark.parametrize(
    "change", [{"kind": "bush"}, {"height": "1"}, {"size": True}, {"leaves": {}}, {"leaves": [{"name": "a"}]}]
)
def test_what_is_no_view_is_refused_by_reader_and_schema(change: dict[str, Any]) -> None:
    wrong = {**as_plain(TREE), **change}
    with pytest.raises(ValueError, match=r"missing|is not|fits none"):
        from_plain(Tree, wrong)
    with pytest.raises(ValidationError):
        Draft202012Validator(of_output(Tree)).validate(wrong)


def test_a_document_has_each_view_once() -> None:
    found = document({"one": Tree, "many": tuple[Tree, ...]})
    assert list(found["$defs"]) == ["many", "one", "Leaf", "Tree"]


def _commands(prefix: str, command: Any) -> Any:
    if not hasattr(command, "commands"):
        yield prefix, command
        return
    loaded = command.loaded() if hasattr(command, "loaded") else command
    if prefix and not loaded.no_args_is_help:
        yield prefix, loaded
    for name, child in loaded.commands.items():
        yield from _commands(f"{prefix} {name}".strip(), child)
