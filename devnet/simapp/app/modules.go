package app

import (
	"cosmossdk.io/client/v2/autocli"
	"cosmossdk.io/core/appmodule"

	authsims "github.com/cosmos/cosmos-sdk/x/auth/simulation"

	autocliv1 "cosmossdk.io/api/cosmos/autocli/v1"

	runtimeservices "github.com/cosmos/cosmos-sdk/runtime/services"
	"github.com/cosmos/cosmos-sdk/types/module"
	"github.com/cosmos/cosmos-sdk/x/auth"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"
	"github.com/cosmos/cosmos-sdk/x/bank"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"
	"github.com/cosmos/cosmos-sdk/x/consensus"
	consensustypes "github.com/cosmos/cosmos-sdk/x/consensus/types"
	"github.com/cosmos/cosmos-sdk/x/genutil"
	genutiltypes "github.com/cosmos/cosmos-sdk/x/genutil/types"
	"github.com/cosmos/cosmos-sdk/x/gov"
	govtypes "github.com/cosmos/cosmos-sdk/x/gov/types"
	"github.com/cosmos/cosmos-sdk/x/staking"
	stakingtypes "github.com/cosmos/cosmos-sdk/x/staking/types"

	ibc "github.com/cosmos/ibc-go/v11/modules/core"
	ibcexported "github.com/cosmos/ibc-go/v11/modules/core/exported"
	ibctm "github.com/cosmos/ibc-go/v11/modules/light-clients/07-tendermint"
	"github.com/cosmos/ibc-go/v11/modules/light-clients/attestations"

	"interledger.example/cosmos/light-clients/poaevm"
	"interledger.example/cosmos/x/forward"
	forwardtypes "interledger.example/cosmos/x/forward/types"
	"interledger.example/cosmos/x/settlement"
	settlementtypes "interledger.example/cosmos/x/settlement/types"
)

func (app *App) addModules() {
	stores := app.IBCKeeper.ClientKeeper.GetStoreProvider()
	app.modules = module.NewManager(
		genutil.NewAppModule(app.AccountKeeper, app.StakingKeeper, app, app.txConfig),
		auth.NewAppModule(app.cdc, app.AccountKeeper, authsims.RandomGenesisAccounts, nil),
		bank.NewAppModule(app.cdc, app.BankKeeper, app.AccountKeeper, nil),
		staking.NewAppModule(app.cdc, app.StakingKeeper, app.AccountKeeper, app.BankKeeper, nil),
		gov.NewAppModule(app.cdc, app.GovKeeper, app.AccountKeeper, app.BankKeeper, nil),
		consensus.NewAppModule(app.cdc, app.ConsensusKeeper),
		ibc.NewAppModule(app.IBCKeeper),
		ibctm.NewAppModule(ibctm.NewLightClientModule(app.cdc, stores)),
		attestations.NewAppModule(attestations.NewLightClientModule(app.cdc, stores)),
		poaevm.NewAppModule(app.HostBlock),
		settlement.NewAppModule(app.SettlementKeeper),
		forward.NewAppModule(app.ForwardKeeper),
	)
	app.basics = module.NewBasicManagerFromManager(app.modules, map[string]module.AppModuleBasic{
		genutiltypes.ModuleName: genutil.NewAppModuleBasic(genutiltypes.DefaultMessageValidator),
		govtypes.ModuleName:     gov.NewAppModuleBasic(nil),
	})
	app.basics.RegisterLegacyAminoCodec(app.amino)
	app.basics.RegisterInterfaces(app.registry)

	app.modules.SetOrderPreBlockers(authtypes.ModuleName)
	app.modules.SetOrderBeginBlockers(
		poaevm.ModuleName, stakingtypes.ModuleName, ibcexported.ModuleName, settlementtypes.ModuleName,
	)
	app.modules.SetOrderEndBlockers(
		govtypes.ModuleName, stakingtypes.ModuleName, banktypes.ModuleName, settlementtypes.ModuleName, forwardtypes.ModuleName,
	)
	// Staking needs the accounts and coins, governance and the genesis transactions need the stake, settlement reads
	// nothing of the others, and open forwards answer packets of core IBC.
	order := []string{
		authtypes.ModuleName, banktypes.ModuleName, stakingtypes.ModuleName, govtypes.ModuleName, ibcexported.ModuleName,
		genutiltypes.ModuleName, consensustypes.ModuleName, settlementtypes.ModuleName, forwardtypes.ModuleName,
	}
	app.modules.SetOrderInitGenesis(order...)
	app.modules.SetOrderExportGenesis(order...)

	configurator := module.NewConfigurator(app.cdc, app.MsgServiceRouter(), app.GRPCQueryRouter())
	if err := app.modules.RegisterServices(configurator); err != nil {
		panic(err)
	}
	autocliv1.RegisterQueryServer(app.GRPCQueryRouter(), runtimeservices.NewAutoCLIQueryService(app.modules.Modules))
}

// AutoCLIOptions describes the commands of all modules.
func (app *App) AutoCLIOptions() autocli.AppOptions {
	modules := map[string]appmodule.AppModule{}
	for name, each := range app.modules.Modules {
		if appModule, ok := each.(appmodule.AppModule); ok {
			modules[name] = appModule
		}
	}
	return autocli.AppOptions{
		Modules:       modules,
		ModuleOptions: runtimeservices.ExtractAutoCLIOptions(app.modules.Modules),
	}
}
