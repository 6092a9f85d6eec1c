package ledger

import (
	"math/big"
	"testing"

	"github.com/stretchr/testify/require"

	wire "interledger.example/cosmos/wire/settlementv1"
	"interledger.example/cosmos/x/settlement/facts"
)

// withPayments is a book in which the payments have these ids.
func withPayments(t *testing.T, ids ...string) Book {
	t.Helper()
	book := newBook()
	party := make([]byte, hashBytes)
	for _, id := range ids {
		order := &wire.PaymentOrder{PaymentId: id, Debtor: party, Creditor: party, Amount: "0"}
		book.append(&wire.LogEntry{
			Act:   &wire.Act{RequestId: id, RequestDigest: make([]byte, hashBytes)},
			Event: &wire.LogEntry_PaymentInstructed{PaymentInstructed: &wire.PaymentInstructed{Order: order}},
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
		after = page[0].Order.PaymentId
		ids = append(ids, after)
	}
	require.Equal(t, []string{"a", "ab", "b", "c"}, ids)
	require.Len(t, book.Payments("", 3), 3)
	require.Empty(t, book.Payments("d", 3))
	require.Empty(t, book.Disputes("", 3))
	require.Empty(t, book.Cycles("", 3))
}

func TestListsEndWhereTheLogEnds(t *testing.T) {
	book := newBook()
	require.Empty(t, book.Liabilities(0, 10))
	require.Empty(t, book.Liabilities(^uint64(0), 10))
	require.Nil(t, book.LiabilityOfFact(facts.Hash{1}))
	require.Nil(t, book.Liability(facts.Hash{1}))
	require.Nil(t, book.Consent(facts.Hash{1}))
	require.Empty(t, book.Agreements())
	require.Empty(t, book.Positions())
}

func TestAUnitThatIsNotOneHasNoNetting(t *testing.T) {
	for _, unit := range []Unit{{}, {Currency: "EUR", Exponent: 19}, {Currency: "EUR", Exponent: 258}, {Currency: "eur"}} {
		_, err := newBook().Netting(Scope{Unit: unit, Mode: modeCycle})
		require.ErrorIs(t, err, ErrInvalidCommand, unit)
	}
	input, err := newBook().Netting(Scope{Unit: Unit{Currency: "EUR", Exponent: 2}, Mode: modeCycle})
	require.NoError(t, err)
	require.Empty(t, input.Debts)
}

func TestTheRunningCycleIsReported(t *testing.T) {
	reported := 0
	for _, each := range loadAll(t) {
		book := each.play(t)
		for _, cycle := range book.Cycles("", 1000) {
			if cycle.State == cycleVerified {
				input, err := book.Netting(Scope{Unit: unitOf(cycle.Plan), Mode: modeCycle})
				require.NoError(t, err)
				require.Equal(t, cycle.Plan.CycleId, input.RunningCycleId)
				reported++
			}
		}
	}
	require.Positive(t, reported)
}

// recorded is the entry of a fact that says no more than what a liability needs.
func recorded(debtor, creditor facts.Hash, number uint64, amount *big.Int, atSeconds uint64) *wire.LogEntry {
	factID := facts.Hash(new(big.Int).SetUint64(number).FillBytes(make([]byte, hashBytes)))
	packet := &wire.FactPacket{
		ChainId: "1337", Contract: make([]byte, addressBytes), Issuer: make([]byte, addressBytes), ClientId: "poa-evm-0", Transaction: "A1B2",
	}
	fact := factMessage(&facts.Fact{
		FactID: factID, Kind: facts.TripCompleted, Creditor: creditor, Debtor: debtor,
		Currency: [currencyBytes]byte([]byte("EUR")), Exponent: 2, Net: amount, Tax: new(big.Int), DueDate: number % 90,
		IssuerSequence: number,
	})
	return &wire.LogEntry{AtSeconds: atSeconds, Event: &wire.LogEntry_FactRecorded{FactRecorded: &wire.FactRecorded{
		Fact: fact, FactHash: make([]byte, hashBytes), Amount: amount.String(),
		Origin: &wire.Origin{Origin: &wire.Origin_FactPacket{FactPacket: packet}},
	}}}
}

func TestAStatementHasWhatHappenedInItsPeriod(t *testing.T) {
	debtor, creditor, unit := facts.Hash{1}, facts.Hash{2}, Unit{Currency: "EUR", Exponent: 2}
	book := newBook()
	book.append(recorded(debtor, creditor, 1, big.NewInt(7), 50))
	of := func(party facts.Hash, unit Unit, since, until uint64) *wire.Statement {
		return book.Statement(party, unit, Period{SinceSeconds: since, UntilSeconds: until})
	}
	require.Equal(t, "7", of(debtor, unit, 50, 51).Payable.Facts)
	require.Equal(t, "7", of(creditor, unit, 50, 51).Receivable.Facts)
	require.Equal(t, "7", of(debtor, unit, 51, 52).Payable.Opening)
	require.Equal(t, "7", of(creditor, unit, 51, 52).Receivable.Opening)
	nothing := newSums().totals()
	for _, other := range []*wire.Statement{
		of(debtor, unit, 0, 50), of(debtor, Unit{Currency: "EUR", Exponent: 3}, 0, 100), of(facts.Hash{9}, unit, 0, 100),
	} {
		require.Empty(t, other.Lines)
		require.Equal(t, []string{nothing.String(), nothing.String()}, []string{other.Payable.String(), other.Receivable.String()})
	}
}
