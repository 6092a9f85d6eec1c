package app

import (
	"encoding/json"
	"errors"

	"github.com/cosmos/cosmos-sdk/baseapp"
	"github.com/cosmos/cosmos-sdk/client"
	"github.com/cosmos/cosmos-sdk/client/grpc/cmtservice"
	nodeservice "github.com/cosmos/cosmos-sdk/client/grpc/node"
	"github.com/cosmos/cosmos-sdk/codec"
	codectypes "github.com/cosmos/cosmos-sdk/codec/types"
	"github.com/cosmos/cosmos-sdk/server"
	"github.com/cosmos/cosmos-sdk/server/api"
	"github.com/cosmos/cosmos-sdk/server/config"
	servertypes "github.com/cosmos/cosmos-sdk/server/types"
	"github.com/cosmos/cosmos-sdk/types/module"
	authtx "github.com/cosmos/cosmos-sdk/x/auth/tx"
	"github.com/cosmos/cosmos-sdk/x/staking"

	ibckeeper "github.com/cosmos/ibc-go/v11/modules/core/keeper"
)

// AppCodec reads and writes what the chain stores.
func (app *App) AppCodec() codec.Codec { return app.cdc }

// LegacyAmino is what parts of the SDK still ask for.
func (app *App) LegacyAmino() *codec.LegacyAmino { return app.amino }

// InterfaceRegistry knows every message.
func (app *App) InterfaceRegistry() codectypes.InterfaceRegistry { return app.registry }

// GetTxConfig reads and signs transactions.
func (app *App) GetTxConfig() client.TxConfig { return app.txConfig }

// GetBaseApp serves ibc-go's test kit.
func (app *App) GetBaseApp() *baseapp.BaseApp { return app.BaseApp }

// GetIBCKeeper serves ibc-go's test kit.
func (app *App) GetIBCKeeper() *ibckeeper.Keeper { return app.IBCKeeper }

// Basics serves the commands that work without a node.
func (app *App) Basics() module.BasicManager { return app.basics }

// RegisterAPIRoutes serves transactions, blocks and node status over REST.
func (app *App) RegisterAPIRoutes(apiServer *api.Server, _ config.APIConfig) {
	authtx.RegisterGRPCGatewayRoutes(apiServer.ClientCtx, apiServer.GRPCGatewayRouter)
	cmtservice.RegisterGRPCGatewayRoutes(apiServer.ClientCtx, apiServer.GRPCGatewayRouter)
	nodeservice.RegisterGRPCGatewayRoutes(apiServer.ClientCtx, apiServer.GRPCGatewayRouter)
	app.basics.RegisterGRPCGatewayRoutes(apiServer.ClientCtx, apiServer.GRPCGatewayRouter)
}

// RegisterTxService serves simulation and broadcast.
func (app *App) RegisterTxService(clientCtx client.Context) {
	authtx.RegisterTxService(app.GRPCQueryRouter(), clientCtx, app.Simulate, app.registry)
}

// RegisterTendermintService serves blocks and validators.
func (app *App) RegisterTendermintService(clientCtx client.Context) {
	query := server.NewCometABCIWrapper(app).Query
	cmtservice.RegisterTendermintService(clientCtx, app.GRPCQueryRouter(), app.registry, query)
}

// RegisterNodeService serves the node's status.
func (app *App) RegisterNodeService(clientCtx client.Context, cfg config.Config) {
	nodeservice.RegisterNodeService(clientCtx, app.GRPCQueryRouter(), cfg, func() int64 {
		return app.CommitMultiStore().EarliestVersion()
	})
}

// Export gives the state for the genesis of a chain that goes on at the next height.
func (app *App) Export() (servertypes.ExportedApp, error) {
	ctx := app.NewContext(true)
	genesis, err := app.modules.ExportGenesis(ctx, app.cdc)
	if err != nil {
		return servertypes.ExportedApp{}, err
	}
	state, err := json.MarshalIndent(genesis, "", "  ")
	if err != nil {
		return servertypes.ExportedApp{}, err
	}
	validators, err := staking.WriteValidators(ctx, app.StakingKeeper)
	if err != nil {
		return servertypes.ExportedApp{}, errors.Join(errors.New("the validator set cannot be exported"), err)
	}
	return servertypes.ExportedApp{
		AppState:        state,
		Validators:      validators,
		Height:          app.LastBlockHeight() + 1,
		ConsensusParams: app.GetConsensusParams(ctx),
	}, nil
}
