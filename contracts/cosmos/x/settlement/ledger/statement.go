package ledger

import (
	"math/big"

	wire "interledger.example/cosmos/wire/settlementv1"
	"interledger.example/cosmos/x/settlement/facts"
)

// Statements: what a party owed and was owed when a period began, what happened in it, and what is left. They are derived from
// the log on every query, so nothing of them is stored. What is held is not listed: it is still owed.

const (
	lineFact     = wire.LineKind_LINE_KIND_FACT
	lineNovated  = wire.LineKind_LINE_KIND_NOVATED
	lineNetted   = wire.LineKind_LINE_KIND_NETTED
	linePaid     = wire.LineKind_LINE_KIND_PAID
	lineReturned = wire.LineKind_LINE_KIND_RETURNED
	lineCredited = wire.LineKind_LINE_KIND_CREDITED
)

// adds says whether a line adds to the debt.
func adds(kind wire.LineKind) bool {
	return kind == lineFact || kind == lineNovated || kind == lineReturned
}

// Period of a statement, in block times: from since up to but not including until.
type Period struct {
	SinceSeconds uint64
	UntilSeconds uint64
}

// sideSums are what the lines of one side add up to, by their kinds, and what was open before.
type sideSums struct {
	opening *big.Int
	lines   map[wire.LineKind]*big.Int
}

func newSums() *sideSums {
	return &sideSums{opening: new(big.Int), lines: map[wire.LineKind]*big.Int{}}
}

func (s *sideSums) of(kind wire.LineKind) *big.Int {
	if s.lines[kind] == nil {
		s.lines[kind] = new(big.Int)
	}
	return s.lines[kind]
}

// totals of a side. Paid is less what was returned, and may be below zero.
func (s *sideSums) totals() *wire.SideTotals {
	return &wire.SideTotals{
		Opening: s.opening.String(), Facts: s.of(lineFact).String(), Novated: s.of(lineNovated).String(),
		Netted: s.of(lineNetted).String(), Paid: new(big.Int).Sub(s.of(linePaid), s.of(lineReturned)).String(),
		Credited: s.of(lineCredited).String(),
	}
}

// Statement of one party in one unit.
func (b Book) Statement(party facts.Hash, unit Unit, period Period) *wire.Statement {
	statement := &wire.Statement{
		PartyId: party[:], Currency: unit.Currency, Exponent: unit.Exponent,
		SinceSeconds: period.SinceSeconds, UntilSeconds: period.UntilSeconds,
	}
	payable, receivable := newSums(), newSums()
	b.journal(func(entry journalEntry) {
		if entry.atSeconds >= period.UntilSeconds {
			return
		}
		for _, each := range entry.postings {
			moved := b.account(each.liability)
			kind := lineKind(moved, each)
			if moved.unit != unit || moved.debtor != party && moved.creditor != party || kind == 0 {
				continue
			}
			line := &wire.StatementLine{
				Sequence: entry.sequence, AtSeconds: entry.atSeconds, Side: wire.Side_SIDE_RECEIVABLE, Kind: kind,
				Counterparty: moved.debtor[:], FactId: moved.factID[:], Amount: each.amount.String(),
			}
			sums := receivable
			if moved.debtor == party {
				sums, line.Side, line.Counterparty = payable, wire.Side_SIDE_PAYABLE, moved.creditor[:]
			}
			if kind == lineFact {
				line.Way = wayOf(b.entry(entry.sequence).GetFactRecorded().Origin)
			}
			if entry.atSeconds >= period.SinceSeconds {
				sums.of(kind).Add(sums.of(kind), each.amount)
				statement.Lines = append(statement.Lines, line)
				continue
			}
			if adds(kind) {
				sums.opening.Add(sums.opening, each.amount)
			} else {
				sums.opening.Sub(sums.opening, each.amount)
			}
		}
	})
	statement.Payable, statement.Receivable = payable.totals(), receivable.totals()
	return statement
}

// wayOf is how a fact came to this ledger; unspecified for a debt that has no fact.
func wayOf(origin *wire.Origin) wire.Way {
	switch origin.GetOrigin().(type) {
	case *wire.Origin_FactPacket:
		return wire.Way_WAY_INTERLEDGER
	case *wire.Origin_PushedFacts:
		return wire.Way_WAY_PUSHED
	case *wire.Origin_PulledFacts:
		return wire.Way_WAY_PULLED
	case *wire.Origin_ProvenFacts:
		return wire.Way_WAY_PULLED_PROVEN
	default:
		return wire.Way_WAY_UNSPECIFIED
	}
}

// lineKind is zero for what stays open: holds and releases.
func lineKind(moved *account, each posting) wire.LineKind {
	switch {
	case each.source == claimAccount && moved.isNovated:
		return lineNovated
	case each.source == claimAccount:
		return lineFact
	case each.source == paidAccount:
		return lineReturned
	case each.target == nettedAccount:
		return lineNetted
	case each.target == paidAccount:
		return linePaid
	case each.target == creditedAccount:
		return lineCredited
	default:
		return 0
	}
}
