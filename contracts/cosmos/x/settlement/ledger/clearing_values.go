package ledger

import (
	"encoding/hex"
	"encoding/json"
	"math/big"

	"interledger.example/cosmos/x/settlement/facts"
)

// The fields of these structs are in alphabetical order of their names in JSON, because that is the order in the log.

// Bytes are hexadecimal in the log. They come from a command as they are, so their length is not known.
type Bytes []byte

// String is hexadecimal.
func (b Bytes) String() string { return hex.EncodeToString(b) }

// MarshalText writes hexadecimal.
func (b Bytes) MarshalText() ([]byte, error) { return []byte(b.String()), nil }

// UnmarshalText reads hexadecimal.
func (b *Bytes) UnmarshalText(text []byte) error {
	raw, err := hex.DecodeString(string(text))
	*b = raw
	return err
}

func (b Bytes) isOperator() bool { return len(b) == 0 }

// hash is false for bytes that are no identifier.
func (b Bytes) hash() (facts.Hash, bool) {
	if len(b) != hashBytes {
		return facts.Hash{}, false
	}
	return facts.Hash(b), true
}

// Unit is a currency with the digits that amounts are stated in.
type Unit struct {
	Currency string
	Exponent uint32
}

// Act says who did something, by which request, in the block of which time.
type Act struct {
	// Actor is a party id, or empty for an operator.
	Actor         Bytes  `json:"actor"`
	AtSeconds     uint64 `json:"at_seconds"`
	RequestDigest Bytes  `json:"request_digest"`
	RequestID     string `json:"request_id"`
}

// Share is a part of one liability, named by the liability's sequence. In JSON: [liability, amount].
type Share struct {
	Liability uint64
	Amount    *big.Int
}

// EvidenceKind is what shows that money moved.
type EvidenceKind string

// A statement entry is named by the account servicer's reference, a transaction by ledger and hash.
const (
	BankStatementEntry EvidenceKind = "bank_statement_entry"
	Transaction        EvidenceKind = "transaction"
)

// Evidence proves one movement of one payment and no other.
type Evidence struct {
	Amount    *big.Int     `json:"amount"`
	Currency  string       `json:"currency"`
	Kind      EvidenceKind `json:"kind"`
	Reference string       `json:"reference"`
}

// PaymentState goes from instructed by pending to final. Returned and expired give back what was held or paid.
type PaymentState string

// The states of a payment.
const (
	PaymentInstructed PaymentState = "instructed"
	PaymentPending    PaymentState = "pending"
	PaymentFinal      PaymentState = "final"
	PaymentReturned   PaymentState = "returned"
	PaymentExpired    PaymentState = "expired"
)

// PaymentOrder is what is to be paid; its shares are oldest first and sum up to the amount.
type PaymentOrder struct {
	Amount           *big.Int `json:"amount"`
	Creditor         Bytes    `json:"creditor"`
	Currency         string   `json:"currency"`
	CycleID          string   `json:"cycle_id"`
	Debtor           Bytes    `json:"debtor"`
	ExpiresAtSeconds uint64   `json:"expires_at_seconds"`
	Exponent         uint32   `json:"exponent"`
	PaymentID        string   `json:"payment_id"`
	Shares           []Share  `json:"shares"`
}

// Payment as it stands.
type Payment struct {
	Order PaymentOrder
	State PaymentState
	// Evidence of the newest movement that had one, or nil.
	Evidence *Evidence
	// Recorder of the state.
	Recorder Bytes
	// Sequence of the entry that brought the state.
	Sequence uint64
}

// DisputeState is open while it holds its amount.
type DisputeState string

// The states of a dispute.
const (
	DisputeOpen         DisputeState = "open"
	DisputeReleased     DisputeState = "released"
	DisputeUpheld       DisputeState = "upheld"
	DisputePartlyUpheld DisputeState = "partly_upheld"
	DisputeLapsed       DisputeState = "lapsed"
)

// DisputeClaim is what the debtor contests.
type DisputeClaim struct {
	DeadlineSeconds uint64 `json:"deadline_seconds"`
	DisputeID       string `json:"dispute_id"`
	FactID          Bytes  `json:"fact_id"`
	Reason          string `json:"reason"`
	Share           Share  `json:"share"`
}

// Dispute as it stands. Credited is what the creditor gave up.
type Dispute struct {
	Claim    DisputeClaim
	State    DisputeState
	Credited *big.Int
	Sequence uint64
}

// Consent of a party to novation.
type Consent string

// A party that said nothing has not agreed.
const (
	ConsentGiven     Consent = "given"
	ConsentWithdrawn Consent = "withdrawn"
)

// CycleState goes from proposed by verified to committed. Aborted and expired give back what was held.
type CycleState string

// The states of a cycle.
const (
	CycleProposed  CycleState = "proposed"
	CycleVerified  CycleState = "verified"
	CycleCommitted CycleState = "committed"
	CycleAborted   CycleState = "aborted"
	CycleExpired   CycleState = "expired"
)

// DebtRow is a debt between two parties of a plan, named by their places in its list. In JSON: [debtor, creditor, amount].
type DebtRow struct {
	Debtor   uint32
	Creditor uint32
	Amount   *big.Int
}

// NovatedDebt is what a hub cycle puts in the place of what it clears. In JSON: [debtor, creditor, amount].
type NovatedDebt struct {
	Debtor   facts.Hash
	Creditor facts.Hash
	Amount   *big.Int
}

// CyclePlan is what a cycle clears, and why that is right.
type CyclePlan struct {
	Currency         string        `json:"currency"`
	CutOffSeconds    uint64        `json:"cut_off_seconds"`
	CycleID          string        `json:"cycle_id"`
	Debts            []DebtRow     `json:"debts"`
	DebtsHash        Bytes         `json:"debts_hash"`
	ExpiresAtSeconds uint64        `json:"expires_at_seconds"`
	Exponent         uint32        `json:"exponent"`
	Gross            *big.Int      `json:"gross"`
	Mode             NettingMode   `json:"mode"`
	Novated          []NovatedDebt `json:"novated"`
	Parties          []Bytes       `json:"parties"`
	Proof            Bytes         `json:"proof"`
	Remaining        *big.Int      `json:"remaining"`
	Shares           []Share       `json:"shares"`
	ValueDateSeconds uint64        `json:"value_date_seconds"`
}

func (p *CyclePlan) unit() Unit { return Unit{Currency: p.Currency, Exponent: p.Exponent} }

// Cycle as it stands.
type Cycle struct {
	Plan     CyclePlan
	State    CycleState
	Proposer Bytes
	// Verifier is empty for an operator; HasVerifier tells that from nobody.
	Verifier    Bytes
	HasVerifier bool
	Sequence    uint64
}

// MarshalJSON writes the two values.
func (s Share) MarshalJSON() ([]byte, error) { return json.Marshal([]any{s.Liability, s.Amount}) }

// UnmarshalJSON reads exactly two values.
func (s *Share) UnmarshalJSON(raw []byte) error {
	row, err := readRow(raw)
	*s = Share{Liability: row.unsigned(64), Amount: row.integer(amountBits)}
	return row.end(err)
}

// MarshalJSON writes the three values.
func (d DebtRow) MarshalJSON() ([]byte, error) {
	return json.Marshal([]any{d.Debtor, d.Creditor, d.Amount})
}

// UnmarshalJSON reads exactly three values.
func (d *DebtRow) UnmarshalJSON(raw []byte) error {
	const placeBits = 32
	row, err := readRow(raw)
	*d = DebtRow{
		Debtor: uint32(row.unsigned(placeBits)), Creditor: uint32(row.unsigned(placeBits)), Amount: row.integer(amountBits),
	}
	return row.end(err)
}

// MarshalJSON writes the three values.
func (d NovatedDebt) MarshalJSON() ([]byte, error) {
	return json.Marshal([]any{Bytes(d.Debtor[:]), Bytes(d.Creditor[:]), d.Amount})
}

// UnmarshalJSON reads exactly three values.
func (d *NovatedDebt) UnmarshalJSON(raw []byte) error {
	row, err := readRow(raw)
	*d = NovatedDebt{Debtor: row.hash(), Creditor: row.hash(), Amount: row.integer(amountBits)}
	return row.end(err)
}
