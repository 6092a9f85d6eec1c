package ledger

import (
	"encoding/hex"
	"fmt"
	"math/big"

	errorsmod "cosmossdk.io/errors"

	wire "interledger.example/cosmos/wire/settlementv1"
)

// Disputes and write-offs: what a debtor contests is held until the two agree or the deadline passes. A dispute freezes its
// amount and nothing else, and never one that was netted, paid or credited.

const (
	disputeOpen         = wire.DisputeState_DISPUTE_STATE_OPEN
	disputeReleased     = wire.DisputeState_DISPUTE_STATE_RELEASED
	disputeUpheld       = wire.DisputeState_DISPUTE_STATE_UPHELD
	disputePartlyUpheld = wire.DisputeState_DISPUTE_STATE_PARTLY_UPHELD
	disputeLapsed       = wire.DisputeState_DISPUTE_STATE_LAPSED

	nothing = "0"
)

// decideDispute gives nothing for commands of other concepts.
func (d *decision) decideDispute(command *wire.Command) ([]*wire.LogEntry, error) {
	switch asked := command.Command.(type) {
	case *wire.Command_OpenDispute:
		return d.openDispute(asked.OpenDispute)
	case *wire.Command_ReleaseDispute:
		return d.releaseDispute(asked.ReleaseDispute)
	case *wire.Command_UpholdDispute:
		return d.upholdDispute(asked.UpholdDispute)
	case *wire.Command_LapseDispute:
		return d.lapseDispute(asked.LapseDispute)
	case *wire.Command_WriteOff:
		return d.writeOff(asked.WriteOff)
	default:
		return nil, nil
	}
}

func (d *decision) openDispute(asked *wire.OpenDispute) ([]*wire.LogEntry, error) {
	if err := requireName("dispute id", asked.DisputeId); err != nil {
		return nil, err
	}
	liability := d.book.accountOfFact(asked.FactId)
	if liability == nil {
		return nil, notFound("liability of fact", "0x"+hex.EncodeToString(asked.FactId))
	}
	what := "dispute " + asked.DisputeId
	if err := firstOf(
		func() error { return d.requireActor("dispute the debt of another debtor", liability.debtor[:]) },
		func() error { return d.requireOwnID("dispute id", asked.DisputeId) },
		func() error { return d.book.requireNew(disputePrefix, "dispute", asked.DisputeId) },
		func() error { return checkText("reason", asked.Reason, true) },
		func() error { return d.requireDeadline(what, asked.DeadlineSeconds) },
		func() error { return d.requireRate(disputeRate) },
	); err != nil {
		return nil, err
	}
	share, err := d.book.requireFree(what, liability, amountOf(asked.Amount))
	if err != nil {
		return nil, err
	}
	claim := &wire.DisputeClaim{
		DisputeId: asked.DisputeId, FactId: asked.FactId, Share: share, Reason: asked.Reason, DeadlineSeconds: asked.DeadlineSeconds,
	}
	return []*wire.LogEntry{{Event: &wire.LogEntry_DisputeOpened{DisputeOpened: &wire.DisputeOpened{Claim: claim}}}}, nil
}

func (d *decision) releaseDispute(asked *wire.ReleaseDispute) ([]*wire.LogEntry, error) {
	closed := &wire.DisputeClosed{DisputeId: asked.DisputeId, State: disputeReleased, Credited: nothing}
	return d.closeDispute(closed, func(_ *wire.DisputeClaim, liability *account) error {
		return d.requireActor("withdraw the dispute of another debtor", liability.debtor[:])
	})
}

func (d *decision) upholdDispute(asked *wire.UpholdDispute) ([]*wire.LogEntry, error) {
	closed := &wire.DisputeClosed{DisputeId: asked.DisputeId, State: disputePartlyUpheld, Credited: asked.Credited}
	return d.closeDispute(closed, func(claim *wire.DisputeClaim, liability *account) error {
		if err := d.requireActor("give up the claim of another creditor", liability.creditor[:]); err != nil {
			return err
		}
		if err := d.requireBefore("dispute "+asked.DisputeId, claim.DeadlineSeconds); err != nil {
			return err
		}
		held, credited := amountOf(claim.Share.Amount), amountOf(asked.Credited)
		if credited.Sign() <= 0 || credited.Cmp(held) > 0 {
			text := liability.unit.text
			return errorsmod.Wrapf(ErrAmountOutOfRange,
				"dispute %s: credit %s to %s, not %s", asked.DisputeId, text(big.NewInt(1)), text(held), text(credited))
		}
		if credited.Cmp(held) == 0 {
			closed.State = disputeUpheld
		}
		return nil
	})
}

func (d *decision) lapseDispute(asked *wire.LapseDispute) ([]*wire.LogEntry, error) {
	closed := &wire.DisputeClosed{DisputeId: asked.DisputeId, State: disputeLapsed, Credited: nothing}
	return d.closeDispute(closed, func(claim *wire.DisputeClaim, _ *account) error {
		if err := d.requireAnyone("let disputes lapse"); err != nil {
			return err
		}
		return d.requireAfter("dispute "+asked.DisputeId, claim.DeadlineSeconds)
	})
}

// closeDispute asks what the command demands, then whether the dispute is open.
func (d *decision) closeDispute(
	closed *wire.DisputeClosed, check func(claim *wire.DisputeClaim, liability *account) error,
) ([]*wire.LogEntry, error) {
	dispute := d.book.Dispute(closed.DisputeId)
	if dispute == nil {
		return nil, notFound("dispute", closed.DisputeId)
	}
	if err := check(dispute.Claim, d.book.account(dispute.Claim.Share.Liability)); err != nil {
		return nil, err
	}
	if dispute.State != disputeOpen {
		return nil, errorsmod.Wrapf(ErrWrongState, "dispute %s is %s; it cannot be %s",
			closed.DisputeId, stateName(dispute.State), stateName(closed.State))
	}
	return []*wire.LogEntry{{Event: &wire.LogEntry_DisputeClosed{DisputeClosed: closed}}}, nil
}

func (d *decision) writeOff(asked *wire.WriteOff) ([]*wire.LogEntry, error) {
	liability := d.book.accountOfFact(asked.FactId)
	if liability == nil {
		return nil, notFound("liability of fact", "0x"+hex.EncodeToString(asked.FactId))
	}
	if err := firstOf(
		func() error { return d.requireActor("write off the claim of another creditor", liability.creditor[:]) },
		func() error { return checkText("reason", asked.Reason, true) },
	); err != nil {
		return nil, err
	}
	share, err := d.book.requireFree("write-off", liability, amountOf(asked.Amount))
	if err != nil {
		return nil, err
	}
	written := &wire.WrittenOff{Share: share, Reason: asked.Reason}
	return []*wire.LogEntry{{Event: &wire.LogEntry_WrittenOff{WrittenOff: written}}}, nil
}

// accountOfFact is nil if the fact has no liability.
func (b Book) accountOfFact(factID []byte) *account {
	id, ok := hashOf(factID)
	if !ok {
		return nil
	}
	return b.account(b.sequenceOfFact(id))
}

func (b Book) applyDisputeOpened(event *wire.DisputeOpened, head Head) error {
	claim := event.Claim
	if b.entries(disputePrefix, claim.DisputeId) != nil {
		return fmt.Errorf("dispute %s exists already", claim.DisputeId)
	}
	if err := b.post(disputeOpenedPostings(event)); err != nil {
		return err
	}
	b.setEntries(disputePrefix, claim.DisputeId, entries{made: head.Sequence, moved: head.Sequence})
	b.setDeadline(disputePrefix, claim.DeadlineSeconds, claim.DisputeId)
	return nil
}

func disputeOpenedPostings(event *wire.DisputeOpened) []posting {
	return postShares([]*wire.Share{event.Claim.Share}, freeAccount, heldAccount)
}

func (b Book) applyDisputeClosed(event *wire.DisputeClosed, head Head) error {
	before := b.Dispute(event.DisputeId)
	if before == nil || before.State != disputeOpen || event.State == disputeOpen {
		return fmt.Errorf("dispute %s cannot be %s", event.DisputeId, stateName(event.State))
	}
	if amountOf(event.Credited).Cmp(amountOf(before.Claim.Share.Amount)) > 0 {
		return fmt.Errorf("dispute %s credits more than it holds", event.DisputeId)
	}
	if err := b.post(disputeClosedPostings(event, before.Claim)); err != nil {
		return err
	}
	at := *b.entries(disputePrefix, event.DisputeId)
	at.moved = head.Sequence
	b.setEntries(disputePrefix, event.DisputeId, at)
	b.clearDeadline(disputePrefix, before.Claim.DeadlineSeconds, event.DisputeId)
	return nil
}

func disputeClosedPostings(event *wire.DisputeClosed, claim *wire.DisputeClaim) []posting {
	liability, credited := claim.Share.Liability, amountOf(event.Credited)
	rest := new(big.Int).Sub(amountOf(claim.Share.Amount), credited)
	return []posting{
		{liability: liability, source: heldAccount, target: creditedAccount, amount: credited},
		{liability: liability, source: heldAccount, target: freeAccount, amount: rest},
	}
}

func writtenOffPostings(event *wire.WrittenOff) []posting {
	return postShares([]*wire.Share{event.Share}, freeAccount, creditedAccount)
}

// Dispute is nil if there is none with that id.
func (b Book) Dispute(disputeID string) *wire.Dispute {
	at := b.entries(disputePrefix, disputeID)
	if at == nil {
		return nil
	}
	dispute := &wire.Dispute{
		Claim: b.entry(at.made).GetDisputeOpened().GetClaim(), State: disputeOpen, Credited: nothing, Sequence: at.moved,
	}
	if at.moved != at.made {
		closed := b.entry(at.moved).GetDisputeClosed()
		dispute.State, dispute.Credited = closed.State, closed.Credited
	}
	return dispute
}

// Disputes in the order of their ids from behind after, at most limit.
func (b Book) Disputes(after string, limit int) []*wire.Dispute {
	return listed(b, disputePrefix, after, limit, b.Dispute)
}
