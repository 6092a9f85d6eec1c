"""The story of a settlement chain, and the networks whose cycles are measured there, are what the rules and solvers make."""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path
from types import ModuleType

FOLDER = Path(__file__).parents[2] / "cases" / "chain"


def generator(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"chain_{name}", FOLDER / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def test_the_story_is_what_the_rules_make() -> None:
    assert generator("generate").story() == json.loads((FOLDER / "story.json").read_text())


def test_the_networks_have_the_certificates_of_the_solver() -> None:
    assert generator("generate_networks").build() == json.loads((FOLDER / "networks.json").read_text())
