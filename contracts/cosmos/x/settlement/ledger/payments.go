package ledger

import (
	"fmt"
	"math/big"
	"slices"
	"sort"
	"strings"

	errorsmod "cosmossdk.io/errors"

	storetypes "github.com/cosmos/cosmos-sdk/store/v2/types"

	wire "interledger.example/cosmos/wire/settlementv1"
)

// Payments: the debtor instructs, the creditor confirms with evidence, and until then the debt is held, not gone. A debt that
// a payment has been promised to can neither be netted nor paid again. Money never moves here.

const (
	paymentInstructed = wire.PaymentState_PAYMENT_STATE_INSTRUCTED
	paymentPending    = wire.PaymentState_PAYMENT_STATE_PENDING
	paymentFinal      = wire.PaymentState_PAYMENT_STATE_FINAL
	paymentReturned   = wire.PaymentState_PAYMENT_STATE_RETURNED
	paymentExpired    = wire.PaymentState_PAYMENT_STATE_EXPIRED
)

// paymentMoves give the states from which each one can be reached.
var paymentMoves = map[wire.PaymentState][]wire.PaymentState{
	paymentPending:  {paymentInstructed},
	paymentFinal:    {paymentInstructed, paymentPending},
	paymentReturned: {paymentPending, paymentFinal},
	paymentExpired:  {paymentInstructed, paymentPending},
}

// decidePayment gives nothing for commands of other concepts.
func (d *decision) decidePayment(command *wire.Command) ([]*wire.LogEntry, error) {
	switch asked := command.Command.(type) {
	case *wire.Command_InstructPayment:
		return d.instructPayment(asked.InstructPayment)
	case *wire.Command_MarkPaymentPending:
		return d.markPaymentPending(asked.MarkPaymentPending)
	case *wire.Command_FinalisePayment:
		return d.finalisePayment(asked.FinalisePayment)
	case *wire.Command_ReturnPayment:
		return d.returnPayment(asked.ReturnPayment)
	case *wire.Command_ExpirePayment:
		return d.expirePayment(asked.ExpirePayment)
	default:
		return nil, nil
	}
}

func (d *decision) instructPayment(asked *wire.InstructPayment) ([]*wire.LogEntry, error) {
	what, amount := "payment "+asked.PaymentId, amountOf(asked.Amount)
	unit := Unit{Currency: asked.Currency, Exponent: asked.Exponent}
	if err := firstOf(
		func() error { return requireName("payment id", asked.PaymentId) },
		func() error { return d.requireActor("instruct the payment of another debtor", asked.Debtor) },
		func() error { return requireAmount(what, amount) },
		func() error { return d.requirePayable(asked, unit) },
		func() error { return d.requireOwnPaymentID(asked.PaymentId) },
		func() error { return d.book.requireNew(paymentPrefix, "payment", asked.PaymentId) },
		func() error { return d.requireDeadline(what, asked.ExpiresAtSeconds) },
	); err != nil {
		return nil, err
	}
	shares, rest := take(d.book.freeOf(unit, asked.Debtor, asked.Creditor), amount)
	if rest.Sign() > 0 {
		return nil, errorsmod.Wrapf(ErrExceedsOpen, "payment %s: %s is %s more than is open and not held between the two",
			asked.PaymentId, unit.text(amount), unit.text(rest))
	}
	order := &wire.PaymentOrder{
		PaymentId: asked.PaymentId, Debtor: asked.Debtor, Creditor: asked.Creditor, Currency: asked.Currency,
		Exponent: asked.Exponent, Amount: asked.Amount, CycleId: asked.CycleId, ExpiresAtSeconds: asked.ExpiresAtSeconds,
		Shares: shares,
	}
	return []*wire.LogEntry{{Event: &wire.LogEntry_PaymentInstructed{PaymentInstructed: &wire.PaymentInstructed{Order: order}}}}, nil
}

// requirePayable demands an agreement, or the committed cycle that left this to be paid.
func (d *decision) requirePayable(asked *wire.InstructPayment, unit Unit) error {
	if asked.CycleId == "" {
		return d.book.requireUnit(asked.Debtor, asked.Creditor, unit)
	}
	cycle := d.book.Cycle(asked.CycleId)
	if cycle == nil {
		return notFound("cycle", asked.CycleId)
	}
	if cycle.State != cycleCommitted || unitOf(cycle.Plan) != unit {
		return errorsmod.Wrapf(ErrWrongState, "cycle %s is %s in %s; pay what a committed cycle left",
			asked.CycleId, stateName(cycle.State), cycle.Plan.Currency)
	}
	return nil
}

// freeOf lists what may be cleared from one debtor to one creditor.
func (b Book) freeOf(unit Unit, debtor, creditor []byte) []freeClaim {
	debtorID, isDebtor := hashOf(debtor)
	creditorID, isCreditor := hashOf(creditor)
	if !isDebtor || !isCreditor || !unit.isKnown() {
		return nil
	}
	prefix := freeKey(unit, debtorID, creditorID)
	iterator := b.kv.Iterator(prefix, storetypes.PrefixEndBytes(prefix))
	defer iterator.Close()
	var claims []freeClaim
	for ; iterator.Valid(); iterator.Next() {
		claims = append(claims, decodeFree(iterator.Key()[len(prefix):], iterator.Value()))
	}
	return claims
}

// take spreads an amount over claims, by due date and then sequence, and says what is left of it.
func take(claims []freeClaim, amount *big.Int) (shares []*wire.Share, rest *big.Int) {
	ordered := slices.Clone(claims)
	sort.Slice(ordered, func(i, j int) bool {
		if ordered[i].dueDate != ordered[j].dueDate {
			return ordered[i].dueDate < ordered[j].dueDate
		}
		return ordered[i].sequence < ordered[j].sequence
	})
	rest = new(big.Int).Set(amount)
	for _, claim := range ordered {
		if rest.Sign() == 0 {
			break
		}
		part := claim.amount
		if part.Cmp(rest) > 0 {
			part = new(big.Int).Set(rest)
		}
		shares = append(shares, &wire.Share{Liability: claim.sequence, Amount: part.String()})
		rest.Sub(rest, part)
	}
	return shares, rest
}

func (d *decision) markPaymentPending(asked *wire.MarkPaymentPending) ([]*wire.LogEntry, error) {
	return d.movePayment(&wire.PaymentMoved{PaymentId: asked.PaymentId, State: paymentPending},
		func(order *wire.PaymentOrder) error {
			return d.requireActor("report the payment of another debtor", order.Debtor)
		},
		func(order *wire.PaymentOrder) error {
			return d.requireBefore("payment "+order.PaymentId, order.ExpiresAtSeconds)
		})
}

func (d *decision) finalisePayment(asked *wire.FinalisePayment) ([]*wire.LogEntry, error) {
	return d.movePayment(&wire.PaymentMoved{PaymentId: asked.PaymentId, State: paymentFinal, Evidence: asked.Evidence},
		func(order *wire.PaymentOrder) error {
			return d.requireActor("confirm money that another creditor got", order.Creditor)
		},
		func(order *wire.PaymentOrder) error {
			if err := d.requireBefore("payment "+order.PaymentId, order.ExpiresAtSeconds); err != nil {
				return err
			}
			return d.requireEvidence(asked.Evidence, order)
		})
}

func (d *decision) returnPayment(asked *wire.ReturnPayment) ([]*wire.LogEntry, error) {
	return d.movePayment(&wire.PaymentMoved{PaymentId: asked.PaymentId, State: paymentReturned, Evidence: asked.Evidence},
		func(order *wire.PaymentOrder) error {
			return d.requireActor("report the return of another debtor's money", order.Debtor)
		},
		func(order *wire.PaymentOrder) error { return d.requireEvidence(asked.Evidence, order) })
}

func (d *decision) expirePayment(asked *wire.ExpirePayment) ([]*wire.LogEntry, error) {
	return d.movePayment(&wire.PaymentMoved{PaymentId: asked.PaymentId, State: paymentExpired},
		func(*wire.PaymentOrder) error { return d.requireAnyone("expire payments") },
		func(order *wire.PaymentOrder) error {
			return d.requireAfter("payment "+order.PaymentId, order.ExpiresAtSeconds)
		})
}

// movePayment asks who acts, then whether the state allows it, then the rest.
func (d *decision) movePayment(
	moved *wire.PaymentMoved, checkActor, checkRest func(order *wire.PaymentOrder) error,
) ([]*wire.LogEntry, error) {
	payment := d.book.Payment(moved.PaymentId)
	if payment == nil {
		return nil, notFound("payment", moved.PaymentId)
	}
	if err := checkActor(payment.Order); err != nil {
		return nil, err
	}
	if !slices.Contains(paymentMoves[moved.State], payment.State) {
		return nil, errorsmod.Wrapf(ErrWrongState, "payment %s is %s; it cannot be %s",
			moved.PaymentId, stateName(payment.State), stateName(moved.State))
	}
	if err := checkRest(payment.Order); err != nil {
		return nil, err
	}
	return []*wire.LogEntry{{Event: &wire.LogEntry_PaymentMoved{PaymentMoved: moved}}}, nil
}

// requireEvidence demands that it states exactly this amount and has proved nothing between the same parties before.
func (d *decision) requireEvidence(evidence *wire.Evidence, order *wire.PaymentOrder) error {
	if err := checkText("evidence reference", evidence.Reference, true); err != nil {
		return err
	}
	if evidence.Amount != order.Amount || evidence.Currency != order.Currency {
		stated, ordered := Unit{fmt.Sprintf("%.10q", evidence.Currency), order.Exponent}, Unit{order.Currency, order.Exponent}
		return errorsmod.Wrapf(ErrEvidenceMismatch, "evidence %s states %s, the payment %s",
			evidence.Reference, stated.text(amountOf(evidence.Amount)), ordered.text(amountOf(order.Amount)))
	}
	if d.book.kv.Has(evidenceKey(order, evidence)) {
		return errorsmod.Wrapf(ErrEvidenceUsed, "evidence %s has proved another movement between the two before", evidence.Reference)
	}
	return nil
}

// evidenceKey counts references between the payment's parties alone: they are unique to an account, not to the world, and no
// other party can use one up. The ids of both parties have one length.
func evidenceKey(order *wire.PaymentOrder, evidence *wire.Evidence) []byte {
	pair := append(append([]byte{evidencePrefix}, order.Debtor...), order.Creditor...)
	return append(append(pair, byte(evidence.Kind)), evidence.Reference...)
}

// stateName is the name of a state of a payment, dispute or cycle without its type.
func stateName(state fmt.Stringer) string {
	_, name, _ := strings.Cut(state.String(), "_STATE_")
	return name
}

func (b Book) applyPaymentInstructed(event *wire.PaymentInstructed, head Head) error {
	order := event.Order
	if b.entries(paymentPrefix, order.PaymentId) != nil {
		return fmt.Errorf("payment %s exists already", order.PaymentId)
	}
	if err := b.post(paymentInstructedPostings(event)); err != nil {
		return err
	}
	b.setEntries(paymentPrefix, order.PaymentId, entries{made: head.Sequence, moved: head.Sequence})
	b.setDeadline(paymentPrefix, order.ExpiresAtSeconds, order.PaymentId)
	return nil
}

func paymentInstructedPostings(event *wire.PaymentInstructed) []posting {
	return postShares(event.Order.Shares, freeAccount, heldAccount)
}

func (b Book) applyPaymentMoved(event *wire.PaymentMoved, head Head) error {
	before := b.Payment(event.PaymentId)
	if before == nil || !slices.Contains(paymentMoves[event.State], before.State) {
		return fmt.Errorf("payment %s cannot be %s", event.PaymentId, stateName(event.State))
	}
	if err := b.post(paymentMovedPostings(event, before)); err != nil {
		return err
	}
	at := *b.entries(paymentPrefix, event.PaymentId)
	at.moved = head.Sequence
	if event.Evidence != nil {
		at.proved = head.Sequence
		b.kv.Set(evidenceKey(before.Order, event.Evidence), []byte(event.PaymentId))
	}
	b.setEntries(paymentPrefix, event.PaymentId, at)
	if event.State != paymentPending {
		b.clearDeadline(paymentPrefix, before.Order.ExpiresAtSeconds, event.PaymentId)
	}
	return nil
}

// paymentMovedPostings by the payment as it was before.
func paymentMovedPostings(event *wire.PaymentMoved, before *wire.Payment) []posting {
	source := heldAccount
	if before.State == paymentFinal {
		source = paidAccount
	}
	switch event.State {
	case paymentFinal:
		return postShares(before.Order.Shares, source, paidAccount)
	case paymentReturned, paymentExpired:
		return postShares(before.Order.Shares, source, freeAccount)
	default:
		return nil
	}
}

// Payment is nil if there is none with that id.
func (b Book) Payment(paymentID string) *wire.Payment {
	at := b.entries(paymentPrefix, paymentID)
	if at == nil {
		return nil
	}
	made := b.entry(at.made)
	payment := &wire.Payment{
		Order: made.GetPaymentInstructed().GetOrder(), State: paymentInstructed, Recorder: made.GetAct().GetActor(), Sequence: at.moved,
	}
	if at.moved != at.made {
		moved := b.entry(at.moved)
		payment.State, payment.Recorder = moved.GetPaymentMoved().GetState(), moved.GetAct().GetActor()
	}
	if at.proved != 0 {
		payment.Evidence = b.entry(at.proved).GetPaymentMoved().GetEvidence()
	}
	return payment
}

// Payments in the order of their ids from behind after, at most limit.
func (b Book) Payments(after string, limit int) []*wire.Payment {
	return listed(b, paymentPrefix, after, limit, b.Payment)
}
