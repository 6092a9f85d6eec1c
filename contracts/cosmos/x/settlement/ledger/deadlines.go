package ledger

import (
	"fmt"
)

// deadlineRanks order what ends in one second.
var deadlineRanks = map[byte]byte{cyclePrefix: 1, disputePrefix: 2, paymentPrefix: 3}

func deadlineKey(prefix byte, seconds uint64, id string) []byte {
	return append(append(key(deadlinePrefix, encodeUint64(seconds)), deadlineRanks[prefix]), id...)
}

func (b Book) setDeadline(prefix byte, seconds uint64, id string) {
	b.kv.Set(deadlineKey(prefix, seconds, id), []byte{prefix})
}

func (b Book) clearDeadline(prefix byte, seconds uint64, id string) {
	b.kv.Delete(deadlineKey(prefix, seconds, id))
}

// EndDeadlines ends the first limit payments, disputes and cycles whose time has passed, earliest first, and says how many.
// The entries read as if an operator had said so, without a request.
func (b Book) EndDeadlines(nowSeconds uint64, limit int) int {
	act := Act{Actor: Bytes{}, AtSeconds: nowSeconds, RequestDigest: make(Bytes, hashBytes)}
	passed := b.passed(nowSeconds, limit)
	for _, step := range passed {
		events, err := step.decide(b, act)
		if err != nil {
			panic(fmt.Errorf(errLogInconsistent, err))
		}
		for _, next := range events {
			b.append(next)
		}
	}
	return len(passed)
}

func (b Book) passed(nowSeconds uint64, limit int) []Step {
	const idAt = 1 + 8 + 1
	end := key(deadlinePrefix, encodeUint64(nowSeconds+1))
	iterator := b.kv.Iterator([]byte{deadlinePrefix}, end)
	defer iterator.Close()
	var steps []Step
	for ; iterator.Valid() && len(steps) < limit; iterator.Next() {
		id := string(iterator.Key()[idAt:])
		switch iterator.Value()[0] {
		case cyclePrefix:
			steps = append(steps, ExpireCycle{CycleID: id})
		case disputePrefix:
			steps = append(steps, LapseDispute{DisputeID: id})
		case paymentPrefix:
			steps = append(steps, ExpirePayment{PaymentID: id})
		}
	}
	return steps
}

// BlockTime is when a block with facts was.
type BlockTime struct {
	Height  uint64
	Seconds uint64
}

// SetBlockTime notes when a block with facts was, for the statements: the entries of facts tell only its height.
func (b Book) SetBlockTime(height, seconds uint64) {
	at := key(timePrefix, encodeUint64(height))
	if !b.kv.Has(at) {
		b.kv.Set(at, encodeUint64(seconds))
	}
}

// BlockTimes in the order of heights.
func (b Book) BlockTimes() []BlockTime {
	var times []BlockTime
	b.each(timePrefix, func(suffix, value []byte) {
		times = append(times, BlockTime{Height: decodeUint64(suffix), Seconds: decodeUint64(value)})
	})
	return times
}

// blockTime is 0 for a block of which nobody noted the time.
func (b Book) blockTime(height uint64) uint64 {
	return decodeUint64(b.kv.Get(key(timePrefix, encodeUint64(height))))
}
