package main

import (
	"os"

	dbm "github.com/cosmos/cosmos-db"
	"github.com/spf13/cobra"

	"cosmossdk.io/log/v2"

	cmtcfg "github.com/cometbft/cometbft/config"

	"github.com/cosmos/cosmos-sdk/client"
	"github.com/cosmos/cosmos-sdk/client/config"
	"github.com/cosmos/cosmos-sdk/client/keys"
	"github.com/cosmos/cosmos-sdk/client/rpc"
	addresscodec "github.com/cosmos/cosmos-sdk/codec/address"
	"github.com/cosmos/cosmos-sdk/server"
	serverconfig "github.com/cosmos/cosmos-sdk/server/config"
	servertypes "github.com/cosmos/cosmos-sdk/server/types"
	sdk "github.com/cosmos/cosmos-sdk/types"
	authcmd "github.com/cosmos/cosmos-sdk/x/auth/client/cli"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"
	genutilcli "github.com/cosmos/cosmos-sdk/x/genutil/client/cli"

	"interledger.example/simapp/app"
	"interledger.example/simapp/network"
)

// noOptions is an app without a node around it.
type noOptions struct{}

// Get has nothing.
func (noOptions) Get(string) any { return nil }

func newRootCommand() *cobra.Command {
	sdk.GetConfig().Seal()
	template := app.New(log.NewNopLogger(), dbm.NewMemDB(), true, noOptions{})
	clientCtx := client.Context{}.
		WithCodec(template.AppCodec()).
		WithInterfaceRegistry(template.InterfaceRegistry()).
		WithLegacyAmino(template.LegacyAmino()).
		WithTxConfig(template.GetTxConfig()).
		WithInput(os.Stdin).
		WithAccountRetriever(authtypes.AccountRetriever{}).
		WithHomeDir(app.DefaultHome()).
		WithViper("")

	root := &cobra.Command{
		Use:           app.Name,
		Short:         "A node of the settlement chain for development",
		SilenceErrors: false,
		SilenceUsage:  true,
		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error {
			cmd.SetOut(cmd.OutOrStdout())
			cmd.SetErr(cmd.ErrOrStderr())
			commandCtx, err := client.ReadPersistentCommandFlags(
				clientCtx.WithCmdContext(cmd.Context()).WithOutput(cmd.OutOrStdout()), cmd.Flags())
			if err != nil {
				return err
			}
			commandCtx, err = config.ReadFromClientConfig(commandCtx)
			if err != nil {
				return err
			}
			if err := client.SetCmdClientContextHandler(commandCtx, cmd); err != nil {
				return err
			}
			return server.InterceptConfigsPreRunHandler(cmd, serverconfig.DefaultConfigTemplate, *nodeConfig(), cmtcfg.DefaultConfig())
		},
	}
	root.AddCommand(
		networkCommand(template),
		genutilcli.InitCmd(template.Basics(), app.DefaultHome()),
		genutilcli.Commands(template.GetTxConfig(), template.Basics(), app.DefaultHome()),
		queryCommand(),
		txCommand(),
		keys.Commands(),
		server.StatusCommand(),
	)
	server.AddCommands(root, app.DefaultHome(), newApp, exportApp, network.AddStopWithStdin)

	options := template.AutoCLIOptions()
	options.ClientCtx = clientCtx
	prefixes := sdk.GetConfig()
	options.AddressCodec = addresscodec.NewBech32Codec(prefixes.GetBech32AccountAddrPrefix())
	options.ValidatorAddressCodec = addresscodec.NewBech32Codec(prefixes.GetBech32ValidatorAddrPrefix())
	options.ConsensusAddressCodec = addresscodec.NewBech32Codec(prefixes.GetBech32ConsensusAddrPrefix())
	if err := options.EnhanceRootCommand(root); err != nil {
		panic(err)
	}
	return root
}

// networkCommand sets up and runs all nodes of a chain on one machine.
func networkCommand(template *app.App) *cobra.Command {
	cmd := &cobra.Command{Use: "network", Short: "A whole chain on this machine", RunE: client.ValidateCmd}
	// The nodes have their own folders; the command itself needs no node's configuration.
	cmd.PersistentPreRunE = func(*cobra.Command, []string) error { return nil }
	cmd.AddCommand(network.InitCommand(template), network.RunCommand())
	return cmd
}

func queryCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "query", Aliases: []string{"q"}, Short: "Ask the chain", RunE: client.ValidateCmd}
	cmd.AddCommand(
		rpc.ValidatorCommand(), server.QueryBlockCmd(), server.QueryBlockResultsCmd(),
		authcmd.QueryTxCmd(), authcmd.QueryTxsByEventsCmd(),
	)
	return cmd
}

func txCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "tx", Short: "Send a transaction", RunE: client.ValidateCmd}
	cmd.AddCommand(
		authcmd.GetSignCommand(), authcmd.GetBroadcastCommand(), authcmd.GetEncodeCommand(), authcmd.GetDecodeCommand(),
		authcmd.GetSimulateCmd(),
	)
	return cmd
}

func nodeConfig() *serverconfig.Config {
	cfg := serverconfig.DefaultConfig()
	cfg.MinGasPrices = "0" + app.Denomination
	return cfg
}

func newApp(logger log.Logger, db dbm.DB, options servertypes.AppOptions) servertypes.Application {
	return app.New(logger, db, true, options, server.DefaultBaseappOptions(options)...)
}

func exportApp(
	logger log.Logger, db dbm.DB, height int64, _ bool, _ []string, options servertypes.AppOptions, _ []string,
) (servertypes.ExportedApp, error) {
	const newest = -1
	exported := app.New(logger, db, height == newest, options)
	if height != newest {
		if err := exported.LoadVersion(height); err != nil {
			return servertypes.ExportedApp{}, err
		}
	}
	return exported.Export()
}
