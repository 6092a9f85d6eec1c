package ledger

import (
	errorsmod "cosmossdk.io/errors"
)

// Codespace stands beside the codes in a transaction's result.
const Codespace = "settlement"

// Refusals of commands, with the numbers that every settlement ledger prints. A refused fact is no error but an answer.
var (
	ErrIDReused       = errorsmod.Register(Codespace, 2, "the request id was used before with other content")
	ErrInvalidCommand = errorsmod.Register(Codespace, 3, "a field of the command is outside its range")
	ErrPartyExists    = errorsmod.Register(Codespace, 4, "the party is registered with other particulars")
	ErrPartyUnknown   = errorsmod.Register(Codespace, 5, "the agreement names a party that is not registered")
	ErrAgreementTaken = errorsmod.Register(Codespace, 6, "the agreement id belongs to another pair of parties")
	ErrCutOffNotLater = errorsmod.Register(Codespace, 7, "the cut-off only moves forward")
)

// Refusals of clearing, with the same numbers everywhere.
var (
	ErrNotAuthorised       = errorsmod.Register(Codespace, 8, "the actor may not do this")
	ErrNotFound            = errorsmod.Register(Codespace, 9, "nothing stands under this id")
	ErrIDTaken             = errorsmod.Register(Codespace, 10, "something stands under this id")
	ErrWrongState          = errorsmod.Register(Codespace, 11, "the state does not allow this step")
	ErrAmountOutOfRange    = errorsmod.Register(Codespace, 12, "the amount is out of range")
	ErrExceedsOpen         = errorsmod.Register(Codespace, 13, "more than is open and not held")
	ErrCurrencyUnsupported = errorsmod.Register(Codespace, 14, "the agreement does not hold the currency")
	ErrExponentMismatch    = errorsmod.Register(Codespace, 15, "the agreement states the currency with another exponent")
	ErrNoAgreement         = errorsmod.Register(Codespace, 16, "the pair has no agreement")
	ErrDeadlineInvalid     = errorsmod.Register(Codespace, 17, "the deadline must lie ahead, and not too far")
	ErrDeadlinePassed      = errorsmod.Register(Codespace, 18, "the deadline has passed")
	ErrDeadlineNotReached  = errorsmod.Register(Codespace, 19, "the deadline has not passed")
	ErrEvidenceUsed        = errorsmod.Register(Codespace, 20, "the evidence has proved another movement")
	ErrEvidenceMismatch    = errorsmod.Register(Codespace, 21, "the evidence states another amount")
	ErrDebtsChanged        = errorsmod.Register(Codespace, 22, "made for other debts than stand now")
	ErrProofMalformed      = errorsmod.Register(Codespace, 23, "the proof has not the form of one")
	ErrProofFalse          = errorsmod.Register(Codespace, 24, "the proof does not hold")
	ErrConsentMissing      = errorsmod.Register(Codespace, 25, "a party has not agreed to novation")
	ErrCycleRunning        = errorsmod.Register(Codespace, 26, "another cycle runs in this currency")
	ErrCutOffInvalid       = errorsmod.Register(Codespace, 27, "the cut-off lies before the last one or after block time")
	ErrNothingToNet        = errorsmod.Register(Codespace, 28, "nothing can be set off")
	ErrSameActor           = errorsmod.Register(Codespace, 29, "another than the proposer must verify")
)

// ErrDamagedLog refuses a log on import.
var ErrDamagedLog = errorsmod.Register(Codespace, 100, "the log does not replay")

const errLogInconsistent = "the stored log is damaged: %w"
