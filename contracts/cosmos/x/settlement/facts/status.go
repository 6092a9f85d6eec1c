package facts

import (
	"fmt"
	"math/big"
)

// StatusVersion names packets that go the other way: they tell the contract ledger what became of liabilities.
const StatusVersion = "status-1"

// StatusUpdate is the news of one fact. Older ones, by Sequence, never undo newer ones.
type StatusUpdate struct {
	FactID      Hash
	LiabilityID Hash
	Status      NewsStatus
	// Sequence is the log's entry that brought the change.
	Sequence uint64
	// Reference names the cause: keccak256 of the id of a cycle, payment, dispute or request, or a fact's id.
	Reference Hash
	// Open is what is still open in minor units, at most 128 bits; 0 if settled.
	Open *big.Int
}

// StatusPacketData is the payload of version status-1: 1 to 64 updates for one contract.
type StatusPacketData struct {
	ChainID  *big.Int
	Contract Address
	Updates  []StatusUpdate
}

// EncodeStatusPacket is abi.encode(StatusPacketData).
func EncodeStatusPacket(data *StatusPacketData) []byte {
	const head = 3
	var w writer
	w.unsigned(wordBytes)
	w.integer(data.ChainID)
	w.address(data.Contract)
	w.unsigned(head * wordBytes)
	w.unsigned(uint64(len(data.Updates)))
	for i := range data.Updates {
		update := &data.Updates[i]
		w.hash(update.FactID)
		w.hash(update.LiabilityID)
		w.unsigned(uint64(update.Status))
		w.unsigned(update.Sequence)
		w.hash(update.Reference)
		w.integer(update.Open)
	}
	return w.bytes
}

// DecodeStatusPacket refuses anything but what EncodeStatusPacket makes of updates that can be.
func DecodeStatusPacket(value []byte) (*StatusPacketData, error) {
	const head = 3
	r := reader{rest: value}
	r.expect(wordBytes)
	data := StatusPacketData{ChainID: r.integer(wordBytes), Contract: r.address()}
	r.expect(head * wordBytes)
	data.Updates = make([]StatusUpdate, r.count(MaximumUpdates))
	for i := range data.Updates {
		data.Updates[i] = r.update()
	}
	if r.isBad || len(r.rest) != 0 || len(data.Updates) == 0 {
		return nil, fmt.Errorf("status packet of 1 to %d updates: %w", MaximumUpdates, errNotCanonical)
	}
	return &data, nil
}

// EncodeStatusAnswers is abi.encode(uint8[]).
func EncodeStatusAnswers(answers []StatusAnswer) []byte {
	var w writer
	w.unsigned(wordBytes)
	w.unsigned(uint64(len(answers)))
	for _, answer := range answers {
		w.unsigned(uint64(answer))
	}
	return w.bytes
}

// DecodeStatusAnswers reads abi.encode(uint8[]) and refuses any other form and unknown answers.
func DecodeStatusAnswers(value []byte) ([]StatusAnswer, error) {
	r := reader{rest: value}
	r.expect(wordBytes)
	answers := make([]StatusAnswer, r.count(MaximumUpdates))
	for i := range answers {
		answers[i] = StatusAnswer(r.unsigned(1))
		r.isBad = r.isBad || answers[i] < Applied || answers[i] > Refused
	}
	if r.isBad || len(r.rest) != 0 {
		return nil, fmt.Errorf("status answers: %w", errNotCanonical)
	}
	return answers, nil
}

func (r *reader) update() StatusUpdate {
	update := StatusUpdate{
		FactID:      r.hash(),
		LiabilityID: r.hash(),
		Status:      NewsStatus(r.unsigned(1)),
		Sequence:    r.unsigned(uint64Bytes),
		Reference:   r.hash(),
		Open:        r.integer(uint128Bytes),
	}
	isKnown := update.Status >= Settled && update.Status <= Credited
	isClosed := update.Status != Settled || update.Open.Sign() == 0
	r.isBad = r.isBad || !isKnown || !isClosed || update.Sequence == 0
	return update
}
