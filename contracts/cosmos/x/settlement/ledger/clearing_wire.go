package ledger

import (
	"math/big"
	"unicode/utf8"

	errorsmod "cosmossdk.io/errors"

	"interledger.example/cosmos/wire/settlementv1"
)

// maximumDigits is what a number may have before anything is known about its range.
const maximumDigits = 60

// DecodeClearing reads a request as it came. It refuses a request without a known command, numbers that are none, unknown
// kinds and text that is none; the rules check the rest.
func DecodeClearing(request *settlementv1.ClearRequest) (ClearingCommand, error) {
	read := clearingReader{}
	command := ClearingCommand{
		RequestID: read.text("request id", request.GetRequestId()), Actor: request.GetActor(), Step: read.step(request),
	}
	if read.refused != nil {
		return ClearingCommand{}, read.refused
	}
	return command, nil
}

// clearingReader remembers the first field that does not fit.
type clearingReader struct {
	refused error
}

func (r *clearingReader) refuse(format string, arguments ...any) {
	if r.refused == nil {
		r.refused = errorsmod.Wrapf(ErrInvalidCommand, format, arguments...)
	}
}

func (r *clearingReader) step(request *settlementv1.ClearRequest) Step {
	switch by := request.GetCommand().(type) {
	case *settlementv1.ClearRequest_InstructPayment:
		return r.instructPayment(by.InstructPayment)
	case *settlementv1.ClearRequest_MarkPaymentPending:
		return MarkPaymentPending{PaymentID: r.text("payment id", by.MarkPaymentPending.GetPaymentId())}
	case *settlementv1.ClearRequest_FinalisePayment:
		wire := by.FinalisePayment
		return FinalisePayment{PaymentID: r.text("payment id", wire.GetPaymentId()), Evidence: r.evidence(wire.GetEvidence())}
	case *settlementv1.ClearRequest_ReturnPayment:
		wire := by.ReturnPayment
		return ReturnPayment{PaymentID: r.text("payment id", wire.GetPaymentId()), Evidence: r.evidence(wire.GetEvidence())}
	case *settlementv1.ClearRequest_ExpirePayment:
		return ExpirePayment{PaymentID: r.text("payment id", by.ExpirePayment.GetPaymentId())}
	case *settlementv1.ClearRequest_OpenDispute:
		return r.openDispute(by.OpenDispute)
	case *settlementv1.ClearRequest_ReleaseDispute:
		return ReleaseDispute{DisputeID: r.text("dispute id", by.ReleaseDispute.GetDisputeId())}
	case *settlementv1.ClearRequest_UpholdDispute:
		wire := by.UpholdDispute
		return UpholdDispute{
			DisputeID: r.text("dispute id", wire.GetDisputeId()), Credited: r.number("credited", wire.GetCredited()),
		}
	case *settlementv1.ClearRequest_LapseDispute:
		return LapseDispute{DisputeID: r.text("dispute id", by.LapseDispute.GetDisputeId())}
	case *settlementv1.ClearRequest_WriteOff:
		wire := by.WriteOff
		return WriteOff{
			FactID: wire.GetFactId(), Amount: r.number("amount", wire.GetAmount()), Reason: r.text("reason", wire.GetReason()),
		}
	default:
		return r.cycleStep(request)
	}
}

func (r *clearingReader) cycleStep(request *settlementv1.ClearRequest) Step {
	switch by := request.GetCommand().(type) {
	case *settlementv1.ClearRequest_SetConsent:
		return SetConsent{Party: by.SetConsent.GetParty(), Consent: r.consent(by.SetConsent.GetConsent())}
	case *settlementv1.ClearRequest_ProposeCycle:
		return r.proposeCycle(by.ProposeCycle)
	case *settlementv1.ClearRequest_VerifyCycle:
		wire := by.VerifyCycle
		return VerifyCycle{CycleID: r.text("cycle id", wire.GetCycleId()), ProofHash: wire.GetProofHash()}
	case *settlementv1.ClearRequest_CommitCycle:
		return CommitCycle{CycleID: r.text("cycle id", by.CommitCycle.GetCycleId())}
	case *settlementv1.ClearRequest_AbortCycle:
		return AbortCycle{CycleID: r.text("cycle id", by.AbortCycle.GetCycleId())}
	case *settlementv1.ClearRequest_ExpireCycle:
		return ExpireCycle{CycleID: r.text("cycle id", by.ExpireCycle.GetCycleId())}
	default:
		r.refuse("a clear request without a command, or with one that this version does not know")
		return nil
	}
}

func (r *clearingReader) instructPayment(wire *settlementv1.InstructPayment) Step {
	return InstructPayment{
		PaymentID:        r.text("payment id", wire.GetPaymentId()),
		Debtor:           wire.GetDebtor(),
		Creditor:         wire.GetCreditor(),
		Currency:         r.text("currency", wire.GetCurrency()),
		Exponent:         wire.GetExponent(),
		Amount:           r.number("amount", wire.GetAmount()),
		CycleID:          r.text("cycle id", wire.GetCycleId()),
		ExpiresAtSeconds: wire.GetExpiresAtSeconds(),
	}
}

func (r *clearingReader) openDispute(wire *settlementv1.OpenDispute) Step {
	return OpenDispute{
		DisputeID:       r.text("dispute id", wire.GetDisputeId()),
		FactID:          wire.GetFactId(),
		Amount:          r.number("amount", wire.GetAmount()),
		Reason:          r.text("reason", wire.GetReason()),
		DeadlineSeconds: wire.GetDeadlineSeconds(),
	}
}

func (r *clearingReader) proposeCycle(wire *settlementv1.ProposeCycle) Step {
	return ProposeCycle{
		CycleID:          r.text("cycle id", wire.GetCycleId()),
		Mode:             r.mode(wire.GetMode()),
		Currency:         r.text("currency", wire.GetCurrency()),
		Exponent:         wire.GetExponent(),
		CutOffSeconds:    wire.GetCutOffSeconds(),
		ValueDateSeconds: wire.GetValueDateSeconds(),
		ExpiresAtSeconds: wire.GetExpiresAtSeconds(),
		DebtsHash:        wire.GetDebtsHash(),
		Proof:            wire.GetProof(),
	}
}

func (r *clearingReader) evidence(wire *settlementv1.Evidence) Evidence {
	evidence := Evidence{
		Amount:    r.number("evidence amount", wire.GetAmount()),
		Currency:  r.text("currency", wire.GetCurrency()),
		Reference: r.text("evidence reference", wire.GetReference()),
	}
	switch wire.GetKind() {
	case settlementv1.EvidenceKind_EVIDENCE_KIND_BANK_STATEMENT_ENTRY:
		evidence.Kind = BankStatementEntry
	case settlementv1.EvidenceKind_EVIDENCE_KIND_TRANSACTION:
		evidence.Kind = Transaction
	default:
		r.refuse("evidence kind %d is none of this version", wire.GetKind())
	}
	return evidence
}

func (r *clearingReader) consent(wire settlementv1.Consent) Consent {
	switch wire {
	case settlementv1.Consent_CONSENT_GIVEN:
		return ConsentGiven
	case settlementv1.Consent_CONSENT_WITHDRAWN:
		return ConsentWithdrawn
	default:
		r.refuse("consent %d is none of this version", wire)
		return ConsentWithdrawn
	}
}

func (r *clearingReader) mode(wire settlementv1.NettingMode) NettingMode {
	switch wire {
	case settlementv1.NettingMode_NETTING_MODE_BILATERAL:
		return ModeBilateral
	case settlementv1.NettingMode_NETTING_MODE_CYCLE:
		return ModeCycle
	case settlementv1.NettingMode_NETTING_MODE_HUB:
		return ModeHub
	default:
		r.refuse("netting mode %d is none of this version", wire)
		return ModeCycle
	}
}

func (r *clearingReader) text(what, text string) string {
	if !utf8.ValidString(text) {
		r.refuse("%s: expected UTF-8", what)
	}
	return text
}

// number reads a plain decimal number from zero up.
func (r *clearingReader) number(what, text string) *big.Int {
	if len(text) <= maximumDigits {
		if value, err := parseAmount(text, integerBits); err == nil {
			return value
		}
	}
	r.refuse("%s: expected a plain decimal number", what)
	return new(big.Int)
}
