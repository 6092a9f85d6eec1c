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
)

// ClientKeeper tells which client a packet came through. Core IBC's client keeper is one.
type ClientKeeper interface {
	GetClientState(ctx sdk.Context, clientID string) (exported.ClientState, bool)
}

// Keeper holds nothing but where things are.
type Keeper struct {
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

// operatorPrefix lies outside of the ledger's own keys.
const operatorPrefix = 0x20

func operatorKey(operator []byte) []byte { return append([]byte{operatorPrefix}, operator...) }

func (k Keeper) isOperator(ctx context.Context, account []byte) bool {
	return k.store(ctx).Has(operatorKey(account))
}

func (k Keeper) operators(ctx context.Context) [][]byte {
	iterator := k.store(ctx).Iterator([]byte{operatorPrefix}, []byte{operatorPrefix + 1})
	defer iterator.Close()
	var operators [][]byte
	for ; iterator.Valid(); iterator.Next() {
		operators = append(operators, iterator.Key()[1:])
	}
	return operators
}

func (k Keeper) setOperators(ctx context.Context, operators [][]byte) {
	store := k.store(ctx)
	for _, former := range k.operators(ctx) {
		store.Delete(operatorKey(former))
	}
	for _, operator := range operators {
		store.Set(operatorKey(operator), []byte{1})
	}
}
