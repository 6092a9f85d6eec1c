"""Proven facts on a settlement ledger: what the shared cases say of each forger, and that the cases name all of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from relayer.codes.facts import FactCode
from relayer.codes.settlement import RefusalCode

CASES: dict[str, list[dict[str, Any]]] = {
    case["name"]: case["steps"]
    for case in json.loads((Path(__file__).parents[2] / "cases" / "settlement" / "proven.json").read_text())
}
FORGERIES = {
    "storage of a contract that the attacker owns": {RefusalCode.BAD_PROOF},
    "nodes that do not lead to the slot": {RefusalCode.BAD_PROOF},
    "proofs that end early, go on, or name no node": {RefusalCode.BAD_PROOF},
    "nodes that were changed": {RefusalCode.BAD_PROOF},
    "what the contract says of its ledger is left out": {RefusalCode.BAD_PROOF},
    "another contract than the one that the account proof is about, and one that does not exist": {
        RefusalCode.BAD_PROOF,
        RefusalCode.CONTRACT_NOT_BOUND,
    },
    "a height that the client does not know, and one at which the fact was not minted": {
        RefusalCode.HEIGHT_UNKNOWN,
        RefusalCode.BAD_PROOF,
    },
    "a client that is frozen, has expired, or does not exist": {RefusalCode.CLIENT_NOT_USABLE},
    "a contract that no operator has bound to the client, and one that was released": {RefusalCode.CONTRACT_NOT_BOUND},
    "requests that are not one, or out of range": {RefusalCode.INVALID_COMMAND},
}


@pytest.mark.parametrize(("name", "refusals"), FORGERIES.items(), ids=FORGERIES)
def test_each_forgery_of_the_shared_cases_records_nothing(name: str, refusals: set[RefusalCode]) -> None:
    refused = [step for step in CASES[name] if step["command"] == "FactProof" and "refusal" in step]
    assert {step["refusal"] for step in refused} == refusals
    assert not any(step.get("entries") for step in refused)


def test_no_fact_of_another_ledger_becomes_a_liability() -> None:
    """It would be one liability here and one there."""
    name = "a contract that knows two settlement ledgers: only what this one has answered is its own"
    (step,) = [step for step in CASES[name] if step["command"] == "FactProof"]
    assert step["codes"].count(FactCode.OTHER_LEDGER) == 7
    assert step["codes"].count(FactCode.OK) == len(step["entries"]) == 1
