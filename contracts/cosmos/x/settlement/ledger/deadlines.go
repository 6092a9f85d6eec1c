package ledger

import (
	wire "interledger.example/cosmos/wire/settlementv1"
)

// Deadlines of payments, disputes and cycles: the ledger itself ends what has passed its time.

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
// The entries are those that an operator's command would lead to, without an act.
func (b Book) EndDeadlines(nowSeconds uint64, limit int) int {
	passed := b.passed(nowSeconds, limit)
	for _, command := range passed {
		d := decision{book: b, now: nowSeconds}
		decided, err := d.decide(command)
		if err != nil {
			panic(damaged(err, b.Head().Sequence))
		}
		d.write(decided)
	}
	return len(passed)
}

// passed are the commands that say so, the earliest first.
func (b Book) passed(nowSeconds uint64, limit int) []*wire.Command {
	const idAt = 1 + 8 + 1
	end := key(deadlinePrefix, encodeUint64(nowSeconds+1))
	iterator := b.kv.Iterator([]byte{deadlinePrefix}, end)
	defer iterator.Close()
	var commands []*wire.Command
	for ; iterator.Valid() && len(commands) < limit; iterator.Next() {
		id, command := string(iterator.Key()[idAt:]), &wire.Command{}
		switch iterator.Value()[0] {
		case cyclePrefix:
			command.Command = &wire.Command_ExpireCycle{ExpireCycle: &wire.ExpireCycle{CycleId: id}}
		case disputePrefix:
			command.Command = &wire.Command_LapseDispute{LapseDispute: &wire.LapseDispute{DisputeId: id}}
		case paymentPrefix:
			command.Command = &wire.Command_ExpirePayment{ExpirePayment: &wire.ExpirePayment{PaymentId: id}}
		}
		commands = append(commands, command)
	}
	return commands
}
