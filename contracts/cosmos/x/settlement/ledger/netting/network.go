// Package netting says what a set-off of debts comes to, and checks the proof that a circular one is right and that no other
// one clears more. It runs no solver and reads no store. Everything takes time linear in the debts.
package netting

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math/big"
	"sort"
)

const (
	amountBits   = 128
	amountBytes  = 16
	debtsDomain  = "interledger.netting.debts.v1"
	columnsBytes = 4
)

// Party is a 32-byte identifier.
type Party = [32]byte

// Debt between two parties of a network, named by their places.
type Debt struct {
	Debtor   uint32
	Creditor uint32
	Amount   *big.Int
}

// Network is all debts of one unit. Parties ascend; debts ascend by debtor and creditor, each pair once.
type Network struct {
	Currency string
	Exponent uint8
	Parties  []Party
	Debts    []Debt
}

// Row is a debt between two parties by their ids.
type Row struct {
	Debtor   Party
	Creditor Party
	Amount   *big.Int
}

// NewNetwork takes rows that ascend by debtor and creditor, each pair once, with amounts above zero and no debts to
// oneself.
func NewNetwork(currency string, exponent uint8, rows []Row) (*Network, error) {
	network := &Network{Currency: currency, Exponent: exponent, Parties: partiesOf(rows)}
	if len(rows) > MaximumDebts || len(network.Parties) > MaximumParties {
		return nil, refuse(TooMany, "%d debts of %d parties: split the cycle", len(rows), len(network.Parties))
	}
	places := make(map[Party]uint32, len(network.Parties))
	for place, party := range network.Parties {
		places[party] = uint32(place)
	}
	for i, row := range rows {
		if i > 0 && compare(&rows[i-1], &row) >= 0 {
			panic(fmt.Errorf("debt %x -> %x does not ascend", row.Debtor, row.Creditor))
		}
		network.Debts = append(network.Debts, Debt{Debtor: places[row.Debtor], Creditor: places[row.Creditor], Amount: row.Amount})
	}
	if network.Gross().BitLen() > amountBits {
		return nil, refuse(AmountOverflow, "the sum of all debts passes 2^128 - 1")
	}
	return network, nil
}

func compare(a, b *Row) int {
	if order := bytes.Compare(a.Debtor[:], b.Debtor[:]); order != 0 {
		return order
	}
	return bytes.Compare(a.Creditor[:], b.Creditor[:])
}

func partiesOf(rows []Row) []Party {
	known := map[Party]bool{}
	var parties []Party
	for _, row := range rows {
		for _, party := range []Party{row.Debtor, row.Creditor} {
			if !known[party] {
				known[party] = true
				parties = append(parties, party)
			}
		}
	}
	sort.Slice(parties, func(i, j int) bool { return bytes.Compare(parties[i][:], parties[j][:]) < 0 })
	return parties
}

// Has says whether the party has a debt or a claim.
func (n *Network) Has(party Party) bool {
	place := sort.Search(len(n.Parties), func(i int) bool { return bytes.Compare(n.Parties[i][:], party[:]) >= 0 })
	return place < len(n.Parties) && n.Parties[place] == party
}

// Gross is the sum of all debts.
func (n *Network) Gross() *big.Int {
	sum := new(big.Int)
	for i := range n.Debts {
		sum.Add(sum, n.Debts[i].Amount)
	}
	return sum
}

// Amounts in the order of the debts.
func (n *Network) Amounts() []*big.Int {
	amounts := make([]*big.Int, len(n.Debts))
	for i := range n.Debts {
		amounts[i] = n.Debts[i].Amount
	}
	return amounts
}

// positions of the parties if these are the amounts: owed to it less owed by it.
func (n *Network) positions(amounts []*big.Int) []*big.Int {
	positions := make([]*big.Int, len(n.Parties))
	for i := range positions {
		positions[i] = new(big.Int)
	}
	for i := range n.Debts {
		debtor, creditor := positions[n.Debts[i].Debtor], positions[n.Debts[i].Creditor]
		debtor.Sub(debtor, amounts[i])
		creditor.Add(creditor, amounts[i])
	}
	return positions
}

// Digest is sha256 of the canonical bytes, by which a certificate names the debts that it is about: domain, currency (3),
// exponent (1), number of parties (4), each party (length 1, bytes), number of debts (4), then the columns debtors (4 each),
// creditors (4 each), amounts (16 each).
func (n *Network) Digest() [32]byte {
	hash := sha256.New()
	word := func(value uint32) { hash.Write(binary.BigEndian.AppendUint32(nil, value)) }
	hash.Write([]byte(debtsDomain + n.Currency))
	hash.Write([]byte{n.Exponent})
	word(uint32(len(n.Parties)))
	for _, party := range n.Parties {
		hash.Write([]byte{byte(len(party))})
		hash.Write(party[:])
	}
	word(uint32(len(n.Debts)))
	for i := range n.Debts {
		word(n.Debts[i].Debtor)
	}
	for i := range n.Debts {
		word(n.Debts[i].Creditor)
	}
	for i := range n.Debts {
		var amount [amountBytes]byte
		hash.Write(n.Debts[i].Amount.FillBytes(amount[:]))
	}
	return [32]byte(hash.Sum(nil))
}

// Rows are the debts by the ids of their parties.
func (n *Network) Rows() []Row {
	rows := make([]Row, len(n.Debts))
	for i, debt := range n.Debts {
		rows[i] = Row{Debtor: n.Parties[debt.Debtor], Creditor: n.Parties[debt.Creditor], Amount: debt.Amount}
	}
	return rows
}
