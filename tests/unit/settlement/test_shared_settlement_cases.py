"""The case files that all settlement ledgers are run over are what the Python rules answer today."""

from __future__ import annotations

import json

import pytest

from tests.support.paths import CASES
from tests.support.scripts import load_script

SETTLEMENT_CASES = CASES / "settlement"
BUILT = load_script(SETTLEMENT_CASES / "generate.py").build()


@pytest.mark.parametrize("name", sorted(BUILT))
def test_the_case_file_is_what_the_rules_answer(name: str) -> None:
    stored = json.loads((SETTLEMENT_CASES / f"{name}.json").read_text())
    assert stored == json.loads(json.dumps(BUILT[name]))


def test_no_two_cases_of_a_file_share_a_name() -> None:
    for cases in BUILT.values():
        names = [case["name"] for case in cases]
        assert len(names) == len(set(names))
