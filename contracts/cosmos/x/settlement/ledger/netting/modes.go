package netting

import (
	"fmt"
	"math/big"
	"sort"
)

// name of a debt for messages.
func (n *Network) name(debt *Debt) string {
	return fmt.Sprintf("%x -> %x", n.Parties[debt.Debtor], n.Parties[debt.Creditor])
}

// Bilateral is what remains of each debt when each pair keeps the difference.
func Bilateral(network *Network) []*big.Int {
	type pair struct{ debtor, creditor uint32 }
	places := make(map[pair]int, len(network.Debts))
	for i := range network.Debts {
		places[pair{network.Debts[i].Debtor, network.Debts[i].Creditor}] = i
	}
	remainder := make([]*big.Int, len(network.Debts))
	for i := range network.Debts {
		debt := &network.Debts[i]
		remainder[i] = new(big.Int).Set(debt.Amount)
		if back, ok := places[pair{debt.Creditor, debt.Debtor}]; ok {
			remainder[i].Sub(remainder[i], least(debt.Amount, network.Debts[back].Amount))
		}
	}
	return remainder
}

// Hub replaces all debts by payments, in ascending order: the largest net debtor pays the largest net creditor, and so on
// down. It is refused unless everyone with a debt or a claim agrees to novation.
func Hub(network *Network, consents func(Party) bool) ([]Row, error) {
	for _, party := range network.Parties {
		if !consents(party) {
			return nil, refuse(ConsentMissing, "party %x: has not agreed to novation; ask for consent or net by cycle", party)
		}
	}
	payers, payees := network.sides()
	var payments []Row
	for len(payers) > 0 {
		amount := new(big.Int).Set(least(payers[0].amount, payees[0].amount))
		payments = append(payments, Row{
			Debtor: network.Parties[payers[0].place], Creditor: network.Parties[payees[0].place], Amount: amount,
		})
		payers, payees = reduced(payers, amount), reduced(payees, amount)
	}
	sort.Slice(payments, func(i, j int) bool { return compare(&payments[i], &payments[j]) < 0 })
	return payments, nil
}

// side is what one party owes, or is owed, on balance.
type side struct {
	place  int
	amount *big.Int
}

// sides are the net debtors and the net creditors, the largest first, among equals in the order of the parties.
func (n *Network) sides() (payers, payees []side) {
	for place, position := range n.positions(n.Amounts()) {
		switch position.Sign() {
		case -1:
			payers = append(payers, side{place: place, amount: new(big.Int).Neg(position)})
		case 1:
			payees = append(payees, side{place: place, amount: position})
		}
	}
	for _, sides := range [][]side{payers, payees} {
		sort.SliceStable(sides, func(i, j int) bool { return sides[i].amount.Cmp(sides[j].amount) > 0 })
	}
	return payers, payees
}

// reduced takes an amount from the first side, and the side away if nothing is left of it.
func reduced(sides []side, amount *big.Int) []side {
	first := &sides[0]
	if first.amount.Sub(first.amount, amount).Sign() == 0 {
		return sides[1:]
	}
	return sides
}

func least(a, b *big.Int) *big.Int {
	if a.Cmp(b) <= 0 {
		return a
	}
	return b
}
