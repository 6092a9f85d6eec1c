// Package cli has the transaction commands of the settlement application. The SDK makes such commands itself only for
// messages that are annotated with its own options, which these are not.
package cli

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/cosmos/cosmos-sdk/client"
	"github.com/cosmos/cosmos-sdk/client/flags"
	"github.com/cosmos/cosmos-sdk/client/tx"
	sdk "github.com/cosmos/cosmos-sdk/types"

	"interledger.example/cosmos/wire/settlementv1"
	"interledger.example/cosmos/x/settlement/facts"
	"interledger.example/cosmos/x/settlement/types"
)

const (
	actorFlag  = "actor"
	chainsFlag = "chains"
)

// TxCommand groups what operators and parties may send.
func TxCommand() *cobra.Command {
	cmd := &cobra.Command{Use: types.ModuleName, Short: "Commands of the settlement ledger, accounts and clients", RunE: client.ValidateCmd}
	cmd.AddCommand(executeCommand(), recordFactsCommand(), bindAccountCommand(), trustClientCommand(), bindPortCommand(), distrustClientCommand())
	return cmd
}

func executeCommand() *cobra.Command {
	var actor string
	cmd := newCommand("execute [file]", "Send one command of the settlement ledger", 1,
		func(clientCtx client.Context, sender string, arguments []string) (sdk.Msg, error) {
			raw, err := os.ReadFile(arguments[0])
			if err != nil {
				return nil, err
			}
			var command settlementv1.Command
			if err := clientCtx.Codec.UnmarshalJSON(raw, &command); err != nil {
				return nil, fmt.Errorf("%s: %w", arguments[0], err)
			}
			if actor != "" {
				if command.Actor, err = toParty(actor); err != nil {
					return nil, err
				}
			}
			return &types.MsgExecute{Sender: sender, Command: &command}, nil
		})
	cmd.Long = "Send one command of the settlement ledger: a file with interledger.settlement.v1.Command in the JSON form of " +
		"protobuf, in which bytes such as party ids are in base64."
	cmd.Example = `{"request_id": "period-1", "close_period": {"cut_off_seconds": "1772366400"}}`
	cmd.Flags().StringVar(&actor, actorFlag, "", "party that acts, such as DE*KCS; without it, the actor is that of the file")
	return cmd
}

func recordFactsCommand() *cobra.Command {
	cmd := newCommand("record-facts [file]", "Record facts that their issuer has signed for this chain", 1,
		func(clientCtx client.Context, sender string, arguments []string) (sdk.Msg, error) {
			raw, err := os.ReadFile(arguments[0])
			if err != nil {
				return nil, err
			}
			var request settlementv1.RecordFactsRequest
			if err := clientCtx.Codec.UnmarshalJSON(raw, &request); err != nil {
				return nil, fmt.Errorf("%s: %w", arguments[0], err)
			}
			return &types.MsgRecordFacts{Sender: sender, Request: &request}, nil
		})
	cmd.Long = "Record facts that their issuer has signed for this chain: a file with interledger.settlement.v1.RecordFactsRequest in " +
		"the JSON form of protobuf. Any account may send it and pays for it."
	return cmd
}

func bindAccountCommand() *cobra.Command {
	return newCommand("bind-account [account] [ocpi-id]", "Let an account act for a party, or with - for none any more", 2,
		func(_ client.Context, operator string, arguments []string) (sdk.Msg, error) {
			message := &types.MsgBindAccount{Operator: operator, Account: arguments[0]}
			if arguments[1] == "-" {
				return message, nil
			}
			partyID, err := toParty(arguments[1])
			if err != nil {
				return nil, err
			}
			message.PartyId = partyID
			return message, nil
		})
}

func trustClientCommand() *cobra.Command {
	var chains []string
	cmd := newCommand("trust-client [client-id]", "Let facts of contract ledgers through a light client become liabilities", 1,
		func(_ client.Context, operator string, arguments []string) (sdk.Msg, error) {
			return &types.MsgTrustClient{Operator: operator, ClientId: arguments[0], Chains: chains}, nil
		})
	cmd.Flags().StringSliceVar(&chains, chainsFlag, nil,
		"chain ids that the client may speak for, such as 1337,1338; without it, the chain that the client itself follows")
	return cmd
}

func bindPortCommand() *cobra.Command {
	return newCommand("bind-port [client-id] [port]", "Take facts through a light client from one port of its counterparty, for good", 2,
		func(_ client.Context, operator string, arguments []string) (sdk.Msg, error) {
			return &types.MsgBindPort{Operator: operator, ClientId: arguments[0], Port: arguments[1]}, nil
		})
}

func distrustClientCommand() *cobra.Command {
	return newCommand("distrust-client [client-id]", "Refuse facts through a light client from now on", 1,
		func(_ client.Context, operator string, arguments []string) (sdk.Msg, error) {
			return &types.MsgDistrustClient{Operator: operator, ClientId: arguments[0]}, nil
		})
}

func toParty(ocpiID string) ([]byte, error) {
	partyID, ok := facts.PartyID(ocpiID)
	if !ok {
		return nil, fmt.Errorf("%q is not an id of two letters, an asterisk and three characters", ocpiID)
	}
	return partyID[:], nil
}

// newCommand signs and sends what build makes for the account of --from.
func newCommand(
	use, short string, count int, build func(clientCtx client.Context, sender string, arguments []string) (sdk.Msg, error),
) *cobra.Command {
	cmd := &cobra.Command{
		Use:   use,
		Short: short,
		Args:  cobra.ExactArgs(count),
		RunE: func(cmd *cobra.Command, arguments []string) error {
			clientCtx, err := client.GetClientTxContext(cmd)
			if err != nil {
				return err
			}
			message, err := build(clientCtx, clientCtx.GetFromAddress().String(), arguments)
			if err != nil {
				return err
			}
			return tx.GenerateOrBroadcastTxCLI(clientCtx, cmd.Flags(), message)
		},
	}
	flags.AddTxFlagsToCmd(cmd)
	return cmd
}
