package types_test

import (
	"fmt"
	"math/big"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"interledger.example/cosmos/x/settlement/types"
)

func TestAClientIsTrustedForNamedChainsAlone(t *testing.T) {
	highest := new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), 256), big.NewInt(1))
	many := make([]string, types.MaximumTrustedChains)
	for i := range many {
		many[i] = strconv.Itoa(i + 1)
	}
	for _, chains := range [][]string{{"1"}, {"9", "10"}, {"1337", highest.String()}, many} {
		require.NoError(t, types.CheckChains(chains), fmt.Sprint(chains))
	}
	for name, chains := range map[string][]string{
		"none":              nil,
		"a wildcard":        {"*"},
		"nothing":           {""},
		"zero":              {"0"},
		"a sign":            {"+1"},
		"below zero":        {"-1"},
		"a leading zero":    {"01"},
		"an underscore":     {"1_0"},
		"hexadecimal":       {"0x1"},
		"a list in one":     {"1,2"},
		"too large":         {new(big.Int).Add(highest, big.NewInt(1)).String()},
		"the same twice":    {"1", "1"},
		"descending":        {"10", "9"},
		"the order of text": {"10", "9", "91"},
		"too many":          append(many, strconv.Itoa(len(many)+1)),
	} {
		require.Error(t, types.CheckChains(chains), name)
	}
}
