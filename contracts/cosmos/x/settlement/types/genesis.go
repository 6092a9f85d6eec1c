package types

import (
	"fmt"

	"cosmossdk.io/core/address"
)

// DefaultGenesis has no operators and an empty log. The chain's authority can name operators later.
func DefaultGenesis() *GenesisState { return &GenesisState{} }

// Validate looks at what can be seen without replaying the log, which happens at the chain's start.
func (g *GenesisState) Validate() error {
	const hashBytes = 32
	if len(g.Operators) > MaximumOperators {
		return fmt.Errorf("settlement genesis: %d operators, at most %d", len(g.Operators), MaximumOperators)
	}
	if len(g.Events) == 0 && len(g.HeadHash) != 0 || len(g.Events) > 0 && len(g.HeadHash) != hashBytes {
		return fmt.Errorf("settlement genesis: a log has a head hash of %d bytes, an empty one has none", hashBytes)
	}
	return nil
}

// DecodeOperators refuses bad and repeated addresses.
func DecodeOperators(addresses address.Codec, operators []string) ([][]byte, error) {
	if len(operators) > MaximumOperators {
		return nil, fmt.Errorf("%d operators, at most %d", len(operators), MaximumOperators)
	}
	decoded := make([][]byte, 0, len(operators))
	seen := map[string]bool{}
	for _, operator := range operators {
		raw, err := addresses.StringToBytes(operator)
		if err != nil {
			return nil, fmt.Errorf("operator %q: %w", operator, err)
		}
		if seen[string(raw)] {
			return nil, fmt.Errorf("operator %q stands there twice", operator)
		}
		seen[string(raw)] = true
		decoded = append(decoded, raw)
	}
	return decoded, nil
}
