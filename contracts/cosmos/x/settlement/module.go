// Package settlement is the settlement application as a module of a Cosmos SDK chain. An app gives it a store under
// types.StoreKey, registers keeper.NewIBCModule on port facts.Port of its IBC v2 router, and calls types.DefineSigners on
// the options of its interface registry.
package settlement

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

	"interledger.example/cosmos/x/settlement/cli"
	"interledger.example/cosmos/x/settlement/keeper"
	"interledger.example/cosmos/x/settlement/types"
)

const (
	consensusVersion = 1
	queryService     = "interledger.settlement.chain.v1.Query"
)

var (
	_ module.AppModuleBasic = AppModule{}
	_ module.HasGenesis     = AppModule{}
	_ module.HasServices    = AppModule{}
	_ appmodule.AppModule   = AppModule{}

	_ appmodule.HasBeginBlocker = AppModule{}
	_ appmodule.HasEndBlocker   = AppModule{}
)

// AppModule fits the keeper to the SDK.
type AppModule struct {
	keeper keeper.Keeper
}

// NewAppModule serves the keeper's commands and queries.
func NewAppModule(k keeper.Keeper) AppModule { return AppModule{keeper: k} }

// IsOnePerModuleType marks the module for the SDK's dependency injection.
func (AppModule) IsOnePerModuleType() {}

// IsAppModule marks the module for the SDK's dependency injection.
func (AppModule) IsAppModule() {}

// Name is also the IBC port.
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

// RegisterServices serves commands and queries.
func (m AppModule) RegisterServices(configurator module.Configurator) {
	types.RegisterMsgServer(configurator.MsgServer(), m.keeper)
	types.RegisterQueryServer(configurator.QueryServer(), keeper.NewQueries(m.keeper))
}

// DefaultGenesis is an empty ledger without operators.
func (AppModule) DefaultGenesis(cdc codec.JSONCodec) json.RawMessage {
	return cdc.MustMarshalJSON(types.DefaultGenesis())
}

// ValidateGenesis checks a genesis file before the chain starts.
func (AppModule) ValidateGenesis(cdc codec.JSONCodec, _ client.TxEncodingConfig, raw json.RawMessage) error {
	var genesis types.GenesisState
	if err := cdc.UnmarshalJSON(raw, &genesis); err != nil {
		return fmt.Errorf("settlement genesis: %w", err)
	}
	return genesis.Validate()
}

// InitGenesis panics on a state that does not replay: a chain must not start with it.
func (m AppModule) InitGenesis(ctx sdk.Context, cdc codec.JSONCodec, raw json.RawMessage) {
	var genesis types.GenesisState
	cdc.MustUnmarshalJSON(raw, &genesis)
	if err := m.keeper.InitGenesis(ctx, &genesis); err != nil {
		panic(err)
	}
}

// ExportGenesis gives the whole log.
func (m AppModule) ExportGenesis(ctx sdk.Context, cdc codec.JSONCodec) json.RawMessage {
	genesis, err := m.keeper.ExportGenesis(ctx)
	if err != nil {
		panic(err)
	}
	return cdc.MustMarshalJSON(genesis)
}

// BeginBlock ends what has passed its deadline, ahead of the block's transactions.
func (m AppModule) BeginBlock(ctx context.Context) error { return m.keeper.BeginBlock(ctx) }

// EndBlock sends the news of the block.
func (m AppModule) EndBlock(ctx context.Context) error { return m.keeper.EndBlock(ctx) }

// GetTxCmd has the transactions, which are written by hand.
func (AppModule) GetTxCmd() *cobra.Command { return cli.TxCommand() }

// AutoCLIOptions describes the queries.
func (AppModule) AutoCLIOptions() *autocliv1.ModuleOptions {
	return &autocliv1.ModuleOptions{Query: &autocliv1.ServiceCommandDescriptor{
		Service: queryService,
		RpcCommandOptions: []*autocliv1.RpcCommandOptions{
			{RpcMethod: "Liability", Use: "liability", Short: "One liability, by --liability-id or --fact-id"},
			{RpcMethod: "Liabilities", Use: "liabilities", Short: "Liabilities in the order of their sequences"},
			{RpcMethod: "Parties", Use: "parties", Short: "Registered parties"},
			{RpcMethod: "Agreements", Use: "agreements", Short: "Agreements in force"},
			{RpcMethod: "Consent", Use: "consent", Short: "What a party last said about novation"},
			{RpcMethod: "Positions", Use: "positions", Short: "What each party owes and is owed"},
			{RpcMethod: "Head", Use: "head", Short: "Head of the log, and the cut-off"},
			{
				RpcMethod: "LogEntry", Use: "log-entry [sequence]", Short: "One entry of the log",
				PositionalArgs: []*autocliv1.PositionalArgDescriptor{{ProtoField: "sequence"}},
			},
			{RpcMethod: "BoundAccounts", Use: "bound-accounts", Short: "Accounts that act for a party"},
			{
				RpcMethod: "BoundPort", Use: "bound-port [client-id]", Short: "From which port facts through a client are taken",
				PositionalArgs: []*autocliv1.PositionalArgDescriptor{{ProtoField: "client_id"}},
			},
			{RpcMethod: "TrustedClients", Use: "trusted-clients", Short: "Clients through which facts become liabilities"},
			{
				RpcMethod: "Payment", Use: "payment [payment-id]", Short: "One payment",
				PositionalArgs: []*autocliv1.PositionalArgDescriptor{{ProtoField: "payment_id"}},
			},
			{RpcMethod: "Payments", Use: "payments", Short: "Payments in the order of their ids"},
			{RpcMethod: "Disputes", Use: "disputes", Short: "Disputes in the order of their ids"},
			{
				RpcMethod: "Cycle", Use: "cycle [cycle-id]", Short: "One netting cycle with its proof",
				PositionalArgs: []*autocliv1.PositionalArgDescriptor{{ProtoField: "cycle_id"}},
			},
			{RpcMethod: "Cycles", Use: "cycles", Short: "Netting cycles in the order of their ids"},
			{RpcMethod: "Netting", Use: "netting", Short: "The debts that a cycle would be about now"},
			{RpcMethod: "Statement", Use: "statement", Short: "What a party owed and was owed, and what happened to it"},
			{
				RpcMethod: "NewsAnswer", Use: "news-answer [client-id] [packet-sequence]", Short: "What a contract ledger answered to news",
				PositionalArgs: []*autocliv1.PositionalArgDescriptor{{ProtoField: "client_id"}, {ProtoField: "packet_sequence"}},
			},
			{RpcMethod: "Identity", Use: "identity", Short: "What issuers' signatures bind, so that they count on this chain alone"},
			{RpcMethod: "Operators", Use: "operators", Short: "Accounts that may change parties and agreements"},
		},
	}}
}
