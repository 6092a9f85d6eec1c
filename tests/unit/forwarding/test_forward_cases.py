"""The shared cases of forwarding are what the rules make today, and what a hub stores reads as it is written."""

from __future__ import annotations

import json
from typing import Any

import pytest

from relayer.codes.facts import RETURNED_CODES, FactCode, meaning_of
from relayer.errors import InvalidInput
from relayer.forwarding.model import Forward, RemoveRoute, Route, SetRoute
from relayer.forwarding.records import decode_forward_record, encode_forward_record
from tests.support.paths import CASES
from tests.support.scripts import load_script

FOLDER = CASES / "forward"
ROUTE = Route(
    destination="settle-1",
    origin_client="poa-evm-0",
    client_id="07-tendermint-1",
    quota=3,
    origin_quota=2,
    margin_seconds=60,
)
FORWARD = Forward(
    in_client="poa-evm-0",
    in_sequence=7,
    out_client="07-tendermint-1",
    out_sequence=9,
    destination="settle-1",
    origin_client="",
    in_timeout=1_800_000_000,
    out_timeout=1_799_999_940,
)


def stored(name: str) -> list[dict[str, Any]]:
    cases: list[dict[str, Any]] = json.loads((FOLDER / name).read_text())
    return cases


def test_the_case_files_are_what_the_rules_make() -> None:
    made = load_script(FOLDER / "generate.py").build()
    assert {path.name for path in FOLDER.glob("*.json")} == set(made)
    for name, cases in made.items():
        assert cases == stored(name), name


def test_every_code_of_a_hub_is_among_the_cases() -> None:
    answered = {case["code"] for case in stored("answers.json") if "code" in case}
    assert answered == {code.name for code in (*RETURNED_CODES, FactCode.FAR_REFUSED)}
    routed = {case["code"] for case in stored("routing.json") if "code" in case}
    assert routed == {code.name for code in RETURNED_CODES - {FactCode.FAR_TIMEOUT}}
    assert all(meaning_of(FactCode[name]).endswith(".") for name in answered)


@pytest.mark.parametrize("case", stored("loops.json"), ids=lambda case: f"{case['margin_seconds']} s")
def test_a_loop_of_hubs_ends_with_the_packets_time(case: dict[str, Any]) -> None:
    assert case["sent"] < case["timeout_seconds"] / case["margin_seconds"]


RECORDS = [ROUTE, FORWARD, SetRoute(route=ROUTE), RemoveRoute(destination="settle-1")]


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: type(record).__name__)
def test_a_record_reads_as_it_is_written(record: object) -> None:
    raw = encode_forward_record(record)
    assert decode_forward_record(type(record), raw) == record
    with pytest.raises(InvalidInput):
        decode_forward_record(type(record), raw + b"\x00")


def test_a_number_that_no_message_holds_is_refused() -> None:
    with pytest.raises(InvalidInput):
        encode_forward_record(RemoveRoute(destination="\ud800"))
