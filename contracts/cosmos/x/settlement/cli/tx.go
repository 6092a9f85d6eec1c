// Package cli has the transaction commands of the settlement application. The SDK makes such commands itself only for
// messages that are annotated with its own options, which these are not.
package cli

import (
	"encoding/json"
	"fmt"
	"os"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/cosmos/cosmos-sdk/client"
	"github.com/cosmos/cosmos-sdk/client/flags"
	"github.com/cosmos/cosmos-sdk/client/tx"
	sdk "github.com/cosmos/cosmos-sdk/types"

	"interledger.example/cosmos/wire/settlementv1"
	"interledger.example/cosmos/x/settlement/facts"
	"interledger.example/cosmos/x/settlement/types"
)

// TxCommand groups what operators and parties may send.
func TxCommand() *cobra.Command {
	cmd := &cobra.Command{Use: types.ModuleName, Short: "Parties, agreements, periods, and clearing", RunE: client.ValidateCmd}
	cmd.AddCommand(
		registerPartyCommand(), recordAgreementCommand(), closePeriodCommand(), bindAccountCommand(),
		trustClientCommand(), distrustClientCommand(),
	)
	cmd.AddCommand(clearingCommands()...)
	return cmd
}

func registerPartyCommand() *cobra.Command {
	var lei, vatID string
	cmd := newCommand("register-party [request-id] [ocpi-id] [name]", "Add a party, such as DE*KCS", 3,
		func(operator string, arguments []string) (sdk.Msg, error) {
			partyID, err := toParty(arguments[1])
			if err != nil {
				return nil, err
			}
			party := &settlementv1.Party{PartyId: partyID, OcpiId: arguments[1], Name: arguments[2], Lei: lei, VatId: vatID}
			return &types.MsgRegisterParty{Operator: operator, RequestId: arguments[0], Party: party}, nil
		})
	cmd.Flags().StringVar(&lei, "lei", "", "ISO 17442 code")
	cmd.Flags().StringVar(&vatID, "vat-id", "", "VAT identification number")
	return cmd
}

// agreementFile is how an agreement is written down, with the parties by their OCPI ids.
type agreementFile struct {
	AgreementID string `json:"agreement_id"`
	Creditor    string `json:"creditor"`
	Debtor      string `json:"debtor"`
	Currencies  []struct {
		Currency  string `json:"currency"`
		Exponent  uint32 `json:"exponent"`
		OpenLimit string `json:"open_limit"`
	} `json:"currencies"`
	// NettingModes that are allowed, such as CYCLE; none: all of them.
	NettingModes []string `json:"netting_modes"`
}

func recordAgreementCommand() *cobra.Command {
	return newCommand("record-agreement [request-id] [file]", "Set the terms of one debtor towards one creditor, from a JSON file", 2,
		func(operator string, arguments []string) (sdk.Msg, error) {
			raw, err := os.ReadFile(arguments[1])
			if err != nil {
				return nil, err
			}
			var file agreementFile
			if err := json.Unmarshal(raw, &file); err != nil {
				return nil, fmt.Errorf("%s: %w", arguments[1], err)
			}
			creditor, isCreditor := facts.PartyID(file.Creditor)
			debtor, isDebtor := facts.PartyID(file.Debtor)
			if !isCreditor || !isDebtor {
				return nil, fmt.Errorf("%s: creditor and debtor are ids such as DE*KCS", arguments[1])
			}
			agreement := &settlementv1.Agreement{AgreementId: file.AgreementID, Creditor: creditor[:], Debtor: debtor[:]}
			for _, terms := range file.Currencies {
				agreement.Currencies = append(agreement.Currencies, &settlementv1.CurrencyLimit{
					Currency: terms.Currency, Exponent: terms.Exponent, OpenLimit: terms.OpenLimit,
				})
			}
			for _, name := range file.NettingModes {
				mode, isKnown := settlementv1.NettingMode_value["NETTING_MODE_"+name]
				if !isKnown {
					return nil, fmt.Errorf("%s: netting mode %q is none of BILATERAL, CYCLE and HUB", arguments[1], name)
				}
				agreement.NettingModes = append(agreement.NettingModes, settlementv1.NettingMode(mode))
			}
			return &types.MsgRecordAgreement{Operator: operator, RequestId: arguments[0], Agreement: agreement}, nil
		})
}

func closePeriodCommand() *cobra.Command {
	return newCommand("close-period [request-id] [cut-off]", "Refuse facts whose service ended at or before a time in Unix seconds", 2,
		func(operator string, arguments []string) (sdk.Msg, error) {
			cutOff, err := strconv.ParseUint(arguments[1], 10, 64)
			if err != nil {
				return nil, fmt.Errorf("cut-off %q: expected Unix seconds", arguments[1])
			}
			return &types.MsgClosePeriod{Operator: operator, RequestId: arguments[0], CutOffSeconds: cutOff}, nil
		})
}

func bindAccountCommand() *cobra.Command {
	return newCommand("bind-account [account] [ocpi-id]", "Let an account act for a party, or with - for nobody any more", 2,
		func(operator string, arguments []string) (sdk.Msg, error) {
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
	return newCommand("trust-client [client-id]", "Let facts through a light client become liabilities", 1,
		func(operator string, arguments []string) (sdk.Msg, error) {
			return &types.MsgTrustClient{Operator: operator, ClientId: arguments[0]}, nil
		})
}

func distrustClientCommand() *cobra.Command {
	return newCommand("distrust-client [client-id]", "Refuse facts through a light client from now on", 1,
		func(operator string, arguments []string) (sdk.Msg, error) {
			return &types.MsgDistrustClient{Operator: operator, ClientId: arguments[0]}, nil
		})
}

// newCommand signs and sends what build makes for the account of --from.
func newCommand(use, short string, count int, build func(operator string, arguments []string) (sdk.Msg, error)) *cobra.Command {
	return newCommandIn(use, short, count, func(_ client.Context, sender string, arguments []string) (sdk.Msg, error) {
		return build(sender, arguments)
	})
}

func newCommandIn(
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
