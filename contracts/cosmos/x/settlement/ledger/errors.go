package ledger

import (
	errorsmod "cosmossdk.io/errors"
)

// Codespace is beside the codes in a transaction's result.
const Codespace = "settlement"

// ErrDamagedLog refuses a log on import.
var ErrDamagedLog = errorsmod.Register(Codespace, 100, "the log does not replay")
