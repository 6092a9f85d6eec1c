package ledger

import (
	"fmt"
	"math/big"

	storetypes "github.com/cosmos/cosmos-sdk/store/v2/types"

	"interledger.example/cosmos/x/settlement/facts"
)

// entries say where in the log a payment, a dispute or a cycle stands.
type entries struct {
	// made is the order, the claim or the plan.
	made uint64
	// moved brought the state.
	moved uint64
	// proved is the newest evidence, or the verification; 0 if there is none.
	proved uint64
}

func idKey(prefix byte, id string) []byte { return key(prefix, []byte(id)) }

// entries is nil if nothing stands under the id.
func (b Book) entries(prefix byte, id string) *entries {
	raw := b.kv.Get(idKey(prefix, id))
	if raw == nil {
		return nil
	}
	const size = 8
	return &entries{made: decodeUint64(raw), moved: decodeUint64(raw[size:]), proved: decodeUint64(raw[2*size:])}
}

func (b Book) setEntries(prefix byte, id string, at entries) {
	b.kv.Set(idKey(prefix, id), append(append(encodeUint64(at.made), encodeUint64(at.moved)...), encodeUint64(at.proved)...))
}

// entryAs decodes an entry that is of one kind because of what points to it.
func entryAs[Kind event](b Book, sequence uint64) Kind {
	decoded, ok := b.entry(sequence).(Kind)
	if !ok {
		panic(fmt.Errorf(errLogInconsistent, fmt.Errorf("entry %d is a %T, expected a %T", sequence, b.entry(sequence), decoded)))
	}
	return decoded
}

// Payment is nil if there is none with that id.
func (b Book) Payment(paymentID string) *Payment {
	at := b.entries(paymentPrefix, paymentID)
	if at == nil {
		return nil
	}
	instructed := entryAs[paymentInstructed](b, at.made)
	payment := &Payment{
		Order: instructed.Order, State: PaymentInstructed, Recorder: instructed.Act.Actor, Sequence: at.moved,
	}
	if at.moved != at.made {
		moved := entryAs[paymentMoved](b, at.moved)
		payment.State, payment.Recorder = moved.State, moved.Act.Actor
	}
	if at.proved != 0 {
		payment.Evidence = entryAs[paymentMoved](b, at.proved).Evidence
	}
	return payment
}

// Dispute is nil if there is none with that id.
func (b Book) Dispute(disputeID string) *Dispute {
	at := b.entries(disputePrefix, disputeID)
	if at == nil {
		return nil
	}
	dispute := &Dispute{
		Claim: entryAs[disputeOpened](b, at.made).Claim, State: DisputeOpen, Credited: new(big.Int), Sequence: at.moved,
	}
	if at.moved != at.made {
		closed := entryAs[disputeClosed](b, at.moved)
		dispute.State, dispute.Credited = closed.State, closed.Credited
	}
	return dispute
}

// Cycle is nil if there is none with that id.
func (b Book) Cycle(cycleID string) *Cycle {
	at := b.entries(cyclePrefix, cycleID)
	if at == nil {
		return nil
	}
	proposed := entryAs[cycleProposed](b, at.made)
	cycle := &Cycle{Plan: proposed.Plan, State: CycleProposed, Proposer: proposed.Act.Actor, Sequence: at.moved}
	if at.moved != at.made {
		cycle.State = entryAs[cycleMoved](b, at.moved).State
	}
	if at.proved != 0 {
		cycle.Verifier, cycle.HasVerifier = entryAs[cycleMoved](b, at.proved).Act.Actor, true
	}
	return cycle
}

// Payments in the order of their ids from behind after, at most limit.
func (b Book) Payments(after string, limit int) []Payment {
	return listed(b, paymentPrefix, after, limit, b.Payment)
}

// Disputes in the order of their ids from behind after, at most limit.
func (b Book) Disputes(after string, limit int) []Dispute {
	return listed(b, disputePrefix, after, limit, b.Dispute)
}

// Cycles in the order of their ids from behind after, at most limit.
func (b Book) Cycles(after string, limit int) []Cycle {
	return listed(b, cyclePrefix, after, limit, b.Cycle)
}

func listed[Kind any](b Book, prefix byte, after string, limit int, read func(id string) *Kind) []Kind {
	start := []byte{prefix}
	if after != "" {
		start = append(idKey(prefix, after), 0)
	}
	iterator := b.kv.Iterator(start, storetypes.PrefixEndBytes([]byte{prefix}))
	defer iterator.Close()
	var list []Kind
	for ; iterator.Valid() && len(list) < limit; iterator.Next() {
		list = append(list, *read(string(iterator.Key()[1:])))
	}
	return list
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

// consents says whether the party agrees to novation.
func (b Book) consents(party facts.Hash) bool { return b.kv.Has(key(consentPrefix, party[:])) }

// evidenceMarks tell kinds apart in keys.
var evidenceMarks = map[EvidenceKind]byte{BankStatementEntry: 1, Transaction: 2}

func evidenceKey(evidence *Evidence) []byte {
	return append([]byte{evidencePrefix, evidenceMarks[evidence.Kind]}, evidence.Reference...)
}
