package rules_test

import (
	"encoding/hex"
	"encoding/json"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	errorsmod "cosmossdk.io/errors"

	wire "interledger.example/cosmos/wire/forwardv1"
	"interledger.example/cosmos/x/forward/rules"
	"interledger.example/cosmos/x/settlement/facts"
)

// casesFolder is made by the project's Python, whose rules of a hub come to the same.
const casesFolder = "../../../../../tests/cases/forward/"

func read[C any](t *testing.T, name string) []C {
	t.Helper()
	raw, err := os.ReadFile(casesFolder + name)
	require.NoError(t, err)
	var cases []C
	require.NoError(t, json.Unmarshal(raw, &cases))
	require.NotEmpty(t, cases)
	return cases
}

var codes = map[string]facts.Code{
	"NO_ROUTE": facts.NoRoute, "ROUTE_FULL": facts.RouteFull, "NO_TIME_LEFT": facts.NoTimeLeft,
	"FAR_TIMEOUT": facts.FarTimeout, "FAR_REFUSED": facts.FarRefused,
}

var refusals = map[string]error{
	"INVALID_ROUTE": rules.ErrInvalidRoute, "ROUTE_NOT_FOUND": rules.ErrRouteNotFound,
	"CLIENT_NOT_FOUND": rules.ErrClientNotFound, "TOO_MANY_ROUTES": rules.ErrTooManyRoutes,
}

type openForwards struct {
	Destination  string `json:"destination"`
	OriginClient string `json:"origin_client"`
	InClient     string `json:"in_client"`
	Count        uint32 `json:"count"`
}

type routingCase struct {
	Name            string         `json:"name"`
	OwnChainID      string         `json:"own_chain_id"`
	NowSeconds      uint64         `json:"now_seconds"`
	Routes          []*wire.Route  `json:"routes"`
	Open            []openForwards `json:"open_forwards"`
	UnusableClients []string       `json:"unusable_clients"`
	Packet          struct {
		InClient    string `json:"in_client"`
		Timeout     uint64 `json:"timeout"`
		Destination string `json:"destination"`
		Origin      string `json:"origin"`
	} `json:"packet"`
	Outcome  string   `json:"outcome"`
	ClientID string   `json:"client_id"`
	Route    []string `json:"route"`
	Timeout  uint64   `json:"timeout"`
	Code     string   `json:"code"`
}

func (c *routingCase) found(key rules.RouteKey) *wire.Route {
	for _, route := range c.Routes {
		if rules.KeyOfRoute(route) == key {
			return route
		}
	}
	return nil
}

// hub is the state of a case.
type hub struct{ *routingCase }

func (h hub) Route(key rules.RouteKey) *wire.Route { return h.found(key) }

func (h hub) OpenForwards(key rules.RouteKey) uint32 { return h.count(key, nil) }

func (h hub) OpenForwardsOf(key rules.RouteKey, inClient string) uint32 {
	return h.count(key, &inClient)
}

func (h hub) IsActive(clientID string) bool {
	for _, unusable := range h.UnusableClients {
		if unusable == clientID {
			return false
		}
	}
	return true
}

func (h hub) count(key rules.RouteKey, inClient *string) uint32 {
	var sum uint32
	for _, each := range h.Open {
		isOfRoute := each.Destination == key.Destination && each.OriginClient == key.OriginClient
		if isOfRoute && (inClient == nil || *inClient == each.InClient) {
			sum += each.Count
		}
	}
	return sum
}

func TestWherePacketsGo(t *testing.T) {
	for _, each := range read[routingCase](t, "routing.json") {
		t.Run(each.Name, func(t *testing.T) {
			incoming := rules.Incoming(each.Packet)
			switch outcome := rules.Decide(hub{&each}, incoming, each.OwnChainID, each.NowSeconds).(type) {
			case rules.Here:
				require.Equal(t, "here", each.Outcome)
			case rules.SendOn:
				require.Equal(t, "send_on", each.Outcome)
				require.Equal(t, each.ClientID, outcome.Route.ClientId)
				require.Equal(t, each.Route, []string{outcome.Route.Destination, outcome.Route.OriginClient})
				require.Equal(t, each.Timeout, outcome.Timeout)
			case rules.AnswerNow:
				require.Equal(t, "answer", each.Outcome)
				require.Equal(t, codes[each.Code], outcome.Code)
			}
		})
	}
}

func TestAPacketInALoopRunsOutOfTime(t *testing.T) {
	type loop struct {
		MarginSeconds  uint64 `json:"margin_seconds"`
		TimeoutSeconds uint64 `json:"timeout_seconds"`
		Sent           int    `json:"sent"`
	}
	const now = 1_800_000_000
	for _, each := range read[loop](t, "loops.json") {
		route := &wire.Route{Destination: "settle-1", ClientId: "07-tendermint-7", Quota: 3, OriginQuota: 2, MarginSeconds: each.MarginSeconds}
		packet := rules.Incoming{InClient: "poa-evm-0", Timeout: now + each.TimeoutSeconds, Destination: "settle-1", Origin: "1337"}
		state, sent := hub{&routingCase{Routes: []*wire.Route{route}}}, 0
		for {
			step, isSent := rules.Decide(state, packet, "hub-1", now).(rules.SendOn)
			if !isSent {
				break
			}
			packet.Timeout, sent = step.Timeout, sent+1
		}
		require.Equal(t, rules.AnswerNow{Code: facts.NoTimeLeft}, rules.Decide(state, packet, "hub-1", now))
		require.Equal(t, each.Sent, sent)
	}
}

func TestWhichRoutesThereMayBe(t *testing.T) {
	type routeCase struct {
		Name         string          `json:"name"`
		OwnChainID   string          `json:"own_chain_id"`
		RoutesBefore int             `json:"routes_before"`
		Route        json.RawMessage `json:"route"`
		Refusal      *string         `json:"refusal"`
	}
	for _, each := range read[routeCase](t, "routes.json") {
		t.Run(each.Name, func(t *testing.T) {
			var route wire.Route
			require.NoError(t, json.Unmarshal(each.Route, &route))
			err := rules.CheckRoute(&route, each.OwnChainID)
			if err == nil {
				err = rules.CheckRoom(each.RoutesBefore)
			}
			if each.Refusal == nil {
				require.NoError(t, err)
				return
			}
			require.True(t, errorsmod.IsOf(err, refusals[*each.Refusal]), "%s: %v", *each.Refusal, err)
		})
	}
	require.ErrorIs(t, rules.CheckRoute(nil, "hub-1"), rules.ErrInvalidRoute)
}

type hexBytes []byte

func (h *hexBytes) UnmarshalText(text []byte) error {
	decoded, err := hex.DecodeString(string(text))
	*h = decoded
	return err
}

func TestWhatTheSenderIsAnswered(t *testing.T) {
	type answerCase struct {
		Name            string    `json:"name"`
		Version         string    `json:"version"`
		Value           hexBytes  `json:"value"`
		Code            string    `json:"code"`
		Acknowledgement *hexBytes `json:"acknowledgement"`
		Answer          hexBytes  `json:"answer"`
	}
	for _, each := range read[answerCase](t, "answers.json") {
		t.Run(each.Name, func(t *testing.T) {
			answer, err := rules.AnswerAll(each.Version, each.Value, codes[each.Code])
			if each.Acknowledgement != nil {
				answer, err = rules.FarAnswer(each.Version, each.Value, *each.Acknowledgement)
			}
			require.NoError(t, err)
			require.Equal(t, hex.EncodeToString(each.Answer), hex.EncodeToString(answer))
		})
	}
}

func TestWhatAPayloadSays(t *testing.T) {
	type payloadCase struct {
		Name        string   `json:"name"`
		Version     string   `json:"version"`
		Value       hexBytes `json:"value"`
		Destination *string  `json:"destination"`
		Origin      *string  `json:"origin"`
	}
	for _, each := range read[payloadCase](t, "payloads.json") {
		t.Run(each.Name, func(t *testing.T) {
			found, err := rules.ReadIncoming(each.Version, each.Value, "poa-evm-0", 7)
			if each.Destination == nil {
				require.Error(t, err)
				_, err = rules.AnswerAll(each.Version, each.Value, facts.NoRoute)
				require.Error(t, err)
				return
			}
			require.NoError(t, err)
			require.Equal(t, rules.Incoming{InClient: "poa-evm-0", Timeout: 7, Destination: *each.Destination, Origin: *each.Origin}, found)
		})
	}
}
