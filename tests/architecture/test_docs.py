"""The README and the pages of docs/: their size, their links, and what they must not leave out."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any, get_args

import pytest
import typer
from pydantic import BaseModel

from relayer.cli import app
from relayer.commands.arguments.groups import LateGroup
from relayer.config.fields import Section
from relayer.config.pushing import PushSettings
from relayer.config.relayer_file import RelayerSettings
from relayer.config.serving import AuthoritySettings, LedgerFileSettings
from relayer.core.diagram import lifecycle_diagram
from tests.support.pages import (
    AFTER_THE_README,
    BACKGROUND,
    DOCS,
    README,
    WITH_A_BROKER,
    WITH_A_CHAIN,
    WITH_AN_AGENT,
    commands,
    pages,
)
from tests.support.paths import ROOT

README_LINES = 170
DECISIONS = sorted((DOCS / "adr").glob("0*.md"))
FOLDERS = ("relayer", "tests", "contracts", "proto", "devnet", "docs", "requirements")


def test_the_readme_is_short() -> None:
    assert len(README.read_text().splitlines()) <= README_LINES


def test_the_lifecycle_page_shows_the_lifecycle_as_it_is() -> None:
    assert f"```mermaid\n{lifecycle_diagram()}```" in (DOCS / "lifecycle.md").read_text(), (
        "replace the state diagram of docs/lifecycle.md by what relayer.core.diagram.lifecycle_diagram() returns"
    )


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_links_and_paths_lead_somewhere(page: Path) -> None:
    text = page.read_text()
    lost = [link for link in re.findall(r"\]\(([^)]+)\)", text) if not _leads_somewhere(page, link)]
    paths = re.findall(rf"`((?:{'|'.join(FOLDERS)})/[\w./*-]*)`", text)
    lost += [path for path in paths if not (list(ROOT.glob(path)) if "*" in path else (ROOT / path).exists())]
    assert lost == []


def test_every_page_with_commands_is_walked() -> None:
    walked = {DOCS / name for name in (*AFTER_THE_README, *WITH_A_BROKER, *WITH_A_CHAIN, *WITH_AN_AGENT)} | {README}
    assert {page for page in pages() if commands(page)} == walked


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_commands_and_their_options_exist(page: Path) -> None:
    named = re.findall(r"`relayer ((?:[a-z-]+ ?)+)[^`]*`", page.read_text())
    unknown = [f"relayer {words}" for words in named if _command(words.split()) is None]
    for command in commands(page):
        words = shlex.split(command.removesuffix(BACKGROUND))
        found = _command(words)
        options = {option for parameter in found.params for option in parameter.opts} if found else set()
        unknown += [f"relayer {command}: {word}" for word in words if word.startswith("--") and word not in options]
    assert unknown == []


@pytest.mark.parametrize("settings", [RelayerSettings, AuthoritySettings, LedgerFileSettings, PushSettings])
def test_every_key_of_a_configuration_file_is_on_its_page(settings: type[Section]) -> None:
    told = set(re.findall(r"\w+", " ".join(re.findall(r"`([^`]+)`", (DOCS / "configuration.md").read_text()))))
    assert {name for model in _sections(settings) for name in model.model_fields} - told == set()


def test_a_decision_has_context_decision_and_consequences_and_is_listed() -> None:
    assert len(DECISIONS) >= 10
    index = (DOCS / "adr" / "index.md").read_text()
    for number, path in enumerate(DECISIONS, start=1):
        text = path.read_text()
        assert path.name.startswith(f"{number:04d}-")
        assert re.match(rf"# {number}\. .+\n\n## Context\n.+\n\n## Decision\n.+\n\n## Consequences\n.+", text, re.DOTALL), (
            path
        )
        assert f"]({path.name})" in index


def _command(words: list[str]) -> Any:
    """The command that the words begin with, or None. A group of another module is made for it, as its call would."""
    found: Any = typer.main.get_command(app)
    for word in words:
        if isinstance(found, LateGroup):
            found = found.make_context(word, [], resilient_parsing=True).command
        if (inner := getattr(found, "commands", None)) is None:
            break
        if (found := inner.get(word)) is None:
            return None
    return found


def _leads_somewhere(page: Path, link: str) -> bool:
    """A link to a file of the repository, and to a heading in it if it names one. None leads outside."""
    name, _, anchor = link.partition("#")
    target = page if not name else page.parent / name
    if not target.exists():
        return False
    headings = re.findall(r"^#+ (.+)$", target.read_text(), re.MULTILINE) if anchor else []
    return not anchor or anchor in {
        re.sub(r"[^\w\- ]", "", heading).strip().lower().replace(" ", "-") for heading in headings
    }


def _sections(model: type[BaseModel]) -> Iterator[type[BaseModel]]:
    """A model and every section that its fields may hold."""
    yield model
    for field in model.model_fields.values():
        for inner in _models(field.annotation):
            yield from _sections(inner)


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    else:
        yield from chain.from_iterable(map(_models, get_args(annotation)))
