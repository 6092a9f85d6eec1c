// Package forward makes a Cosmos SDK chain a hub between ledgers: it sends packets of port settlement on to the ledger that they are
// for, and brings the answers back. An app gives it a store under types.StoreKey, registers keeper.NewIBCModule on port facts.Port of
// its IBC v2 router, with the settlement application behind it if the chain has one, puts the module among the end blockers and
// behind core IBC in the order of genesis, and calls types.DefineSigners on the options of its interface registry.
package forward

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/grpc-ecosystem/grpc-gateway/runtime"
	"github.com/spf13/cobra"

	autocliv1 "cosmossdk.io/api/cosmos/autocli/v1"
	"cosmossdk.io/core/appmodule"

	"github.com/cosmos/cosmos-sdk/client"
	"github.com/cosmos/cosmos-sdk/codec"
	codectypes "github.com/cosmos/cosmos-sdk/codec/types"
	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/types/module"

	"interledger.example/cosmos/x/forward/cli"
	"interledger.example/cosmos/x/forward/keeper"
	"interledger.example/cosmos/x/forward/types"
)

const (
	consensusVersion = 1
	queryService     = "interledger.forward.chain.v1.Query"
)

var (
	_ module.AppModuleBasic = AppModule{}
	_ module.HasGenesis     = AppModule{}
	_ module.HasServices    = AppModule{}
	_ appmodule.AppModule   = AppModule{}

	_ appmodule.HasEndBlocker = AppModule{}
)

// AppModule fits the keeper to the SDK.
type AppModule struct {
	keeper keeper.Keeper
}

// NewAppModule serves the keeper's messages and queries.
func NewAppModule(k keeper.Keeper) AppModule { return AppModule{keeper: k} }

// IsOnePerModuleType marks the module for the SDK's dependency injection.
func (AppModule) IsOnePerModuleType() {}

// IsAppModule marks the module for the SDK's dependency injection.
func (AppModule) IsAppModule() {}

// Name of the module and its store.
func (AppModule) Name() string { return types.ModuleName }

// ConsensusVersion grows with the layout of the store.
func (AppModule) ConsensusVersion() uint64 { return consensusVersion }

// RegisterLegacyAminoCodec registers nothing: the messages are signed in direct mode only.
func (AppModule) RegisterLegacyAminoCodec(*codec.LegacyAmino) {}

// RegisterInterfaces makes the messages known as transactions.
func (AppModule) RegisterInterfaces(registry codectypes.InterfaceRegistry) {
	types.RegisterInterfaces(registry)
}

// RegisterGRPCGatewayRoutes registers nothing: queries go over gRPC, or over the node's RPC as ABCI queries.
func (AppModule) RegisterGRPCGatewayRoutes(client.Context, *runtime.ServeMux) {}

// RegisterServices serves messages and queries.
func (m AppModule) RegisterServices(configurator module.Configurator) {
	types.RegisterMsgServer(configurator.MsgServer(), m.keeper)
	types.RegisterQueryServer(configurator.QueryServer(), keeper.NewQueries(m.keeper))
}

// DefaultGenesis is a hub without routes.
func (AppModule) DefaultGenesis(cdc codec.JSONCodec) json.RawMessage {
	return cdc.MustMarshalJSON(types.DefaultGenesis())
}

// ValidateGenesis checks a genesis file before the chain starts.
func (AppModule) ValidateGenesis(cdc codec.JSONCodec, _ client.TxEncodingConfig, raw json.RawMessage) error {
	var genesis types.GenesisState
	if err := cdc.UnmarshalJSON(raw, &genesis); err != nil {
		return fmt.Errorf("forward genesis: %w", err)
	}
	return genesis.Validate()
}

// InitGenesis panics on a state that cannot be: a chain must not start with it.
func (m AppModule) InitGenesis(ctx sdk.Context, cdc codec.JSONCodec, raw json.RawMessage) {
	var genesis types.GenesisState
	cdc.MustUnmarshalJSON(raw, &genesis)
	if err := m.keeper.InitGenesis(ctx, &genesis); err != nil {
		panic(err)
	}
}

// ExportGenesis gives routes and open forwards.
func (m AppModule) ExportGenesis(ctx sdk.Context, cdc codec.JSONCodec) json.RawMessage {
	return cdc.MustMarshalJSON(m.keeper.ExportGenesis(ctx))
}

// EndBlock sends on what the block received.
func (m AppModule) EndBlock(ctx context.Context) error { return m.keeper.EndBlock(ctx) }

// GetTxCmd has the transactions, which are written by hand.
func (AppModule) GetTxCmd() *cobra.Command { return cli.TxCommand() }

// AutoCLIOptions describes the queries.
func (AppModule) AutoCLIOptions() *autocliv1.ModuleOptions {
	return &autocliv1.ModuleOptions{Query: &autocliv1.ServiceCommandDescriptor{
		Service: queryService,
		RpcCommandOptions: []*autocliv1.RpcCommandOptions{
			{RpcMethod: "Routes", Use: "routes", Short: "The route table, with the open forwards of each route"},
			{RpcMethod: "Forwards", Use: "forwards", Short: "Packets that were sent on and have no answer yet"},
			{
				RpcMethod: "BoundPort", Use: "bound-port [client-id]", Short: "From which port packets through a client are taken",
				PositionalArgs: []*autocliv1.PositionalArgDescriptor{{ProtoField: "client_id"}},
			},
		},
	}}
}
