// Package cli has the transaction commands of the forwarding application. The SDK makes such commands itself only for messages that
// are annotated with its own options, which these are not.
package cli

import (
	"github.com/spf13/cobra"

	"github.com/cosmos/cosmos-sdk/client"
	"github.com/cosmos/cosmos-sdk/client/flags"
	"github.com/cosmos/cosmos-sdk/client/tx"
	sdk "github.com/cosmos/cosmos-sdk/types"

	wire "interledger.example/cosmos/wire/forwardv1"
	"interledger.example/cosmos/x/forward/types"
)

const (
	originFlag      = "origin-client"
	quotaFlag       = "quota"
	originQuotaFlag = "origin-quota"
	marginFlag      = "margin-seconds"

	defaultQuota         = 1024
	defaultOriginQuota   = 256
	defaultMarginSeconds = 600
)

const originHelp = "for packets through this client alone; without it, for packets through any client"

// TxCommand groups what operators may send.
func TxCommand() *cobra.Command {
	cmd := &cobra.Command{Use: types.ModuleName, Short: "Routes to other ledgers", RunE: client.ValidateCmd}
	cmd.AddCommand(setRouteCommand(), removeRouteCommand(), bindPortCommand())
	return cmd
}

func setRouteCommand() *cobra.Command {
	var route wire.Route
	cmd := newCommand("set-route [destination] [client-id]", "Send packets for a ledger on through a light client", 2,
		func(operator string, arguments []string) sdk.Msg {
			route.Destination, route.ClientId = arguments[0], arguments[1]
			return &types.MsgSetRoute{Operator: operator, Route: &route}
		})
	cmd.Long = "Send packets for a ledger on through a light client: facts for a settlement ledger, news for a contract ledger, both by " +
		"chain id. Facts of a contract ledger are taken only through the client of its route."
	cmd.Flags().StringVar(&route.OriginClient, originFlag, "", originHelp)
	cmd.Flags().Uint32Var(&route.Quota, quotaFlag, defaultQuota, "packets that may be open at once")
	cmd.Flags().Uint32Var(&route.OriginQuota, originQuotaFlag, defaultOriginQuota, "how many of them through one client")
	cmd.Flags().Uint64Var(&route.MarginSeconds, marginFlag, defaultMarginSeconds,
		"what a packet's timeout is brought forward by, and must be left for the next leg")
	return cmd
}

func removeRouteCommand() *cobra.Command {
	var origin string
	cmd := newCommand("remove-route [destination]", "Send nothing more on to a ledger; open packets still get their answers", 1,
		func(operator string, arguments []string) sdk.Msg {
			return &types.MsgRemoveRoute{Operator: operator, Destination: arguments[0], OriginClient: origin}
		})
	cmd.Flags().StringVar(&origin, originFlag, "", originHelp)
	return cmd
}

func bindPortCommand() *cobra.Command {
	return newCommand("bind-port [client-id] [port]", "Take packets through a light client from one port of its counterparty, for good", 2,
		func(operator string, arguments []string) sdk.Msg {
			return &types.MsgBindPort{Operator: operator, ClientId: arguments[0], Port: arguments[1]}
		})
}

// newCommand signs and sends what build makes for the account of --from.
func newCommand(use, short string, arguments int, build func(operator string, arguments []string) sdk.Msg) *cobra.Command {
	cmd := &cobra.Command{
		Use: use, Short: short, Args: cobra.ExactArgs(arguments),
		RunE: func(cmd *cobra.Command, arguments []string) error {
			clientCtx, err := client.GetClientTxContext(cmd)
			if err != nil {
				return err
			}
			message := build(clientCtx.GetFromAddress().String(), arguments)
			return tx.GenerateOrBroadcastTxCLI(clientCtx, cmd.Flags(), message)
		},
	}
	flags.AddTxFlagsToCmd(cmd)
	return cmd
}
