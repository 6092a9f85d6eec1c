package cli

import (
	"encoding/hex"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/cosmos/cosmos-sdk/client"
	sdk "github.com/cosmos/cosmos-sdk/types"

	"interledger.example/cosmos/wire/settlementv1"
	"interledger.example/cosmos/x/settlement/facts"
	"interledger.example/cosmos/x/settlement/types"
)

const actorFlag = "actor"

// clearingCommands are one for each step that needs no more than an id, and one that takes any step from a file.
func clearingCommands() []*cobra.Command {
	byID := []struct {
		use, short string
		fill       func(request *settlementv1.ClearRequest, id string)
	}{
		{"mark-payment-pending", "Say that the debtor's bank has taken a payment", func(r *settlementv1.ClearRequest, id string) {
			r.Command = &settlementv1.ClearRequest_MarkPaymentPending{MarkPaymentPending: &settlementv1.MarkPaymentPending{PaymentId: id}}
		}},
		{"release-dispute", "Withdraw a dispute, as its debtor", func(r *settlementv1.ClearRequest, id string) {
			r.Command = &settlementv1.ClearRequest_ReleaseDispute{ReleaseDispute: &settlementv1.ReleaseDispute{DisputeId: id}}
		}},
		{"commit-cycle", "Post a verified netting cycle", func(r *settlementv1.ClearRequest, id string) {
			r.Command = &settlementv1.ClearRequest_CommitCycle{CommitCycle: &settlementv1.CommitCycle{CycleId: id}}
		}},
		{"abort-cycle", "Give up a netting cycle, as its proposer", func(r *settlementv1.ClearRequest, id string) {
			r.Command = &settlementv1.ClearRequest_AbortCycle{AbortCycle: &settlementv1.AbortCycle{CycleId: id}}
		}},
	}
	commands := []*cobra.Command{clearCommand(), verifyCycleCommand()}
	for _, each := range byID {
		commands = append(commands, newClearCommand(each.use+" [request-id] [id]", each.short, 2,
			func(_ client.Context, arguments []string) (*settlementv1.ClearRequest, error) {
				request := &settlementv1.ClearRequest{RequestId: arguments[0]}
				each.fill(request, arguments[1])
				return request, nil
			}))
	}
	return commands
}

func clearCommand() *cobra.Command {
	return newClearCommand("clear [file]", "Any step of clearing: a ClearRequest in the JSON form of protobuf", 1,
		func(clientCtx client.Context, arguments []string) (*settlementv1.ClearRequest, error) {
			raw, err := os.ReadFile(arguments[0])
			if err != nil {
				return nil, err
			}
			var request settlementv1.ClearRequest
			if err := clientCtx.Codec.UnmarshalJSON(raw, &request); err != nil {
				return nil, fmt.Errorf("%s: %w", arguments[0], err)
			}
			return &request, nil
		})
}

func verifyCycleCommand() *cobra.Command {
	return newClearCommand("verify-cycle [request-id] [cycle-id] [proof-hash]",
		"Vouch for a netting cycle whose proof was checked, by the hash of that proof in hexadecimal", 3,
		func(_ client.Context, arguments []string) (*settlementv1.ClearRequest, error) {
			proofHash, err := hex.DecodeString(arguments[2])
			if err != nil {
				return nil, fmt.Errorf("proof hash: %w", err)
			}
			return &settlementv1.ClearRequest{RequestId: arguments[0], Command: &settlementv1.ClearRequest_VerifyCycle{
				VerifyCycle: &settlementv1.VerifyCycle{CycleId: arguments[1], ProofHash: proofHash},
			}}, nil
		})
}

// newClearCommand sends what build makes, for the party of --actor.
func newClearCommand(
	use, short string, count int, build func(clientCtx client.Context, arguments []string) (*settlementv1.ClearRequest, error),
) *cobra.Command {
	var actor string
	cmd := newCommandIn(use, short, count, func(clientCtx client.Context, sender string, arguments []string) (sdk.Msg, error) {
		request, err := build(clientCtx, arguments)
		if err != nil {
			return nil, err
		}
		if actor != "" {
			partyID, err := toParty(actor)
			if err != nil {
				return nil, err
			}
			request.Actor = partyID
		}
		return &types.MsgClear{Sender: sender, Request: request}, nil
	})
	cmd.Flags().StringVar(&actor, actorFlag, "", "party that acts, such as DE*KCS; an operator may act for itself")
	return cmd
}

func toParty(ocpiID string) ([]byte, error) {
	partyID, ok := facts.PartyID(ocpiID)
	if !ok {
		return nil, fmt.Errorf("%q is no id of two letters, an asterisk and three characters", ocpiID)
	}
	return partyID[:], nil
}
