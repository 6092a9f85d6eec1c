package app_test

import (
	"context"
	"encoding/json"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	abci "github.com/cometbft/cometbft/abci/types"

	"github.com/cosmos/cosmos-sdk/baseapp"
	storetypes "github.com/cosmos/cosmos-sdk/store/v2/types"
	sdk "github.com/cosmos/cosmos-sdk/types"

	channeltypesv2 "github.com/cosmos/ibc-go/v11/modules/core/04-channel/v2/types"
	ibctesting "github.com/cosmos/ibc-go/v11/testing"
	mockv2 "github.com/cosmos/ibc-go/v11/testing/mock/v2"

	forwardv1 "interledger.example/cosmos/wire/forwardv1"
	forwardtypes "interledger.example/cosmos/x/forward/types"
	"interledger.example/cosmos/x/settlement/facts"
	settlementtypes "interledger.example/cosmos/x/settlement/types"
	"interledger.example/simapp/app"
)

const (
	originID = "origin-1"
	hubID    = "hub-1"
	farID    = "settlement-1"
	// contractChain is where the story's facts come from. A stock chain brings them here, from one of its test ports.
	contractChain = "1337"
	originPort    = mockv2.PortIDA

	margin  = 600
	anHour  = 3600
	quota   = 3
	ofOne   = 2
	isGiven = channeltypesv2.PacketStatus_Success
)

// node is a chain of the settlement app, and what its blocks did.
type node struct {
	chain *ibctesting.TestChain
	app   *app.App
	// sent and answered are those of all blocks, in their order.
	sent     []channeltypesv2.Packet
	answered []channeltypesv2.Acknowledgement
}

// ListenFinalizeBlock notes what a relayer reads of a block.
func (n *node) ListenFinalizeBlock(_ context.Context, _ abci.RequestFinalizeBlock, block abci.ResponseFinalizeBlock) error {
	events := eventsOf(block)
	sent, err := packetsIn(events)
	if err != nil {
		return err
	}
	written, err := acknowledgementsIn(events)
	n.sent, n.answered = append(n.sent, sent...), append(n.answered, written...)
	return err
}

// ListenCommit needs nothing.
func (n *node) ListenCommit(context.Context, abci.ResponseCommit, []*storetypes.StoreKVPair) error {
	return nil
}

func (n *node) sender() string { return n.chain.SenderAccount.GetAddress().String() }

// star is a stock chain that brings facts of a contract ledger, a hub, and a settlement chain behind it.
type star struct {
	story
	t      *testing.T
	coord  *ibctesting.Coordinator
	origin *ibctesting.TestChain
	hub    *node
	far    *node
	// in is between origin and hub, out between hub and far.
	in, out *ibctesting.Path
	// learnt are the answers that the origin's application got.
	learnt [][]byte
}

func newStar(t *testing.T) *star {
	t.Helper()
	raw, err := os.ReadFile(storyFile)
	require.NoError(t, err)
	s := &star{t: t}
	require.NoError(t, json.Unmarshal(raw, &s.story))
	s.coord = &ibctesting.Coordinator{T: t, CurrentTime: time.Unix(s.Headers[0].TimeSeconds, 0).UTC(), Chains: map[string]*ibctesting.TestChain{}}
	s.origin = ibctesting.NewTestChain(t, s.coord, originID)
	s.coord.Chains[originID] = s.origin
	s.hub, s.far = s.newNode(hubID), s.newNode(farID)
	// ibc-go imports no chain with a client whose counterparty has the same id, so that of the hub begins with another number.
	require.NoError(t, ibctesting.NewPath(s.hub.chain, s.far.chain).EndpointA.CreateClient())
	s.in, s.out = s.pair(s.origin, s.hub.chain), s.pair(s.hub.chain, s.far.chain)
	s.setRoute(s.hub, farID, s.out.EndpointA.ClientID)
	s.setRouteFor(s.hub, contractChain, s.out.EndpointA.ClientID, s.in.EndpointB.ClientID)
	s.mustSend(s.hub, &settlementtypes.MsgBindPort{Operator: s.hub.sender(), ClientId: s.in.EndpointB.ClientID, Port: originPort})
	s.trust(s.hub, s.in.EndpointB.ClientID, contractChain)
	s.trust(s.far, s.out.EndpointB.ClientID, contractChain)
	for _, step := range s.SetUp {
		s.mustSend(s.far, &settlementtypes.MsgExecute{Sender: s.far.sender(), Command: commandOf(t, step.Request)})
	}
	s.origin.GetSimApp().MockModuleV2A.IBCApp.OnAcknowledgementPacket = func(
		_ sdk.Context, _, _ string, _ uint64, _ channeltypesv2.Payload, acknowledgement []byte, _ sdk.AccAddress,
	) error {
		s.learnt = append(s.learnt, acknowledgement)
		return nil
	}
	return s
}

func (s *star) newNode(chainID string) *node {
	n := &node{}
	n.chain = ibctesting.NewCustomAppTestChain(s.t, s.coord, chainID, func() (ibctesting.TestingApp, map[string]json.RawMessage) {
		n.app = newApp()
		n.app.SetStreamingManager(storetypes.StreamingManager{ABCIListeners: []storetypes.ABCIListener{n}, StopNodeOnErr: true})
		return n.app, n.app.DefaultGenesis()
	})
	s.coord.Chains[chainID] = n.chain
	_, err := n.app.SettlementKeeper.SetOperators(n.chain.GetContext(), &settlementtypes.MsgSetOperators{
		Authority: app.Authority(), Operators: []string{n.sender()},
	})
	require.NoError(s.t, err)
	n.chain.NextBlock()
	return n
}

func (s *star) pair(a, b *ibctesting.TestChain) *ibctesting.Path {
	path := ibctesting.NewPath(a, b)
	path.SetupV2()
	return path
}

func (s *star) mustSend(n *node, messages ...sdk.Msg) {
	s.t.Helper()
	_, err := n.chain.SendMsgs(messages...)
	require.NoError(s.t, err)
}

func (s *star) trust(n *node, clientID string, chains ...string) {
	s.t.Helper()
	s.mustSend(n, &settlementtypes.MsgTrustClient{Operator: n.sender(), ClientId: clientID, Chains: chains})
}

func (s *star) setRoute(n *node, destination, clientID string) {
	s.setRouteFor(n, destination, "", clientID)
}

func (s *star) setRouteFor(n *node, destination, originClient, clientID string) {
	s.t.Helper()
	s.mustSend(n, &forwardtypes.MsgSetRoute{Operator: n.sender(), Route: &forwardv1.Route{
		Destination: destination, OriginClient: originClient, ClientId: clientID, Quota: quota, OriginQuota: ofOne, MarginSeconds: margin,
	}})
}

// factsFor is one of the story's packets of facts, for another ledger.
func (s *star) factsFor(number int, destination string) *facts.PacketData {
	s.t.Helper()
	data, err := facts.DecodePacketData(s.Packets[number].Value)
	require.NoError(s.t, err)
	require.Equal(s.t, contractChain, data.ChainID.String())
	data.Destination = destination
	return data
}

// send makes the origin send facts, and the hub receive them.
func (s *star) send(data *facts.PacketData, timeoutSeconds uint64) channeltypesv2.Packet {
	s.t.Helper()
	return s.sendFrom(s.in, originPort, data, timeoutSeconds)
}

func (s *star) sendFrom(path *ibctesting.Path, port string, data *facts.PacketData, timeoutSeconds uint64) channeltypesv2.Packet {
	s.t.Helper()
	payload := channeltypesv2.NewPayload(port, facts.Port, facts.Version, facts.Encoding, facts.EncodePacketData(data))
	packet, err := path.EndpointA.MsgSendPacket(s.now()+timeoutSeconds, payload)
	require.NoError(s.t, err)
	require.NoError(s.t, path.EndpointB.MsgRecvPacket(packet))
	return packet
}

func (s *star) now() uint64 { return uint64(s.coord.CurrentTime.Unix()) }

// lastSent is the newest packet of the hub, which it sent on unchanged, earlier to end.
func (s *star) lastSent(received channeltypesv2.Packet) channeltypesv2.Packet {
	s.t.Helper()
	require.NotEmpty(s.t, s.hub.sent)
	sent := s.hub.sent[len(s.hub.sent)-1]
	require.Equal(s.t, received.Payloads[0].Value, sent.Payloads[0].Value)
	require.Equal(s.t, received.TimeoutTimestamp-margin, sent.TimeoutTimestamp)
	return sent
}

// lastAnswered is the newest acknowledgement of the hub.
func (s *star) lastAnswered() channeltypesv2.Acknowledgement {
	s.t.Helper()
	require.NotEmpty(s.t, s.hub.answered)
	return s.hub.answered[len(s.hub.answered)-1]
}

// learn brings the hub's newest answer to the origin, which gets it by a proof, and returns it.
func (s *star) learn(packet channeltypesv2.Packet) []facts.Answer {
	s.t.Helper()
	acknowledgement := s.lastAnswered()
	require.NoError(s.t, s.in.EndpointA.UpdateClient())
	require.NoError(s.t, s.in.EndpointA.MsgAcknowledgePacket(packet, acknowledgement))
	last := s.learnt[len(s.learnt)-1]
	require.Equal(s.t, acknowledgement.AppAcknowledgements[0], last)
	answers, err := facts.DecodeAnswers(last)
	require.NoError(s.t, err)
	return answers
}

// settle brings a packet of the hub to the settlement chain, and its answer back.
func (s *star) settle(sent channeltypesv2.Packet) channeltypesv2.Acknowledgement {
	s.t.Helper()
	require.NoError(s.t, s.out.EndpointB.UpdateClient())
	acknowledgement, err := s.out.EndpointB.MsgRecvPacketWithAck(sent)
	require.NoError(s.t, err)
	require.NoError(s.t, s.out.EndpointA.MsgAcknowledgePacket(sent, acknowledgement))
	return acknowledgement
}

// stored says whether the hub's store of forwarding holds anything but routes.
func (s *star) stored() bool {
	s.t.Helper()
	const routePrefix, lastPrefix = 1, 255
	s.hub.chain.NextBlock()
	for prefix := routePrefix + 1; prefix <= lastPrefix; prefix++ {
		answer, err := s.hub.app.Query(s.hub.chain.GetContext(), &abci.RequestQuery{
			Path: "/store/" + forwardtypes.StoreKey + "/subspace", Data: []byte{byte(prefix)},
		})
		require.NoError(s.t, err)
		require.Zero(s.t, answer.Code, answer.Log)
		if len(answer.Value) != 0 {
			return true
		}
	}
	return false
}

// codesOf are the codes of answers that name no liability.
func codesOf(t *testing.T, answers []facts.Answer) []facts.Code {
	t.Helper()
	codes := []facts.Code{}
	for _, answer := range answers {
		require.Equal(t, facts.Answer{Status: facts.Rejected, Code: answer.Code}, answer)
		codes = append(codes, answer.Code)
	}
	return codes
}

// importHub starts the hub again from its exported state, as a chain that was upgraded by export does.
func (s *star) importHub() sdk.Context {
	s.t.Helper()
	state, err := s.hub.app.Export()
	require.NoError(s.t, err)
	again := newApp()
	baseapp.SetChainID(hubID)(again.BaseApp)
	again.SetStreamingManager(storetypes.StreamingManager{ABCIListeners: []storetypes.ABCIListener{s.hub}, StopNodeOnErr: true})
	_, err = again.InitChain(&abci.RequestInitChain{
		ChainId: hubID, AppStateBytes: state.AppState, ConsensusParams: &state.ConsensusParams, Time: s.coord.CurrentTime, InitialHeight: state.Height,
	})
	require.NoError(s.t, err)
	s.hub.app, s.hub.chain.App = again, again
	s.hub.chain.NextBlock()
	return s.hub.chain.GetContext()
}
