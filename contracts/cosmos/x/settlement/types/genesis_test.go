package types_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"interledger.example/cosmos/x/settlement/ledger"
	"interledger.example/cosmos/x/settlement/types"
)

func TestAClientIsTrustedForNamedChainsAlone(t *testing.T) {
	many := make([]string, ledger.MaximumTrustedChains)
	for i := range many {
		many[i] = fmt.Sprint(i + 1)
	}
	for _, chains := range [][]string{{"1"}, {"1337", "1338"}, {"9", "10"}, many} {
		require.NoError(t, types.CheckChains(chains), fmt.Sprint(chains))
	}
	for name, chains := range map[string][]string{
		"none":           nil,
		"a wildcard":     {"*"},
		"nothing":        {""},
		"a list in one":  {"1,2"},
		"a line's end":   {"1\n"},
		"another kind":   {"corda-1"},
		"a leading zero": {"01"},
		"as texts":       {"10", "9"},
		"too long":       {strings.Repeat("1", 79)},
		"the same twice": {"1", "1"},
		"descending":     {"2", "1"},
		"too many":       append(many, "1000"),
	} {
		require.Error(t, types.CheckChains(chains), name)
	}
}
