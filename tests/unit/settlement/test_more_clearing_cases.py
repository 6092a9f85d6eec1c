"""The further case files of clearing are what the rules answer today."""

from __future__ import annotations

import json

import pytest

from tests.support.paths import CASES
from tests.support.scripts import load_script

FOLDER = CASES / "clearing"


@pytest.mark.parametrize("name", ["refusals", "stories", "certificates"])
def test_the_file_is_what_its_generator_makes(name: str) -> None:
    module = load_script(FOLDER / f"generate_{name}.py")
    assert json.loads(json.dumps(module.build())) == json.loads((FOLDER / f"{name}.json").read_text())
