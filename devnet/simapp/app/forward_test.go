package app_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	errorsmod "cosmossdk.io/errors"

	abci "github.com/cometbft/cometbft/abci/types"

	sdk "github.com/cosmos/cosmos-sdk/types"

	channeltypesv2 "github.com/cosmos/ibc-go/v11/modules/core/04-channel/v2/types"

	forwardv1 "interledger.example/cosmos/wire/forwardv1"
	"interledger.example/cosmos/wire/settlementv1"
	forwardtypes "interledger.example/cosmos/x/forward/types"
	"interledger.example/cosmos/x/settlement/facts"
	settlementtypes "interledger.example/cosmos/x/settlement/types"
	"interledger.example/simapp/app"
)

func TestFactsGoOverTheHubAndNewsComeHome(t *testing.T) {
	s := newStar(t)
	data := s.factsFor(0, farID)
	packet := s.send(data, anHour)
	require.True(t, s.stored())
	require.Empty(t, s.hub.answered, "the acknowledgement stays open")
	sent := s.lastSent(packet)
	require.Equal(t, []string{facts.Port, facts.Port}, []string{sent.Payloads[0].SourcePort, sent.Payloads[0].DestinationPort})
	acknowledgement := s.settle(sent)
	require.Equal(t, acknowledgement, s.lastAnswered(), "the far answer goes back unchanged")
	answers := s.learn(packet)
	require.Equal(t, facts.Accepted, answers[0].Status)
	require.False(t, s.stored(), "a finished forward leaves nothing")

	// The far ledger tells what became of the liability; its client is that of the hub, and it knows nothing of the origin.
	told := []channeltypesv2.Payload{}
	s.origin.GetSimApp().MockModuleV2A.IBCApp.OnRecvPacket = func(
		_ sdk.Context, _, _ string, _ uint64, payload channeltypesv2.Payload, _ sdk.AccAddress,
	) channeltypesv2.RecvPacketResult {
		told = append(told, payload)
		return channeltypesv2.RecvPacketResult{
			Status: channeltypesv2.PacketStatus_Success, Acknowledgement: facts.EncodeStatusAnswers([]facts.StatusAnswer{facts.Applied}),
		}
	}
	s.dispute(data)
	news := s.far.sent[len(s.far.sent)-1]
	require.NoError(t, s.out.EndpointA.UpdateClient())
	require.NoError(t, s.out.EndpointA.MsgRecvPacket(news))
	home := s.hub.sent[len(s.hub.sent)-1]
	require.NoError(t, s.in.EndpointA.UpdateClient())
	applied, err := s.in.EndpointA.MsgRecvPacketWithAck(home)
	require.NoError(t, err)
	require.Len(t, told, 1)
	require.Equal(t, channeltypesv2.NewPayload(facts.Port, originPort, facts.StatusVersion, facts.Encoding, news.Payloads[0].Value), told[0])
	require.NoError(t, s.in.EndpointB.MsgAcknowledgePacket(home, applied))
	require.Equal(t, applied, s.lastAnswered())
	require.NoError(t, s.out.EndpointB.UpdateClient())
	require.NoError(t, s.out.EndpointB.MsgAcknowledgePacket(news, s.lastAnswered()))
	require.False(t, s.stored())
	require.Empty(t, s.waitingNews())
}

// dispute makes the far ledger have news of the first fact.
func (s *star) dispute(data *facts.PacketData) {
	s.t.Helper()
	fact := data.Facts[0]
	s.mustSend(s.far, &settlementtypes.MsgExecute{Sender: s.far.sender(), Command: &settlementv1.Command{
		RequestId: "dispute", Actor: fact.Debtor[:],
		Command: &settlementv1.Command_OpenDispute{OpenDispute: &settlementv1.OpenDispute{
			DisputeId: "D-1", FactId: fact.FactID[:], Amount: "1", Reason: "too long", DeadlineSeconds: s.now() + anHour,
		}},
	}})
}

func (s *star) waitingNews() []*settlementtypes.NewsState {
	s.t.Helper()
	genesis, err := s.far.app.SettlementKeeper.ExportGenesis(s.far.chain.GetContext())
	require.NoError(s.t, err)
	return genesis.Outbox.States
}

func TestNewsWithoutARouteOfTheirOwnComeBackAndWait(t *testing.T) {
	s := newStar(t)
	data := s.factsFor(0, farID)
	packet := s.send(data, anHour)
	s.settle(s.lastSent(packet))
	s.learn(packet)
	// A route for any client does not count for news: a payload does not say which ledger they are of.
	s.mustSend(s.hub, &forwardtypes.MsgRemoveRoute{
		Operator: s.hub.sender(), Destination: contractChain, OriginClient: s.out.EndpointA.ClientID,
	})
	s.setRoute(s.hub, contractChain, s.in.EndpointB.ClientID)
	s.dispute(data)
	news := s.far.sent[len(s.far.sent)-1]
	require.NoError(t, s.out.EndpointA.UpdateClient())
	require.NoError(t, s.out.EndpointA.MsgRecvPacket(news))
	require.Equal(t, [][]byte{facts.EncodeStatusAnswers([]facts.StatusAnswer{facts.Returned})}, s.lastAnswered().AppAcknowledgements)
	require.NoError(t, s.out.EndpointB.UpdateClient())
	require.NoError(t, s.out.EndpointB.MsgAcknowledgePacket(news, s.lastAnswered()))
	require.Len(t, s.waitingNews(), 1)
}

func TestAFarRefusalIsAnAnswerForEachFact(t *testing.T) {
	s := newStar(t)
	s.mustSend(s.far, &settlementtypes.MsgDistrustClient{Operator: s.far.sender(), ClientId: s.out.EndpointB.ClientID})
	packet := s.send(s.factsFor(0, farID), anHour)
	acknowledgement := s.settle(s.lastSent(packet))
	require.Equal(t, [][]byte{channeltypesv2.ErrorAcknowledgement[:]}, acknowledgement.AppAcknowledgements)
	for _, code := range codesOf(t, s.learn(packet)) {
		require.Equal(t, facts.FarRefused, code)
		require.False(t, code.IsReturned())
	}
	require.False(t, s.stored())
}

// The hub makes no block until everything has timed out, and its acknowledgements are answered nevertheless.
func TestAHaltedHubReturnsWhatTimedOutBehindIt(t *testing.T) {
	s := newStar(t)
	packet := s.send(s.factsFor(0, farID), anHour)
	sent := s.lastSent(packet)
	s.coord.IncrementTimeBy(2 * anHour * time.Second)
	require.NoError(t, s.out.EndpointA.UpdateClient())
	require.NoError(t, s.out.EndpointA.MsgTimeoutPacket(sent))
	for _, code := range codesOf(t, s.learn(packet)) {
		require.Equal(t, facts.FarTimeout, code)
		require.True(t, code.IsReturned())
	}
	require.False(t, s.stored())
}

func TestOpenForwardsOutliveTheirRoute(t *testing.T) {
	s := newStar(t)
	packet := s.send(s.factsFor(0, farID), anHour)
	sent := s.lastSent(packet)
	s.mustSend(s.hub, &forwardtypes.MsgRemoveRoute{Operator: s.hub.sender(), Destination: farID})
	require.Equal(t, []*forwardv1.RouteUse{
		{Route: s.route(contractChain, s.out.EndpointA.ClientID, s.in.EndpointB.ClientID)},
		{Route: &forwardv1.Route{Destination: farID}, OpenForwards: 1},
	}, s.routes())
	later := s.send(s.factsFor(6, farID), anHour)
	require.Equal(t, []facts.Code{facts.NoRoute}, unique(codesOf(t, s.learn(later))))
	s.settle(sent)
	require.Equal(t, facts.Accepted, s.learn(packet)[0].Status)
	require.False(t, s.stored())
	require.Len(t, s.routes(), 1)
}

func (s *star) route(destination, originClient, clientID string) *forwardv1.Route {
	return &forwardv1.Route{
		Destination: destination, OriginClient: originClient, ClientId: clientID, Quota: quota, OriginQuota: ofOne, MarginSeconds: margin,
	}
}

func (s *star) routes() []*forwardv1.RouteUse {
	s.t.Helper()
	var response forwardv1.ListRoutesResponse
	s.ask("Routes", &forwardv1.ListRoutesRequest{}, &response)
	return response.Routes
}

type message interface {
	Reset()
	Marshal() ([]byte, error)
	Unmarshal(raw []byte) error
}

func (s *star) ask(method string, request, response message) {
	s.t.Helper()
	raw, err := request.Marshal()
	require.NoError(s.t, err)
	answer, err := s.hub.app.Query(s.hub.chain.GetContext(), &abci.RequestQuery{Path: "/interledger.forward.chain.v1.Query/" + method, Data: raw})
	require.NoError(s.t, err)
	require.Zero(s.t, answer.Code, answer.Log)
	require.NoError(s.t, response.Unmarshal(answer.Value))
}

func unique(codes []facts.Code) []facts.Code {
	found := []facts.Code{}
	for i, code := range codes {
		if i == 0 || code != codes[i-1] {
			found = append(found, code)
		}
	}
	return found
}

func TestADeadLegFillsItsOwnQuotaAndNobodyElses(t *testing.T) {
	const deadID = "dead-1"
	s := newStar(t)
	dead := s.pair(s.hub.chain, s.far.chain)
	s.setRoute(s.hub, deadID, dead.EndpointA.ClientID)
	for range ofOne {
		s.send(s.factsFor(0, deadID), anHour)
	}
	packet := s.send(s.factsFor(0, deadID), anHour)
	require.Equal(t, []facts.Code{facts.RouteFull}, unique(codesOf(t, s.learn(packet))))
	packet = s.send(s.factsFor(0, farID), anHour)
	s.settle(s.lastSent(packet))
	require.Equal(t, facts.Accepted, s.learn(packet)[0].Status)
	require.Equal(t, uint32(ofOne), s.routes()[1].OpenForwards)

	// Its forwards are listed in pages, until they time out.
	var page forwardv1.ListForwardsResponse
	s.ask("Forwards", &forwardv1.ListForwardsRequest{Limit: 1}, &page)
	require.Len(t, page.Forwards, 1)
	first := page.Forwards[0]
	require.Equal(t, []any{deadID, dead.EndpointA.ClientID, s.in.EndpointB.ClientID}, []any{first.Destination, first.OutClient, first.InClient})
	page.Reset()
	s.ask("Forwards", &forwardv1.ListForwardsRequest{AfterOutClient: first.OutClient, AfterOutSequence: first.OutSequence}, &page)
	require.Len(t, page.Forwards, 1)
	require.Equal(t, first.OutSequence+1, page.Forwards[0].OutSequence)
}

// The attacker: a ledger behind the hub, or the hub itself, that claims what happened on another ledger.
func TestAForgedClaimOfAnotherChainIsRefused(t *testing.T) {
	refused := [][]byte{channeltypesv2.ErrorAcknowledgement[:]}
	s := newStar(t)
	forged := s.factsFor(0, farID)
	forged.ChainID.SetInt64(1338)
	s.send(forged, anHour)
	require.Equal(t, refused, s.lastAnswered().AppAcknowledgements, "a ledger speaks for another one to the hub")
	require.Empty(t, s.hub.sent)

	s.trust(s.hub, s.in.EndpointB.ClientID, contractChain, "1338")
	packet := s.send(forged, anHour)
	acknowledgement := s.settle(s.lastSent(packet))
	require.Equal(t, refused, acknowledgement.AppAcknowledgements, "the hub speaks for a ledger that it is not trusted for")
	require.Equal(t, []facts.Code{facts.FarRefused}, unique(codesOf(t, s.learn(packet))))
}

// The attacker: a stranger's application on another port of the same ledger.
func TestFactsFromAnotherPortAreNotSentOn(t *testing.T) {
	s := newStar(t)
	s.sendFrom(s.in, "mockv2B", s.factsFor(0, farID), anHour)
	require.Equal(t, [][]byte{channeltypesv2.ErrorAcknowledgement[:]}, s.lastAnswered().AppAcknowledgements)
	require.Empty(t, s.hub.sent)
	require.False(t, s.stored())
}

func TestWhatCannotBeSentOnIsAnsweredAtOnce(t *testing.T) {
	s := newStar(t)
	back := s.in.EndpointB.ClientID
	s.setRoute(s.hub, "back-1", back)
	for name, each := range map[string]struct {
		destination string
		timeout     uint64
		code        facts.Code
	}{
		"unknown destination":       {"nowhere-1", anHour, facts.NoRoute},
		"the destination is origin": {contractChain, anHour, facts.NoRoute},
		"never back":                {"back-1", anHour, facts.NoRoute},
		"no time for two margins":   {farID, 2 * margin, facts.NoTimeLeft},
	} {
		packet := s.send(s.factsFor(0, each.destination), each.timeout)
		require.Equal(t, []facts.Code{each.code}, unique(codesOf(t, s.learn(packet))), name)
	}
	require.Empty(t, s.hub.sent)
	require.False(t, s.stored())
	// Facts for the hub itself are its own settlement application's.
	before := len(s.hub.answered)
	s.send(s.factsFor(0, ""), anHour)
	answers, err := facts.DecodeAnswers(s.hub.answered[before].AppAcknowledgements[0])
	require.NoError(t, err)
	require.Equal(t, facts.UnknownParty, answers[0].Code)
}

func TestAClientThatCannotBeUsedIsNoRoute(t *testing.T) {
	s := newStar(t)
	state, found := s.hub.app.IBCKeeper.ClientKeeper.GetClientState(s.hub.chain.GetContext(), s.out.EndpointA.ClientID)
	require.True(t, found)
	s.hub.app.IBCKeeper.ClientKeeper.SetClientState(s.hub.chain.GetContext(), s.out.EndpointA.ClientID, frozen(t, state))
	packet := s.send(s.factsFor(0, farID), anHour)
	require.Equal(t, []facts.Code{facts.NoRoute}, unique(codesOf(t, s.learn(packet))))
}

func TestOperatorsAloneSetRoutes(t *testing.T) {
	s := newStar(t)
	operator, stranger := s.hub.sender(), s.hub.chain.SenderAccounts[1].SenderAccount.GetAddress().String()
	valid := func() *forwardv1.Route { return s.route("other-1", "", s.out.EndpointA.ClientID) }
	changed := func(change func(route *forwardv1.Route)) *forwardv1.Route {
		route := valid()
		change(route)
		return route
	}
	for name, try := range map[string]struct {
		operator string
		route    *forwardv1.Route
		refusal  []any
	}{
		"an operator":                {operator, valid(), nil},
		"the chain's authority":      {app.Authority(), valid(), nil},
		"a stranger":                 {stranger, valid(), []any{"sdk", uint32(4)}},
		"no account":                 {"cosmos1", valid(), []any{"sdk", uint32(7)}},
		"no route":                   {operator, nil, []any{"forward", uint32(2)}},
		"this chain":                 {operator, changed(func(r *forwardv1.Route) { r.Destination = hubID }), []any{"forward", uint32(2)}},
		"quota zero":                 {operator, changed(func(r *forwardv1.Route) { r.Quota, r.OriginQuota = 0, 0 }), []any{"forward", uint32(2)}},
		"a margin that is too small": {operator, changed(func(r *forwardv1.Route) { r.MarginSeconds = 4 }), []any{"forward", uint32(2)}},
		"no such client":             {operator, changed(func(r *forwardv1.Route) { r.ClientId = "07-tendermint-9" }), []any{"forward", uint32(4)}},
		"no such origin client":      {operator, changed(func(r *forwardv1.Route) { r.OriginClient = "07-tendermint-9" }), []any{"forward", uint32(4)}},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, _ := s.hub.chain.GetContext().CacheContext()
			_, err := s.hub.app.ForwardKeeper.SetRoute(ctx, &forwardtypes.MsgSetRoute{Operator: try.operator, Route: try.route})
			if try.refusal == nil {
				require.NoError(t, err)
				return
			}
			codespace, code, _ := errorsmod.ABCIInfo(err, true)
			require.Equal(t, try.refusal, []any{codespace, code}, "%v", err)
		})
	}
	ctx := s.hub.chain.GetContext()
	_, err := s.hub.app.ForwardKeeper.RemoveRoute(ctx, &forwardtypes.MsgRemoveRoute{Operator: operator, Destination: "other-1"})
	require.ErrorContains(t, err, "there is no route")
	_, err = s.hub.app.ForwardKeeper.RemoveRoute(ctx, &forwardtypes.MsgRemoveRoute{Operator: stranger, Destination: farID})
	require.ErrorContains(t, err, "neither the chain's authority nor an operator")
	_, err = s.hub.app.ForwardKeeper.BindPort(ctx, &forwardtypes.MsgBindPort{Operator: operator, ClientId: s.out.EndpointA.ClientID, Port: "facts-7"})
	require.ErrorContains(t, err, "its settlement application binds ports")
}

func TestAClientOfAHubIsTrustedForTheChainsThatAreNamed(t *testing.T) {
	s := newStar(t)
	s.trust(s.far, s.out.EndpointB.ClientID)
	genesis, err := s.far.app.SettlementKeeper.ExportGenesis(s.far.chain.GetContext())
	require.NoError(t, err)
	require.Equal(t, []*settlementtypes.TrustedClient{trusted(s.out.EndpointB.ClientID, hubID)}, genesis.TrustedClients)
	require.NoError(t, genesis.Validate())
	packet := s.send(s.factsFor(0, farID), anHour)
	s.settle(s.lastSent(packet))
	require.Equal(t, []facts.Code{facts.FarRefused}, unique(codesOf(t, s.learn(packet))), "the hub itself issues no facts")
}
