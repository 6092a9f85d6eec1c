package keeper

import (
	"context"

	storetypes "github.com/cosmos/cosmos-sdk/store/v2/types"

	"interledger.example/cosmos/x/settlement/types"
)

// exportOutbox gives what importOutbox needs to send the same packets.
func (k Keeper) exportOutbox(ctx context.Context) *types.Outbox {
	outbox := &types.Outbox{ToldSequence: decodeCounter(k.store(ctx).Get([]byte{toldKey}))}
	k.eachPacket(ctx, queuePrefix, func(clientID string, _ uint64, value []byte) {
		outbox.Queue = append(outbox.Queue, &types.QueuedNews{ClientId: clientID, Repeats: uint32(value[0]), Value: value[1:]})
	})
	k.eachPacket(ctx, repeatsPrefix, func(clientID string, sequence uint64, value []byte) {
		outbox.RepeatedNews = append(outbox.RepeatedNews, &types.RepeatedNews{
			ClientId: clientID, PacketSequence: sequence, Repeats: uint32(value[0]),
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
	for _, queued := range outbox.Queue {
		k.enqueue(ctx, queued.ClientId, queued.Value, uint8(queued.Repeats))
	}
	for _, repeated := range outbox.RepeatedNews {
		store.Set(packetKey(repeatsPrefix, repeated.ClientId, repeated.PacketSequence), []byte{uint8(repeated.Repeats)})
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
