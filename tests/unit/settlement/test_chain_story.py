"""The story of a settlement chain, and the networks whose cycles are measured there, are what the rules and solvers make."""

from __future__ import annotations

import json

from tests.support.paths import CASES
from tests.support.scripts import load_script

FOLDER = CASES / "chain"


def test_the_story_is_what_the_rules_make() -> None:
    assert load_script(FOLDER / "generate.py").story() == json.loads((FOLDER / "story.json").read_text())


def test_the_networks_have_the_certificates_of_the_solver() -> None:
    assert load_script(FOLDER / "generate_networks.py").build() == json.loads((FOLDER / "networks.json").read_text())
