package ledger

import (
	"bytes"
	"math"
	"slices"

	errorsmod "cosmossdk.io/errors"

	wire "interledger.example/cosmos/wire/settlementv1"
)

// Netting cycles: proposed with a proof, checked here in full, verified by another party, then posted, all or nothing. A proposal
// reserves nothing, because one party alone made it: several may exist at a time, and any party that takes part may abort one,
// as often as it may propose itself. The verification reserves, so at most one verified cycle runs in each unit, and it asks again whether what the plan clears
// is still there (plans.go).

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
		func() error { return d.requireOwnID("cycle id", asked.CycleId) },
		func() error { return d.book.requireNew(cyclePrefix, "cycle", asked.CycleId) },
		func() error { return d.requireDeadline("cycle "+asked.CycleId, asked.ExpiresAtSeconds) },
		func() error {
			return d.requireTurn(Unit{asked.Currency, asked.Exponent}, asked.CutOffSeconds, asked.ValueDateSeconds)
		},
		func() error { return d.requireRate(proposalRate) },
	); err != nil {
		return nil, err
	}
	plan, err := d.plan(asked)
	if err != nil {
		return nil, refusedCycle(asked.CycleId, err)
	}
	return []*wire.LogEntry{{Event: &wire.LogEntry_CycleProposed{CycleProposed: &wire.CycleProposed{Plan: plan}}}}, nil
}

func (d *decision) requireTurn(unit Unit, cutOffSeconds, valueDateSeconds uint64) error {
	cycles := d.book.unitCycles(unit)
	if cycles.running != "" {
		return errorsmod.Wrapf(ErrCycleRunning, "cycle %s runs in %s; commit, abort or expire it first", cycles.running, unit.Currency)
	}
	if valueDateSeconds > math.MaxInt64 {
		return errorsmod.Wrapf(ErrInvalidCommand, "value date %d: expected unix seconds", valueDateSeconds)
	}
	if cutOffSeconds < cycles.cutOffSeconds || cutOffSeconds > d.now {
		return errorsmod.Wrapf(ErrCutOffInvalid, "cut-off %d: it must not be before the last one (%d) or after block time %d",
			cutOffSeconds, cycles.cutOffSeconds, d.now)
	}
	return nil
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
	if err := d.requireTurn(unitOf(cycle.Plan), cycle.Plan.CutOffSeconds, cycle.Plan.ValueDateSeconds); err != nil {
		return nil, err
	}
	return moved, d.book.requireStillHolds(cycle.Plan)
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
	cycle, moved, err := d.moveCycle(asked.CycleId, cycleAborted, func(cycle *wire.Cycle) error {
		// A proposal binds no party yet, so whoever takes part may end it; a verified cycle is its proposer's.
		if cycle.State != cycleProposed || bytes.Equal(d.actor, cycle.Proposer) {
			return d.requireActor("abort a verified cycle that another proposed", cycle.Proposer)
		}
		return d.requireMember(cycle, "abort")
	})
	if err != nil || bytes.Equal(d.actor, cycle.Proposer) {
		return moved, err
	}
	return moved, d.requireRate(abortRate)
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
		if cleared != nil && (cleared.debtor == party || cleared.creditor == party) {
			members = append(members, d.actor)
		}
	}
	return d.requireActor(verb+" a cycle that it takes no part in", members...)
}
