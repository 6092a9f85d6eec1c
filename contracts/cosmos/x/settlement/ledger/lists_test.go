package ledger

import (
	"math/big"
	"testing"

	"github.com/stretchr/testify/require"

	"interledger.example/cosmos/x/settlement/facts"
)

// withPayments is a book in which the payments have these ids.
func withPayments(t *testing.T, ids ...string) Book {
	t.Helper()
	book := newBook()
	party := make(Bytes, hashBytes)
	for _, id := range ids {
		book.append(paymentInstructed{
			Act:   Act{RequestID: id, RequestDigest: make(Bytes, hashBytes)},
			Order: PaymentOrder{PaymentID: id, Debtor: party, Creditor: party, Amount: new(big.Int), Shares: []Share{}},
		})
	}
	return book
}

func TestPaymentsAreListedInPagesByTheirIDs(t *testing.T) {
	book := withPayments(t, "b", "a", "ab", "c")
	var ids []string
	for after := ""; ; {
		page := book.Payments(after, 1)
		if len(page) == 0 {
			break
		}
		require.Len(t, page, 1)
		after = page[0].Order.PaymentID
		ids = append(ids, after)
	}
	require.Equal(t, []string{"a", "ab", "b", "c"}, ids)
	require.Len(t, book.Payments("", 3), 3)
	require.Empty(t, book.Payments("d", 3))
	require.Empty(t, book.Disputes("", 3))
	require.Empty(t, book.Cycles("", 3))
}

func TestAUnitThatIsNoneHasNoNetting(t *testing.T) {
	for _, unit := range []Unit{{}, {Currency: "EUR", Exponent: 19}, {Currency: "EUR", Exponent: 258}, {Currency: "eur"}} {
		_, err := newBook().Netting(Scope{Unit: unit, Mode: ModeCycle})
		require.ErrorIs(t, err, ErrInvalidCommand, unit)
	}
	input, err := newBook().Netting(Scope{Unit: Unit{Currency: "EUR", Exponent: 2}, Mode: ModeCycle})
	require.NoError(t, err)
	require.Empty(t, input.Debts)
}

func TestTheRunningCycleIsTold(t *testing.T) {
	told := 0
	for _, each := range loadClearing(t) {
		book := each.play(t)
		for _, cycle := range book.Cycles("", 1000) {
			if cycle.State == CycleProposed || cycle.State == CycleVerified {
				input, err := book.Netting(Scope{Unit: cycle.Plan.unit(), Mode: ModeCycle})
				require.NoError(t, err)
				require.Equal(t, cycle.Plan.CycleID, input.RunningCycleID)
				told++
			}
		}
	}
	require.Positive(t, told)
}

func TestFactsOfAnUnknownTimeAreBeforeEverything(t *testing.T) {
	amount := big.NewInt(7)
	debtor, creditor := facts.Hash{1}, facts.Hash{2}
	fact := facts.Fact{
		FactID: facts.Hash{3}, Debtor: debtor, Creditor: creditor, Currency: [currencyBytes]byte([]byte("EUR")), Exponent: 2,
		Net: amount, Tax: new(big.Int),
	}
	recorded := factRecorded{fact: fact, origin: Origin{ChainID: new(big.Int), Height: 5}, amount: amount}
	unit := Unit{Currency: "EUR", Exponent: 2}
	book := newBook()
	book.append(recorded)
	require.Equal(t, amount, book.Statement(debtor, unit, 1, 100).Payable.Opening)
	require.Equal(t, amount, book.Statement(creditor, unit, 1, 100).Receivable.Opening)
	book.SetBlockTime(5, 50)
	book.SetBlockTime(5, 60)
	require.Equal(t, []BlockTime{{Height: 5, Seconds: 50}}, book.BlockTimes())
	require.Equal(t, amount, book.Statement(debtor, unit, 50, 51).Payable.Facts)
	require.Equal(t, amount, book.Statement(debtor, unit, 51, 52).Payable.Opening)
	for _, other := range []*Statement{
		book.Statement(debtor, unit, 0, 50), book.Statement(debtor, Unit{Currency: "EUR", Exponent: 3}, 0, 100),
		book.Statement(facts.Hash{9}, unit, 0, 100),
	} {
		require.Equal(t, &Statement{Payable: newTotals(), Receivable: newTotals()}, other)
	}
}
