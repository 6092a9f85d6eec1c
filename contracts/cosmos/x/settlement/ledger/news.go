package ledger

import (
	"bytes"
	"fmt"
	"math/big"

	"github.com/ethereum/go-ethereum/crypto"

	"interledger.example/cosmos/x/settlement/facts"
)

// What the entries of a log mean to the ledgers that the facts came from: one update for each liability that changed, the
// newest. A liability that is netted or paid in part is no news until nothing is open; a payment that is returned after it
// settled a liability is none either, because settled is final on the contract ledger.

// Tidings are updates for one contract, by way of the client that its packets came through.
type Tidings struct {
	ClientID string
	ChainID  *big.Int
	Contract facts.Address
	Updates  []facts.StatusUpdate
}

// change of a liability by one entry.
type change struct {
	liability uint64
	status    facts.NewsStatus
	reference facts.Hash
}

// told is the newest news of a liability so far.
type told struct {
	origin Origin
	update facts.StatusUpdate
}

// plainFact is how a fact that takes from no other one ends in the log. Most entries are of this kind and no news, so they are
// told apart without being decoded.
var plainFact = []byte(`,"reduction":null}`)

// News of the entries above after up to until, in the order of the log. They tell amounts as they stand now.
func (b Book) News(after, until uint64) []Tidings {
	newest := map[uint64]*told{}
	var order []*told
	for sequence := after + 1; sequence <= until; sequence++ {
		if bytes.HasSuffix(b.Entry(sequence), plainFact) {
			continue
		}
		for _, each := range b.changes(b.entry(sequence)) {
			next := b.tell(sequence, each)
			if next == nil {
				continue
			}
			if older := newest[each.liability]; older != nil {
				older.update.Sequence = 0
			}
			newest[each.liability] = next
			order = append(order, next)
		}
	}
	return grouped(order)
}

// tell is nil for what is nobody's fact.
func (b Book) tell(sequence uint64, each change) *told {
	liability := b.liabilityAt(each.liability)
	if liability.Origin.ClientID == "" {
		return nil
	}
	return &told{origin: liability.Origin, update: facts.StatusUpdate{
		FactID: liability.Fact.FactID, LiabilityID: liability.LiabilityID, Status: each.status,
		Sequence: sequence, Reference: each.reference, Open: liability.Open,
	}}
}

// grouped leaves out what newer news replaced, which has no sequence any more.
func grouped(order []*told) []Tidings {
	places := map[string]int{}
	var all []Tidings
	for _, each := range order {
		if each.update.Sequence == 0 {
			continue
		}
		origin := &each.origin
		name := fmt.Sprintf("%s/%s/%x", origin.ClientID, origin.ChainID, origin.Contract)
		place, ok := places[name]
		if !ok {
			place, places[name] = len(all), len(all)
			all = append(all, Tidings{ClientID: origin.ClientID, ChainID: origin.ChainID, Contract: origin.Contract})
		}
		all[place].Updates = append(all[place].Updates, each.update)
	}
	return all
}

// referenceOf gives 32 bytes for the id of a cycle, payment, dispute or request.
func referenceOf(name string) facts.Hash { return facts.Hash(crypto.Keccak256([]byte(name))) }

func (b Book) changes(next event) []change {
	switch made := next.(type) {
	case factRecorded:
		return b.reduced(made)
	case disputeOpened:
		return []change{{made.Claim.Share.Liability, facts.Disputed, referenceOf(made.Claim.DisputeID)}}
	case disputeClosed:
		status := facts.Released
		if made.Credited.Sign() > 0 {
			status = facts.Credited
		}
		return []change{{b.Dispute(made.DisputeID).Claim.Share.Liability, status, referenceOf(made.DisputeID)}}
	case writtenOff:
		return []change{{made.Share.Liability, facts.Credited, referenceOf(made.Act.RequestID)}}
	case cycleMoved:
		if made.State == CycleCommitted {
			return b.settled(b.Cycle(made.CycleID).Plan.Shares, referenceOf(made.CycleID))
		}
	case paymentMoved:
		if made.State == PaymentFinal {
			return b.settled(b.Payment(made.PaymentID).Order.Shares, referenceOf(made.PaymentID))
		}
	}
	return nil
}

// reduced is what a credit note or a confirmed payment means to the liability that it takes from.
func (b Book) reduced(recorded factRecorded) []change {
	if recorded.reduction == nil {
		return nil
	}
	sequence := b.sequenceOfFact(recorded.reduction.factID)
	if recorded.reduction.kind == creditReduction {
		return []change{{sequence, facts.Credited, recorded.fact.FactID}}
	}
	return b.settled([]Share{{Liability: sequence}}, recorded.fact.FactID)
}

// settled are those of the shares' liabilities of which nothing is open any more.
func (b Book) settled(shares []Share, reference facts.Hash) []change {
	var changes []change
	for _, share := range shares {
		if b.mustRecord(b.account(share.Liability).liabilityID).amounts.Open.Sign() == 0 {
			changes = append(changes, change{share.Liability, facts.Settled, reference})
		}
	}
	return changes
}
