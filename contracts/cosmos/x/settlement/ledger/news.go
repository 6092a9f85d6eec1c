package ledger

import (
	"encoding/hex"
	"fmt"
	"math/big"

	errorsmod "cosmossdk.io/errors"

	"github.com/ethereum/go-ethereum/crypto"

	wire "interledger.example/cosmos/wire/settlementv1"
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
	origin *wire.FactPacket
	update facts.StatusUpdate
}

// decideNews gives nothing for commands of other concepts. Only an operator may ask for news again, because every attempt is a
// packet that a relayer pays for.
func (d *decision) decideNews(command *wire.Command) ([]*wire.LogEntry, error) {
	asked, ok := command.Command.(*wire.Command_ResendNews)
	if !ok {
		return nil, nil
	}
	if err := d.requireOperator("ask for news again"); err != nil {
		return nil, err
	}
	liability := d.book.accountOfFact(asked.ResendNews.FactId)
	if liability == nil {
		return nil, notFound("liability of fact", "0x"+hex.EncodeToString(asked.ResendNews.FactId))
	}
	if d.book.liabilityAt(liability.sequence).GetOrigin().GetFactPacket() == nil {
		return nil, errorsmod.Wrapf(ErrWrongState,
			"fact 0x%x did not come in a packet, so no contract ledger knows it", asked.ResendNews.FactId)
	}
	requested := &wire.NewsRequested{FactId: asked.ResendNews.FactId}
	return []*wire.LogEntry{{Event: &wire.LogEntry_NewsRequested{NewsRequested: requested}}}, nil
}

// News of the entries above after up to until, in the order of the log. They tell amounts as they stand now.
func (b Book) News(after, until uint64) []Tidings {
	newest := map[uint64]*told{}
	var order []*told
	for sequence := after + 1; sequence <= until; sequence++ {
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

// tell is nil for a liability that did not come in a packet: no contract ledger knows of it.
func (b Book) tell(sequence uint64, each change) *told {
	liability := b.liabilityAt(each.liability)
	packet := liability.GetOrigin().GetFactPacket()
	if packet == nil {
		return nil
	}
	return &told{origin: packet, update: facts.StatusUpdate{
		FactID: facts.Hash(liability.FactId), LiabilityID: facts.Hash(liability.LiabilityId), Status: each.status,
		Sequence: sequence, Reference: each.reference, Open: amountOf(liability.Open),
	}}
}

// NewsRequest asks that the news of a liability that wait for their time be sent now.
type NewsRequest struct {
	ClientID string
	FactID   facts.Hash
}

// NewsRequests in the entries above after up to until.
func (b Book) NewsRequests(after, until uint64) []NewsRequest {
	var asked []NewsRequest
	for sequence := after + 1; sequence <= until; sequence++ {
		requested := b.entry(sequence).GetNewsRequested()
		if requested == nil {
			continue
		}
		factID := facts.Hash(requested.FactId)
		if packet := b.liabilityAt(b.sequenceOfFact(factID)).GetOrigin().GetFactPacket(); packet != nil {
			asked = append(asked, NewsRequest{ClientID: packet.ClientId, FactID: factID})
		}
	}
	return asked
}

// grouped leaves out what newer news replaced, which has no sequence any more.
func grouped(order []*told) []Tidings {
	places := map[string]int{}
	var all []Tidings
	for _, each := range order {
		if each.update.Sequence == 0 {
			continue
		}
		origin := each.origin
		name := fmt.Sprintf("%s/%s/%x", origin.ClientId, origin.ChainId, origin.Contract)
		place, ok := places[name]
		if !ok {
			place, places[name] = len(all), len(all)
			all = append(all, Tidings{
				ClientID: origin.ClientId, ChainID: amountOf(origin.ChainId), Contract: facts.Address(origin.Contract),
			})
		}
		all[place].Updates = append(all[place].Updates, each.update)
	}
	return all
}

// referenceOf gives 32 bytes for the id of a cycle, payment, dispute or request.
func referenceOf(name string) facts.Hash { return facts.Hash(crypto.Keccak256([]byte(name))) }

func (b Book) changes(entry *wire.LogEntry) []change {
	switch event := entry.Event.(type) {
	case *wire.LogEntry_FactRecorded:
		return b.reduced(event.FactRecorded)
	case *wire.LogEntry_DisputeOpened:
		claim := event.DisputeOpened.Claim
		return []change{{claim.Share.Liability, facts.Disputed, referenceOf(claim.DisputeId)}}
	case *wire.LogEntry_DisputeClosed:
		disputeID, status := event.DisputeClosed.DisputeId, facts.Released
		if event.DisputeClosed.Credited != nothing {
			status = facts.Credited
		}
		return []change{{b.Dispute(disputeID).Claim.Share.Liability, status, referenceOf(disputeID)}}
	case *wire.LogEntry_WrittenOff:
		return []change{{event.WrittenOff.Share.Liability, facts.Credited, referenceOf(entry.GetAct().GetRequestId())}}
	case *wire.LogEntry_CycleMoved:
		if moved := event.CycleMoved; moved.State == cycleCommitted {
			return b.settled(b.Cycle(moved.CycleId).Plan.Shares, referenceOf(moved.CycleId))
		}
	case *wire.LogEntry_PaymentMoved:
		if moved := event.PaymentMoved; moved.State == paymentFinal {
			return b.settled(b.Payment(moved.PaymentId).Order.Shares, referenceOf(moved.PaymentId))
		}
	}
	return nil
}

// reduced is what a credit note or a confirmed payment means to the liability that it takes from.
func (b Book) reduced(event *wire.FactRecorded) []change {
	reduction := event.Reduction
	if reduction == nil {
		return nil
	}
	sequence := b.sequenceOfFact(facts.Hash(reduction.FactId))
	if reduction.Kind == wire.ReductionKind_REDUCTION_KIND_CREDIT {
		return []change{{sequence, facts.Credited, facts.Hash(event.Fact.FactId)}}
	}
	return b.settled([]*wire.Share{{Liability: sequence}}, facts.Hash(event.Fact.FactId))
}

// settled are those of the shares' liabilities of which nothing is open any more.
func (b Book) settled(shares []*wire.Share, reference facts.Hash) []change {
	var changes []change
	for _, share := range shares {
		if b.mustRecord(b.account(share.Liability).liabilityID).amounts.open.Sign() == 0 {
			changes = append(changes, change{share.Liability, facts.Settled, reference})
		}
	}
	return changes
}
