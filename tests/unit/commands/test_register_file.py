"""settlement.json: the shipped example is sound; each mutation is refused with its place."""

from __future__ import annotations

import json
from importlib import resources
from pathlib import Path
from typing import Any

import pytest

from relayer.commands.register_file import read_register
from relayer.errors import InvalidInput
from relayer.facts.ways import Way
from relayer.settlement.model.parties import ALL_MODES
from relayer.settlement.netting.modes import NettingMode

EXAMPLE = json.loads(resources.files("relayer.examples").joinpath("settlement.json").read_text())


def write(folder: Path, content: Any) -> Path:
    path = folder / "settlement.json"
    path.write_text(json.dumps(content))
    return path


def test_the_example_is_sound(tmp_path: Path) -> None:
    register = read_register(write(tmp_path, EXAMPLE))
    assert [party.ocpi_id for party in register.parties] == ["DE*NBM", "DE*KCS"]
    assert register.agreements[0].currencies[0].exponent == 2
    assert register.agreements[0].currencies[0].open_limit is None


def test_facts_come_in_packets_alone_unless_the_agreement_says_otherwise(tmp_path: Path) -> None:
    assert read_register(write(tmp_path, EXAMPLE)).agreements[0].ways == (Way.INTERLEDGER,)
    named = {**EXAMPLE["agreements"][0], "ways": ["pulled-proven", "pushed"]}
    register = read_register(write(tmp_path, {**EXAMPLE, "agreements": [named]}))
    assert register.agreements[0].ways == (Way.PUSHED, Way.PULLED_PROVEN)


def test_netting_modes_are_all_or_those_that_are_named(tmp_path: Path) -> None:
    assert read_register(write(tmp_path, EXAMPLE)).agreements[0].netting_modes == ALL_MODES
    named = {**EXAMPLE["agreements"][0], "netting_modes": ["cycle", "bilateral"]}
    register = read_register(write(tmp_path, {**EXAMPLE, "agreements": [named]}))
    assert register.agreements[0].netting_modes == (NettingMode.BILATERAL, NettingMode.CYCLE)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"parties": [{"id": "NBM", "name": "Nordbahn"}]}, "such as DE*KCS"),
        ({"parties": [{"id": "DE*NBM"}]}, "parties.0.name"),
        ({"parties": [{"id": "DE*NBM", "name": "N", "account": "0x1"}]}, "parties.0.account"),
        ({"parties": [{"id": "DE*NBM", "name": "N", "lei": "short"}]}, "parties.0.lei"),
        ({"party": []}, "party"),
        ({"agreements": [{"creditor": "DE*KCS", "debtor": "DE*NBM", "currencies": []}]}, "agreements.0.currencies"),
        ({"agreements": [{**EXAMPLE["agreements"][0], "ways": []}]}, "agreements.0.ways"),
        ({"agreements": [{**EXAMPLE["agreements"][0], "ways": ["PUSHED"]}]}, "agreements.0.ways"),
        ({"agreements": [{**EXAMPLE["agreements"][0], "netting_modes": []}]}, "agreements.0.netting_modes"),
        ({"agreements": [{**EXAMPLE["agreements"][0], "netting_modes": ["HUB"]}]}, "agreements.0.netting_modes"),
        ({"agreements": [{"creditor": "DE*KCS", "debtor": "?", "currencies": [{"currency": "EUR", "exponent": 2}]}]}, "'?'"),
    ],
)
def test_one_mutation_is_refused(change: dict[str, Any], words: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput) as caught:
        read_register(write(tmp_path, {**EXAMPLE, **change}))
    assert words in str(caught.value)


def test_a_file_that_is_absent(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="cannot be read"):
        read_register(tmp_path / "none.json")
