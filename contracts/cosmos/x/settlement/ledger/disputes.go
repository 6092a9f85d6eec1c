package ledger

import (
	"math/big"

	errorsmod "cosmossdk.io/errors"
)

// Disputes and write-offs: what a debtor contests is held until the two agree or the deadline passes. A dispute freezes its
// amount and nothing else, and never one that was netted, paid or credited.

func (c OpenDispute) decide(book Book, act Act) ([]clearingEvent, error) {
	if err := requireName("dispute id", c.DisputeID); err != nil {
		return nil, err
	}
	liability := book.accountOfFact(c.FactID)
	if liability == nil {
		return nil, notFound("a liability of fact", "0x"+c.FactID.String())
	}
	what := "dispute " + c.DisputeID
	for _, check := range []func() error{
		func() error {
			return book.requireActor(act.Actor, "dispute the debt of another debtor", liability.debtor)
		},
		func() error { return book.requireNew(disputePrefix, "dispute", c.DisputeID) },
		func() error { return requireText("reason", c.Reason) },
		func() error { return requireDeadline(what, c.DeadlineSeconds, act.AtSeconds) },
	} {
		if err := check(); err != nil {
			return nil, err
		}
	}
	share, err := book.requireFree(what, liability, c.Amount)
	if err != nil {
		return nil, err
	}
	return []clearingEvent{disputeOpened{Act: act, Claim: DisputeClaim{
		DeadlineSeconds: c.DeadlineSeconds, DisputeID: c.DisputeID, FactID: c.FactID, Reason: c.Reason, Share: share,
	}}}, nil
}

func (c ReleaseDispute) decide(book Book, act Act) ([]clearingEvent, error) {
	closed := disputeClosed{DisputeID: c.DisputeID, State: DisputeReleased, Credited: new(big.Int)}
	return book.closeDispute(act, closed, func(_ *DisputeClaim, liability *account) error {
		return book.requireActor(act.Actor, "withdraw the dispute of another debtor", liability.debtor)
	})
}

func (c UpholdDispute) decide(book Book, act Act) ([]clearingEvent, error) {
	dispute := book.Dispute(c.DisputeID)
	if dispute == nil {
		return nil, notFound("dispute", c.DisputeID)
	}
	held := dispute.Claim.Share.Amount
	closed := disputeClosed{DisputeID: c.DisputeID, State: DisputePartlyUpheld, Credited: c.Credited}
	if c.Credited.Cmp(held) == 0 {
		closed.State = DisputeUpheld
	}
	return book.closeDispute(act, closed, func(claim *DisputeClaim, liability *account) error {
		if err := book.requireActor(act.Actor, "give up the claim of another creditor", liability.creditor); err != nil {
			return err
		}
		if err := requireBefore("dispute "+c.DisputeID, claim.DeadlineSeconds, act.AtSeconds); err != nil {
			return err
		}
		if c.Credited.Sign() <= 0 || c.Credited.Cmp(held) > 0 {
			return errorsmod.Wrapf(ErrAmountOutOfRange, "dispute %s: credit 1 to %s minor units, not %s", c.DisputeID, held, c.Credited)
		}
		return nil
	})
}

func (c LapseDispute) decide(book Book, act Act) ([]clearingEvent, error) {
	closed := disputeClosed{DisputeID: c.DisputeID, State: DisputeLapsed, Credited: new(big.Int)}
	return book.closeDispute(act, closed, func(claim *DisputeClaim, _ *account) error {
		if err := book.requireAnyone(act.Actor, "let disputes lapse"); err != nil {
			return err
		}
		return requireAfter("dispute "+c.DisputeID, claim.DeadlineSeconds, act.AtSeconds)
	})
}

// closeDispute asks what the step demands, then whether the dispute is open.
func (b Book) closeDispute(
	act Act, closed disputeClosed, check func(claim *DisputeClaim, liability *account) error,
) ([]clearingEvent, error) {
	dispute := b.Dispute(closed.DisputeID)
	if dispute == nil {
		return nil, notFound("dispute", closed.DisputeID)
	}
	if err := check(&dispute.Claim, b.account(dispute.Claim.Share.Liability)); err != nil {
		return nil, err
	}
	if dispute.State != DisputeOpen {
		return nil, errorsmod.Wrapf(ErrWrongState, "dispute %s is %s; it cannot be %s", closed.DisputeID, dispute.State, closed.State)
	}
	closed.Act = act
	return []clearingEvent{closed}, nil
}

func (c WriteOff) decide(book Book, act Act) ([]clearingEvent, error) {
	liability := book.accountOfFact(c.FactID)
	if liability == nil {
		return nil, notFound("a liability of fact", "0x"+c.FactID.String())
	}
	if err := book.requireActor(act.Actor, "write off the claim of another creditor", liability.creditor); err != nil {
		return nil, err
	}
	if err := requireText("reason", c.Reason); err != nil {
		return nil, err
	}
	share, err := book.requireFree("write-off", liability, c.Amount)
	if err != nil {
		return nil, err
	}
	return []clearingEvent{writtenOff{Act: act, Share: share, Reason: c.Reason}}, nil
}

func (c SetConsent) decide(book Book, act Act) ([]clearingEvent, error) {
	party, ok := c.Party.hash()
	if !ok || !book.hasParty(party) {
		return nil, notFound("party", c.Party.String())
	}
	if err := book.requireActor(act.Actor, "consent for another party", party); err != nil {
		return nil, err
	}
	return []clearingEvent{consentSet{Act: act, Party: c.Party, Consent: c.Consent}}, nil
}

// accountOfFact is nil if the fact has no liability.
func (b Book) accountOfFact(factID Bytes) *account {
	id, ok := factID.hash()
	if !ok {
		return nil
	}
	return b.account(b.sequenceOfFact(id))
}
