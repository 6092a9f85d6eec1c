"""The further case files of clearing are what the rules answer today."""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "cases" / "clearing"


@pytest.mark.parametrize("name", ["refusals", "stories", "certificates"])
def test_the_file_is_what_its_generator_makes(name: str) -> None:
    spec = importlib.util.spec_from_file_location(f"{name}_case_generator", FOLDER / f"generate_{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    assert json.loads(json.dumps(module.build())) == json.loads((FOLDER / f"{name}.json").read_text())
