package ledger

import (
	errorsmod "cosmossdk.io/errors"
)

// Codespace stands beside the codes in a transaction's result.
const Codespace = "settlement"

// Refusals of commands, with the numbers that every settlement ledger prints. A refused fact is no error but an answer.
var (
	ErrIDReused        = errorsmod.Register(Codespace, 2, "the request id was used before with other content")
	ErrInvalidCommand  = errorsmod.Register(Codespace, 3, "a field of the command is outside its range")
	ErrPartyExists     = errorsmod.Register(Codespace, 4, "the party is registered with other particulars")
	ErrPartyUnknown    = errorsmod.Register(Codespace, 5, "the agreement names a party that is not registered")
	ErrAgreementTaken  = errorsmod.Register(Codespace, 6, "the agreement id belongs to another pair of parties")
	ErrCutOffNotLater  = errorsmod.Register(Codespace, 7, "the cut-off only moves forward")
	ErrDamagedLog      = errorsmod.Register(Codespace, 20, "the log does not replay")
	errLogInconsistent = "the stored log is damaged: %w"
)
