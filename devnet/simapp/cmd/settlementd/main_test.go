package main

import (
	"bufio"
	"context"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	dbm "github.com/cosmos/cosmos-db"
	"github.com/stretchr/testify/require"

	"cosmossdk.io/log/v2"

	"interledger.example/simapp/app"
	"interledger.example/simapp/network"
)

// asNode makes this test binary behave as the real one, so that a network can start its nodes from it.
const asNode = "SETTLEMENTD_TEST_AS_NODE"

func TestMain(m *testing.M) {
	if os.Getenv(asNode) != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

const portsOfTheTest = 27650

func settings(home string, validators int) network.Settings {
	return network.Settings{
		Home: home, ChainID: "settlement-1", Validators: validators, BlockTime: 200 * time.Millisecond,
		BasePort: portsOfTheTest, GasPrices: "0" + app.Denomination, VotingPeriod: 10 * time.Second,
	}
}

func template() *app.App { return app.New(log.NewNopLogger(), dbm.NewMemDB(), true, noOptions{}) }

// run starts the network, calls check when it is ready, and stops it.
func run(t *testing.T, home string, check func(network.Status)) {
	t.Helper()
	t.Setenv(asNode, "1")
	ctx, stop := context.WithTimeout(context.Background(), 3*time.Minute)
	defer stop()
	wasReady := false
	err := network.Run(ctx, home, 2*time.Minute, func(status network.Status) error {
		wasReady = true
		check(status)
		stop()
		return nil
	})
	require.NoError(t, err)
	require.True(t, wasReady)
}

func get(t *testing.T, address string, answer any) {
	t.Helper()
	response, err := http.Get(address)
	require.NoError(t, err)
	defer response.Body.Close()
	require.NoError(t, json.NewDecoder(bufio.NewReader(response.Body)).Decode(answer))
}

func TestAChainOfOneKeepsItsStateOverARestart(t *testing.T) {
	home := filepath.Join(t.TempDir(), "chain")
	made, err := network.Init(template(), settings(home, 1))
	require.NoError(t, err)
	var first int64
	run(t, home, func(status network.Status) {
		require.Equal(t, made.RPC, status.RPC)
		require.GreaterOrEqual(t, status.Height, int64(2))
		first = status.Height
		var answer struct {
			Result struct {
				Validators []struct {
					Key struct {
						Type string `json:"type"`
					} `json:"pub_key"`
				} `json:"validators"`
			} `json:"result"`
		}
		get(t, status.RPC[0]+"/validators", &answer)
		require.Len(t, answer.Result.Validators, 1)
		require.Equal(t, "tendermint/PubKeySecp256k1", answer.Result.Validators[0].Key.Type)
	})
	run(t, home, func(status network.Status) { require.Greater(t, status.Height, first) })
	_, err = network.Init(template(), settings(home, 1))
	require.ErrorContains(t, err, "holds a chain already")
}

func TestAChainOfFourStarts(t *testing.T) {
	home := filepath.Join(t.TempDir(), "chain")
	_, err := network.Init(template(), settings(home, 4))
	require.NoError(t, err)
	run(t, home, func(status network.Status) { require.Len(t, status.PIDs, 4) })
}

func TestSettingsOutOfRangeAreRefused(t *testing.T) {
	for name, change := range map[string]func(*network.Settings){
		"no folder":             func(s *network.Settings) { s.Home = "" },
		"no validators":         func(s *network.Settings) { s.Validators = 0 },
		"too many validators":   func(s *network.Settings) { s.Validators = 21 },
		"blocks without pauses": func(s *network.Settings) { s.BlockTime = 0 },
		"a vote of a second":    func(s *network.Settings) { s.VotingPeriod = time.Second },
		"a bad account":         func(s *network.Settings) { s.Funded = []string{"cosmos1"} },
		"a bad operator":        func(s *network.Settings) { s.Operators = []string{"cosmos1"} },
		"an operator twice":     func(s *network.Settings) { s.Operators = []string{app.Authority(), app.Authority()} },
	} {
		t.Run(name, func(t *testing.T) {
			changed := settings(filepath.Join(t.TempDir(), "chain"), 1)
			change(&changed)
			_, err := network.Init(template(), changed)
			require.Error(t, err)
		})
	}
}

func TestAFolderWithoutAChainDoesNotRun(t *testing.T) {
	err := network.Run(context.Background(), t.TempDir(), time.Second, func(network.Status) error { return nil })
	require.ErrorContains(t, err, "holds no chain")
}
