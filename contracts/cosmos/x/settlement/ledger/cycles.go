package ledger

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"math"
	"math/big"
	"slices"

	errorsmod "cosmossdk.io/errors"

	"interledger.example/cosmos/x/settlement/facts"
	"interledger.example/cosmos/x/settlement/ledger/netting"
)

// Netting cycles: proposed with a proof, checked here in full, verified by somebody else, then posted, all or nothing. The
// proof is never believed because of who sent it: the ledger derives the debts itself and checks the certificate.

// cycleMoves tell from which states each one can be reached.
var cycleMoves = map[CycleState][]CycleState{
	CycleVerified:  {CycleProposed},
	CycleCommitted: {CycleVerified},
	CycleAborted:   {CycleProposed, CycleVerified},
	CycleExpired:   {CycleProposed, CycleVerified},
}

// ProofHash is what a verifier names: sha256 over mode, debts hash and proof.
func (p *CyclePlan) ProofHash() facts.Hash {
	return sha256.Sum256(append(append([]byte(p.Mode), p.DebtsHash...), p.Proof...))
}

func (c ProposeCycle) decide(book Book, act Act) ([]clearingEvent, error) {
	for _, check := range []func() error{
		func() error { return requireName("cycle id", c.CycleID) },
		func() error { return book.requireAnyone(act.Actor, "propose a cycle") },
		func() error { return book.requireNew(cyclePrefix, "cycle", c.CycleID) },
		func() error { return requireDeadline("cycle "+c.CycleID, c.ExpiresAtSeconds, act.AtSeconds) },
		func() error { return c.requireTurn(book, act.AtSeconds) },
	} {
		if err := check(); err != nil {
			return nil, err
		}
	}
	plan, err := c.plan(book, act.Actor)
	if err != nil {
		return nil, refusedCycle(c.CycleID, err)
	}
	return []clearingEvent{cycleProposed{Act: act, Plan: *plan}}, nil
}

func (c ProposeCycle) unit() Unit { return Unit{Currency: c.Currency, Exponent: c.Exponent} }

func (c ProposeCycle) requireTurn(book Book, now uint64) error {
	cycles := book.unitCycles(c.unit())
	if cycles.running != "" {
		return errorsmod.Wrapf(ErrCycleRunning, "cycle %s runs in %s; commit, abort or expire it first", cycles.running, c.Currency)
	}
	if c.ValueDateSeconds > math.MaxInt64 {
		return errorsmod.Wrapf(ErrInvalidCommand, "value date %d: expected unix seconds", c.ValueDateSeconds)
	}
	if c.CutOffSeconds < cycles.cutOffSeconds || c.CutOffSeconds > now {
		return errorsmod.Wrapf(ErrCutOffInvalid, "cut-off %d: it must not lie before the last one (%d) or after block time %d",
			c.CutOffSeconds, cycles.cutOffSeconds, now)
	}
	return nil
}

func (c ProposeCycle) plan(book Book, actor Bytes) (*CyclePlan, error) {
	found, err := book.eligible(Scope{
		Unit: c.unit(), CutOffSeconds: c.CutOffSeconds, ValueDateSeconds: c.ValueDateSeconds, Mode: c.Mode,
	})
	if err != nil {
		return nil, err
	}
	network := found.network
	if digest := network.Digest(); !bytes.Equal(digest[:], c.DebtsHash) {
		return nil, errorsmod.Wrapf(ErrDebtsChanged,
			"cycle %s: made for other debts than stand now; read them again and solve again", c.CycleID)
	}
	if party, _ := actor.hash(); !actor.isOperator() && !network.Has(party) {
		return nil, errorsmod.Wrapf(ErrNotAuthorised, "party %s takes no part in the cycle", actor)
	}
	if len(c.Proof) > 0 && c.Mode != ModeCycle {
		return nil, errorsmod.Wrapf(ErrProofMalformed, "mode %s takes no proof; the ledger computes it", c.Mode)
	}
	result, err := setOff(network, c.Mode, c.Proof, book.consents)
	if err != nil {
		return nil, err
	}
	gross, remaining := network.Gross(), result.remaining()
	if gross.Cmp(remaining) == 0 && result.count() >= len(network.Debts) {
		return nil, errorsmod.Wrapf(ErrNothingToNet, "cycle %s: nothing of %s can be set off", c.CycleID, gross)
	}
	plan := &CyclePlan{
		Currency: c.Currency, CutOffSeconds: c.CutOffSeconds, CycleID: c.CycleID, Debts: []DebtRow{}, DebtsHash: c.DebtsHash,
		ExpiresAtSeconds: c.ExpiresAtSeconds, Exponent: c.Exponent, Gross: gross, Mode: c.Mode, Novated: []NovatedDebt{},
		Parties: []Bytes{}, Proof: c.Proof, Remaining: remaining, Shares: found.allocate(result.remainder),
		ValueDateSeconds: c.ValueDateSeconds,
	}
	for _, party := range network.Parties {
		plan.Parties = append(plan.Parties, party[:])
	}
	for _, debt := range network.Debts {
		plan.Debts = append(plan.Debts, DebtRow(debt))
	}
	for _, payment := range result.payments {
		plan.Novated = append(plan.Novated, NovatedDebt(payment))
	}
	return plan, nil
}

// setOffResult is what remains of each debt, and in mode hub what replaces them all.
type setOffResult struct {
	remainder []*big.Int
	payments  []netting.Row
}

// setOff gives the result that a proof stands for; in the modes without a proof it is computed.
func setOff(
	network *netting.Network, mode NettingMode, proof []byte, consents func(facts.Hash) bool,
) (*setOffResult, error) {
	switch mode {
	case ModeBilateral:
		return &setOffResult{remainder: netting.Bilateral(network)}, nil
	case ModeHub:
		payments, err := netting.Hub(network, consents)
		result := &setOffResult{remainder: make([]*big.Int, len(network.Debts)), payments: payments}
		for i := range result.remainder {
			result.remainder[i] = new(big.Int)
		}
		return result, err
	case ModeCycle:
		certificate, err := netting.DecodeCertificate(proof)
		if err != nil {
			return nil, err
		}
		return &setOffResult{remainder: certificate.Remainder}, netting.Check(network, certificate)
	default:
		return nil, errorsmod.Wrapf(ErrInvalidCommand, "netting mode %.20q is none of this version", mode)
	}
}

// remaining is the sum of what is still to be paid.
func (r *setOffResult) remaining() *big.Int {
	sum := new(big.Int)
	for _, rest := range r.remainder {
		sum.Add(sum, rest)
	}
	for i := range r.payments {
		sum.Add(sum, r.payments[i].Amount)
	}
	return sum
}

// count of the debts that are still to be paid.
func (r *setOffResult) count() int {
	count := len(r.payments)
	for _, rest := range r.remainder {
		if rest.Sign() > 0 {
			count++
		}
	}
	return count
}

// nettingErrors are the ledger's codes of what netting refuses; everything else is an invalid command.
var nettingErrors = map[netting.Code]*errorsmod.Error{
	netting.CertificateOfOtherDebts: ErrDebtsChanged,
	netting.CertificateMalformed:    ErrProofMalformed,
	netting.RemainderOutOfRange:     ErrProofFalse,
	netting.PositionChanged:         ErrProofFalse,
	netting.PotentialOutOfRange:     ErrProofFalse,
	netting.NotOptimal:              ErrProofFalse,
	netting.ConsentMissing:          ErrConsentMissing,
	netting.AmountOverflow:          ErrAmountOutOfRange,
}

func refusedCycle(cycleID string, err error) error {
	var refused *netting.Refused
	if !errors.As(err, &refused) {
		return err
	}
	if known := nettingErrors[refused.Code]; known != nil {
		return errorsmod.Wrapf(known, "cycle %s: %s", cycleID, refused.Detail)
	}
	return errorsmod.Wrapf(ErrInvalidCommand, "cycle %s: %s", cycleID, refused.Detail)
}

func (c VerifyCycle) decide(book Book, act Act) ([]clearingEvent, error) {
	cycle, err := book.moveCycle(c.CycleID, CycleVerified, func(cycle *Cycle) error {
		return book.requireMember(act.Actor, cycle, "verify")
	})
	if err != nil {
		return nil, err
	}
	if err := requireBefore("cycle "+c.CycleID, cycle.Plan.ExpiresAtSeconds, act.AtSeconds); err != nil {
		return nil, err
	}
	if bytes.Equal(act.Actor, cycle.Proposer) {
		return nil, errorsmod.Wrapf(ErrSameActor, "cycle %s: another than its proposer must verify it", c.CycleID)
	}
	if expected := cycle.Plan.ProofHash(); !bytes.Equal(c.ProofHash, expected[:]) {
		return nil, errorsmod.Wrapf(ErrProofFalse, "cycle %s: the proof that was checked is not the one that stands", c.CycleID)
	}
	return []clearingEvent{cycleMoved{Act: act, CycleID: c.CycleID, State: CycleVerified}}, nil
}

func (c CommitCycle) decide(book Book, act Act) ([]clearingEvent, error) {
	cycle, err := book.moveCycle(c.CycleID, CycleCommitted, func(cycle *Cycle) error {
		return book.requireMember(act.Actor, cycle, "commit")
	})
	if err != nil {
		return nil, err
	}
	plan := &cycle.Plan
	if err := requireBefore("cycle "+c.CycleID, plan.ExpiresAtSeconds, act.AtSeconds); err != nil {
		return nil, err
	}
	committed := []clearingEvent{cycleMoved{Act: act, CycleID: c.CycleID, State: CycleCommitted}}
	for _, debt := range plan.Novated {
		committed = append(committed, debtNovated{
			Amount: debt.Amount, Creditor: debt.Creditor[:], Currency: plan.Currency, CycleID: plan.CycleID,
			Debtor: debt.Debtor[:], DueDate: plan.ValueDateSeconds, Exponent: plan.Exponent, ServiceEnd: plan.CutOffSeconds,
		})
	}
	return committed, nil
}

func (c AbortCycle) decide(book Book, act Act) ([]clearingEvent, error) {
	_, err := book.moveCycle(c.CycleID, CycleAborted, func(cycle *Cycle) error {
		proposer, _ := cycle.Proposer.hash()
		return book.requireActor(act.Actor, "abort a cycle that another proposed", proposer)
	})
	return []clearingEvent{cycleMoved{Act: act, CycleID: c.CycleID, State: CycleAborted}}, err
}

func (c ExpireCycle) decide(book Book, act Act) ([]clearingEvent, error) {
	cycle, err := book.moveCycle(c.CycleID, CycleExpired, func(*Cycle) error {
		return book.requireAnyone(act.Actor, "expire cycles")
	})
	if err != nil {
		return nil, err
	}
	if err := requireAfter("cycle "+c.CycleID, cycle.Plan.ExpiresAtSeconds, act.AtSeconds); err != nil {
		return nil, err
	}
	return []clearingEvent{cycleMoved{Act: act, CycleID: c.CycleID, State: CycleExpired}}, nil
}

// moveCycle asks who acts, then whether the state allows it.
func (b Book) moveCycle(cycleID string, target CycleState, checkActor func(*Cycle) error) (*Cycle, error) {
	cycle := b.Cycle(cycleID)
	if cycle == nil {
		return nil, notFound("cycle", cycleID)
	}
	if err := checkActor(cycle); err != nil {
		return nil, err
	}
	if !slices.Contains(cycleMoves[target], cycle.State) {
		return nil, errorsmod.Wrapf(ErrWrongState, "cycle %s is %s; it cannot be %s", cycleID, cycle.State, target)
	}
	return cycle, nil
}

// requireMember lets an operator act, or a party of which the cycle clears something.
func (b Book) requireMember(actor Bytes, cycle *Cycle, verb string) error {
	party, _ := actor.hash()
	var members []facts.Hash
	for i := 0; i < len(cycle.Plan.Shares) && !actor.isOperator() && len(members) == 0; i++ {
		cleared := b.account(cycle.Plan.Shares[i].Liability)
		if cleared.debtor == party || cleared.creditor == party {
			members = append(members, party)
		}
	}
	return b.requireActor(actor, verb+" a cycle that it takes no part in", members...)
}
