package ledger

import (
	"encoding/json"
	"math/big"

	"interledger.example/cosmos/x/settlement/facts"
)

// clearingEvent is an entry of the log about debts that stand. Fields in alphabetical order, as in clearing_values.go; the
// field Event is the name in the log.
type clearingEvent interface {
	event
	// isWhole says whether everything that a log must name is there.
	isWhole() bool
}

type consentSet struct {
	Act     Act     `json:"act"`
	Consent Consent `json:"consent"`
	Event   string  `json:"event"`
	Party   Bytes   `json:"party"`
}

type paymentInstructed struct {
	Act   Act          `json:"act"`
	Event string       `json:"event"`
	Order PaymentOrder `json:"order"`
}

type paymentMoved struct {
	Act       Act          `json:"act"`
	Event     string       `json:"event"`
	Evidence  *Evidence    `json:"evidence"`
	PaymentID string       `json:"payment_id"`
	State     PaymentState `json:"state"`
}

type disputeOpened struct {
	Act   Act          `json:"act"`
	Claim DisputeClaim `json:"claim"`
	Event string       `json:"event"`
}

type disputeClosed struct {
	Act       Act          `json:"act"`
	Credited  *big.Int     `json:"credited"`
	DisputeID string       `json:"dispute_id"`
	Event     string       `json:"event"`
	State     DisputeState `json:"state"`
}

type writtenOff struct {
	Act    Act    `json:"act"`
	Event  string `json:"event"`
	Reason string `json:"reason"`
	Share  Share  `json:"share"`
}

type cycleProposed struct {
	Act   Act       `json:"act"`
	Event string    `json:"event"`
	Plan  CyclePlan `json:"plan"`
}

type cycleMoved struct {
	Act     Act        `json:"act"`
	CycleID string     `json:"cycle_id"`
	Event   string     `json:"event"`
	State   CycleState `json:"state"`
}

// debtNovated follows the commit of a hub cycle in the same block.
type debtNovated struct {
	Amount     *big.Int `json:"amount"`
	Creditor   Bytes    `json:"creditor"`
	Currency   string   `json:"currency"`
	CycleID    string   `json:"cycle_id"`
	Debtor     Bytes    `json:"debtor"`
	DueDate    uint64   `json:"due_date"`
	Event      string   `json:"event"`
	Exponent   uint32   `json:"exponent"`
	ServiceEnd uint64   `json:"service_end"`
}

func (e consentSet) encode() []byte        { e.Event = "consent_set"; return canonical(e) }
func (e paymentInstructed) encode() []byte { e.Event = "payment_instructed"; return canonical(e) }
func (e paymentMoved) encode() []byte      { e.Event = "payment_moved"; return canonical(e) }
func (e disputeOpened) encode() []byte     { e.Event = "dispute_opened"; return canonical(e) }
func (e disputeClosed) encode() []byte     { e.Event = "dispute_closed"; return canonical(e) }
func (e writtenOff) encode() []byte        { e.Event = "written_off"; return canonical(e) }
func (e cycleProposed) encode() []byte     { e.Event = "cycle_proposed"; return canonical(e) }
func (e cycleMoved) encode() []byte        { e.Event = "cycle_moved"; return canonical(e) }
func (e debtNovated) encode() []byte       { e.Event = "debt_novated"; return canonical(e) }

func (e consentSet) request() string        { return e.Act.RequestID }
func (e paymentInstructed) request() string { return e.Act.RequestID }
func (e paymentMoved) request() string      { return e.Act.RequestID }
func (e disputeOpened) request() string     { return e.Act.RequestID }
func (e disputeClosed) request() string     { return e.Act.RequestID }
func (e writtenOff) request() string        { return e.Act.RequestID }
func (e cycleProposed) request() string     { return e.Act.RequestID }
func (e cycleMoved) request() string        { return e.Act.RequestID }

func (e consentSet) digest() facts.Hash        { return facts.Hash(e.Act.RequestDigest) }
func (e paymentInstructed) digest() facts.Hash { return facts.Hash(e.Act.RequestDigest) }
func (e paymentMoved) digest() facts.Hash      { return facts.Hash(e.Act.RequestDigest) }
func (e disputeOpened) digest() facts.Hash     { return facts.Hash(e.Act.RequestDigest) }
func (e disputeClosed) digest() facts.Hash     { return facts.Hash(e.Act.RequestDigest) }
func (e writtenOff) digest() facts.Hash        { return facts.Hash(e.Act.RequestDigest) }
func (e cycleProposed) digest() facts.Hash     { return facts.Hash(e.Act.RequestDigest) }
func (e cycleMoved) digest() facts.Hash        { return facts.Hash(e.Act.RequestDigest) }

func (a Act) isWhole() bool {
	return len(a.RequestDigest) == hashBytes && (a.Actor.isOperator() || len(a.Actor) == hashBytes)
}

func (e consentSet) isWhole() bool {
	return e.Act.isWhole() && len(e.Party) == hashBytes && (e.Consent == ConsentGiven || e.Consent == ConsentWithdrawn)
}

func (e paymentInstructed) isWhole() bool {
	order := &e.Order
	areIDs := len(order.Debtor) == hashBytes && len(order.Creditor) == hashBytes
	return e.Act.isWhole() && areIDs && isAmount(order.Amount) && order.Shares != nil
}

func (e paymentMoved) isWhole() bool {
	if e.Evidence != nil && (!isAmount(e.Evidence.Amount) || evidenceMarks[e.Evidence.Kind] == 0) {
		return false
	}
	return e.Act.isWhole()
}

func (e disputeOpened) isWhole() bool {
	return e.Act.isWhole() && isAmount(e.Claim.Share.Amount) && len(e.Claim.FactID) == hashBytes
}

func (e disputeClosed) isWhole() bool { return e.Act.isWhole() && isAmount(e.Credited) }

func (e writtenOff) isWhole() bool { return e.Act.isWhole() && isAmount(e.Share.Amount) }

func (e cycleProposed) isWhole() bool {
	plan := &e.Plan
	for _, party := range plan.Parties {
		if len(party) != hashBytes {
			return false
		}
	}
	for _, debt := range plan.Debts {
		if int(max(debt.Debtor, debt.Creditor)) >= len(plan.Parties) {
			return false
		}
	}
	areListed := plan.Parties != nil && plan.Debts != nil && plan.Shares != nil && plan.Novated != nil
	return e.Act.isWhole() && areListed && isAmount(plan.Gross) && isAmount(plan.Remaining) && plan.unit().isKnown()
}

func (e cycleMoved) isWhole() bool { return e.Act.isWhole() }

func (e debtNovated) isWhole() bool {
	unit := Unit{Currency: e.Currency, Exponent: e.Exponent}
	return isAmount(e.Amount) && unit.isKnown() && len(e.Creditor) == hashBytes && len(e.Debtor) == hashBytes
}

func isAmount(amount *big.Int) bool {
	return amount != nil && amount.Sign() >= 0 && amount.BitLen() <= amountBits
}

func (u Unit) isKnown() bool { return isCurrency(u.Currency) && u.Exponent <= maximumExponent }

// readClearing is nil for the name of another event. What it reads is not checked against its canonical form.
func readClearing(name string, raw []byte) (clearingEvent, error) {
	switch name {
	case "consent_set":
		return readEvent[consentSet](raw)
	case "payment_instructed":
		return readEvent[paymentInstructed](raw)
	case "payment_moved":
		return readEvent[paymentMoved](raw)
	case "dispute_opened":
		return readEvent[disputeOpened](raw)
	case "dispute_closed":
		return readEvent[disputeClosed](raw)
	case "written_off":
		return readEvent[writtenOff](raw)
	case "cycle_proposed":
		return readEvent[cycleProposed](raw)
	case "cycle_moved":
		return readEvent[cycleMoved](raw)
	case "debt_novated":
		return readEvent[debtNovated](raw)
	default:
		return nil, nil
	}
}

func readEvent[Kind clearingEvent](raw []byte) (clearingEvent, error) {
	var read Kind
	if err := json.Unmarshal(raw, &read); err != nil {
		return nil, err
	}
	if !read.isWhole() {
		return nil, errNotAnEvent
	}
	return read, nil
}
