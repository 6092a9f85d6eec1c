package ledger

import (
	"bytes"
	"math/big"
	"slices"

	wire "interledger.example/cosmos/wire/settlementv1"
	"interledger.example/cosmos/x/settlement/facts"
)

// When a fact becomes a liability. The order of the checks is part of the protocol, because an issuer acts on the code:
// first whether the fact is what it claims to be, then whether it is known, then what its contract says of it, then what it
// says by itself, then who is concerned, then the period, then what it relates to, and last the limit.

// claim is a fact under examination, with what the state says about it.
type claim struct {
	book      Book
	issuance  *issuance
	fact      *facts.Fact
	stated    facts.Hash
	shown     shown
	known     *record
	agreement *wire.Agreement
	terms     *wire.CurrencyTerms
	related   *record
}

// checks in their order; each answers the code of the rule that the fact breaks, or OK.
var checks = []func(*claim) facts.Code{
	(*claim).checkHash,
	(*claim).checkNew,
	(*claim).checkContract,
	(*claim).checkSchema,
	(*claim).checkTotal,
	(*claim).checkTimes,
	(*claim).checkParties,
	(*claim).checkIssuer,
	(*claim).checkAgreement,
	(*claim).checkWay,
	(*claim).checkCurrency,
	(*claim).checkPeriod,
	(*claim).checkRelated,
	(*claim).checkReduction,
	(*claim).checkLimit,
}

// issuance is who issued the facts of a request, and how they came here.
type issuance struct {
	chainID  *big.Int
	contract facts.Address
	issuer   facts.Address
	way      wire.Way
}

// isOrdered says whether the place of a fact among its issuer's is proven. A signature has no time, so an issuer or a mandate
// that has ended signs nothing new.
func (i *issuance) isOrdered() bool { return i.way != wayPushed && i.way != wayPulled }

// Delivery says by which packet facts came, and in which block and transaction of this ledger.
type Delivery struct {
	ClientID       string
	PacketSequence uint64
	Height         uint64
	Transaction    string
}

// RecordFacts answers every fact, in order; later facts see the earlier ones. It never fails for what a fact says.
func (b Book) RecordFacts(data *facts.PacketData, by Delivery, nowSeconds uint64) []facts.Answer {
	packet := &wire.FactPacket{
		ChainId: data.ChainID.String(), Contract: data.Contract[:], Issuer: data.Issuer[:], ClientId: by.ClientID,
		PacketSequence: by.PacketSequence, Height: by.Height, Transaction: by.Transaction,
	}
	origin := &wire.Origin{Origin: &wire.Origin_FactPacket{FactPacket: packet}}
	came := &issuance{chainID: data.ChainID, contract: data.Contract, issuer: data.Issuer, way: wayInterledger}
	answers := make([]facts.Answer, 0, len(data.Facts))
	for i := range data.Facts {
		c := claim{book: b, issuance: came, fact: &data.Facts[i], stated: data.FactHashes[i]}
		answers = append(answers, c.answer(origin, nowSeconds))
	}
	return answers
}

func (c *claim) answer(origin *wire.Origin, nowSeconds uint64) facts.Answer {
	code := c.examine()
	switch code {
	case facts.OK:
		recorded := &wire.FactRecorded{
			Fact: factMessage(c.fact), FactHash: c.stated[:], Origin: origin, Amount: c.amount().String(), Reduction: c.reduction(),
		}
		entry := &wire.LogEntry{AtSeconds: nowSeconds, Event: &wire.LogEntry_FactRecorded{FactRecorded: recorded}}
		return c.accepted(c.book.append(entry), code)
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

func (c *claim) unit() Unit { return Unit{string(c.fact.Currency[:]), uint32(c.fact.Exponent)} }

// openKey is the direction and currency that the fact counts towards.
func (c *claim) openKey() []byte { return openKey(c.fact.Debtor, c.fact.Creditor, c.unit()) }

func (c *claim) isReduction() bool {
	return c.fact.Kind == facts.CreditNote || c.fact.Kind == facts.PaymentConfirmed
}

// reduction is what the fact takes from another liability, or nil.
func (c *claim) reduction() *wire.Reduction {
	if !c.isReduction() {
		return nil
	}
	kind := wire.ReductionKind_REDUCTION_KIND_CREDIT
	if c.fact.Kind == facts.PaymentConfirmed {
		kind = wire.ReductionKind_REDUCTION_KIND_PAYMENT
	}
	return &wire.Reduction{Kind: kind, FactId: c.fact.RelatedFact[:], Amount: c.fact.Gross().String()}
}

func (c *claim) checkHash() facts.Code {
	expected := facts.ID(c.issuance.chainID, c.issuance.contract, c.issuance.issuer, c.fact.IssuerSequence)
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

// checkContract is for facts that came with proofs: whether their contract lets them become liabilities here.
func (c *claim) checkContract() facts.Code {
	switch c.shown {
	case shownEnded:
		return facts.EndedOnContract
	case shownOtherLedger:
		return facts.OtherLedger
	default:
		return facts.OK
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
	if isBooking != (gross.Sign() == 0) || gross.BitLen() > maximumFactBits {
		return facts.BadTotal
	}
	return facts.OK
}

// checkTimes refuses what no cycle could net, such as times in milliseconds.
func (c *claim) checkTimes() facts.Code {
	if max(c.fact.ServiceEnd, c.fact.DueDate) > maximumFactSeconds {
		return facts.TimeOutOfRange
	}
	return facts.OK
}

func (c *claim) checkParties() facts.Code {
	if c.fact.Creditor == c.fact.Debtor || !c.book.hasParty(c.fact.Creditor) || !c.book.hasParty(c.fact.Debtor) {
		return facts.UnknownParty
	}
	return facts.OK
}

func (c *claim) checkIssuer() facts.Code {
	if !c.book.mayIssue(c.issuance, c.fact) {
		return facts.IssuerNotAuthorised
	}
	return facts.OK
}

func (c *claim) checkAgreement() facts.Code {
	c.agreement, _ = c.book.agreement(c.fact.Creditor[:], c.fact.Debtor[:])
	if c.agreement == nil {
		return facts.NoAgreement
	}
	return facts.OK
}

func (c *claim) checkWay() facts.Code {
	if !slices.Contains(c.agreement.Ways, c.issuance.way) {
		return facts.WayNotAgreed
	}
	return facts.OK
}

func (c *claim) checkCurrency() facts.Code {
	c.terms = termsOf(c.agreement, c.unit())
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
	if c.isReduction() && c.fact.Gross().Cmp(c.related.amounts.free()) > 0 {
		return facts.CreditExceeds
	}
	return facts.OK
}

func (c *claim) checkLimit() facts.Code {
	amount := c.amount()
	if c.terms.OpenLimit == "" || amount.Sign() == 0 {
		return facts.OK
	}
	if sum := c.book.openSum(c.openKey()); sum.Add(sum, amount).Cmp(amountOf(c.terms.OpenLimit)) > 0 {
		return facts.LimitExceeded
	}
	return facts.OK
}

// factMessage is the fact as the log has it.
func factMessage(fact *facts.Fact) *wire.Fact {
	return &wire.Fact{
		FactId:         fact.FactID[:],
		Schema:         uint32(fact.Schema),
		Kind:           uint32(fact.Kind),
		Category:       uint32(fact.Category),
		Creditor:       fact.Creditor[:],
		Debtor:         fact.Debtor[:],
		Currency:       fact.Currency[:],
		Exponent:       uint32(fact.Exponent),
		Net:            fact.Net.String(),
		Tax:            fact.Tax.String(),
		ServiceEnd:     fact.ServiceEnd,
		DueDate:        fact.DueDate,
		IssuerSequence: fact.IssuerSequence,
		RelatedFact:    fact.RelatedFact[:],
		DocumentHash:   fact.DocumentHash[:],
	}
}

func (b Book) applyFactRecorded(event *wire.FactRecorded, head Head) error {
	fact := event.Fact
	opened := b.open(account{
		factID:     facts.Hash(fact.FactId),
		debtor:     facts.Hash(fact.Debtor),
		creditor:   facts.Hash(fact.Creditor),
		unit:       Unit{Currency: string(fact.Currency), Exponent: fact.Exponent},
		serviceEnd: fact.ServiceEnd,
		dueDate:    fact.DueDate,
	}, facts.Hash(event.FactHash), amountOf(event.Amount), head)
	if opened != nil || event.Reduction == nil {
		return opened
	}
	return b.post([]posting{b.reductionPosting(event.Reduction)})
}

// reductionPosting takes from the liability of another fact.
func (b Book) reductionPosting(reduction *wire.Reduction) posting {
	target := creditedAccount
	if reduction.Kind == wire.ReductionKind_REDUCTION_KIND_PAYMENT {
		target = paidAccount
	}
	return posting{
		liability: b.sequenceOfFact(facts.Hash(reduction.FactId)), source: freeAccount, target: target,
		amount: amountOf(reduction.Amount),
	}
}
