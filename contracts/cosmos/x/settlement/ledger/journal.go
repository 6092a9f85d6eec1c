package ledger

import (
	wire "interledger.example/cosmos/wire/settlementv1"
)

// The journal is all postings that the log led to, in its order. It is derived from the log on every query, entry by entry, so
// that it takes no memory for what has ended.

// journalEntry is what one entry of the log moved.
type journalEntry struct {
	sequence  uint64
	atSeconds uint64
	postings  []posting
}

// journalist remembers what later entries refer to.
type journalist struct {
	book     Book
	payments map[string]*wire.Payment
	disputes map[string]*wire.DisputeClaim
	cycles   map[string]*wire.Cycle
}

func (b Book) journal(visit func(journalEntry)) {
	reader := journalist{
		book: b, payments: map[string]*wire.Payment{}, disputes: map[string]*wire.DisputeClaim{}, cycles: map[string]*wire.Cycle{},
	}
	for sequence, last := uint64(1), b.Head().Sequence; sequence <= last; sequence++ {
		entry := b.entry(sequence)
		visit(journalEntry{
			sequence: sequence, atSeconds: entry.AtSeconds, postings: withoutZeros(reader.postings(sequence, entry)),
		})
	}
}

// postings that the entry led to, as apply has made them.
func (j *journalist) postings(sequence uint64, entry *wire.LogEntry) []posting {
	switch event := entry.Event.(type) {
	case *wire.LogEntry_FactRecorded:
		postings := []posting{opening(sequence, event.FactRecorded.Amount)}
		if reduction := event.FactRecorded.Reduction; reduction != nil {
			postings = append(postings, j.book.reductionPosting(reduction))
		}
		return postings
	case *wire.LogEntry_DebtNovated:
		return []posting{opening(sequence, event.DebtNovated.Amount)}
	case *wire.LogEntry_WrittenOff:
		return writtenOffPostings(event.WrittenOff)
	case *wire.LogEntry_PaymentInstructed:
		order := event.PaymentInstructed.Order
		j.payments[order.PaymentId] = &wire.Payment{Order: order, State: paymentInstructed}
		return paymentInstructedPostings(event.PaymentInstructed)
	case *wire.LogEntry_PaymentMoved:
		return j.paymentMoved(event.PaymentMoved)
	case *wire.LogEntry_DisputeOpened:
		j.disputes[event.DisputeOpened.Claim.DisputeId] = event.DisputeOpened.Claim
		return disputeOpenedPostings(event.DisputeOpened)
	case *wire.LogEntry_DisputeClosed:
		claim := j.disputes[event.DisputeClosed.DisputeId]
		delete(j.disputes, event.DisputeClosed.DisputeId)
		return disputeClosedPostings(event.DisputeClosed, claim)
	case *wire.LogEntry_CycleProposed:
		plan := event.CycleProposed.Plan
		j.cycles[plan.CycleId] = &wire.Cycle{Plan: plan, State: cycleProposed}
		return nil
	case *wire.LogEntry_CycleMoved:
		return j.cycleMoved(event.CycleMoved)
	default:
		return nil
	}
}

func (j *journalist) paymentMoved(event *wire.PaymentMoved) []posting {
	payment := j.payments[event.PaymentId]
	postings := paymentMovedPostings(event, payment)
	payment.State = event.State
	if event.State == paymentReturned || event.State == paymentExpired {
		delete(j.payments, event.PaymentId)
	}
	return postings
}

func (j *journalist) cycleMoved(event *wire.CycleMoved) []posting {
	cycle := j.cycles[event.CycleId]
	postings := cycleMovedPostings(event, cycle)
	cycle.State = event.State
	if event.State != cycleVerified {
		delete(j.cycles, event.CycleId)
	}
	return postings
}

// opening is the posting that a liability begins with.
func opening(sequence uint64, amount string) posting {
	return posting{liability: sequence, source: claimAccount, target: freeAccount, amount: amountOf(amount)}
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
