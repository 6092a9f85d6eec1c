package ledger

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math/big"
	"slices"

	"interledger.example/cosmos/x/settlement/facts"
)

// What an event of clearing does to the state. No rule is asked here: what the log says has happened. An event that does not
// fit to the state comes from a damaged log.

const novationDomain = "interledger.settlement.novation.v1"

func (e consentSet) apply(book Book, head Head) error {
	at := key(consentPrefix, e.Party)
	if e.Consent == ConsentGiven {
		book.kv.Set(at, []byte{1})
	} else {
		book.kv.Delete(at)
	}
	book.remember(e, head)
	return nil
}

func (e paymentInstructed) apply(book Book, head Head) error {
	if book.entries(paymentPrefix, e.Order.PaymentID) != nil {
		return fmt.Errorf("payment %s is there already", e.Order.PaymentID)
	}
	if err := book.post(e.postings()); err != nil {
		return err
	}
	book.setEntries(paymentPrefix, e.Order.PaymentID, entries{made: head.Sequence, moved: head.Sequence})
	book.setDeadline(paymentPrefix, e.Order.ExpiresAtSeconds, e.Order.PaymentID)
	book.remember(e, head)
	return nil
}

func (e paymentInstructed) postings() []posting {
	return postShares(e.Order.Shares, freeAccount, heldAccount)
}

func (e paymentMoved) apply(book Book, head Head) error {
	before := book.Payment(e.PaymentID)
	if before == nil || !slices.Contains(paymentMoves[e.State], before.State) {
		return fmt.Errorf("payment %s cannot move to %q", e.PaymentID, e.State)
	}
	postings, err := e.postings(&before.Order, before.State)
	if err != nil {
		return err
	}
	if err := book.post(postings); err != nil {
		return err
	}
	at := *book.entries(paymentPrefix, e.PaymentID)
	at.moved = head.Sequence
	if e.Evidence != nil {
		at.proved = head.Sequence
		book.kv.Set(evidenceKey(e.Evidence), []byte(e.PaymentID))
	}
	book.setEntries(paymentPrefix, e.PaymentID, at)
	if e.State != PaymentPending {
		book.clearDeadline(paymentPrefix, before.Order.ExpiresAtSeconds, e.PaymentID)
	}
	book.remember(e, head)
	return nil
}

// postings of a payment's order, by the state that it had before.
func (e paymentMoved) postings(order *PaymentOrder, before PaymentState) ([]posting, error) {
	source := heldAccount
	if before == PaymentFinal {
		source = paidAccount
	}
	switch e.State {
	case PaymentPending:
		return nil, nil
	case PaymentFinal:
		return postShares(order.Shares, source, paidAccount), nil
	case PaymentReturned, PaymentExpired:
		return postShares(order.Shares, source, freeAccount), nil
	default:
		return nil, fmt.Errorf("payment %s moved to %q", e.PaymentID, e.State)
	}
}

func (e disputeOpened) apply(book Book, head Head) error {
	if book.entries(disputePrefix, e.Claim.DisputeID) != nil {
		return fmt.Errorf("dispute %s is there already", e.Claim.DisputeID)
	}
	if err := book.post(e.postings()); err != nil {
		return err
	}
	book.setEntries(disputePrefix, e.Claim.DisputeID, entries{made: head.Sequence, moved: head.Sequence})
	book.setDeadline(disputePrefix, e.Claim.DeadlineSeconds, e.Claim.DisputeID)
	book.remember(e, head)
	return nil
}

func (e disputeOpened) postings() []posting {
	return postShares([]Share{e.Claim.Share}, freeAccount, heldAccount)
}

func (e disputeClosed) apply(book Book, head Head) error {
	before := book.Dispute(e.DisputeID)
	if before == nil || before.State != DisputeOpen {
		return fmt.Errorf("dispute %s closes while it is not open", e.DisputeID)
	}
	postings, err := e.postings(&before.Claim)
	if err != nil {
		return err
	}
	if err := book.post(postings); err != nil {
		return err
	}
	at := *book.entries(disputePrefix, e.DisputeID)
	at.moved = head.Sequence
	book.setEntries(disputePrefix, e.DisputeID, at)
	book.clearDeadline(disputePrefix, before.Claim.DeadlineSeconds, e.DisputeID)
	book.remember(e, head)
	return nil
}

func (e disputeClosed) postings(claim *DisputeClaim) ([]posting, error) {
	switch e.State {
	case DisputeReleased, DisputeUpheld, DisputePartlyUpheld, DisputeLapsed:
	default:
		return nil, fmt.Errorf("dispute %s closed as %q", e.DisputeID, e.State)
	}
	rest := new(big.Int).Sub(claim.Share.Amount, e.Credited)
	if rest.Sign() < 0 {
		return nil, fmt.Errorf("dispute %s credits more than it holds", e.DisputeID)
	}
	liability := claim.Share.Liability
	return []posting{
		{liability: liability, source: heldAccount, target: creditedAccount, amount: e.Credited},
		{liability: liability, source: heldAccount, target: freeAccount, amount: rest},
	}, nil
}

func (e writtenOff) apply(book Book, head Head) error {
	if err := book.post(e.postings()); err != nil {
		return err
	}
	book.remember(e, head)
	return nil
}

func (e writtenOff) postings() []posting {
	return postShares([]Share{e.Share}, freeAccount, creditedAccount)
}

func (e cycleProposed) apply(book Book, head Head) error {
	if book.entries(cyclePrefix, e.Plan.CycleID) != nil {
		return fmt.Errorf("cycle %s is there already", e.Plan.CycleID)
	}
	if err := book.post(e.postings()); err != nil {
		return err
	}
	book.setEntries(cyclePrefix, e.Plan.CycleID, entries{made: head.Sequence, moved: head.Sequence})
	unit := e.Plan.unit()
	book.setUnitCycles(unit, unitCycles{cutOffSeconds: book.unitCycles(unit).cutOffSeconds, running: e.Plan.CycleID})
	book.setDeadline(cyclePrefix, e.Plan.ExpiresAtSeconds, e.Plan.CycleID)
	book.remember(e, head)
	return nil
}

func (e cycleProposed) postings() []posting {
	return postShares(e.Plan.Shares, freeAccount, heldAccount)
}

func (e cycleMoved) apply(book Book, head Head) error {
	before := book.Cycle(e.CycleID)
	if before == nil || !slices.Contains(cycleMoves[e.State], before.State) {
		return fmt.Errorf("cycle %s cannot move to %q", e.CycleID, e.State)
	}
	postings, err := e.postings(&before.Plan)
	if err != nil {
		return err
	}
	if err := book.post(postings); err != nil {
		return err
	}
	at := *book.entries(cyclePrefix, e.CycleID)
	at.moved = head.Sequence
	unit := before.Plan.unit()
	switch e.State {
	case CycleVerified:
		at.proved = head.Sequence
	case CycleCommitted:
		book.setUnitCycles(unit, unitCycles{cutOffSeconds: before.Plan.CutOffSeconds})
	default:
		book.setUnitCycles(unit, unitCycles{cutOffSeconds: book.unitCycles(unit).cutOffSeconds})
	}
	book.setEntries(cyclePrefix, e.CycleID, at)
	if e.State != CycleVerified {
		book.clearDeadline(cyclePrefix, before.Plan.ExpiresAtSeconds, e.CycleID)
	}
	book.remember(e, head)
	return nil
}

func (e cycleMoved) postings(plan *CyclePlan) ([]posting, error) {
	switch e.State {
	case CycleVerified:
		return nil, nil
	case CycleCommitted:
		return postShares(plan.Shares, heldAccount, nettedAccount), nil
	case CycleAborted, CycleExpired:
		return postShares(plan.Shares, heldAccount, freeAccount), nil
	default:
		return nil, fmt.Errorf("cycle %s moved to %q", e.CycleID, e.State)
	}
}

func (e debtNovated) apply(book Book, head Head) error {
	novated := e.liability()
	fact := &novated.Fact
	return book.open(account{
		liabilityID: facts.LiabilityID(fact.FactID, novated.FactHash),
		factID:      fact.FactID,
		debtor:      fact.Debtor,
		creditor:    fact.Creditor,
		unit:        Unit{Currency: e.Currency, Exponent: e.Exponent},
		serviceEnd:  e.ServiceEnd,
		dueDate:     e.DueDate,
		isNovated:   true,
	}, novated.FactHash, e.Amount, head)
}

// liability of a debt without a fact, as far as the event tells it. Its ids are hashes over the cycle and the debt; kind 0 and
// an empty origin say that no fact stands behind it.
func (e debtNovated) liability() Liability {
	unit := fmt.Appendf(nil, "%s/%s/%d", e.CycleID, e.Currency, e.Exponent)
	preimage := binary.BigEndian.AppendUint16([]byte(novationDomain), uint16(len(unit)))
	preimage = append(append(append(preimage, unit...), e.Debtor...), e.Creditor...)
	factID := facts.Hash(sha256.Sum256(preimage))
	var amount [amountBytes]byte
	return Liability{
		Fact: facts.Fact{
			FactID:     factID,
			Creditor:   facts.Hash(e.Creditor),
			Debtor:     facts.Hash(e.Debtor),
			Currency:   [currencyBytes]byte([]byte(e.Currency)),
			Exponent:   uint8(e.Exponent),
			Net:        e.Amount,
			Tax:        new(big.Int),
			ServiceEnd: e.ServiceEnd,
			DueDate:    e.DueDate,
		},
		FactHash: sha256.Sum256(append(factID[:], e.Amount.FillBytes(amount[:])...)),
		Origin:   Origin{ChainID: new(big.Int), Transaction: e.CycleID},
	}
}
