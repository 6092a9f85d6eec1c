// Package app is a slim Cosmos SDK chain for development and tests: accounts, coins, stake that decides the validator set,
// governance as the chain's authority, core IBC with three kinds of light clients, and the settlement application with a hub before it. It has
// no inflation, rewards or slashing: a validator that is down stays in the set. It is not meant to hold anything of value.
package app

import (
	"encoding/json"
	"os"
	"path/filepath"

	dbm "github.com/cosmos/cosmos-db"

	"cosmossdk.io/log/v2"

	abci "github.com/cometbft/cometbft/abci/types"

	"github.com/cosmos/cosmos-sdk/baseapp"
	"github.com/cosmos/cosmos-sdk/client"
	"github.com/cosmos/cosmos-sdk/codec"
	codectypes "github.com/cosmos/cosmos-sdk/codec/types"
	"github.com/cosmos/cosmos-sdk/runtime"
	servertypes "github.com/cosmos/cosmos-sdk/server/types"
	"github.com/cosmos/cosmos-sdk/std"
	storetypes "github.com/cosmos/cosmos-sdk/store/v2/types"
	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/types/module"
	"github.com/cosmos/cosmos-sdk/version"
	authkeeper "github.com/cosmos/cosmos-sdk/x/auth/keeper"
	authtx "github.com/cosmos/cosmos-sdk/x/auth/tx"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"
	bankkeeper "github.com/cosmos/cosmos-sdk/x/bank/keeper"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"
	consensuskeeper "github.com/cosmos/cosmos-sdk/x/consensus/keeper"
	consensustypes "github.com/cosmos/cosmos-sdk/x/consensus/types"
	govkeeper "github.com/cosmos/cosmos-sdk/x/gov/keeper"
	govtypes "github.com/cosmos/cosmos-sdk/x/gov/types"
	stakingkeeper "github.com/cosmos/cosmos-sdk/x/staking/keeper"
	stakingtypes "github.com/cosmos/cosmos-sdk/x/staking/types"
	upgradetypes "github.com/cosmos/cosmos-sdk/x/upgrade/types"

	ibcexported "github.com/cosmos/ibc-go/v11/modules/core/exported"
	ibckeeper "github.com/cosmos/ibc-go/v11/modules/core/keeper"

	"interledger.example/cosmos/light-clients/poaevm"
	forwardkeeper "interledger.example/cosmos/x/forward/keeper"
	forwardtypes "interledger.example/cosmos/x/forward/types"
	settlementkeeper "interledger.example/cosmos/x/settlement/keeper"
	settlementtypes "interledger.example/cosmos/x/settlement/types"
)

// Name is also the name of the binary.
const Name = "settlementd"

// Denomination of the coin that is staked and pays fees.
const Denomination = "stake"

// DefaultHome is where a node's folder is if nothing else is said.
func DefaultHome() string {
	home, err := os.UserHomeDir()
	if err != nil {
		return "." + Name
	}
	return filepath.Join(home, "."+Name)
}

var _ servertypes.Application = (*App)(nil)

// App is the chain's state machine.
type App struct {
	*baseapp.BaseApp

	amino    *codec.LegacyAmino
	cdc      codec.Codec
	txConfig client.TxConfig
	registry codectypes.InterfaceRegistry
	keys     map[string]*storetypes.KVStoreKey

	AccountKeeper    authkeeper.AccountKeeper
	BankKeeper       bankkeeper.BaseKeeper
	StakingKeeper    *stakingkeeper.Keeper
	GovKeeper        *govkeeper.Keeper
	ConsensusKeeper  consensuskeeper.Keeper
	IBCKeeper        *ibckeeper.Keeper
	SettlementKeeper settlementkeeper.Keeper
	ForwardKeeper    forwardkeeper.Keeper
	HostBlock        poaevm.HostBlock

	modules *module.Manager
	basics  module.BasicManager
}

// New builds the chain on a database; loadLatest continues from what is stored there.
func New(
	logger log.Logger, db dbm.DB, loadLatest bool, options servertypes.AppOptions, baseOptions ...func(*baseapp.BaseApp),
) *App {
	registry := newInterfaceRegistry()
	cdc := codec.NewProtoCodec(registry)
	app := &App{
		amino:    codec.NewLegacyAmino(),
		cdc:      cdc,
		txConfig: authtx.NewTxConfig(cdc, authtx.DefaultSignModes),
		registry: registry,
		keys: storetypes.NewKVStoreKeys(
			authtypes.StoreKey, banktypes.StoreKey, stakingtypes.StoreKey, govtypes.StoreKey, upgradetypes.StoreKey,
			consensustypes.StoreKey, ibcexported.StoreKey, settlementtypes.StoreKey, forwardtypes.StoreKey, poaevm.StoreKey,
		),
	}
	std.RegisterLegacyAminoCodec(app.amino)
	std.RegisterInterfaces(registry)

	app.BaseApp = baseapp.NewBaseApp(Name, logger, db, app.txConfig.TxDecoder(), baseOptions...)
	app.SetVersion(version.Version)
	app.SetInterfaceRegistry(registry)
	app.SetTxEncoder(app.txConfig.TxEncoder())

	app.addKeepers(logger, options)
	app.addModules()
	app.MountKVStores(app.keys)
	app.SetInitChainer(app.initChain)
	app.SetPreBlocker(func(ctx sdk.Context, _ *abci.RequestFinalizeBlock) (*sdk.ResponsePreBlock, error) {
		return app.modules.PreBlock(ctx)
	})
	app.SetBeginBlocker(func(ctx sdk.Context) (sdk.BeginBlock, error) { return app.modules.BeginBlock(ctx) })
	app.SetEndBlocker(func(ctx sdk.Context) (sdk.EndBlock, error) { return app.modules.EndBlock(ctx) })
	app.SetAnteHandler(app.newAnteHandler())

	if loadLatest {
		if err := app.LoadLatestVersion(); err != nil {
			panic(err)
		}
	}
	return app
}

func (app *App) store(name string) storeService { return runtime.NewKVStoreService(app.keys[name]) }

func (app *App) initChain(ctx sdk.Context, request *abci.RequestInitChain) (*abci.ResponseInitChain, error) {
	var state map[string]json.RawMessage
	if err := json.Unmarshal(request.AppStateBytes, &state); err != nil {
		return nil, err
	}
	return app.modules.InitGenesis(ctx, app.cdc, state)
}

// DefaultGenesis of every module, to be filled with accounts and validators.
func (app *App) DefaultGenesis() map[string]json.RawMessage {
	return app.basics.DefaultGenesis(app.cdc)
}
