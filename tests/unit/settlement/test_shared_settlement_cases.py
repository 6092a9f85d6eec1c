"""The case files that all settlement ledgers are run over are what the Python rules answer today."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.scripts import load_script

CASES = Path(__file__).parents[2] / "cases" / "settlement"
BUILT = {**load_script(CASES / "generate.py").build(), **load_script(CASES / "generate_lifecycles.py").build()}


@pytest.mark.parametrize("name", sorted(BUILT))
def test_the_case_file_is_what_the_rules_answer(name: str) -> None:
    stored = json.loads((CASES / f"{name}.json").read_text())
    assert stored == json.loads(json.dumps(BUILT[name]))


def test_no_two_cases_of_a_file_share_a_name() -> None:
    for cases in BUILT.values():
        names = [case["name"] for case in cases]
        assert len(names) == len(set(names))


@pytest.mark.parametrize("name", ["issuers", "signed", "proven", "refusals", "stories", "certificates", "encoding"])
def test_the_file_is_what_its_generator_makes(name: str) -> None:
    module = load_script(CASES / f"generate_{name}.py")
    assert json.loads(json.dumps(module.build())) == json.loads((CASES / f"{name}.json").read_text())
