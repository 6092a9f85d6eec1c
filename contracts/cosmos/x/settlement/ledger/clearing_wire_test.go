package ledger

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"interledger.example/cosmos/wire/settlementv1"
)

func TestARequestThatIsNoneIsRefused(t *testing.T) {
	final := func(change func(*settlementv1.Evidence)) *settlementv1.ClearRequest {
		evidence := &settlementv1.Evidence{
			Kind: settlementv1.EvidenceKind_EVIDENCE_KIND_TRANSACTION, Reference: "R", Amount: "1", Currency: "EUR",
		}
		change(evidence)
		return &settlementv1.ClearRequest{RequestId: "1", Command: &settlementv1.ClearRequest_FinalisePayment{
			FinalisePayment: &settlementv1.FinalisePayment{PaymentId: "P", Evidence: evidence},
		}}
	}
	_, err := DecodeClearing(final(func(*settlementv1.Evidence) {}))
	require.NoError(t, err)
	for name, request := range map[string]*settlementv1.ClearRequest{
		"nothing":          nil,
		"no command":       {RequestId: "1"},
		"an empty command": {Command: &settlementv1.ClearRequest_InstructPayment{}},
		"an unknown kind":  final(func(evidence *settlementv1.Evidence) { evidence.Kind = 9 }),
		"no kind":          final(func(evidence *settlementv1.Evidence) { evidence.Kind = 0 }),
		"no number":        final(func(evidence *settlementv1.Evidence) { evidence.Amount = "" }),
		"a sign":           final(func(evidence *settlementv1.Evidence) { evidence.Amount = "-1" }),
		"a plus":           final(func(evidence *settlementv1.Evidence) { evidence.Amount = "+1" }),
		"a zero ahead":     final(func(evidence *settlementv1.Evidence) { evidence.Amount = "01" }),
		"a fraction":       final(func(evidence *settlementv1.Evidence) { evidence.Amount = "1.0" }),
		"a power":          final(func(evidence *settlementv1.Evidence) { evidence.Amount = "1e3" }),
		"other digits":     final(func(evidence *settlementv1.Evidence) { evidence.Amount = "\u0661" }),
		"too many digits":  final(func(evidence *settlementv1.Evidence) { evidence.Amount = strings.Repeat("9", 61) }),
		"no text":          final(func(evidence *settlementv1.Evidence) { evidence.Reference = "\xff" }),
		"no evidence":      {Command: &settlementv1.ClearRequest_ReturnPayment{ReturnPayment: &settlementv1.ReturnPayment{}}},
		"no consent":       {Command: &settlementv1.ClearRequest_SetConsent{SetConsent: &settlementv1.SetConsent{}}},
		"no mode":          {Command: &settlementv1.ClearRequest_ProposeCycle{ProposeCycle: &settlementv1.ProposeCycle{}}},
		"an unknown mode":  {Command: &settlementv1.ClearRequest_ProposeCycle{ProposeCycle: &settlementv1.ProposeCycle{Mode: 4}}},
		"a request id that is no text": {RequestId: "\xff", Command: &settlementv1.ClearRequest_CommitCycle{
			CommitCycle: &settlementv1.CommitCycle{CycleId: "C"},
		}},
	} {
		_, err := DecodeClearing(request)
		require.ErrorIs(t, err, ErrInvalidCommand, name)
	}
}

func TestNumbersOfSixtyDigitsAreForTheRulesToRefuse(t *testing.T) {
	command, err := DecodeClearing(&settlementv1.ClearRequest{RequestId: "1", Command: &settlementv1.ClearRequest_WriteOff{
		WriteOff: &settlementv1.WriteOff{Amount: strings.Repeat("9", 60)},
	}})
	require.NoError(t, err)
	require.Equal(t, strings.Repeat("9", 60), command.Step.(WriteOff).Amount.String())
}
