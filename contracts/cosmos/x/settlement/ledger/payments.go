package ledger

import (
	"math/big"
	"slices"
	"sort"

	errorsmod "cosmossdk.io/errors"

	storetypes "github.com/cosmos/cosmos-sdk/store/v2/types"

	"interledger.example/cosmos/x/settlement/facts"
)

// Payments: the debtor instructs, the creditor confirms with evidence, and until then the debt is held, not gone. A debt that
// a payment has been promised to can neither be netted nor paid again.

// paymentMoves tell from which states each one can be reached.
var paymentMoves = map[PaymentState][]PaymentState{
	PaymentPending:  {PaymentInstructed},
	PaymentFinal:    {PaymentInstructed, PaymentPending},
	PaymentReturned: {PaymentPending, PaymentFinal},
	PaymentExpired:  {PaymentInstructed, PaymentPending},
}

func (c InstructPayment) decide(book Book, act Act) ([]clearingEvent, error) {
	what, unit := "payment "+c.PaymentID, Unit{Currency: c.Currency, Exponent: c.Exponent}
	debtor, _ := c.Debtor.hash()
	for _, check := range []func() error{
		func() error { return requireName("payment id", c.PaymentID) },
		func() error { return book.requireActor(act.Actor, "instruct the payment of another debtor", debtor) },
		func() error { return requireAmount(what, c.Amount) },
		func() error { return c.checkUnit(book, unit) },
		func() error { return book.requireNew(paymentPrefix, "payment", c.PaymentID) },
		func() error { return requireDeadline(what, c.ExpiresAtSeconds, act.AtSeconds) },
	} {
		if err := check(); err != nil {
			return nil, err
		}
	}
	shares, err := c.shares(book, unit)
	if err != nil {
		return nil, err
	}
	return []clearingEvent{paymentInstructed{Act: act, Order: PaymentOrder{
		Amount: c.Amount, Creditor: c.Creditor, Currency: c.Currency, CycleID: c.CycleID, Debtor: c.Debtor,
		ExpiresAtSeconds: c.ExpiresAtSeconds, Exponent: c.Exponent, PaymentID: c.PaymentID, Shares: shares,
	}}}, nil
}

// checkUnit demands an agreement, or the committed cycle that left this to be paid.
func (c InstructPayment) checkUnit(book Book, unit Unit) error {
	if c.CycleID == "" {
		return book.requireUnit(c.Debtor, c.Creditor, unit)
	}
	cycle := book.Cycle(c.CycleID)
	if cycle == nil {
		return notFound("cycle", c.CycleID)
	}
	if cycle.State != CycleCommitted || cycle.Plan.unit() != unit {
		return errorsmod.Wrapf(ErrWrongState, "cycle %s is %s in %s; pay what a committed cycle left",
			c.CycleID, cycle.State, cycle.Plan.Currency)
	}
	return nil
}

// shares of the amount over the pair's liabilities, oldest first.
func (c InstructPayment) shares(book Book, unit Unit) ([]Share, error) {
	var claims []freeClaim
	debtor, isDebtor := c.Debtor.hash()
	creditor, isCreditor := c.Creditor.hash()
	if isDebtor && isCreditor && unit.isKnown() {
		claims = book.freeOf(unit, debtor, creditor)
	}
	shares, rest := take(claims, c.Amount)
	if rest.Sign() > 0 {
		return nil, errorsmod.Wrapf(ErrExceedsOpen, "payment %s: %s is %s more than is open and not held between the two",
			c.PaymentID, c.Amount, rest)
	}
	return shares, nil
}

// freeOf lists what may be cleared from one debtor to one creditor.
func (b Book) freeOf(unit Unit, debtor, creditor facts.Hash) []freeClaim {
	prefix := freeKey(unit, debtor, creditor)
	iterator := b.kv.Iterator(prefix, storetypes.PrefixEndBytes(prefix))
	defer iterator.Close()
	var claims []freeClaim
	for ; iterator.Valid(); iterator.Next() {
		claims = append(claims, decodeFree(iterator.Key()[len(prefix):], iterator.Value()))
	}
	return claims
}

// take spreads an amount over claims, by due date and then sequence, and says what is left of it.
func take(claims []freeClaim, amount *big.Int) (shares []Share, rest *big.Int) {
	ordered := slices.Clone(claims)
	sort.Slice(ordered, func(i, j int) bool {
		if ordered[i].dueDate != ordered[j].dueDate {
			return ordered[i].dueDate < ordered[j].dueDate
		}
		return ordered[i].sequence < ordered[j].sequence
	})
	rest, shares = new(big.Int).Set(amount), []Share{}
	for _, claim := range ordered {
		if rest.Sign() == 0 {
			break
		}
		part := claim.amount
		if part.Cmp(rest) > 0 {
			part = new(big.Int).Set(rest)
		}
		shares = append(shares, Share{Liability: claim.sequence, Amount: part})
		rest.Sub(rest, part)
	}
	return shares, rest
}

func (c MarkPaymentPending) decide(book Book, act Act) ([]clearingEvent, error) {
	return book.movePayment(act, paymentMoved{PaymentID: c.PaymentID, State: PaymentPending},
		func(order *PaymentOrder) error {
			return book.requireActor(act.Actor, "report the payment of another debtor", facts.Hash(order.Debtor))
		},
		func(order *PaymentOrder) error {
			return requireBefore("payment "+order.PaymentID, order.ExpiresAtSeconds, act.AtSeconds)
		})
}

func (c FinalisePayment) decide(book Book, act Act) ([]clearingEvent, error) {
	return book.movePayment(act, paymentMoved{PaymentID: c.PaymentID, State: PaymentFinal, Evidence: &c.Evidence},
		func(order *PaymentOrder) error {
			return book.requireActor(act.Actor, "confirm money that another creditor got", facts.Hash(order.Creditor))
		},
		func(order *PaymentOrder) error {
			if err := requireBefore("payment "+order.PaymentID, order.ExpiresAtSeconds, act.AtSeconds); err != nil {
				return err
			}
			return book.requireEvidence(&c.Evidence, order)
		})
}

func (c ReturnPayment) decide(book Book, act Act) ([]clearingEvent, error) {
	return book.movePayment(act, paymentMoved{PaymentID: c.PaymentID, State: PaymentReturned, Evidence: &c.Evidence},
		func(order *PaymentOrder) error {
			return book.requireActor(act.Actor, "report the return of another debtor's money", facts.Hash(order.Debtor))
		},
		func(order *PaymentOrder) error { return book.requireEvidence(&c.Evidence, order) })
}

func (c ExpirePayment) decide(book Book, act Act) ([]clearingEvent, error) {
	return book.movePayment(act, paymentMoved{PaymentID: c.PaymentID, State: PaymentExpired},
		func(*PaymentOrder) error { return book.requireAnyone(act.Actor, "expire payments") },
		func(order *PaymentOrder) error {
			return requireAfter("payment "+order.PaymentID, order.ExpiresAtSeconds, act.AtSeconds)
		})
}

// movePayment asks who acts, then whether the state allows it, then the rest.
func (b Book) movePayment(
	act Act, moved paymentMoved, checkActor, checkRest func(order *PaymentOrder) error,
) ([]clearingEvent, error) {
	payment := b.Payment(moved.PaymentID)
	if payment == nil {
		return nil, notFound("payment", moved.PaymentID)
	}
	if err := checkActor(&payment.Order); err != nil {
		return nil, err
	}
	if !slices.Contains(paymentMoves[moved.State], payment.State) {
		return nil, errorsmod.Wrapf(ErrWrongState, "payment %s is %s; it cannot be %s", moved.PaymentID, payment.State, moved.State)
	}
	if err := checkRest(&payment.Order); err != nil {
		return nil, err
	}
	moved.Act = act
	return []clearingEvent{moved}, nil
}
