package app_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cosmos/gogoproto/proto"

	abci "github.com/cometbft/cometbft/abci/types"
	cmtproto "github.com/cometbft/cometbft/proto/tendermint/types"

	"github.com/cosmos/ibc-go/v11/modules/core/exported"

	"interledger.example/cosmos/light-clients/poaevm"
	"interledger.example/cosmos/x/settlement/facts"
	settlementtypes "interledger.example/cosmos/x/settlement/types"
)

func TestAnExportedChainGoesOn(t *testing.T) {
	w := received(t)
	w.run()
	w.acknowledge(1)
	w.acknowledge(4)
	head := w.head()
	before, err := w.app.SettlementKeeper.ExportGenesis(w.chain.GetContext())
	require.NoError(t, err)
	state, err := w.app.Export()
	require.NoError(t, err)

	again := newApp()
	_, err = again.InitChain(&abci.RequestInitChain{
		ChainId: "", AppStateBytes: state.AppState, ConsensusParams: &state.ConsensusParams, Time: w.coord.CurrentTime, InitialHeight: state.Height,
	})
	require.NoError(t, err)
	ctx := again.NewContext(false).WithBlockTime(w.coord.CurrentTime)
	genesis, err := again.SettlementKeeper.ExportGenesis(ctx)
	require.NoError(t, err)
	require.Equal(t, head, genesis.HeadHash)
	require.Equal(t, []string{w.sender()}, genesis.Operators)
	require.Equal(t, []*settlementtypes.TrustedClient{trusted(w.ClientID, "1337")}, genesis.TrustedClients)
	require.Len(t, genesis.Bindings, 2)
	// Two of these tests and the third packet's, without which the story's later news of the same debt would wait.
	require.Len(t, genesis.Outbox.Answers, 2+1)
	tried := 0
	for _, state := range genesis.Outbox.States {
		tried += int(state.Attempts)
	}
	require.Equal(t, 1, tried)
	require.Equal(t, before.String(), genesis.String())
	require.Equal(t, exported.Active, again.IBCKeeper.ClientKeeper.GetClientStatus(ctx, w.ClientID))
	outcome, err := again.IBCKeeper.ClientKeeper.Route(ctx, w.ClientID)
	require.NoError(t, err)
	require.NoError(t, again.HostBlock.Set(ctx, w.HostGenesis))
	var header poaevm.Header
	require.NoError(t, proto.Unmarshal(w.Headers[0].Message, &header))
	require.NoError(t, outcome.VerifyClientMessage(ctx.WithChainID(w.ChainID), w.ClientID, &header))
}

func trusted(clientID string, chains ...string) *settlementtypes.TrustedClient {
	return &settlementtypes.TrustedClient{ClientId: clientID, Chains: chains}
}

// queueOf that many packets of news, which no other part of the chain has to know of.
func queueOf(w *world, packets int) *settlementtypes.Outbox {
	outbox := &settlementtypes.Outbox{}
	data, err := facts.DecodeStatusPacket(w.Business.FirstNews[0])
	require.NoError(w.t, err)
	for number := range packets * facts.MaximumUpdates {
		binary.BigEndian.PutUint64(data.Updates[0].FactID[:], uint64(number+1))
		outbox.Queue = append(outbox.Queue, &settlementtypes.QueuedNews{ClientId: w.ClientID, Value: facts.EncodeStatusPacket(data)})
	}
	return outbox
}

func TestALongQueueOfNewsDrainsOverSeveralBlocks(t *testing.T) {
	const queued, perBlock = 20, 16
	w := newWorld(t)
	genesis := settlementtypes.DefaultGenesis()
	genesis.Outbox = queueOf(w, queued)
	require.NoError(t, w.app.SettlementKeeper.InitGenesis(w.chain.GetContext(), genesis))
	w.chain.NextBlock()
	require.Equal(t, perBlock, len(w.sent))
	w.chain.NextBlock()
	require.Equal(t, queued, len(w.sent))
	w.chain.NextBlock()
	require.Equal(t, queued, len(w.sent))
}

func TestALogThatComesWithoutAnOutboxTellsNothingAgain(t *testing.T) {
	w := received(t)
	w.run()
	genesis, err := w.app.SettlementKeeper.ExportGenesis(w.chain.GetContext())
	require.NoError(t, err)
	genesis.Outbox = nil
	again := newWorld(t)
	require.NoError(t, again.app.SettlementKeeper.InitGenesis(again.chain.GetContext(), genesis))
	again.chain.NextBlock()
	require.Equal(t, 0, len(again.sent))
	require.Equal(t, w.head(), again.head())
}

func TestAGenesisThatCannotBeIsRefused(t *testing.T) {
	w := received(t)
	w.run()
	w.acknowledge(4)
	baseline := func() *settlementtypes.GenesisState {
		genesis, err := w.app.SettlementKeeper.ExportGenesis(w.chain.GetContext())
		require.NoError(t, err)
		genesis.Outbox.Queue = queueOf(w, 1).Queue
		return genesis
	}
	for name, change := range map[string]func(genesis *settlementtypes.GenesisState){
		"nothing changed":        func(*settlementtypes.GenesisState) {},
		"a head without a log":   func(g *settlementtypes.GenesisState) { g.Events = nil },
		"a log without its head": func(g *settlementtypes.GenesisState) { g.HeadHash = nil },
		"another head":           func(g *settlementtypes.GenesisState) { g.HeadHash[0] ^= 1 },
		"a log that ends early":  func(g *settlementtypes.GenesisState) { g.Events = g.Events[:len(g.Events)-1] },
		"an entry changed": func(g *settlementtypes.GenesisState) {
			require.Contains(t, string(g.Events[16]), "1390")
			g.Events[16] = bytes.Replace(g.Events[16], []byte("1390"), []byte("1391"), 1)
		},
		"an entry with an unknown field": func(g *settlementtypes.GenesisState) {
			g.Events[16] = append(append([]byte{}, g.Events[16]...), 0xf8, 0x3f, 1)
		},
		"an operator twice":      func(g *settlementtypes.GenesisState) { g.Operators = append(g.Operators, g.Operators[0]) },
		"an operator in no form": func(g *settlementtypes.GenesisState) { g.Operators[0] = "cosmos1" },
		"a bound account":        func(g *settlementtypes.GenesisState) { g.Bindings[0].Account = "cosmos1" },
		"an unknown party":       func(g *settlementtypes.GenesisState) { g.Bindings[0].PartyId = make([]byte, 32) },
		"a party of 31 bytes":    func(g *settlementtypes.GenesisState) { g.Bindings[0].PartyId = g.Bindings[0].PartyId[1:] },
		"a client with a slash":  func(g *settlementtypes.GenesisState) { g.TrustedClients[0].ClientId = "poa/evm" },
		"trust in no chain":      func(g *settlementtypes.GenesisState) { g.TrustedClients[0].Chains = nil },
		"trust in every chain":   func(g *settlementtypes.GenesisState) { g.TrustedClients[0].Chains = []string{"*"} },
		"too many clients": func(g *settlementtypes.GenesisState) {
			for i := range settlementtypes.MaximumTrustedClients {
				g.TrustedClients = append(g.TrustedClients, trusted(fmt.Sprintf("poa-evm-%d", i), "1337"))
			}
		},
		"news of the future":        func(g *settlementtypes.GenesisState) { g.Outbox.ToldSequence = uint64(len(g.Events)) + 1 },
		"queued without client":     func(g *settlementtypes.GenesisState) { g.Outbox.Queue[0].ClientId = "" },
		"queued in no form":         func(g *settlementtypes.GenesisState) { g.Outbox.Queue[0].Value = []byte{1} },
		"sent far too often":        func(g *settlementtypes.GenesisState) { g.Outbox.States[0].Attempts = 256 },
		"answers to a bad client":   func(g *settlementtypes.GenesisState) { g.Outbox.Answers[0].ClientId = "a/b" },
		"repeated for a bad client": func(g *settlementtypes.GenesisState) { g.Outbox.States[0].ClientId = "x" },
		"tried of no fact":          func(g *settlementtypes.GenesisState) { g.Outbox.States[0].FactId = []byte{1} },
		"due without news":          func(g *settlementtypes.GenesisState) { g.Outbox.States[0].DueSeconds = 1 },
		"held in no form":           func(g *settlementtypes.GenesisState) { g.Outbox.States[0].Held = []byte{1} },
		"held of another fact": func(g *settlementtypes.GenesisState) {
			g.Outbox.States[0].Held, g.Outbox.States[0].UnderWay = g.Outbox.Queue[0].Value, true
		},
		"two updates in one": func(g *settlementtypes.GenesisState) {
			data, err := facts.DecodeStatusPacket(g.Outbox.Queue[0].Value)
			require.NoError(t, err)
			data.Updates = append(data.Updates, data.Updates[0])
			g.Outbox.Queue[0].Value = facts.EncodeStatusPacket(data)
		},
	} {
		t.Run(name, func(t *testing.T) {
			genesis := baseline()
			change(genesis)
			again := newApp()
			ctx := again.NewUncachedContext(false, cmtproto.Header{})
			err := again.SettlementKeeper.InitGenesis(ctx, genesis)
			require.Equal(t, name == "nothing changed", err == nil, "%v", err)
		})
	}
}
