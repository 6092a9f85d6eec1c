package ledger

import (
	"fmt"
	"math/big"
)

// The journal is all postings that the log led to, in its order. It is made anew from the log whenever somebody asks, entry by
// entry, so that it takes no memory for what is over.

// journalEntry is what one entry of the log moved.
type journalEntry struct {
	sequence  uint64
	atSeconds uint64
	postings  []posting
}

// journalist remembers what later entries refer to.
type journalist struct {
	book     Book
	payments map[string]*Payment
	disputes map[string]*DisputeClaim
	cycles   map[string]*CyclePlan
	// committedAt is the time of the newest commit, which is that of the novations that follow it.
	committedAt uint64
}

func (b Book) journal(visit func(journalEntry)) {
	reader := journalist{
		book: b, payments: map[string]*Payment{}, disputes: map[string]*DisputeClaim{}, cycles: map[string]*CyclePlan{},
	}
	for sequence, last := uint64(1), b.Head().Sequence; sequence <= last; sequence++ {
		entry, err := reader.read(sequence, b.entry(sequence))
		if err != nil {
			panic(fmt.Errorf(errLogInconsistent, err))
		}
		visit(entry)
	}
}

func (j *journalist) read(sequence uint64, next event) (journalEntry, error) {
	entry := journalEntry{sequence: sequence}
	var err error
	switch made := next.(type) {
	case factRecorded:
		entry.atSeconds = j.book.blockTime(made.origin.Height)
		entry.postings = []posting{opening(sequence, made.amount)}
		if made.reduction != nil {
			reduced := j.book.sequenceOfFact(made.reduction.factID)
			entry.postings = append(entry.postings, made.reduction.posting(reduced))
		}
	case debtNovated:
		entry.atSeconds, entry.postings = j.committedAt, []posting{opening(sequence, made.Amount)}
	case writtenOff:
		entry.atSeconds, entry.postings = made.Act.AtSeconds, made.postings()
	case paymentInstructed:
		j.payments[made.Order.PaymentID] = &Payment{Order: made.Order, State: PaymentInstructed}
		entry.atSeconds, entry.postings = made.Act.AtSeconds, made.postings()
	case paymentMoved:
		payment := j.payments[made.PaymentID]
		entry.atSeconds = made.Act.AtSeconds
		entry.postings, err = made.postings(&payment.Order, payment.State)
		payment.State = made.State
		if made.State == PaymentReturned || made.State == PaymentExpired {
			delete(j.payments, made.PaymentID)
		}
	case disputeOpened:
		j.disputes[made.Claim.DisputeID] = &made.Claim
		entry.atSeconds, entry.postings = made.Act.AtSeconds, made.postings()
	case disputeClosed:
		entry.atSeconds = made.Act.AtSeconds
		entry.postings, err = made.postings(j.disputes[made.DisputeID])
		delete(j.disputes, made.DisputeID)
	case cycleProposed:
		j.cycles[made.Plan.CycleID] = &made.Plan
		entry.atSeconds, entry.postings = made.Act.AtSeconds, made.postings()
	case cycleMoved:
		j.committedAt, entry.atSeconds = made.Act.AtSeconds, made.Act.AtSeconds
		entry.postings, err = made.postings(j.cycles[made.CycleID])
		if made.State != CycleVerified {
			delete(j.cycles, made.CycleID)
		}
	}
	entry.postings = withoutZeros(entry.postings)
	return entry, err
}

// opening is the posting that a liability begins with.
func opening(sequence uint64, amount *big.Int) posting {
	return posting{liability: sequence, source: claimAccount, target: freeAccount, amount: amount}
}

func withoutZeros(postings []posting) []posting {
	var kept []posting
	for _, each := range postings {
		if each.amount.Sign() != 0 {
			kept = append(kept, each)
		}
	}
	return kept
}
