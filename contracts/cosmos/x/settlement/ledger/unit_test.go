package ledger

import (
	"math/big"
	"testing"
)

// The same amounts as in tests/unit/settlement/test_words_of_refusals.py.
func TestAmountsAreDecimalsWithTheirCurrency(t *testing.T) {
	for _, one := range []struct {
		unit   Unit
		amount int64
		text   string
	}{
		{Unit{"EUR", 2}, 285600, "2856.00 EUR"},
		{Unit{"EUR", 2}, 5, "0.05 EUR"},
		{Unit{"JPY", 0}, 1234, "1234 JPY"},
		{Unit{"KWD", 3}, 0, "0.000 KWD"},
		{Unit{"EUR", 19}, 7, "7 minor units of EUR"},
	} {
		if found := one.unit.text(big.NewInt(one.amount)); found != one.text {
			t.Errorf("%v %d: %s, expected %s", one.unit, one.amount, found, one.text)
		}
	}
}
