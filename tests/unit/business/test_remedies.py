"""Every difference that a way can have is named with a verb that exists, and the page about reconciliation says the same."""

from __future__ import annotations

import pytest

from relayer.business.reconcile import Drift, Finding, Source
from relayer.business.remedies import OTHERWISE, REMEDIES
from tests.support.pages import DOCS
from tests.unit.commands.test_every_verb import VERBS

PAGE = (DOCS / "reconcile.md").read_text()
KINDS = {Drift.MISSING, Drift.DOUBLED, Drift.AMOUNT, Drift.PARTIES, Drift.REFERENCE}


def test_every_way_has_all_five_kinds() -> None:
    for source in Source:
        assert {finding.drift for finding in REMEDIES[source]} >= KINDS, source


def test_every_finding_is_of_some_way() -> None:
    assert {finding for table in REMEDIES.values() for finding in table} == set(Finding)


@pytest.mark.parametrize("command", sorted({*OTHERWISE.values(), *(c for t in REMEDIES.values() for c in t.values())}))
def test_every_verb_exists_with_its_options(command: str) -> None:
    words = tuple(command.split())
    verb = max((known for known in VERBS if words[: len(known)] == known), key=len)
    options = {option for parameter in VERBS[verb].params for option in parameter.opts}
    assert verb, command
    assert {word for word in words[len(verb) :] if word.startswith("--")} <= options


def test_the_page_has_the_same_table() -> None:
    rows = [
        f"| {finding.drift.value} | {finding.value} | "
        + " | ".join(f"`{REMEDIES[source][finding]}`" if finding in REMEDIES[source] else "none" for source in Source)
        + " |"
        for finding in Finding
    ]
    assert "\n".join(rows) in PAGE, "\n".join(rows)
    for (source, finding, standing), command in OTHERWISE.items():
        assert f"| {source.value} | {finding.value} | {standing.value} | `{command}` |" in PAGE
