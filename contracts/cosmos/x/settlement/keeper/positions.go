package keeper

import (
	"bytes"
	"cmp"
	"math/big"
	"slices"

	"interledger.example/cosmos/x/settlement/facts"
	"interledger.example/cosmos/x/settlement/ledger"
)

// total is one party's side of all open positions in one currency.
type total struct {
	party      facts.Hash
	currency   string
	exponent   uint32
	payable    *big.Int
	receivable *big.Int
}

type totalKey struct {
	party    facts.Hash
	currency string
	exponent uint32
}

// totals in the order of party, currency and exponent.
func totals(positions []ledger.Position) []total {
	byKey := map[totalKey]*total{}
	of := func(party facts.Hash, position *ledger.Position) *total {
		key := totalKey{party: party, currency: position.Currency, exponent: position.Exponent}
		if byKey[key] == nil {
			byKey[key] = &total{
				party: party, currency: key.currency, exponent: key.exponent, payable: new(big.Int), receivable: new(big.Int),
			}
		}
		return byKey[key]
	}
	for i := range positions {
		position := &positions[i]
		payer, payee := of(position.Debtor, position), of(position.Creditor, position)
		payer.payable.Add(payer.payable, position.Open)
		payee.receivable.Add(payee.receivable, position.Open)
	}
	all := make([]total, 0, len(byKey))
	for _, each := range byKey {
		all = append(all, *each)
	}
	slices.SortFunc(all, func(a, b total) int {
		return cmp.Or(bytes.Compare(a.party[:], b.party[:]), cmp.Compare(a.currency, b.currency), cmp.Compare(a.exponent, b.exponent))
	})
	return all
}
