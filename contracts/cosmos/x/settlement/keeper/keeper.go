// Package keeper runs the settlement ledger on a Cosmos SDK chain: who may send which command, which packets become
// commands, and what the chain tells about it. The rules themselves are in the package ledger; nothing here decides them.
//
// In the order of a fact's life: commands.go sets up parties and agreements, packets.go receives facts, queries.go tells
// what became of them, genesis.go carries all of it to another chain.
package keeper

import (
	"context"

	"cosmossdk.io/core/address"
	corestore "cosmossdk.io/core/store"

	"github.com/cosmos/cosmos-sdk/runtime"
	storetypes "github.com/cosmos/cosmos-sdk/store/v2/types"
	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/cosmos/ibc-go/v11/modules/core/exported"

	"interledger.example/cosmos/x/settlement/ledger"
	"interledger.example/cosmos/x/settlement/types"
)

// ClientKeeper tells which client a packet came through. Core IBC's client keeper is one.
type ClientKeeper interface {
	GetClientState(ctx sdk.Context, clientID string) (exported.ClientState, bool)
}

// Keeper holds nothing but where things are.
type Keeper struct {
	*types.UnimplementedMsgServer
	storeService corestore.KVStoreService
	addresses    address.Codec
	authority    string
	clients      ClientKeeper
}

// NewKeeper takes the account that may replace the operators, as text.
func NewKeeper(
	storeService corestore.KVStoreService, addresses address.Codec, authority string, clients ClientKeeper,
) Keeper {
	return Keeper{storeService: storeService, addresses: addresses, authority: authority, clients: clients}
}

// Authority is the account that may replace the operators.
func (k Keeper) Authority() string { return k.authority }

func (k Keeper) store(ctx context.Context) storetypes.KVStore {
	return runtime.KVStoreAdapter(k.storeService.OpenKVStore(ctx))
}

func (k Keeper) book(ctx context.Context) ledger.Book { return ledger.Open(k.store(ctx)) }
