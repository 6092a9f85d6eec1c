package ledger

import (
	"bytes"
	"math/big"

	"interledger.example/cosmos/x/settlement/facts"
)

// When a fact becomes a liability. The order of the checks is part of the protocol, because an issuer acts on the code:
// first whether the fact is what it claims to be, then whether it is known, then what it says by itself, then who is
// concerned, then the period, then what it relates to, and last the limit.

// claim is a fact under examination, with what the state says about it.
type claim struct {
	book      Book
	origin    Origin
	fact      *facts.Fact
	stated    facts.Hash
	known     *record
	agreement *Agreement
	terms     *CurrencyTerms
	related   *record
}

// checks in their order; each answers the code of the rule that the fact breaks, or OK.
var checks = []func(*claim) facts.Code{
	(*claim).checkHash,
	(*claim).checkNew,
	(*claim).checkSchema,
	(*claim).checkTotal,
	(*claim).checkParties,
	(*claim).checkAgreement,
	(*claim).checkCurrency,
	(*claim).checkPeriod,
	(*claim).checkRelated,
	(*claim).checkReduction,
	(*claim).checkLimit,
}

// RecordFacts answers every fact, in order; later facts see the earlier ones. It never fails for what a fact says.
func (b Book) RecordFacts(origin Origin, data *facts.PacketData) []facts.Answer {
	answers := make([]facts.Answer, 0, len(data.Facts))
	for i := range data.Facts {
		c := claim{book: b, origin: origin, fact: &data.Facts[i], stated: data.FactHashes[i]}
		answers = append(answers, c.answer())
	}
	return answers
}

func (c *claim) answer() facts.Answer {
	code := c.examine()
	switch code {
	case facts.OK:
		recorded := factRecorded{
			fact: *c.fact, factHash: c.stated, origin: c.origin, amount: c.amount(), reduction: c.reduction(),
		}
		return c.accepted(c.book.append(recorded), code)
	case facts.Duplicate:
		return c.accepted(Head{Sequence: c.book.sequenceOf(c.known.liabilityID), Hash: c.known.headHash}, code)
	default:
		return facts.Answer{Status: facts.Rejected, HeadHash: c.book.Head().Hash, Code: code}
	}
}

func (c *claim) accepted(head Head, code facts.Code) facts.Answer {
	return facts.Answer{
		Status:      facts.Accepted,
		LiabilityID: facts.LiabilityID(c.fact.FactID, c.stated),
		Sequence:    head.Sequence,
		HeadHash:    head.Hash,
		Code:        code,
	}
}

func (c *claim) examine() facts.Code {
	for _, check := range checks {
		if code := check(c); code != facts.OK {
			return code
		}
	}
	return facts.OK
}

// amount is what the fact adds to the debt: its gross, or 0 if it carries no claim of its own.
func (c *claim) amount() *big.Int {
	if c.fact.Kind == facts.BookingConfirmed || c.isReduction() {
		return new(big.Int)
	}
	return c.fact.Gross()
}

// openKey is the direction and currency that the fact counts towards.
func (c *claim) openKey() []byte {
	unit := Unit{Currency: string(c.fact.Currency[:]), Exponent: uint32(c.fact.Exponent)}
	return openKey(c.fact.Debtor, c.fact.Creditor, unit)
}

func (c *claim) isReduction() bool {
	return c.fact.Kind == facts.CreditNote || c.fact.Kind == facts.PaymentConfirmed
}

// reduction is what the fact takes from another liability, or nil.
func (c *claim) reduction() *reduction {
	switch c.fact.Kind {
	case facts.CreditNote:
		return &reduction{kind: creditReduction, factID: c.fact.RelatedFact, amount: c.fact.Gross()}
	case facts.PaymentConfirmed:
		return &reduction{kind: paymentReduction, factID: c.fact.RelatedFact, amount: c.fact.Gross()}
	default:
		return nil
	}
}

func (c *claim) checkHash() facts.Code {
	expected := facts.ID(c.origin.ChainID, c.origin.Contract, c.origin.Issuer, c.fact.IssuerSequence)
	if c.fact.IssuerSequence == 0 || c.fact.FactID != expected || c.stated != facts.HashOf(c.fact) {
		return facts.BadHash
	}
	return facts.OK
}

func (c *claim) checkNew() facts.Code {
	c.known = c.book.record(c.fact.FactID)
	switch {
	case c.known == nil:
		return facts.OK
	case c.known.factHash == c.stated:
		return facts.Duplicate
	default:
		return facts.BadHash
	}
}

func (c *claim) checkSchema() facts.Code {
	if !c.fact.HasKnownSchema() {
		return facts.UnsupportedSchema
	}
	return facts.OK
}

func (c *claim) checkTotal() facts.Code {
	gross := c.fact.Gross()
	isBooking := c.fact.Kind == facts.BookingConfirmed
	if isBooking != (gross.Sign() == 0) || gross.BitLen() > amountBits {
		return facts.BadTotal
	}
	return facts.OK
}

func (c *claim) checkParties() facts.Code {
	if c.fact.Creditor == c.fact.Debtor || !c.book.hasParty(c.fact.Creditor) || !c.book.hasParty(c.fact.Debtor) {
		return facts.UnknownParty
	}
	return facts.OK
}

func (c *claim) checkAgreement() facts.Code {
	c.agreement = c.book.agreement(c.fact.Creditor, c.fact.Debtor)
	if c.agreement == nil {
		return facts.NoAgreement
	}
	return facts.OK
}

func (c *claim) checkCurrency() facts.Code {
	c.terms = c.agreement.terms(c.fact)
	if c.terms == nil {
		return facts.CurrencyUnsupported
	}
	return facts.OK
}

func (c *claim) checkPeriod() facts.Code {
	if c.fact.ServiceEnd <= c.book.CutOffSeconds() {
		return facts.PeriodClosed
	}
	return facts.OK
}

// checkRelated demands that a named fact is known; a credit or a payment must name one of its own pair and currency.
func (c *claim) checkRelated() facts.Code {
	c.related = c.book.record(c.fact.RelatedFact)
	if !c.isReduction() {
		if c.fact.RelatedFact != (facts.Hash{}) && c.related == nil {
			return facts.RelatedUnknown
		}
		return facts.OK
	}
	if c.related == nil {
		return facts.RelatedUnknown
	}
	other := c.book.account(c.book.sequenceOf(c.related.liabilityID))
	if !bytes.Equal(other.openKey(), c.openKey()) {
		return facts.RelatedUnknown
	}
	return facts.OK
}

// checkReduction lets a credit or a payment take what is open and not held.
func (c *claim) checkReduction() facts.Code {
	taken := c.reduction()
	if taken != nil && taken.amount.Cmp(c.related.amounts.free()) > 0 {
		return facts.CreditExceeds
	}
	return facts.OK
}

func (c *claim) checkLimit() facts.Code {
	amount := c.amount()
	if c.terms.OpenLimit == nil || amount.Sign() == 0 {
		return facts.OK
	}
	if sum := c.book.openSum(c.openKey()); sum.Add(sum, amount).Cmp(c.terms.OpenLimit) > 0 {
		return facts.LimitExceeded
	}
	return facts.OK
}
