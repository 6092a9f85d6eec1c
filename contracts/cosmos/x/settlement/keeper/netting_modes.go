package keeper

import (
	"slices"

	errorsmod "cosmossdk.io/errors"

	"interledger.example/cosmos/wire/settlementv1"
	"interledger.example/cosmos/x/settlement/ledger"
)

// wireModes are the modes by their numbers; the first stands for none.
var wireModes = []ledger.NettingMode{"", ledger.ModeBilateral, ledger.ModeCycle, ledger.ModeHub}

func toModes(wire []settlementv1.NettingMode) ([]ledger.NettingMode, error) {
	var modes []ledger.NettingMode
	for _, number := range wire {
		if number < 1 || int(number) >= len(wireModes) {
			return nil, errorsmod.Wrapf(ledger.ErrInvalidCommand, "netting mode %d is none of this version", number)
		}
		modes = append(modes, wireModes[number])
	}
	return modes, nil
}

func fromModes(modes []ledger.NettingMode) []settlementv1.NettingMode {
	var wire []settlementv1.NettingMode
	for _, mode := range modes {
		wire = append(wire, settlementv1.NettingMode(slices.Index(wireModes, mode)))
	}
	return wire
}
