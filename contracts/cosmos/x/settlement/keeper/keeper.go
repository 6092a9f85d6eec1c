// Package keeper runs the settlement ledger on a Cosmos SDK chain: who may send which command, which packets become
// commands, and what the chain tells about it. The rules themselves are in the package ledger; nothing here decides them.
//
// execute.go runs commands and ends what has passed its deadline, accounts.go, trust.go and ports.go say who may do what, packets.go
// receives facts in packets and facts.go signed and proven ones, outbox.go sends the news of liabilities, queries.go answers questions,
// genesis.go carries all of it to another chain.
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

	"github.com/cosmos/ibc-go/v11/modules/core/exported"

	"interledger.example/cosmos/x/settlement/ledger"
	"interledger.example/cosmos/x/settlement/types"
)

// ClientKeeper knows the clients that packets go through. Core IBC's client keeper is one.
type ClientKeeper interface {
	GetClientState(ctx sdk.Context, clientID string) (exported.ClientState, bool)
	GetClientStatus(ctx sdk.Context, clientID string) exported.Status
}

// Keeper holds nothing but where things are.
type Keeper struct {
	storeService corestore.KVStoreService
	addresses    address.Codec
	authority    string
	clients      ClientKeeper
	packets      PacketSender
	firstBlock   FirstBlock
	contracts    ContractClients
	// counterparties are those of the clients.
	counterparties CounterpartyKeeper
	// self is the account that sends the news; it has no key.
	self string
}

// NewKeeper takes the account that may replace the operators, as text. It panics if the module's account has no form as text.
func NewKeeper(
	storeService corestore.KVStoreService, addresses address.Codec, authority string, clients ClientKeeper, packets PacketSender,
	firstBlock FirstBlock, contracts ContractClients, counterparties CounterpartyKeeper,
) Keeper {
	self, err := addresses.BytesToString(sdkaddress.Module(types.ModuleName))
	if err != nil {
		panic(fmt.Errorf("settlement: %w", err))
	}
	return Keeper{
		storeService: storeService, addresses: addresses, authority: authority, clients: clients, packets: packets,
		firstBlock: firstBlock, contracts: contracts, counterparties: counterparties, self: self,
	}
}

// Authority is the account that may replace the operators.
func (k Keeper) Authority() string { return k.authority }

func (k Keeper) store(ctx context.Context) storetypes.KVStore {
	return runtime.KVStoreAdapter(k.storeService.OpenKVStore(ctx))
}

func (k Keeper) book(ctx context.Context) ledger.Book { return ledger.Open(k.store(ctx)) }
