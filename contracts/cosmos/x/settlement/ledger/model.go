package ledger

import (
	"math/big"
	"slices"

	"interledger.example/cosmos/x/settlement/facts"
)

// Party is an operator. PartyID is keccak256 of OCPIID.
type Party struct {
	PartyID facts.Hash
	OCPIID  string
	Name    string
	// LEI is the ISO 17442 code, or empty.
	LEI   string
	VATID string
}

// CurrencyTerms is one currency of an agreement, by its ISO 4217 code and the digits after the point.
type CurrencyTerms struct {
	Currency string
	Exponent uint32
	// OpenLimit is the most that may be open from debtor to creditor in minor units; nil: no limit.
	OpenLimit *big.Int
}

// NettingMode is how debts may be set off. Mode hub needs the parties' consent besides.
type NettingMode string

const (
	ModeBilateral NettingMode = "BILATERAL"
	ModeCycle     NettingMode = "CYCLE"
	ModeHub       NettingMode = "HUB"
)

// allModes is what an agreement allows unless it says otherwise, in ascending order.
var allModes = []NettingMode{ModeBilateral, ModeCycle, ModeHub}

// Agreement says that Debtor settles what it owes to Creditor. The other direction is an agreement of its own.
type Agreement struct {
	AgreementID string
	Creditor    facts.Hash
	Debtor      facts.Hash
	Currencies  []CurrencyTerms
	// NettingModes are those in which the debts may be netted, in ascending order; empty: every one.
	NettingModes []NettingMode
}

// allows says whether the debts may be netted in the mode.
func (a *Agreement) allows(mode NettingMode) bool {
	return len(a.NettingModes) == 0 || slices.Contains(a.NettingModes, mode)
}

// terms is nil if the agreement does not hold the fact's currency with its exponent.
func (a *Agreement) terms(fact *facts.Fact) *CurrencyTerms {
	for i, terms := range a.Currencies {
		if terms.Currency == string(fact.Currency[:]) && terms.Exponent == uint32(fact.Exponent) {
			return &a.Currencies[i]
		}
	}
	return nil
}

// Origin is where a fact stands on its contract ledger, and how it came to this one.
type Origin struct {
	ChainID        *big.Int
	Contract       facts.Address
	Issuer         facts.Address
	ClientID       string
	PacketSequence uint64
	// Height of this ledger's block that recorded the fact.
	Height      uint64
	Transaction string
}

// Head is the newest entry of the log. Sequence 0 with a zero hash: the log is empty.
type Head struct {
	Sequence uint64
	Hash     facts.Hash
}

// Amounts of a liability: Amount = Open + Netted + Paid + Credited, and 0 <= Held <= Open.
type Amounts struct {
	Amount   *big.Int
	Open     *big.Int
	Netted   *big.Int
	Paid     *big.Int
	Credited *big.Int
	Held     *big.Int
}

// free is what is open and not held: the most that a credit or a payment may take.
func (a Amounts) free() *big.Int { return new(big.Int).Sub(a.Open, a.Held) }

// Liability is what Fact.Debtor owes Fact.Creditor.
type Liability struct {
	Amounts
	LiabilityID facts.Hash
	// Head of the log after the entry that recorded it.
	Head     Head
	Fact     facts.Fact
	FactHash facts.Hash
	Origin   Origin
}

// Position is what is open in one direction and currency.
type Position struct {
	Debtor   facts.Hash
	Creditor facts.Hash
	Currency string
	Exponent uint32
	Open     *big.Int
}
