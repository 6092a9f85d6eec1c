package ledger

import (
	"math/big"

	"interledger.example/cosmos/x/settlement/facts"
)

// Statements: what a party owed and was owed when a period began, what happened in it, and what is left. They are made from
// the log when somebody asks, so nothing of them stands in the store. What is held is not listed: it is still owed.

// LineKind is what a line of a statement says. Returned undoes paid.
type LineKind string

// The kinds of lines.
const (
	LineFact     LineKind = "fact"
	LineNovated  LineKind = "novated"
	LineNetted   LineKind = "netted"
	LinePaid     LineKind = "paid"
	LineReturned LineKind = "returned"
	LineCredited LineKind = "credited"
)

// adds says whether the line adds to the debt.
func (k LineKind) adds() bool { return k == LineFact || k == LineNovated || k == LineReturned }

// Side is which way the debt of a line goes, as the party sees it.
type Side string

// The sides of a statement.
const (
	SidePayable    Side = "payable"
	SideReceivable Side = "receivable"
)

// StatementLine is one movement; its amount is above zero.
type StatementLine struct {
	Sequence     uint64
	AtSeconds    uint64
	Side         Side
	Kind         LineKind
	Counterparty facts.Hash
	FactID       facts.Hash
	Amount       *big.Int
}

// StatementTotals are the sums of one side. Paid is less what was returned, and may be below zero.
type StatementTotals struct {
	Opening  *big.Int
	Facts    *big.Int
	Novated  *big.Int
	Netted   *big.Int
	Paid     *big.Int
	Credited *big.Int
}

// Statement of one party in one unit.
type Statement struct {
	Payable    StatementTotals
	Receivable StatementTotals
	Lines      []StatementLine
}

// Statement for block times from since up to but not including until. What was recorded in a block of unknown time counts as
// before everything.
func (b Book) Statement(party facts.Hash, unit Unit, since, until uint64) *Statement {
	statement := &Statement{Payable: newTotals(), Receivable: newTotals()}
	b.journal(func(entry journalEntry) {
		if entry.atSeconds >= until {
			return
		}
		for _, each := range entry.postings {
			moved := b.account(each.liability)
			if moved.unit == unit && (moved.debtor == party || moved.creditor == party) {
				statement.add(party, moved, each, entry, since)
			}
		}
	})
	return statement
}

func newTotals() StatementTotals {
	return StatementTotals{
		Opening: new(big.Int), Facts: new(big.Int), Novated: new(big.Int),
		Netted: new(big.Int), Paid: new(big.Int), Credited: new(big.Int),
	}
}

func (s *Statement) add(party facts.Hash, moved *account, each posting, entry journalEntry, since uint64) {
	kind := lineKind(moved, each)
	if kind == "" {
		return
	}
	side, totals, counterparty := SideReceivable, &s.Receivable, moved.debtor
	if moved.debtor == party {
		side, totals, counterparty = SidePayable, &s.Payable, moved.creditor
	}
	if entry.atSeconds < since {
		change := each.amount
		if !kind.adds() {
			change = new(big.Int).Neg(change)
		}
		totals.Opening.Add(totals.Opening, change)
		return
	}
	totals.add(kind, each.amount)
	s.Lines = append(s.Lines, StatementLine{
		Sequence: entry.sequence, AtSeconds: entry.atSeconds, Side: side, Kind: kind,
		Counterparty: counterparty, FactID: moved.factID, Amount: each.amount,
	})
}

// lineKind is empty for what stays open: holds and releases.
func lineKind(moved *account, each posting) LineKind {
	switch {
	case each.source == claimAccount && moved.isNovated:
		return LineNovated
	case each.source == claimAccount:
		return LineFact
	case each.source == paidAccount:
		return LineReturned
	case each.target == nettedAccount:
		return LineNetted
	case each.target == paidAccount:
		return LinePaid
	case each.target == creditedAccount:
		return LineCredited
	default:
		return ""
	}
}

func (t *StatementTotals) add(kind LineKind, amount *big.Int) {
	switch kind {
	case LineFact:
		t.Facts.Add(t.Facts, amount)
	case LineNovated:
		t.Novated.Add(t.Novated, amount)
	case LineNetted:
		t.Netted.Add(t.Netted, amount)
	case LinePaid:
		t.Paid.Add(t.Paid, amount)
	case LineReturned:
		t.Paid.Sub(t.Paid, amount)
	case LineCredited:
		t.Credited.Add(t.Credited, amount)
	}
}
