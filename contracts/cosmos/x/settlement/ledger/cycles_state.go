package ledger

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"slices"

	wire "interledger.example/cosmos/wire/settlementv1"
	"interledger.example/cosmos/x/settlement/facts"
)

// What the log's entries about cycles change, and cycles as they are stored.

const novationDomain = "interledger.settlement.novation.v1"

func (b Book) applyCycleProposed(event *wire.CycleProposed, head Head) error {
	plan, unit := event.Plan, unitOf(event.Plan)
	if b.entries(cyclePrefix, plan.CycleId) != nil {
		return fmt.Errorf("cycle %s exists already", plan.CycleId)
	}
	if !unit.isKnown() {
		return fmt.Errorf("cycle %s has the unknown unit %.10q with exponent %d", plan.CycleId, unit.Currency, unit.Exponent)
	}
	b.setEntries(cyclePrefix, plan.CycleId, entries{made: head.Sequence, moved: head.Sequence})
	b.setDeadline(cyclePrefix, plan.ExpiresAtSeconds, plan.CycleId)
	return nil
}

func (b Book) applyCycleMoved(event *wire.CycleMoved, head Head) error {
	before := b.Cycle(event.CycleId)
	if before == nil || !slices.Contains(cycleMoves[event.State], before.State) {
		return fmt.Errorf("cycle %s cannot be %s", event.CycleId, stateName(event.State))
	}
	if err := b.post(cycleMovedPostings(event, before)); err != nil {
		return err
	}
	at := *b.entries(cyclePrefix, event.CycleId)
	at.moved = head.Sequence
	unit := unitOf(before.Plan)
	switch {
	case event.State == cycleVerified:
		at.proved = head.Sequence
		b.setUnitCycles(unit, unitCycles{cutOffSeconds: b.unitCycles(unit).cutOffSeconds, running: event.CycleId})
	case event.State == cycleCommitted:
		b.setUnitCycles(unit, unitCycles{cutOffSeconds: before.Plan.CutOffSeconds})
	case before.State == cycleVerified:
		b.setUnitCycles(unit, unitCycles{cutOffSeconds: b.unitCycles(unit).cutOffSeconds})
	}
	b.setEntries(cyclePrefix, event.CycleId, at)
	if event.State != cycleVerified {
		b.clearDeadline(cyclePrefix, before.Plan.ExpiresAtSeconds, event.CycleId)
	}
	return nil
}

// cycleMovedPostings by the cycle as it was before. Only a verified one holds anything.
func cycleMovedPostings(event *wire.CycleMoved, before *wire.Cycle) []posting {
	switch {
	case event.State == cycleVerified:
		return postShares(before.Plan.Shares, freeAccount, heldAccount)
	case event.State == cycleCommitted:
		return postShares(before.Plan.Shares, heldAccount, nettedAccount)
	case before.State == cycleVerified:
		return postShares(before.Plan.Shares, heldAccount, freeAccount)
	default:
		return nil
	}
}

func (b Book) applyDebtNovated(event *wire.DebtNovated, head Head) error {
	novated := liabilityOfNovation(event)
	return b.open(account{
		factID:     facts.Hash(novated.FactId),
		debtor:     facts.Hash(novated.Debtor),
		creditor:   facts.Hash(novated.Creditor),
		unit:       Unit{Currency: event.Currency, Exponent: event.Exponent},
		serviceEnd: event.ServiceEnd,
		dueDate:    event.DueDate,
		isNovated:  true,
	}, facts.Hash(novated.FactHash), amountOf(event.Amount), head)
}

// liabilityOfNovation is what the entry itself says of a debt without a fact. Its ids are hashes over the cycle and the debt.
func liabilityOfNovation(event *wire.DebtNovated) *wire.Liability {
	unit := fmt.Appendf(nil, "%s/%s/%d", event.CycleId, event.Currency, event.Exponent)
	preimage := binary.BigEndian.AppendUint16([]byte(novationDomain), uint16(len(unit)))
	factID := sha256.Sum256(append(append(append(preimage, unit...), event.Debtor...), event.Creditor...))
	var amount [amountBytes]byte
	factHash := sha256.Sum256(append(factID[:], amountOf(event.Amount).FillBytes(amount[:])...))
	return &wire.Liability{
		FactId: factID[:], FactHash: factHash[:], Creditor: event.Creditor, Debtor: event.Debtor, Currency: event.Currency,
		Exponent: event.Exponent, ServiceEnd: event.ServiceEnd, DueDate: event.DueDate,
		Origin: &wire.Origin{Origin: &wire.Origin_Novation{Novation: &wire.Novation{CycleId: event.CycleId}}},
	}
}

// Cycle is nil if there is none with that id.
func (b Book) Cycle(cycleID string) *wire.Cycle {
	at := b.entries(cyclePrefix, cycleID)
	if at == nil {
		return nil
	}
	made := b.entry(at.made)
	cycle := &wire.Cycle{
		Plan: made.GetCycleProposed().GetPlan(), State: cycleProposed, Proposer: made.GetAct().GetActor(), Sequence: at.moved,
	}
	if at.moved != at.made {
		cycle.State = b.entry(at.moved).GetCycleMoved().GetState()
	}
	if at.proved != 0 {
		cycle.Verification = &wire.Verification{Verifier: b.entry(at.proved).GetAct().GetActor()}
	}
	return cycle
}

// proposer of a cycle that exists; empty: an operator.
func (b Book) proposer(cycleID string) []byte {
	return b.entry(b.entries(cyclePrefix, cycleID).made).GetAct().GetActor()
}

// Cycles in the order of their ids from behind after, at most limit.
func (b Book) Cycles(after string, limit int) []*wire.Cycle {
	return listed(b, cyclePrefix, after, limit, b.Cycle)
}

// unitCycles of one unit: the newest cut-off that was committed, and which cycle runs.
type unitCycles struct {
	cutOffSeconds uint64
	running       string
}

// unitCycles of a unit that is not known are none.
func (b Book) unitCycles(unit Unit) unitCycles {
	if !unit.isKnown() {
		return unitCycles{}
	}
	raw := b.kv.Get(key(unitPrefix, unit.key()))
	if raw == nil {
		return unitCycles{}
	}
	const size = 8
	return unitCycles{cutOffSeconds: decodeUint64(raw), running: string(raw[size:])}
}

func (b Book) setUnitCycles(unit Unit, cycles unitCycles) {
	b.kv.Set(key(unitPrefix, unit.key()), append(encodeUint64(cycles.cutOffSeconds), cycles.running...))
}
