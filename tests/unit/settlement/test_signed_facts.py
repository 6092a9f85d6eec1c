"""Signed facts on a settlement ledger: what the shared cases say of each attacker, and that the cases name all of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from relayer.codes.facts import FactCode
from relayer.codes.settlement import RefusalCode

CASES: dict[str, list[dict[str, Any]]] = {
    case["name"]: case["steps"]
    for case in json.loads((Path(__file__).parents[2] / "cases" / "settlement" / "signed.json").read_text())
}
ATTACKS = {
    "the debtor's issuer signs for the creditor's": RefusalCode.BAD_SIGNATURE,
    "a signature of another form": RefusalCode.BAD_SIGNATURE,
    "other facts than those that were signed": RefusalCode.BAD_SIGNATURE,
    "other statements beside the facts": RefusalCode.BAD_SIGNATURE,
    "a signature for another ledger, by its chain id or its first block": RefusalCode.BAD_SIGNATURE,
    "requests that are not one, or out of range": RefusalCode.INVALID_COMMAND,
    "one fact too many, and a request of 2 MiB": RefusalCode.INVALID_COMMAND,
}
STRANGERS = (
    "the debtor signs for the creditor with its own key",
    "a third party signs for the creditor with its own key",
    "an account that belongs to no party, and one that is registered for another chain",
)


@pytest.mark.parametrize(("name", "refusal"), ATTACKS.items(), ids=ATTACKS)
def test_each_attack_of_the_shared_cases_records_nothing(name: str, refusal: RefusalCode) -> None:
    signed = [step for step in CASES[name] if step["command"] == "SignedFacts"]
    refused = [step for step in signed if "refusal" in step]
    assert refused
    for step in refused:
        assert step["refusal"] == refusal
        assert "entries" not in step
    assert len(signed) - len(refused) <= 1, "what was not changed is taken afterwards"


@pytest.mark.parametrize("name", STRANGERS)
def test_whoever_has_no_right_is_answered_so_for_each_fact(name: str) -> None:
    codes = [code for step in CASES[name] if step["command"] == "SignedFacts" for code in step["codes"]]
    assert codes
    assert set(codes) <= {FactCode.OK, FactCode.ISSUER_NOT_AUTHORISED}
    assert codes.count(FactCode.OK) <= 1
