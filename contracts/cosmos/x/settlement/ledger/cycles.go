package ledger

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"math"
	"math/big"
	"slices"

	errorsmod "cosmossdk.io/errors"

	wire "interledger.example/cosmos/wire/settlementv1"
	"interledger.example/cosmos/x/settlement/facts"
	"interledger.example/cosmos/x/settlement/ledger/netting"
)

// Netting cycles: proposed with a proof, checked here in full, verified by another party, then posted, all or nothing. The
// proof is never believed because of who sent it: the ledger derives the debts itself and checks the certificate.

const (
	modeBilateral = wire.NettingMode_NETTING_MODE_BILATERAL
	modeCycle     = wire.NettingMode_NETTING_MODE_CYCLE
	modeHub       = wire.NettingMode_NETTING_MODE_HUB

	cycleProposed  = wire.CycleState_CYCLE_STATE_PROPOSED
	cycleVerified  = wire.CycleState_CYCLE_STATE_VERIFIED
	cycleCommitted = wire.CycleState_CYCLE_STATE_COMMITTED
	cycleAborted   = wire.CycleState_CYCLE_STATE_ABORTED
	cycleExpired   = wire.CycleState_CYCLE_STATE_EXPIRED
)

// cycleMoves give the states from which each one can be reached.
var cycleMoves = map[wire.CycleState][]wire.CycleState{
	cycleVerified:  {cycleProposed},
	cycleCommitted: {cycleVerified},
	cycleAborted:   {cycleProposed, cycleVerified},
	cycleExpired:   {cycleProposed, cycleVerified},
}

// ProofHash is what a verifier names: sha256 over the mode's name, debts hash and proof.
func ProofHash(plan *wire.CyclePlan) facts.Hash {
	return sha256.Sum256(append(append([]byte(modeName(plan.Mode)), plan.DebtsHash...), plan.Proof...))
}

func unitOf(plan *wire.CyclePlan) Unit { return Unit{Currency: plan.Currency, Exponent: plan.Exponent} }

// decideCycle gives nothing for commands of other concepts.
func (d *decision) decideCycle(command *wire.Command) ([]*wire.LogEntry, error) {
	switch asked := command.Command.(type) {
	case *wire.Command_ProposeCycle:
		return d.proposeCycle(asked.ProposeCycle)
	case *wire.Command_VerifyCycle:
		return d.verifyCycle(asked.VerifyCycle)
	case *wire.Command_CommitCycle:
		return d.commitCycle(asked.CommitCycle)
	case *wire.Command_AbortCycle:
		return d.abortCycle(asked.AbortCycle)
	case *wire.Command_ExpireCycle:
		return d.expireCycle(asked.ExpireCycle)
	default:
		return nil, nil
	}
}

func (d *decision) proposeCycle(asked *wire.ProposeCycle) ([]*wire.LogEntry, error) {
	if err := firstOf(
		func() error { return requireName("cycle id", asked.CycleId) },
		func() error { return d.requireAnyone("propose a cycle") },
		func() error { return d.book.requireNew(cyclePrefix, "cycle", asked.CycleId) },
		func() error { return d.requireDeadline("cycle "+asked.CycleId, asked.ExpiresAtSeconds) },
		func() error { return d.requireTurn(asked) },
	); err != nil {
		return nil, err
	}
	plan, err := d.plan(asked)
	if err != nil {
		return nil, refusedCycle(asked.CycleId, err)
	}
	return []*wire.LogEntry{{Event: &wire.LogEntry_CycleProposed{CycleProposed: &wire.CycleProposed{Plan: plan}}}}, nil
}

func (d *decision) requireTurn(asked *wire.ProposeCycle) error {
	cycles := d.book.unitCycles(Unit{asked.Currency, asked.Exponent})
	if cycles.running != "" {
		return errorsmod.Wrapf(ErrCycleRunning, "cycle %s runs in %s; commit, abort or expire it first", cycles.running, asked.Currency)
	}
	if asked.ValueDateSeconds > math.MaxInt64 {
		return errorsmod.Wrapf(ErrInvalidCommand, "value date %d: expected unix seconds", asked.ValueDateSeconds)
	}
	if asked.CutOffSeconds < cycles.cutOffSeconds || asked.CutOffSeconds > d.now {
		return errorsmod.Wrapf(ErrCutOffInvalid, "cut-off %d: it must not be before the last one (%d) or after block time %d",
			asked.CutOffSeconds, cycles.cutOffSeconds, d.now)
	}
	return nil
}

func (d *decision) plan(asked *wire.ProposeCycle) (*wire.CyclePlan, error) {
	found, err := d.book.eligible(Scope{
		Unit: Unit{asked.Currency, asked.Exponent}, CutOffSeconds: asked.CutOffSeconds, ValueDateSeconds: asked.ValueDateSeconds,
		Mode: asked.Mode,
	})
	if err != nil {
		return nil, err
	}
	network := found.network
	if digest := network.Digest(); !bytes.Equal(digest[:], asked.DebtsHash) {
		return nil, errorsmod.Wrapf(ErrDebtsChanged,
			"cycle %s: made for other debts than there are now; read them again and solve again", asked.CycleId)
	}
	if party, _ := hashOf(d.actor); !d.isOperator() && !network.Has(party) {
		return nil, errorsmod.Wrapf(ErrNotAuthorised, "party %x takes no part in the cycle", d.actor)
	}
	if len(asked.Proof) > 0 && asked.Mode != modeCycle {
		return nil, errorsmod.Wrapf(ErrProofMalformed, "mode %s takes no proof; the ledger computes it", modeName(asked.Mode))
	}
	result, err := setOff(network, asked.Mode, asked.Proof, d.book.consents)
	if err != nil {
		return nil, err
	}
	gross, remaining := network.Gross(), result.remaining()
	if gross.Cmp(remaining) == 0 && result.count() >= len(network.Debts) {
		return nil, errorsmod.Wrapf(ErrNothingToNet, "cycle %s: nothing of %s can be set off", asked.CycleId, gross)
	}
	plan := &wire.CyclePlan{
		CycleId: asked.CycleId, Mode: asked.Mode, Currency: asked.Currency, Exponent: asked.Exponent,
		CutOffSeconds: asked.CutOffSeconds, ValueDateSeconds: asked.ValueDateSeconds, ExpiresAtSeconds: asked.ExpiresAtSeconds,
		DebtsHash: asked.DebtsHash, Proof: asked.Proof, Gross: gross.String(), Remaining: remaining.String(),
		Shares: found.allocate(result.remainder),
	}
	for _, party := range network.Parties {
		plan.Parties = append(plan.Parties, party[:])
	}
	for _, debt := range network.Debts {
		plan.Debts = append(plan.Debts, &wire.DebtRow{Debtor: debt.Debtor, Creditor: debt.Creditor, Amount: debt.Amount.String()})
	}
	for _, debt := range result.payments {
		plan.Novated = append(plan.Novated, &wire.NovatedDebt{
			Debtor: debt.Debtor[:], Creditor: debt.Creditor[:], Amount: debt.Amount.String(),
		})
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
	network *netting.Network, mode wire.NettingMode, proof []byte, consents func(facts.Hash) bool,
) (*setOffResult, error) {
	switch mode {
	case modeBilateral:
		return &setOffResult{remainder: netting.Bilateral(network)}, nil
	case modeHub:
		payments, err := netting.Hub(network, consents)
		result := &setOffResult{remainder: make([]*big.Int, len(network.Debts)), payments: payments}
		for i := range result.remainder {
			result.remainder[i] = new(big.Int)
		}
		return result, err
	case modeCycle:
		certificate, err := netting.DecodeCertificate(proof)
		if err != nil {
			return nil, err
		}
		return &setOffResult{remainder: certificate.Remainder}, netting.Check(network, certificate)
	default:
		return nil, errorsmod.Wrapf(ErrInvalidCommand, "netting mode %s is not one of this version", mode)
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

func (d *decision) verifyCycle(asked *wire.VerifyCycle) ([]*wire.LogEntry, error) {
	cycle, moved, err := d.moveCycle(asked.CycleId, cycleVerified, func(cycle *wire.Cycle) error {
		return d.requireMember(cycle, "verify")
	})
	if err != nil {
		return nil, err
	}
	if err := d.requireBefore("cycle "+asked.CycleId, cycle.Plan.ExpiresAtSeconds); err != nil {
		return nil, err
	}
	if bytes.Equal(d.actor, cycle.Proposer) {
		return nil, errorsmod.Wrapf(ErrSameActor, "cycle %s: another party than its proposer must verify it", asked.CycleId)
	}
	if expected := ProofHash(cycle.Plan); !bytes.Equal(asked.ProofHash, expected[:]) {
		return nil, errorsmod.Wrapf(ErrProofFalse, "cycle %s: the proof that was checked is not the proposal's", asked.CycleId)
	}
	return moved, nil
}

func (d *decision) commitCycle(asked *wire.CommitCycle) ([]*wire.LogEntry, error) {
	cycle, committed, err := d.moveCycle(asked.CycleId, cycleCommitted, func(cycle *wire.Cycle) error {
		return d.requireMember(cycle, "commit")
	})
	if err != nil {
		return nil, err
	}
	plan := cycle.Plan
	if err := d.requireBefore("cycle "+asked.CycleId, plan.ExpiresAtSeconds); err != nil {
		return nil, err
	}
	for _, debt := range plan.Novated {
		committed = append(committed, &wire.LogEntry{Event: &wire.LogEntry_DebtNovated{DebtNovated: &wire.DebtNovated{
			CycleId: plan.CycleId, Debtor: debt.Debtor, Creditor: debt.Creditor, Currency: plan.Currency, Exponent: plan.Exponent,
			Amount: debt.Amount, ServiceEnd: plan.CutOffSeconds, DueDate: plan.ValueDateSeconds,
		}}})
	}
	return committed, nil
}

func (d *decision) abortCycle(asked *wire.AbortCycle) ([]*wire.LogEntry, error) {
	_, moved, err := d.moveCycle(asked.CycleId, cycleAborted, func(cycle *wire.Cycle) error {
		return d.requireActor("abort a cycle that another proposed", cycle.Proposer)
	})
	return moved, err
}

func (d *decision) expireCycle(asked *wire.ExpireCycle) ([]*wire.LogEntry, error) {
	cycle, moved, err := d.moveCycle(asked.CycleId, cycleExpired, func(*wire.Cycle) error {
		return d.requireAnyone("expire cycles")
	})
	if err != nil {
		return nil, err
	}
	return moved, d.requireAfter("cycle "+asked.CycleId, cycle.Plan.ExpiresAtSeconds)
}

// moveCycle asks who acts, then whether the state allows it.
func (d *decision) moveCycle(
	cycleID string, target wire.CycleState, checkActor func(*wire.Cycle) error,
) (*wire.Cycle, []*wire.LogEntry, error) {
	cycle := d.book.Cycle(cycleID)
	if cycle == nil {
		return nil, nil, notFound("cycle", cycleID)
	}
	if err := checkActor(cycle); err != nil {
		return nil, nil, err
	}
	if !slices.Contains(cycleMoves[target], cycle.State) {
		return nil, nil, errorsmod.Wrapf(ErrWrongState, "cycle %s is %s; it cannot be %s",
			cycleID, stateName(cycle.State), stateName(target))
	}
	moved := &wire.CycleMoved{CycleId: cycleID, State: target}
	return cycle, []*wire.LogEntry{{Event: &wire.LogEntry_CycleMoved{CycleMoved: moved}}}, nil
}

// requireMember lets an operator act, or a party of which the cycle clears something.
func (d *decision) requireMember(cycle *wire.Cycle, verb string) error {
	party, _ := hashOf(d.actor)
	var members [][]byte
	for i := 0; i < len(cycle.Plan.Shares) && !d.isOperator() && len(members) == 0; i++ {
		cleared := d.book.account(cycle.Plan.Shares[i].Liability)
		if cleared.debtor == party || cleared.creditor == party {
			members = append(members, d.actor)
		}
	}
	return d.requireActor(verb+" a cycle that it takes no part in", members...)
}
