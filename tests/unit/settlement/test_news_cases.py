"""The cases of news are what the rules and the codec make today, and the stored packets read as they are written."""

from __future__ import annotations

import json
from typing import Any

import pytest

from relayer.errors import InvalidInput
from relayer.facts.status_codec import decode_status_answers, decode_status_packet, encode_status_packet
from tests.support.paths import CASES
from tests.support.scripts import load_script

FOLDER = CASES / "news"


def stored(name: str) -> list[dict[str, Any]]:
    cases: list[dict[str, Any]] = json.loads((FOLDER / name).read_text())
    return cases


def test_the_case_files_are_what_the_rules_make() -> None:
    for name, cases in load_script(FOLDER / "generate.py").build().items():
        assert cases == stored(name), name


@pytest.mark.parametrize("case", stored("packets.json"), ids=lambda case: case["name"])
def test_a_stored_packet_reads_as_it_is_written(case: dict[str, Any]) -> None:
    value = bytes.fromhex(case["value"])
    packet = decode_status_packet(value)
    assert encode_status_packet(packet) == value
    assert [update.sequence for update in packet.updates] == [update["sequence"] for update in case["updates"]]


@pytest.mark.parametrize("case", stored("malformed_packets.json"), ids=lambda case: case["name"])
def test_a_malformed_packet_is_refused(case: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput):
        decode_status_packet(bytes.fromhex(case["value"]))


@pytest.mark.parametrize("case", stored("answers.json"), ids=lambda case: case["name"])
def test_stored_answers_are_read_or_refused(case: dict[str, Any]) -> None:
    value = bytes.fromhex(case["value"])
    if case["answers"] is None:
        with pytest.raises(InvalidInput):
            decode_status_answers(value)
    else:
        assert list(decode_status_answers(value)) == case["answers"]
