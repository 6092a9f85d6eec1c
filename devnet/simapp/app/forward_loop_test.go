package app_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	channeltypesv2 "github.com/cosmos/ibc-go/v11/modules/core/04-channel/v2/types"
	"github.com/cosmos/ibc-go/v11/modules/core/exported"
	ibctm "github.com/cosmos/ibc-go/v11/modules/light-clients/07-tendermint"
	ibctesting "github.com/cosmos/ibc-go/v11/testing"

	forwardtypes "interledger.example/cosmos/x/forward/types"
	"interledger.example/cosmos/x/settlement/facts"

	clienttypes "github.com/cosmos/ibc-go/v11/modules/core/02-client/types"
)

func frozen(t *testing.T, state exported.ClientState) exported.ClientState {
	t.Helper()
	client, ok := state.(*ibctm.ClientState)
	require.True(t, ok)
	client.FrozenHeight = clienttypes.NewHeight(0, 1)
	return client
}

// Two hubs whose operators send one another packets for the same ledger, over two pairs of clients so that nothing goes back the way
// it came. Time ends it, and each hop brings the answer back.
func TestALoopOfTwoHubsDiesOfTime(t *testing.T) {
	const nowhere = "nowhere-1"
	s := newStar(t)
	there, back := s.pair(s.hub.chain, s.far.chain), s.pair(s.far.chain, s.hub.chain)
	s.setRoute(s.hub, nowhere, there.EndpointA.ClientID)
	s.setRoute(s.far, nowhere, back.EndpointA.ClientID)
	s.trust(s.far, there.EndpointB.ClientID, contractChain)
	s.trust(s.hub, back.EndpointB.ClientID, contractChain)

	packet := s.send(s.factsFor(0, nowhere), 4*margin)
	hops := []*ibctesting.Path{there, back}
	senders := []*node{s.hub, s.far}
	sent := []channeltypesv2.Packet{}
	for hop := 0; len(senders[hop%2].sent) == hop/2+1; hop++ {
		onWay := senders[hop%2].sent[hop/2]
		sent = append(sent, onWay)
		path := hops[hop%2]
		require.NoError(t, path.EndpointB.UpdateClient())
		require.NoError(t, path.EndpointB.MsgRecvPacket(onWay))
		require.Less(t, hop, 4, "the packet goes on for ever")
	}
	require.Len(t, sent, 2, "three margins less a few blocks are time for two hops")
	for hop := len(sent) - 1; hop >= 0; hop-- {
		path, receiver := hops[hop%2], senders[(hop+1)%2]
		acknowledgement := receiver.answered[len(receiver.answered)-1]
		require.NoError(t, path.EndpointA.UpdateClient())
		require.NoError(t, path.EndpointA.MsgAcknowledgePacket(sent[hop], acknowledgement))
	}
	require.Equal(t, []facts.Code{facts.NoTimeLeft}, unique(codesOf(t, s.learn(packet))))
	require.False(t, s.stored())
}

func TestARestartedHubGivesOpenAnswersBack(t *testing.T) {
	s := newStar(t)
	packet := s.send(s.factsFor(0, farID), anHour)
	sent := s.lastSent(packet)
	require.NoError(t, s.out.EndpointB.UpdateClient())
	acknowledgement, err := s.out.EndpointB.MsgRecvPacketWithAck(sent)
	require.NoError(t, err)
	before := s.hub.app.ForwardKeeper.ExportGenesis(s.hub.chain.GetContext())
	require.Len(t, before.Forwards, 1)
	require.NoError(t, before.Validate())

	ctx := s.importHub()
	again := s.hub.app.ForwardKeeper.ExportGenesis(ctx)
	require.Equal(t, before.String(), again.String())
	require.NoError(t, s.out.EndpointA.UpdateClient())
	require.NoError(t, s.out.EndpointA.MsgAcknowledgePacket(sent, acknowledgement))
	require.Equal(t, facts.Accepted, s.learn(packet)[0].Status)
	require.False(t, s.stored())
}

func TestAGenesisOfForwardsThatCannotBeIsRefused(t *testing.T) {
	s := newStar(t)
	s.send(s.factsFor(0, farID), anHour)
	for name, change := range map[string]func(g *forwardtypes.GenesisState){
		"nothing changed":         func(*forwardtypes.GenesisState) {},
		"a route twice":           func(g *forwardtypes.GenesisState) { g.Routes = append(g.Routes, g.Routes[0]) },
		"a quota of zero":         func(g *forwardtypes.GenesisState) { g.Routes[0].OriginQuota = 0 },
		"a route to the hub":      func(g *forwardtypes.GenesisState) { g.Routes[0].Destination = hubID },
		"a forward twice":         func(g *forwardtypes.GenesisState) { g.Forwards = append(g.Forwards, g.Forwards[0]) },
		"a forward of no packet":  func(g *forwardtypes.GenesisState) { g.Forwards[0].InSequence++ },
		"a forward of no client":  func(g *forwardtypes.GenesisState) { g.Forwards[0].OutClient = "a/b" },
		"a forward without end":   func(g *forwardtypes.GenesisState) { g.Forwards[0].OutTimeout = g.Forwards[0].InTimeout },
		"a forward back":          func(g *forwardtypes.GenesisState) { g.Forwards[0].OutClient = g.Forwards[0].InClient },
		"a forward of sequence 0": func(g *forwardtypes.GenesisState) { g.Forwards[0].OutSequence = 0 },
		"another's route":         func(g *forwardtypes.GenesisState) { g.Forwards[0].OriginClient = "07-tendermint-9" },
		"a port of no form": func(g *forwardtypes.GenesisState) {
			g.ClientPorts = []*forwardtypes.ClientPort{{ClientId: "07-tendermint-0", Port: "a b"}}
		},
		"a port of no client": func(g *forwardtypes.GenesisState) {
			g.ClientPorts = []*forwardtypes.ClientPort{{ClientId: "x", Port: "settlement"}}
		},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, _ := s.hub.chain.GetContext().CacheContext()
			genesis := s.hub.app.ForwardKeeper.ExportGenesis(ctx)
			change(genesis)
			err := s.hub.app.ForwardKeeper.InitGenesis(ctx, genesis)
			require.Equal(t, name == "nothing changed", err == nil, "%v", err)
		})
	}
}
