// Package keeper runs a hub on a Cosmos SDK chain: it sends packets of port settlement on to the ledgers that they are for and
// brings the answers back. The rules are in the package rules; nothing here decides where a packet goes.
//
// application.go comes before the chain's own settlement application, sending.go sends on at the end of a block, answering.go
// gives answers back, table.go and forwards.go are the store, messages.go is what operators may, ports.go says from which port of a
// counterparty packets come and of which chains facts may come, queries.go answers questions, genesis.go carries all of it to another chain.
package keeper

import (
	"context"
	"fmt"

	"cosmossdk.io/core/address"
	corestore "cosmossdk.io/core/store"

	"github.com/cosmos/cosmos-sdk/runtime"
	storetypes "github.com/cosmos/cosmos-sdk/store/v2/types"
	sdk "github.com/cosmos/cosmos-sdk/types"
	sdkaddress "github.com/cosmos/cosmos-sdk/types/address"

	clientv2types "github.com/cosmos/ibc-go/v11/modules/core/02-client/v2/types"
	channeltypesv2 "github.com/cosmos/ibc-go/v11/modules/core/04-channel/v2/types"
	"github.com/cosmos/ibc-go/v11/modules/core/exported"

	"interledger.example/cosmos/x/forward/types"
)

// ClientKeeper knows which clients can be used. Core IBC's client keeper is one.
type ClientKeeper interface {
	GetClientStatus(ctx sdk.Context, clientID string) exported.Status
}

// CounterpartyKeeper knows which clients are paired. Core IBC's v2 client keeper is one.
type CounterpartyKeeper interface {
	GetClientCounterparty(ctx sdk.Context, clientID string) (clientv2types.CounterpartyInfo, bool)
}

// ChannelKeeper sends packets and answers those that were received before. Core IBC's v2 channel keeper is one.
type ChannelKeeper interface {
	SendPacket(ctx context.Context, msg *channeltypesv2.MsgSendPacket) (*channeltypesv2.MsgSendPacketResponse, error)
	GetAsyncPacket(ctx sdk.Context, clientID string, sequence uint64) (channeltypesv2.Packet, bool)
	WriteAcknowledgement(ctx sdk.Context, clientID string, sequence uint64, ack channeltypesv2.Acknowledgement) error
}

// Settlement is the settlement application of the same chain, whose operators, trusted clients and bound ports are the hub's as well.
type Settlement interface {
	IsOperator(ctx context.Context, account []byte) bool
	// RequireTrust says why facts of a chain may not come through a client.
	RequireTrust(ctx context.Context, clientID, chainID string) error
	PortOf(ctx context.Context, clientID string) string
	// TakePort binds a client that is bound to no port yet.
	TakePort(ctx context.Context, clientID, port string) error
}

// IBC is what a hub needs of core IBC.
type IBC struct {
	Clients        ClientKeeper
	Counterparties CounterpartyKeeper
	Channels       ChannelKeeper
}

// Keeper holds nothing but where things are.
type Keeper struct {
	storeService corestore.KVStoreService
	addresses    address.Codec
	authority    string
	ibc          IBC
	// settlement is nil on a hub that does not itself settle.
	settlement Settlement
	// self is the account that sends packets on; it has no key.
	self string
}

// NewKeeper takes the account that may always change routes, as text, and the chain's settlement application, or nil. It panics if
// the module's account has no form as text.
func NewKeeper(
	storeService corestore.KVStoreService, addresses address.Codec, authority string, ibc IBC, settlement Settlement,
) Keeper {
	self, err := addresses.BytesToString(sdkaddress.Module(types.ModuleName))
	if err != nil {
		panic(fmt.Errorf("forward: %w", err))
	}
	return Keeper{
		storeService: storeService, addresses: addresses, authority: authority, ibc: ibc, settlement: settlement, self: self,
	}
}

func (k Keeper) store(ctx context.Context) storetypes.KVStore {
	return runtime.KVStoreAdapter(k.storeService.OpenKVStore(ctx))
}

// blockSeconds is the time of the block that is being made, in Unix seconds; a chain's time is never before 1970.
func blockSeconds(ctx sdk.Context) uint64 { return uint64(ctx.BlockTime().Unix()) }
