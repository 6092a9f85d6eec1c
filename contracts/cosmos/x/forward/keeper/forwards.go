package keeper

import (
	"context"
	"encoding/binary"

	storetypes "github.com/cosmos/cosmos-sdk/store/v2/types"

	wire "interledger.example/cosmos/wire/forwardv1"
	"interledger.example/cosmos/x/forward/rules"
)

// Open forwards, and how many each route and each of its origins has. What is finished leaves nothing: neither a record nor a
// counter at zero.

func (k Keeper) open(ctx context.Context, forward *wire.Forward) {
	store := k.store(ctx)
	store.Set(forwardKey(forward.OutClient, forward.OutSequence), encoded(forward))
	key := rules.KeyOfForward(forward)
	count(store, openKey(key), 1)
	count(store, originKey(key, forward.InClient), 1)
}

func (k Keeper) close(ctx context.Context, forward *wire.Forward) {
	store := k.store(ctx)
	store.Delete(forwardKey(forward.OutClient, forward.OutSequence))
	key := rules.KeyOfForward(forward)
	count(store, openKey(key), -1)
	count(store, originKey(key, forward.InClient), -1)
}

// forward that was sent with this sequence, or nil.
func (k Keeper) forward(ctx context.Context, outClient string, outSequence uint64) *wire.Forward {
	raw := k.store(ctx).Get(forwardKey(outClient, outSequence))
	if raw == nil {
		return nil
	}
	return decoded(raw, &wire.Forward{})
}

// forwards behind that one, in the order of outgoing client and sequence, at most limit; 0 means all.
func (k Keeper) forwards(ctx context.Context, afterClient string, afterSequence uint64, limit int) []*wire.Forward {
	start, end := []byte{forwardPrefix}, storetypes.PrefixEndBytes([]byte{forwardPrefix})
	if afterClient != "" {
		start = append(forwardKey(afterClient, afterSequence), 0)
	}
	iterator := k.store(ctx).Iterator(start, end)
	defer iterator.Close()
	var forwards []*wire.Forward
	for ; iterator.Valid() && (limit == 0 || len(forwards) < limit); iterator.Next() {
		forwards = append(forwards, decoded(iterator.Value(), &wire.Forward{}))
	}
	return forwards
}

func count(store storetypes.KVStore, key []byte, change int32) {
	value := uint32(int32(decodeCounter(store.Get(key))) + change)
	if value == 0 {
		store.Delete(key)
		return
	}
	store.Set(key, binary.BigEndian.AppendUint32(make([]byte, 0, counterBytes), value))
}

func forwardKey(outClient string, outSequence uint64) []byte {
	return packetKey([]byte{forwardPrefix}, outClient, outSequence)
}

// packetKey appends a client and a sequence, so that one client's packets are in their order.
func packetKey(start []byte, clientID string, sequence uint64) []byte {
	return binary.BigEndian.AppendUint64(append(append(start, clientID...), separator), sequence)
}
