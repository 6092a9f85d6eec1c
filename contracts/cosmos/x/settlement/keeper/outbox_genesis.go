package keeper

import (
	"context"

	storetypes "github.com/cosmos/cosmos-sdk/store/v2/types"

	"interledger.example/cosmos/x/settlement/facts"
	"interledger.example/cosmos/x/settlement/types"
)

// exportOutbox gives what importOutbox needs to send the same packets.
func (k Keeper) exportOutbox(ctx context.Context) *types.Outbox {
	store := k.store(ctx)
	outbox := &types.Outbox{ToldSequence: decodeCounter(store.Get([]byte{toldKey}))}
	k.eachPacket(ctx, queuePrefix, func(clientID string, _ uint64, value []byte) {
		outbox.Queue = append(outbox.Queue, &types.QueuedNews{ClientId: clientID, Value: value})
	})
	k.eachState(ctx, func(clientID string, factID facts.Hash, state newsState) {
		outbox.States = append(outbox.States, &types.NewsState{
			ClientId: clientID, FactId: factID[:], UnderWay: state.isUnderWay, Attempts: uint32(state.attempts),
			DueSeconds: state.due, SinceSeconds: state.since, LastAnswer: state.answer,
			Held: store.Get(newsKey(heldPrefix, clientID, factID)),
		})
	})
	k.eachPacket(ctx, answerPrefix, func(clientID string, sequence uint64, value []byte) {
		outbox.Answers = append(outbox.Answers, &types.AnsweredNews{
			ClientId: clientID, PacketSequence: sequence, Acknowledgement: value,
		})
	})
	return outbox
}

// importOutbox of a log that comes without one tells nothing that happened before.
func (k Keeper) importOutbox(ctx context.Context, outbox *types.Outbox) {
	store := k.store(ctx)
	if outbox == nil {
		store.Set([]byte{toldKey}, encodeCounter(k.book(ctx).Head().Sequence))
		return
	}
	store.Set([]byte{toldKey}, encodeCounter(outbox.ToldSequence))
	for _, each := range outbox.States {
		queue, factID := k.newsQueue(ctx, each.ClientId), facts.Hash(each.FactId)
		state := newsState{isUnderWay: each.UnderWay, attempts: uint8(each.Attempts), due: each.DueSeconds, since: each.SinceSeconds, answer: each.LastAnswer}
		if len(each.Held) > 0 {
			queue.hold(factID, state, each.Held)
		} else {
			queue.keep(factID, state)
		}
	}
	for _, queued := range outbox.Queue {
		data, err := facts.DecodeStatusPacket(queued.Value)
		if err != nil {
			panic(err) // Validate has read it
		}
		queue, factID := k.newsQueue(ctx, queued.ClientId), data.Updates[0].FactID
		queue.enqueue(factID, queue.state(factID), queued.Value)
	}
	for _, answered := range outbox.Answers {
		store.Set(packetKey(answerPrefix, answered.ClientId, answered.PacketSequence), answered.Acknowledgement)
	}
}

func (k Keeper) eachPacket(ctx context.Context, prefix byte, visit func(clientID string, number uint64, value []byte)) {
	iterator := k.store(ctx).Iterator([]byte{prefix}, storetypes.PrefixEndBytes([]byte{prefix}))
	defer iterator.Close()
	for ; iterator.Valid(); iterator.Next() {
		clientID, number := splitPacketKey(iterator.Key())
		visit(clientID, number, iterator.Value())
	}
}

func (k Keeper) eachState(ctx context.Context, visit func(clientID string, factID facts.Hash, state newsState)) {
	iterator := k.store(ctx).Iterator([]byte{statePrefix}, storetypes.PrefixEndBytes([]byte{statePrefix}))
	defer iterator.Close()
	for ; iterator.Valid(); iterator.Next() {
		name := iterator.Key()[1:]
		slash := len(name) - len(facts.Hash{}) - 1
		visit(string(name[:slash]), facts.Hash(name[slash+1:]), decodeNewsState(iterator.Value()))
	}
}
