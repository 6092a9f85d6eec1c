"""Reconciliation: two ledgers that agree, and each way in which one mutation makes them disagree."""

from __future__ import annotations

from dataclasses import replace

import pytest

from relayer.business.reconcile import ComparedFact, Finding, LiabilityRecord, Standing, reconcile
from relayer.facts.codec import liability_id
from relayer.facts.ways import Way

NOTHING = bytes(32)


def fact(number: int, standing: Standing = Standing.REFERENCED) -> ComparedFact:
    fact_id, fact_hash = bytes([number]) * 32, bytes([number, 7]) * 16
    referenced = standing is Standing.REFERENCED
    return ComparedFact(
        fact_id=fact_id,
        fact_hash=fact_hash,
        standing=standing,
        liability_id=liability_id(fact_id, fact_hash) if referenced else NOTHING,
        settlement_sequence=number if referenced else 0,
    )


def liability(number: int) -> LiabilityRecord:
    of = fact(number)
    return LiabilityRecord(liability_id=of.liability_id, sequence=number, fact_id=of.fact_id, fact_hash=of.fact_hash)


def findings(facts: list[ComparedFact], liabilities: list[LiabilityRecord]) -> set[Finding]:
    result = reconcile(facts, liabilities)
    assert result.agrees == (not result.differences)
    return {difference.finding for difference in result.differences}


def test_two_ledgers_that_agree() -> None:
    facts = [fact(1), fact(2), fact(3, Standing.UNREFERENCED), fact(4, Standing.TRAVELLING), fact(5, Standing.TRAVELLING)]
    result = reconcile(facts, [liability(1), liability(2), liability(4)])
    assert result.agrees
    assert (result.facts, result.liabilities, result.matched, result.travelling) == (5, 3, 2, 2)


def test_a_fact_that_was_pushed_or_pulled_agrees_without_a_packet() -> None:
    by_signature = replace(liability(1), way=Way.PUSHED)
    for standing, signed in ((Standing.UNREFERENCED, 1), (Standing.TRAVELLING, 0), (Standing.REFERENCED, 0)):
        result = reconcile([fact(1, standing)], [by_signature])
        assert result.agrees
        assert (result.liabilities, result.signed) == (1, signed)


def test_nothing_agrees_with_nothing() -> None:
    assert reconcile([], []).agrees


@pytest.mark.parametrize(
    ("facts", "liabilities", "expected"),
    [
        ([fact(1)], [], {Finding.LIABILITY_MISSING}),
        ([fact(1, Standing.UNREFERENCED)], [liability(1)], {Finding.LIABILITY_UNEXPECTED}),
        ([fact(1, Standing.WITHDRAWN)], [replace(liability(1), way=Way.PUSHED)], {Finding.LIABILITY_UNEXPECTED}),
        ([], [replace(liability(1), way=Way.PUSHED)], {Finding.FACT_UNKNOWN}),
        (
            [replace(fact(1, Standing.UNREFERENCED), fact_hash=bytes(32))],
            [replace(liability(1), way=Way.PUSHED)],
            {Finding.HASH_DIFFERS},
        ),
        ([fact(1)], [liability(1), liability(1)], {Finding.LIABILITY_TWICE}),
        ([], [liability(1)], {Finding.FACT_UNKNOWN}),
        ([replace(fact(1), fact_hash=b"x" * 32)], [liability(1)], {Finding.HASH_DIFFERS}),
        ([replace(fact(1), settlement_sequence=9)], [liability(1)], {Finding.REFERENCE_DIFFERS}),
        ([replace(fact(1), liability_id=b"x" * 32)], [liability(1)], {Finding.REFERENCE_DIFFERS}),
        (
            [replace(fact(1), liability_id=b"x" * 32)],
            [replace(liability(1), liability_id=b"x" * 32)],
            {Finding.LIABILITY_ID_WRONG},
        ),
    ],
)
def test_one_mutation_is_found(
    facts: list[ComparedFact], liabilities: list[LiabilityRecord], expected: set[Finding]
) -> None:
    sound = [fact(8)]
    assert findings(facts + sound, [*liabilities, liability(8)]) == expected
    assert reconcile(facts + sound, [*liabilities, liability(8)]).matched == 1
