package ledger

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	wire "interledger.example/cosmos/wire/settlementv1"
	"interledger.example/cosmos/x/settlement/ledger/canonical"
)

// vector is one message with its hashes, or bytes that a reader must refuse.
type vector struct {
	Name      string   `json:"name"`
	Message   string   `json:"message"`
	Bytes     hexBytes `json:"bytes"`
	Canonical bool     `json:"canonical"`
	SHA256    hexBytes `json:"sha256"`
	HeadHash  hexBytes `json:"head_hash"`
}

// read is a strict reader of each kind of message.
func (v *vector) read() (canonical.Message, error) {
	switch v.Message {
	case "Command":
		return DecodeCommand(v.Bytes)
	case "LogEntry":
		return decodeEntry(v.Bytes)
	}
	message := map[string]canonical.Message{
		"Party": &wire.Party{}, "AgreementInForce": &wire.AgreementInForce{}, "ConsentInForce": &wire.ConsentInForce{},
		"IssuerInForce": &wire.IssuerInForce{}, "MandateInForce": &wire.MandateInForce{},
		"ContractInForce": &wire.ContractInForce{},
		"Liability":       &wire.Liability{}, "Payment": &wire.Payment{}, "Dispute": &wire.Dispute{}, "Cycle": &wire.Cycle{},
	}[v.Message]
	if err := canonical.Decode(v.Bytes, message); err != nil {
		return nil, err
	}
	return message, form.CheckStored(message)
}

func TestGoldenVectorsAreReadExactlyOrRefused(t *testing.T) {
	for _, each := range load[vector](t, "encoding.json") {
		t.Run(each.Message+"/"+each.Name, func(t *testing.T) {
			message, err := each.read()
			require.Equal(t, each.Canonical, err == nil, "%v", err)
			if err != nil {
				return
			}
			encoded := canonical.Encode(message)
			require.Equal(t, []byte(each.Bytes), encoded)
			digest := sha256.Sum256(encoded)
			require.Equal(t, []byte(each.SHA256), digest[:])
			if each.HeadHash != nil {
				head := nextHead(Head{}, encoded)
				require.Equal(t, hex.EncodeToString(each.HeadHash), hex.EncodeToString(head.Hash[:]))
			}
		})
	}
}

func TestAMessageWithAnyBitFlippedIsRefusedOrReadExactly(t *testing.T) {
	for _, each := range load[vector](t, "encoding.json") {
		if !each.Canonical || len(each.Bytes) > 1000 {
			continue
		}
		for bit := range len(each.Bytes) * 8 {
			flipped := vector{Message: each.Message, Bytes: append(hexBytes{}, each.Bytes...)}
			flipped.Bytes[bit/8] ^= 1 << (bit % 8)
			if message, err := flipped.read(); err == nil {
				require.Equal(t, []byte(flipped.Bytes), canonical.Encode(message))
			}
		}
	}
}

func TestACommandWithoutAMeaningIsRefused(t *testing.T) {
	final := func(change func(*wire.Evidence)) *wire.Command {
		evidence := &wire.Evidence{
			Kind: wire.EvidenceKind_EVIDENCE_KIND_TRANSACTION, Reference: "R", Amount: "1", Currency: "EUR",
		}
		change(evidence)
		return &wire.Command{RequestId: "1", Command: &wire.Command_FinalisePayment{
			FinalisePayment: &wire.FinalisePayment{PaymentId: "P", Evidence: evidence},
		}}
	}
	require.NoError(t, checkForm(final(func(*wire.Evidence) {})))
	for name, command := range map[string]*wire.Command{
		"nothing":          nil,
		"no command":       {RequestId: "1"},
		"an empty command": {RequestId: "1", Command: &wire.Command_InstructPayment{}},
		"an unknown kind":  final(func(evidence *wire.Evidence) { evidence.Kind = 9 }),
		"a negative kind":  final(func(evidence *wire.Evidence) { evidence.Kind = -1 }),
		"no kind":          final(func(evidence *wire.Evidence) { evidence.Kind = 0 }),
		"no number":        final(func(evidence *wire.Evidence) { evidence.Amount = "" }),
		"a sign":           final(func(evidence *wire.Evidence) { evidence.Amount = "-1" }),
		"a plus":           final(func(evidence *wire.Evidence) { evidence.Amount = "+1" }),
		"a zero ahead":     final(func(evidence *wire.Evidence) { evidence.Amount = "01" }),
		"a fraction":       final(func(evidence *wire.Evidence) { evidence.Amount = "1.0" }),
		"a power":          final(func(evidence *wire.Evidence) { evidence.Amount = "1e3" }),
		"a separator":      final(func(evidence *wire.Evidence) { evidence.Amount = "1_0" }),
		"other digits":     final(func(evidence *wire.Evidence) { evidence.Amount = "\u0661" }),
		"too many digits":  final(func(evidence *wire.Evidence) { evidence.Amount = strings.Repeat("9", 81) }),
		"not text":         final(func(evidence *wire.Evidence) { evidence.Reference = "\xff" }),
		"no evidence": {RequestId: "1", Command: &wire.Command_ReturnPayment{
			ReturnPayment: &wire.ReturnPayment{PaymentId: "P"},
		}},
		"no consent": {RequestId: "1", Command: &wire.Command_SetConsent{SetConsent: &wire.SetConsent{}}},
		"no mode":    {RequestId: "1", Command: &wire.Command_ProposeCycle{ProposeCycle: &wire.ProposeCycle{}}},
		"an unknown mode": {RequestId: "1", Command: &wire.Command_ProposeCycle{
			ProposeCycle: &wire.ProposeCycle{Mode: 4},
		}},
		"an unknown mode among others": {RequestId: "1", Command: &wire.Command_RecordAgreement{
			RecordAgreement: &wire.RecordAgreement{Agreement: &wire.Agreement{NettingModes: []wire.NettingMode{1, 4}}},
		}},
		"an unknown way": {RequestId: "1", Command: &wire.Command_RecordAgreement{
			RecordAgreement: &wire.RecordAgreement{Agreement: &wire.Agreement{Ways: []wire.Way{1, 5}}},
		}},
		"no party":     {RequestId: "1", Command: &wire.Command_RegisterParty{RegisterParty: &wire.RegisterParty{}}},
		"no agreement": {RequestId: "1", Command: &wire.Command_RecordAgreement{RecordAgreement: &wire.RecordAgreement{}}},
		"no issuer":    {RequestId: "1", Command: &wire.Command_BindIssuer{BindIssuer: &wire.BindIssuer{}}},
		"a request id that is not text": {RequestId: "\xff", Command: &wire.Command_CommitCycle{
			CommitCycle: &wire.CommitCycle{CycleId: "C"},
		}},
	} {
		_, err := newBook().Execute(command, 1)
		require.ErrorIs(t, err, ErrInvalidCommand, name)
	}
}

func TestNumbersOfEightyDigitsAreForTheRulesToRefuse(t *testing.T) {
	book := load[sharedCase](t, "payments.json")[0].play(t)
	fact := book.Liabilities(0, 1)[0].FactId
	_, err := book.Execute(&wire.Command{RequestId: "large", Command: &wire.Command_WriteOff{
		WriteOff: &wire.WriteOff{FactId: fact, Amount: strings.Repeat("9", 80), Reason: "large"},
	}}, 1)
	require.ErrorIs(t, err, ErrAmountOutOfRange)
}
