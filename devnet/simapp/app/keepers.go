package app

import (
	"context"
	"errors"

	"github.com/cosmos/gogoproto/proto"

	corestore "cosmossdk.io/core/store"
	"cosmossdk.io/log/v2"

	"github.com/cosmos/cosmos-sdk/client/flags"
	addresscodec "github.com/cosmos/cosmos-sdk/codec/address"
	codectypes "github.com/cosmos/cosmos-sdk/codec/types"
	"github.com/cosmos/cosmos-sdk/runtime"
	servertypes "github.com/cosmos/cosmos-sdk/server/types"
	sdk "github.com/cosmos/cosmos-sdk/types"
	authcodec "github.com/cosmos/cosmos-sdk/x/auth/codec"
	authkeeper "github.com/cosmos/cosmos-sdk/x/auth/keeper"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"
	bankkeeper "github.com/cosmos/cosmos-sdk/x/bank/keeper"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"
	consensuskeeper "github.com/cosmos/cosmos-sdk/x/consensus/keeper"
	consensustypes "github.com/cosmos/cosmos-sdk/x/consensus/types"
	govkeeper "github.com/cosmos/cosmos-sdk/x/gov/keeper"
	govtypes "github.com/cosmos/cosmos-sdk/x/gov/types"
	stakingkeeper "github.com/cosmos/cosmos-sdk/x/staking/keeper"
	stakingtypes "github.com/cosmos/cosmos-sdk/x/staking/types"
	"github.com/cosmos/cosmos-sdk/x/tx/signing"
	upgradekeeper "github.com/cosmos/cosmos-sdk/x/upgrade/keeper"
	upgradetypes "github.com/cosmos/cosmos-sdk/x/upgrade/types"

	porttypes "github.com/cosmos/ibc-go/v11/modules/core/05-port/types"
	ibcapi "github.com/cosmos/ibc-go/v11/modules/core/api"
	ibcexported "github.com/cosmos/ibc-go/v11/modules/core/exported"
	ibckeeper "github.com/cosmos/ibc-go/v11/modules/core/keeper"
	ibctm "github.com/cosmos/ibc-go/v11/modules/light-clients/07-tendermint"
	"github.com/cosmos/ibc-go/v11/modules/light-clients/attestations"

	"interledger.example/cosmos/light-clients/poaevm"
	forwardkeeper "interledger.example/cosmos/x/forward/keeper"
	forwardtypes "interledger.example/cosmos/x/forward/types"
	"interledger.example/cosmos/x/settlement/facts"
	settlementkeeper "interledger.example/cosmos/x/settlement/keeper"
	settlementtypes "interledger.example/cosmos/x/settlement/types"
)

type storeService = corestore.KVStoreService

// moduleAccounts may hold coins, and what else they may do with them.
var moduleAccounts = map[string][]string{
	authtypes.FeeCollectorName:     nil,
	stakingtypes.BondedPoolName:    {authtypes.Burner, authtypes.Staking},
	stakingtypes.NotBondedPoolName: {authtypes.Burner, authtypes.Staking},
	govtypes.ModuleName:            {authtypes.Burner},
}

// Authority is the account that governance acts as: it recovers clients and names the settlement operators.
func Authority() string { return authtypes.NewModuleAddress(govtypes.ModuleName).String() }

func newInterfaceRegistry() codectypes.InterfaceRegistry {
	config := sdk.GetConfig()
	options := signing.Options{
		AddressCodec:          addresscodec.NewBech32Codec(config.GetBech32AccountAddrPrefix()),
		ValidatorAddressCodec: addresscodec.NewBech32Codec(config.GetBech32ValidatorAddrPrefix()),
	}
	settlementtypes.DefineSigners(&options)
	forwardtypes.DefineSigners(&options)
	registry, err := codectypes.NewInterfaceRegistryWithOptions(codectypes.InterfaceRegistryOptions{
		ProtoFiles: proto.HybridResolver, SigningOptions: options,
	})
	if err != nil {
		panic(err)
	}
	if err := registry.SigningContext().Validate(); err != nil {
		panic(err)
	}
	return registry
}

func (app *App) addKeepers(logger log.Logger, options servertypes.AppOptions) {
	authority := Authority()
	app.ConsensusKeeper = consensuskeeper.NewKeeper(app.cdc, app.store(consensustypes.StoreKey), authority, runtime.EventService{})
	app.SetParamStore(app.ConsensusKeeper.ParamsStore)
	app.AccountKeeper = authkeeper.NewAccountKeeper(
		app.cdc, app.store(authtypes.StoreKey), authtypes.ProtoBaseAccount, moduleAccounts,
		authcodec.NewBech32Codec(sdk.Bech32MainPrefix), sdk.Bech32MainPrefix, authority,
	)
	app.BankKeeper = bankkeeper.NewBaseKeeper(
		app.cdc, app.store(banktypes.StoreKey), app.AccountKeeper, blockedAddresses(), authority, logger,
	)
	app.StakingKeeper = stakingkeeper.NewKeeper(
		app.cdc, app.store(stakingtypes.StoreKey), app.AccountKeeper, app.BankKeeper, authority,
		authcodec.NewBech32Codec(sdk.Bech32PrefixValAddr), authcodec.NewBech32Codec(sdk.Bech32PrefixConsAddr),
	)
	home, _ := options.Get(flags.FlagHome).(string)
	// Core IBC asks for it. Its module is left out: the commands in it bring in the clients of three cloud storages, a
	// fifth of all packages, and this chain is not upgraded in place.
	upgrades := upgradekeeper.NewKeeper(nil, app.store(upgradetypes.StoreKey), app.cdc, home, app.BaseApp, authority)
	app.GovKeeper = govkeeper.NewKeeper(
		app.cdc, app.store(govtypes.StoreKey), app.AccountKeeper, app.BankKeeper, noCommunityPool{}, app.MsgServiceRouter(),
		govtypes.DefaultConfig(), authority, govkeeper.NewDefaultCalculateVoteResultsAndVotingPower(app.StakingKeeper),
	)
	app.IBCKeeper = ibckeeper.NewKeeper(app.cdc, app.store(ibcexported.StoreKey), upgrades, authority)
	app.HostBlock = poaevm.NewHostBlock(app.store(poaevm.StoreKey))
	app.SettlementKeeper = settlementkeeper.NewKeeper(
		app.store(settlementtypes.StoreKey), app.AccountKeeper.AddressCodec(), authority, app.IBCKeeper.ClientKeeper,
		app.IBCKeeper.ChannelKeeperV2, app.HostBlock, app.contractClients(), app.IBCKeeper.ClientV2Keeper,
	)
	app.ForwardKeeper = forwardkeeper.NewKeeper(
		app.store(forwardtypes.StoreKey), app.AccountKeeper.AddressCodec(), authority, forwardkeeper.IBC{
			Clients: app.IBCKeeper.ClientKeeper, Counterparties: app.IBCKeeper.ClientV2Keeper, Channels: app.IBCKeeper.ChannelKeeperV2,
		}, app.SettlementKeeper,
	)
	app.addRoutes()
}

// addRoutes tells core IBC its applications and light clients.
func (app *App) addRoutes() {
	app.IBCKeeper.SetRouter(porttypes.NewRouter())
	router := ibcapi.NewRouter()
	router.AddRoute(facts.Port, forwardkeeper.NewIBCModule(app.ForwardKeeper, settlementkeeper.NewIBCModule(app.SettlementKeeper)))
	router.AddRoute(LettersPort, letters{})
	app.IBCKeeper.SetRouterV2(router)

	clients := app.IBCKeeper.ClientKeeper
	stores := clients.GetStoreProvider()
	tendermint := ibctm.NewLightClientModule(app.cdc, stores)
	clients.AddRoute(ibctm.ModuleName, &tendermint)
	attested := attestations.NewLightClientModule(app.cdc, stores)
	clients.AddRoute(attestations.ModuleName, &attested)
	clients.AddRoute(poaevm.ModuleName, app.contractClients())
}

// contractClients are the light clients of EVM ledgers.
func (app *App) contractClients() poaevm.LightClientModule {
	return poaevm.NewLightClientModule(app.cdc, app.IBCKeeper.ClientKeeper.GetStoreProvider(), app.HostBlock)
}

// blockedAddresses must not be sent coins: all module accounts but that of governance.
func blockedAddresses() map[string]bool {
	blocked := map[string]bool{}
	for name := range moduleAccounts {
		if name != govtypes.ModuleName {
			blocked[authtypes.NewModuleAddress(name).String()] = true
		}
	}
	return blocked
}

// noCommunityPool is what governance gets where it expects a pool for cancelled deposits, which this chain does not have.
type noCommunityPool struct{}

func (noCommunityPool) FundCommunityPool(context.Context, sdk.Coins, sdk.AccAddress) error {
	return errors.New("this chain has no community pool")
}
