package keeper

import (
	"context"
	"encoding/binary"
	"fmt"

	"github.com/cosmos/gogoproto/proto"

	storetypes "github.com/cosmos/cosmos-sdk/store/v2/types"
	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/cosmos/ibc-go/v11/modules/core/exported"

	wire "interledger.example/cosmos/wire/forwardv1"
	"interledger.example/cosmos/x/forward/rules"
)

// Keys of the store. No chain id and no client id has a slash.
const (
	routePrefix   = 0x01 // destination, '/', origin client -> Route
	forwardPrefix = 0x02 // outgoing client, '/', sequence -> Forward
	openPrefix    = 0x03 // destination, '/', origin client -> how many forwards are open
	originPrefix  = 0x04 // destination, '/', origin client, '/', incoming client -> how many of them came through it
	waitingPrefix = 0x05 // number in the block -> incoming client, '/', sequence; empty between two blocks
	portPrefix    = 0x06 // client id -> port of the counterparty's application
)

const (
	separator    = '/'
	numberBytes  = 8
	counterBytes = 4
)

// state is what the rules ask of the chain.
type state struct {
	keeper Keeper
	ctx    sdk.Context
	store  storetypes.KVStore
}

var _ rules.ForwardReader = state{}

func (k Keeper) state(ctx sdk.Context) state { return state{keeper: k, ctx: ctx, store: k.store(ctx)} }

// Route with exactly this key, or nil.
func (s state) Route(key rules.RouteKey) *wire.Route {
	raw := s.store.Get(routeKey(key))
	if raw == nil {
		return nil
	}
	return decoded(raw, &wire.Route{})
}

// OpenForwards of a route.
func (s state) OpenForwards(key rules.RouteKey) uint32 {
	return decodeCounter(s.store.Get(openKey(key)))
}

// OpenForwardsOf a route that came through one client.
func (s state) OpenForwardsOf(key rules.RouteKey, inClient string) uint32 {
	return decodeCounter(s.store.Get(originKey(key, inClient)))
}

// IsActive says whether the client exists, is paired, and is neither frozen nor expired.
func (s state) IsActive(clientID string) bool {
	_, isPaired := s.keeper.ibc.Counterparties.GetClientCounterparty(s.ctx, clientID)
	return isPaired && s.keeper.ibc.Clients.GetClientStatus(s.ctx, clientID) == exported.Active
}

// leadsTo says whether a route to that chain goes through that client.
func (s state) leadsTo(chainID, clientID string) bool {
	found := false
	eachRecord(s.store, append(append([]byte{routePrefix}, chainID...), separator), func(_, value []byte) bool {
		found = decoded(value, &wire.Route{}).ClientId == clientID
		return !found
	})
	return found
}

func (k Keeper) setRoute(ctx context.Context, route *wire.Route) {
	k.store(ctx).Set(routeKey(rules.KeyOfRoute(route)), encoded(route))
}

// routes in the order of destination and origin client.
func (k Keeper) routes(ctx context.Context) []*wire.Route {
	var routes []*wire.Route
	eachRecord(k.store(ctx), []byte{routePrefix}, func(_, value []byte) bool {
		routes = append(routes, decoded(value, &wire.Route{}))
		return true
	})
	return routes
}

func routeKey(key rules.RouteKey) []byte { return keyOf(routePrefix, key) }

func openKey(key rules.RouteKey) []byte { return keyOf(openPrefix, key) }

func originKey(key rules.RouteKey, inClient string) []byte {
	return append(append(keyOf(originPrefix, key), separator), inClient...)
}

func keyOf(prefix byte, key rules.RouteKey) []byte {
	return append(append(append([]byte{prefix}, key.Destination...), separator), key.OriginClient...)
}

// eachRecord visits what begins with the prefix, in order, until visit returns false.
func eachRecord(store storetypes.KVStore, prefix []byte, visit func(key, value []byte) bool) {
	iterator := store.Iterator(prefix, storetypes.PrefixEndBytes(prefix))
	defer iterator.Close()
	for ; iterator.Valid(); iterator.Next() {
		if !visit(iterator.Key(), iterator.Value()) {
			return
		}
	}
}

func encoded(record proto.Message) []byte {
	raw, err := proto.Marshal(record)
	if err != nil {
		panic(fmt.Errorf("forward: %w", err))
	}
	return raw
}

func decoded[M proto.Message](raw []byte, record M) M {
	if err := proto.Unmarshal(raw, record); err != nil {
		panic(fmt.Errorf("forward: the store is damaged: %w", err))
	}
	return record
}

func decodeCounter(raw []byte) uint32 {
	if raw == nil {
		return 0
	}
	return binary.BigEndian.Uint32(raw)
}
