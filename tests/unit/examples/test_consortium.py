"""The demo's facts: as many as asked for, every kind, and debts that add up to the published table."""

from __future__ import annotations

from collections import Counter

import pytest

from relayer.codes.facts import FactCode, FactKind
from relayer.examples.consortium import DEBTS, OPERATORS, FactDraft, scenario


def test_the_table_adds_up() -> None:
    assert sum(DEBTS.values()) == 13_140_625
    assert len(DEBTS) == 19


@pytest.mark.parametrize("size", [200, 201, 240, 1_000])
def test_every_kind_and_open_debts_as_published(size: int) -> None:
    made = scenario(size)
    drafts = (*made.first, *made.corrections)
    assert made.size == len(drafts) == size
    assert {draft.kind for draft in drafts} == set(FactKind)
    assert {draft.creditor for draft in drafts} == {operator.code for operator in OPERATORS}
    assert open_debts(drafts) == DEBTS


def test_three_facts_have_to_be_refused() -> None:
    codes = Counter(draft.expected_code for draft in scenario(200).first)
    del codes[FactCode.OK]
    assert codes == {FactCode.BAD_TOTAL: 1, FactCode.UNKNOWN_PARTY: 1, FactCode.CURRENCY_UNSUPPORTED: 1}


def test_a_correction_names_an_earlier_fact_of_its_creditor_that_is_larger() -> None:
    made = scenario(1_000)
    for correction in made.corrections:
        assert correction.corrects is not None
        corrected = made.first[correction.corrects]
        assert (corrected.creditor, corrected.debtor) == (correction.creditor, correction.debtor)
        assert corrected.net + corrected.tax > 1_500


def open_debts(drafts: tuple[FactDraft, ...]) -> dict[tuple[str, str], int]:
    debts: Counter[tuple[str, str]] = Counter()
    for draft in drafts:
        if draft.expected_code == FactCode.OK:
            sign = -1 if draft.kind in (FactKind.CREDIT_NOTE, FactKind.PAYMENT_CONFIRMED) else 1
            debts[draft.debtor, draft.creditor] += sign * (draft.net + draft.tax)
    return dict(debts)
