"""Amounts in refusals are decimals with their currency. The same amounts as in unit_test.go of the chain's application."""

from __future__ import annotations

import pytest

from relayer.settlement.model.acts import UnitKey


@pytest.mark.parametrize(
    ("unit", "amount", "text"),
    [
        (UnitKey("EUR", 2), 285_600, "2856.00 EUR"),
        (UnitKey("EUR", 2), 5, "0.05 EUR"),
        (UnitKey("JPY", 0), 1_234, "1234 JPY"),
        (UnitKey("KWD", 3), 0, "0.000 KWD"),
        (UnitKey("EUR", 19), 7, "7 minor units of EUR"),
    ],
)
def test_amounts_are_decimals_with_their_currency(unit: UnitKey, amount: int, text: str) -> None:
    assert unit.text(amount) == text
