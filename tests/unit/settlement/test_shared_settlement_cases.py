"""The case files that all settlement ledgers are run over are what the Python rules answer today."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from types import ModuleType

import pytest

CASES = Path(__file__).parents[2] / "cases" / "settlement"


def _generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("settlement_case_generator", CASES / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


BUILT = _generator().build()


@pytest.mark.parametrize("name", sorted(BUILT))
def test_the_case_file_is_what_the_rules_answer(name: str) -> None:
    stored = json.loads((CASES / f"{name}.json").read_text())
    assert stored == json.loads(json.dumps(BUILT[name]))


def test_no_two_cases_of_a_file_share_a_name() -> None:
    for cases in BUILT.values():
        names = [case["name"] for case in cases]
        assert len(names) == len(set(names))
