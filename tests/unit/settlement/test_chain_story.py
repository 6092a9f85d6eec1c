"""The story of a settlement chain is what the rules, the codecs and the prover make today."""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path

FOLDER = Path(__file__).parents[2] / "cases" / "chain"


def test_the_story_is_what_the_rules_make() -> None:
    spec = importlib.util.spec_from_file_location("chain_story_generator", FOLDER / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    assert module.story() == json.loads((FOLDER / "story.json").read_text())
