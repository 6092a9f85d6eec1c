package ledger

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/big"
	"unicode/utf8"
)

// ClearingCommand asks for one step of something that happens to debts that stand. Whoever carries it vouches for the actor.
type ClearingCommand struct {
	RequestID string
	// Actor is a party id, or empty for an operator, who may act wherever a party may.
	Actor Bytes
	Step  Step
}

// Step is one of the structs below. The names of their fields are part of what a repeated request id is compared by.
type Step interface {
	// command is the step's name in the digest.
	command() string
	// decide gives the events that the step leads to, or the first rule that it breaks.
	decide(book Book, act Act) ([]clearingEvent, error)
}

// InstructPayment by the debtor holds the oldest open liabilities of the pair until the payment has an end.
type InstructPayment struct {
	PaymentID        string   `json:"payment_id"`
	Debtor           Bytes    `json:"debtor"`
	Creditor         Bytes    `json:"creditor"`
	Currency         string   `json:"currency"`
	Exponent         uint32   `json:"exponent"`
	Amount           *big.Int `json:"amount"`
	CycleID          string   `json:"cycle_id"`
	ExpiresAtSeconds uint64   `json:"expires_at_seconds"`
}

// MarkPaymentPending says that the debtor's bank has taken the order.
type MarkPaymentPending struct {
	PaymentID string `json:"payment_id"`
}

// FinalisePayment says that the creditor has the money.
type FinalisePayment struct {
	PaymentID string   `json:"payment_id"`
	Evidence  Evidence `json:"evidence"`
}

// ReturnPayment says that the money went back to the debtor.
type ReturnPayment struct {
	PaymentID string   `json:"payment_id"`
	Evidence  Evidence `json:"evidence"`
}

// ExpirePayment says that the payment's time has passed. Any party may.
type ExpirePayment struct {
	PaymentID string `json:"payment_id"`
}

// OpenDispute by the debtor holds an amount that is open.
type OpenDispute struct {
	DisputeID       string   `json:"dispute_id"`
	FactID          Bytes    `json:"fact_id"`
	Amount          *big.Int `json:"amount"`
	Reason          string   `json:"reason"`
	DeadlineSeconds uint64   `json:"deadline_seconds"`
}

// ReleaseDispute by the debtor: the amount is owed.
type ReleaseDispute struct {
	DisputeID string `json:"dispute_id"`
}

// UpholdDispute by the creditor gives up a part or all of the contested amount.
type UpholdDispute struct {
	DisputeID string   `json:"dispute_id"`
	Credited  *big.Int `json:"credited"`
}

// LapseDispute says that the deadline has passed; the amount is owed. Any party may.
type LapseDispute struct {
	DisputeID string `json:"dispute_id"`
}

// WriteOff by the creditor gives up an open amount.
type WriteOff struct {
	FactID Bytes    `json:"fact_id"`
	Amount *big.Int `json:"amount"`
	Reason string   `json:"reason"`
}

// SetConsent to novation, or taking it back for cycles that are not proposed yet.
type SetConsent struct {
	Party   Bytes   `json:"party"`
	Consent Consent `json:"consent"`
}

// ProposeCycle clears debts: checked completely, then held, not yet posted.
type ProposeCycle struct {
	CycleID          string      `json:"cycle_id"`
	Mode             NettingMode `json:"mode"`
	Currency         string      `json:"currency"`
	Exponent         uint32      `json:"exponent"`
	CutOffSeconds    uint64      `json:"cut_off_seconds"`
	ValueDateSeconds uint64      `json:"value_date_seconds"`
	ExpiresAtSeconds uint64      `json:"expires_at_seconds"`
	DebtsHash        Bytes       `json:"debts_hash"`
	Proof            Bytes       `json:"proof"`
}

// VerifyCycle by another than the proposer.
type VerifyCycle struct {
	CycleID   string `json:"cycle_id"`
	ProofHash Bytes  `json:"proof_hash"`
}

// CommitCycle posts a verified cycle, all of it.
type CommitCycle struct {
	CycleID string `json:"cycle_id"`
}

// AbortCycle gives a running cycle up.
type AbortCycle struct {
	CycleID string `json:"cycle_id"`
}

// ExpireCycle says that the cycle's time has passed. Any party may.
type ExpireCycle struct {
	CycleID string `json:"cycle_id"`
}

func (InstructPayment) command() string    { return "InstructPayment" }
func (MarkPaymentPending) command() string { return "MarkPaymentPending" }
func (FinalisePayment) command() string    { return "FinalisePayment" }
func (ReturnPayment) command() string      { return "ReturnPayment" }
func (ExpirePayment) command() string      { return "ExpirePayment" }
func (OpenDispute) command() string        { return "OpenDispute" }
func (ReleaseDispute) command() string     { return "ReleaseDispute" }
func (UpholdDispute) command() string      { return "UpholdDispute" }
func (LapseDispute) command() string       { return "LapseDispute" }
func (WriteOff) command() string           { return "WriteOff" }
func (SetConsent) command() string         { return "SetConsent" }
func (ProposeCycle) command() string       { return "ProposeCycle" }
func (VerifyCycle) command() string        { return "VerifyCycle" }
func (CommitCycle) command() string        { return "CommitCycle" }
func (AbortCycle) command() string         { return "AbortCycle" }
func (ExpireCycle) command() string        { return "ExpireCycle" }

// canonicalCommand is the command's name and fields as one JSON object with ascending names.
func canonicalCommand(command ClearingCommand) []byte {
	fields := map[string]json.RawMessage{}
	if err := json.Unmarshal(canonical(command.Step), &fields); err != nil {
		panic(fmt.Errorf("a command is no object: %w", err))
	}
	fields["command"] = canonical(command.Step.command())
	fields["actor"] = canonical(command.Actor)
	fields["request_id"] = canonical(command.RequestID)
	return canonical(fields)
}

// canonical writes JSON without spaces and in ASCII, as quoted does. Structs must have their fields in alphabetical order.
func canonical(value any) []byte {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		panic(fmt.Errorf("a value has no canonical form: %w", err))
	}
	return inASCII(bytes.TrimSuffix(out.Bytes(), []byte{'\n'}))
}

// inASCII escapes what JSON allows to stand unescaped in a text.
func inASCII(raw []byte) []byte {
	first := bytes.IndexFunc(raw, func(r rune) bool { return r > '~' })
	if first < 0 {
		return raw
	}
	out := append([]byte{}, raw[:first]...)
	for rest := raw[first:]; len(rest) > 0; {
		r, size := utf8.DecodeRune(rest)
		out = appendEscaped(out, r)
		rest = rest[size:]
	}
	return out
}
