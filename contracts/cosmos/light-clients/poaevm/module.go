package poaevm

import (
	"context"
	"encoding/json"

	"github.com/grpc-ecosystem/grpc-gateway/runtime"
	"github.com/spf13/cobra"

	"cosmossdk.io/core/appmodule"

	"github.com/cosmos/cosmos-sdk/client"
	"github.com/cosmos/cosmos-sdk/codec"
	codectypes "github.com/cosmos/cosmos-sdk/codec/types"
	"github.com/cosmos/cosmos-sdk/types/module"

	"github.com/cosmos/ibc-go/v11/modules/core/exported"
)

var (
	_ module.AppModuleBasic = AppModule{}
	_ appmodule.AppModule   = AppModule{}

	_ appmodule.HasBeginBlocker = AppModule{}
)

// AppModule makes the client's messages known to an app, and remembers the chain's first block. The clients' state lives in
// core IBC's store and genesis.
type AppModule struct {
	host HostBlock
}

// NewAppModule takes the HostBlock that the light-client module has, which is registered with core IBC's client keeper.
func NewAppModule(host HostBlock) AppModule { return AppModule{host: host} }

// IsOnePerModuleType marks the module for the SDK's dependency injection.
func (AppModule) IsOnePerModuleType() {}

// IsAppModule marks the module for the SDK's dependency injection.
func (AppModule) IsAppModule() {}

// Name is the client type.
func (AppModule) Name() string { return ModuleName }

// RegisterLegacyAminoCodec registers nothing: client messages are signed in direct mode only.
func (AppModule) RegisterLegacyAminoCodec(*codec.LegacyAmino) {}

// RegisterInterfaces lets core IBC unpack this client's states and messages.
func (AppModule) RegisterInterfaces(registry codectypes.InterfaceRegistry) {
	registry.RegisterImplementations((*exported.ClientState)(nil), &ClientState{})
	registry.RegisterImplementations((*exported.ConsensusState)(nil), &ConsensusState{})
	registry.RegisterImplementations((*exported.ClientMessage)(nil), &Header{}, &Misbehaviour{}, &AuthorityRotation{})
}

// BeginBlock remembers the first block.
func (m AppModule) BeginBlock(ctx context.Context) error { return m.host.BeginBlock(ctx) }

// DefaultGenesis is nothing: core IBC exports and imports the clients.
func (AppModule) DefaultGenesis(codec.JSONCodec) json.RawMessage { return nil }

// ValidateGenesis has nothing to check.
func (AppModule) ValidateGenesis(codec.JSONCodec, client.TxEncodingConfig, json.RawMessage) error {
	return nil
}

// RegisterGRPCGatewayRoutes registers nothing: core IBC serves the queries.
func (AppModule) RegisterGRPCGatewayRoutes(client.Context, *runtime.ServeMux) {}

// GetTxCmd is nothing: core IBC has the commands.
func (AppModule) GetTxCmd() *cobra.Command { return nil }

// GetQueryCmd is nothing: core IBC has the commands.
func (AppModule) GetQueryCmd() *cobra.Command { return nil }
