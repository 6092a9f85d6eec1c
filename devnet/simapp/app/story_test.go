package app_test

import (
	"encoding/hex"
	"encoding/json"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	dbm "github.com/cosmos/cosmos-db"
	"github.com/cosmos/gogoproto/proto"

	"cosmossdk.io/log/v2"

	abci "github.com/cometbft/cometbft/abci/types"

	codectypes "github.com/cosmos/cosmos-sdk/codec/types"
	sdk "github.com/cosmos/cosmos-sdk/types"

	clienttypes "github.com/cosmos/ibc-go/v11/modules/core/02-client/types"
	clientv2types "github.com/cosmos/ibc-go/v11/modules/core/02-client/v2/types"
	channeltypesv2 "github.com/cosmos/ibc-go/v11/modules/core/04-channel/v2/types"
	"github.com/cosmos/ibc-go/v11/modules/core/exported"
	ibctesting "github.com/cosmos/ibc-go/v11/testing"

	"interledger.example/cosmos/light-clients/poaevm"
	"interledger.example/cosmos/wire/settlementv1"
	"interledger.example/cosmos/x/settlement/facts"
	settlementtypes "interledger.example/cosmos/x/settlement/types"
	"interledger.example/simapp/app"
)

// storyFile is made by the project's Python: what a relayer would bring to the chain.
const storyFile = "../../../tests/cases/chain/story.json"

type hexBytes []byte

func (h *hexBytes) UnmarshalText(text []byte) error {
	decoded, err := hex.DecodeString(string(text))
	*h = decoded
	return err
}

type story struct {
	ChainID                  string   `json:"chain_id"`
	ClientID                 string   `json:"client_id"`
	CounterpartyClientID     string   `json:"counterparty_client_id"`
	ClientState              hexBytes `json:"client_state"`
	ConsensusState           hexBytes `json:"consensus_state"`
	SubstituteClientState    hexBytes `json:"substitute_client_state"`
	SubstituteConsensusState hexBytes `json:"substitute_consensus_state"`
	Headers                  []struct {
		Height      uint64   `json:"height"`
		TimeSeconds int64    `json:"time_seconds"`
		Message     hexBytes `json:"message"`
	} `json:"headers"`
	Misbehaviour       hexBytes      `json:"misbehaviour"`
	MisbehaviourHeight uint64        `json:"misbehaviour_height"`
	SetUp              []setUpStep   `json:"set_up"`
	Packets            []storyPacket `json:"packets"`
}

type setUpStep struct {
	Command   string `json:"command"`
	RequestID string `json:"request_id"`
	Party     struct {
		PartyID hexBytes `json:"party_id"`
		OCPIID  string   `json:"ocpi_id"`
		Name    string   `json:"name"`
	} `json:"party"`
	Agreement struct {
		AgreementID string   `json:"agreement_id"`
		Creditor    hexBytes `json:"creditor"`
		Debtor      hexBytes `json:"debtor"`
		Currencies  []struct {
			Currency  string `json:"currency"`
			Exponent  uint32 `json:"exponent"`
			OpenLimit string `json:"open_limit"`
		} `json:"currencies"`
	} `json:"agreement"`
	HeadHash hexBytes `json:"head_hash"`
}

type storyPacket struct {
	Sequence         uint64   `json:"sequence"`
	TimeoutTimestamp uint64   `json:"timeout_timestamp"`
	Version          string   `json:"version"`
	Value            hexBytes `json:"value"`
	Proof            hexBytes `json:"proof"`
	Codes            []int    `json:"codes"`
}

// world is a chain with the story's client on it.
type world struct {
	story
	t     *testing.T
	coord *ibctesting.Coordinator
	chain *ibctesting.TestChain
	app   *app.App
}

func newWorld(t *testing.T) *world {
	t.Helper()
	raw, err := os.ReadFile(storyFile)
	require.NoError(t, err)
	w := &world{t: t}
	require.NoError(t, json.Unmarshal(raw, &w.story))
	w.coord = &ibctesting.Coordinator{T: t, CurrentTime: time.Unix(w.Headers[0].TimeSeconds, 0).UTC(), Chains: map[string]*ibctesting.TestChain{}}
	w.chain = ibctesting.NewCustomAppTestChain(t, w.coord, w.ChainID, func() (ibctesting.TestingApp, map[string]json.RawMessage) {
		w.app = newApp()
		return w.app, w.app.DefaultGenesis()
	})
	w.coord.Chains[w.ChainID] = w.chain
	require.Equal(t, w.ClientID, w.createClient(w.ClientState, w.ConsensusState))
	w.mustSend(clientv2types.NewMsgRegisterCounterparty(w.ClientID, [][]byte{{}}, w.CounterpartyClientID, w.sender()))
	return w
}

func newApp() *app.App { return app.New(log.NewNopLogger(), dbm.NewMemDB(), true, noOptions{}) }

type noOptions struct{}

func (noOptions) Get(string) any { return nil }

func (w *world) sender() string { return w.chain.SenderAccount.GetAddress().String() }

func (w *world) mustSend(messages ...sdk.Msg) *abci.ExecTxResult {
	w.t.Helper()
	result, err := w.chain.SendMsgs(messages...)
	require.NoError(w.t, err)
	return result
}

func (w *world) createClient(clientState, consensusState []byte) string {
	w.t.Helper()
	result := w.mustSend(&clienttypes.MsgCreateClient{
		ClientState:    &codectypes.Any{TypeUrl: "/interledger.lightclients.poaevm.v1.ClientState", Value: clientState},
		ConsensusState: &codectypes.Any{TypeUrl: "/interledger.lightclients.poaevm.v1.ConsensusState", Value: consensusState},
		Signer:         w.sender(),
	})
	clientID, err := ibctesting.ParseClientIDFromEvents(result.Events)
	require.NoError(w.t, err)
	return clientID
}

func (w *world) updateWith(kind string, message []byte) *clienttypes.MsgUpdateClient {
	return &clienttypes.MsgUpdateClient{
		ClientId:      w.ClientID,
		ClientMessage: &codectypes.Any{TypeUrl: "/interledger.lightclients.poaevm.v1." + kind, Value: message},
		Signer:        w.sender(),
	}
}

func (w *world) goTo(seconds int64) {
	w.coord.SetTime(time.Unix(seconds, 0))
	w.chain.NextBlock()
}

func (w *world) receive(packet storyPacket) *channeltypesv2.MsgRecvPacket {
	return channeltypesv2.NewMsgRecvPacket(
		channeltypesv2.NewPacket(packet.Sequence, w.CounterpartyClientID, w.ClientID, packet.TimeoutTimestamp,
			channeltypesv2.NewPayload(facts.Port, facts.Port, packet.Version, facts.Encoding, packet.Value)),
		packet.Proof, clienttypes.NewHeight(0, w.Headers[0].Height), w.sender(),
	)
}

// setUp registers parties and agreements by ordinary transactions of an operator.
func (w *world) setUp() {
	w.t.Helper()
	_, err := w.app.SettlementKeeper.SetOperators(w.chain.GetContext(), &settlementtypes.MsgSetOperators{
		Authority: app.Authority(), Operators: []string{w.sender()},
	})
	require.NoError(w.t, err)
	w.chain.NextBlock()
	for _, step := range w.SetUp {
		w.mustSend(step.message(w.t, w.sender()))
		head := w.head()
		require.Equal(w.t, []byte(step.HeadHash), head)
	}
}

func (s setUpStep) message(t *testing.T, operator string) sdk.Msg {
	t.Helper()
	switch s.Command {
	case "RegisterParty":
		return &settlementtypes.MsgRegisterParty{
			Operator: operator, RequestId: s.RequestID,
			Party: &settlementv1.Party{PartyId: s.Party.PartyID, OcpiId: s.Party.OCPIID, Name: s.Party.Name},
		}
	case "RecordAgreement":
		agreement := &settlementv1.Agreement{
			AgreementId: s.Agreement.AgreementID, Creditor: s.Agreement.Creditor, Debtor: s.Agreement.Debtor,
		}
		for _, terms := range s.Agreement.Currencies {
			agreement.Currencies = append(agreement.Currencies, &settlementv1.CurrencyLimit{
				Currency: terms.Currency, Exponent: terms.Exponent, OpenLimit: terms.OpenLimit,
			})
		}
		return &settlementtypes.MsgRecordAgreement{Operator: operator, RequestId: s.RequestID, Agreement: agreement}
	default:
		t.Fatalf("unknown command %s", s.Command)
		return nil
	}
}

func (w *world) query(method string, request, response proto.Message) uint32 {
	w.t.Helper()
	raw, err := proto.Marshal(request)
	require.NoError(w.t, err)
	answer, err := w.app.Query(w.chain.GetContext(), &abci.RequestQuery{Path: "/interledger.settlement.chain.v1.Query/" + method, Data: raw})
	require.NoError(w.t, err)
	require.NoError(w.t, proto.Unmarshal(answer.Value, response))
	return answer.Code
}

func (w *world) head() []byte {
	w.t.Helper()
	var response settlementtypes.QueryHeadResponse
	require.Zero(w.t, w.query("Head", &settlementtypes.QueryHeadRequest{}, &response))
	return response.HeadHash
}

func (w *world) status(clientID string) exported.Status {
	return w.app.IBCKeeper.ClientKeeper.GetClientStatus(w.chain.GetContext(), clientID)
}

// codesIn reads the codes of an acknowledgement, which are the last words of each answer.
func codesIn(acknowledgement []byte) []int {
	const headWords, answerWords, word = 2, 5, 32
	var codes []int
	for at := headWords * word; at < len(acknowledgement); at += answerWords * word {
		last := acknowledgement[at+answerWords*word-2:]
		codes = append(codes, int(last[0])<<8|int(last[1]))
	}
	return codes
}

func TestFactsOfAnEVMLedgerBecomeLiabilities(t *testing.T) {
	w := newWorld(t)
	w.setUp()
	first := w.Headers[0]
	w.mustSend(w.updateWith("Header", first.Message))
	for _, packet := range w.Packets {
		before := w.head()
		result := w.mustSend(w.receive(packet))
		raw, err := ibctesting.ParseAckV2FromEvents(result.Events)
		require.NoError(t, err)
		var acknowledgement channeltypesv2.Acknowledgement
		require.NoError(t, proto.Unmarshal(raw, &acknowledgement))
		written := acknowledgement.AppAcknowledgements[0]
		if packet.Codes == nil {
			require.Equal(t, channeltypesv2.ErrorAcknowledgement[:], written, "packet %d", packet.Sequence)
			require.Equal(t, before, w.head())
			continue
		}
		require.Equal(t, packet.Codes, codesIn(written), "packet %d", packet.Sequence)
	}
	var list settlementv1.ListLiabilitiesResponse
	require.Zero(t, w.query("Liabilities", &settlementv1.ListLiabilitiesRequest{}, &list))
	require.Len(t, list.Liabilities, 3)
	trip := list.Liabilities[0]
	require.Equal(t, []string{"1190", "1000", "190"}, []string{trip.Amount, trip.Open, trip.Credited})
	require.Equal(t, w.ClientID, trip.Origin.ClientId)
	require.Len(t, trip.Origin.Transaction, 64)

	var one settlementv1.Liability
	require.Zero(t, w.query("Liability", &settlementv1.GetLiabilityRequest{
		Key: &settlementv1.GetLiabilityRequest_FactId{FactId: trip.FactId},
	}, &one))
	require.Equal(t, trip.String(), one.String())
	require.NotZero(t, w.query("Liability", &settlementv1.GetLiabilityRequest{
		Key: &settlementv1.GetLiabilityRequest_LiabilityId{LiabilityId: make([]byte, 32)},
	}, &one))
	var positions settlementv1.ListPositionsResponse
	require.Zero(t, w.query("Positions", &settlementv1.ListPositionsRequest{}, &positions))
	require.Len(t, positions.Positions, 2)
}

func TestAReceivedPacketIsNotReceivedTwice(t *testing.T) {
	w := newWorld(t)
	w.setUp()
	w.mustSend(w.updateWith("Header", w.Headers[0].Message))
	w.mustSend(w.receive(w.Packets[0]))
	head := w.head()
	_, err := w.chain.SendMsgs(w.receive(w.Packets[0]))
	require.NoError(t, err)
	require.Equal(t, head, w.head())
}

func TestAPacketWithoutItsProofIsRefused(t *testing.T) {
	w := newWorld(t)
	w.setUp()
	_, err := w.chain.SendMsgs(w.receive(w.Packets[0]))
	require.ErrorContains(t, err, string(poaevm.UnknownHeight))
	w.mustSend(w.updateWith("Header", w.Headers[0].Message))
	swapped := w.Packets[0]
	swapped.Proof = w.Packets[1].Proof
	_, err = w.chain.SendMsgs(w.receive(swapped))
	require.ErrorContains(t, err, string(poaevm.NodeHash))
	changed := w.Packets[0]
	changed.Value = append(hexBytes{}, changed.Value...)
	changed.Value[len(changed.Value)-1] ^= 1
	_, err = w.chain.SendMsgs(w.receive(changed))
	require.ErrorContains(t, err, string(poaevm.ProofValue))
}

func TestNobodySendsInTheNameOfTheApplication(t *testing.T) {
	w := newWorld(t)
	w.mustSend(w.updateWith("Header", w.Headers[0].Message))
	_, err := w.chain.SendMsgs(channeltypesv2.NewMsgSendPacket(
		w.ClientID, w.Packets[0].TimeoutTimestamp, w.sender(),
		channeltypesv2.NewPayload(facts.Port, facts.Port, facts.Version, facts.Encoding, w.Packets[0].Value),
	))
	require.ErrorContains(t, err, "sends no packets")
}

func TestOnlyOperatorsSendCommands(t *testing.T) {
	w := newWorld(t)
	step := w.SetUp[0]
	_, err := w.chain.SendMsgs(step.message(t, w.sender()))
	require.ErrorContains(t, err, "no operator")
	_, err = w.chain.SendMsgs(&settlementtypes.MsgSetOperators{Authority: w.sender(), Operators: []string{w.sender()}})
	require.ErrorContains(t, err, "authority")
	w.setUp()
	other := w.chain.SenderAccounts[1]
	_, err = w.chain.SendMsgsWithSender(other, step.message(t, w.sender()))
	require.Error(t, err, "a signature of another account than the operator's")
}

func TestMalformedCommandsAreRefused(t *testing.T) {
	w := newWorld(t)
	w.setUp()
	head := w.head()
	for name, change := range map[string]func(party *settlementtypes.MsgRegisterParty, agreement *settlementtypes.MsgRecordAgreement){
		"no party": func(p *settlementtypes.MsgRegisterParty, _ *settlementtypes.MsgRecordAgreement) { p.Party = nil },
		"party id of 31 bytes": func(p *settlementtypes.MsgRegisterParty, _ *settlementtypes.MsgRecordAgreement) {
			p.Party.PartyId = p.Party.PartyId[1:]
		},
		"operator in no form": func(p *settlementtypes.MsgRegisterParty, _ *settlementtypes.MsgRecordAgreement) {
			p.Operator = "cosmos1"
		},
		"no request id": func(p *settlementtypes.MsgRegisterParty, _ *settlementtypes.MsgRecordAgreement) { p.RequestId = "" },
		"no agreement":  func(_ *settlementtypes.MsgRegisterParty, a *settlementtypes.MsgRecordAgreement) { a.Agreement = nil },
		"debtor of 33 bytes": func(_ *settlementtypes.MsgRegisterParty, a *settlementtypes.MsgRecordAgreement) {
			a.Agreement.Debtor = append(a.Agreement.Debtor, 0)
		},
		"negative limit": func(_ *settlementtypes.MsgRegisterParty, a *settlementtypes.MsgRecordAgreement) {
			a.Agreement.Currencies[0].OpenLimit = "-1"
		},
		"limit with a zero": func(_ *settlementtypes.MsgRegisterParty, a *settlementtypes.MsgRecordAgreement) {
			a.Agreement.Currencies[0].OpenLimit = "01"
		},
		"limit in another base": func(_ *settlementtypes.MsgRegisterParty, a *settlementtypes.MsgRecordAgreement) {
			a.Agreement.Currencies[0].OpenLimit = "0x10"
		},
		"limit with a point": func(_ *settlementtypes.MsgRegisterParty, a *settlementtypes.MsgRecordAgreement) {
			a.Agreement.Currencies[0].OpenLimit = "1.5"
		},
	} {
		t.Run(name, func(t *testing.T) {
			party, ok := w.SetUp[0].message(t, w.sender()).(*settlementtypes.MsgRegisterParty)
			require.True(t, ok)
			agreement, ok := w.SetUp[3].message(t, w.sender()).(*settlementtypes.MsgRecordAgreement)
			require.True(t, ok)
			ctx := w.chain.GetContext()
			_, err := w.app.SettlementKeeper.RegisterParty(ctx, party)
			require.NoError(t, err)
			_, err = w.app.SettlementKeeper.RecordAgreement(ctx, agreement)
			require.NoError(t, err)
			change(party, agreement)
			_, partyErr := w.app.SettlementKeeper.RegisterParty(ctx, party)
			_, agreementErr := w.app.SettlementKeeper.RecordAgreement(ctx, agreement)
			require.NotEqual(t, partyErr == nil, agreementErr == nil)
			require.Equal(t, head, w.head())
		})
	}
}

func TestEvidenceFreezesAndTheAuthorityRecovers(t *testing.T) {
	w := newWorld(t)
	w.mustSend(w.updateWith("Header", w.Headers[0].Message))
	w.mustSend(w.updateWith("Misbehaviour", w.Misbehaviour))
	require.Equal(t, exported.Frozen, w.status(w.ClientID))
	_, err := w.chain.SendMsgs(w.receive(w.Packets[0]))
	require.ErrorContains(t, err, "Frozen")
	_, err = w.chain.SendMsgs(w.updateWith("Header", w.Headers[0].Message))
	require.ErrorContains(t, err, "Frozen")

	w.goTo(w.Headers[2].TimeSeconds)
	substitute := w.createClient(w.SubstituteClientState, w.SubstituteConsensusState)
	recovery := clienttypes.NewMsgRecoverClient(w.sender(), w.ClientID, substitute)
	_, err = w.chain.SendMsgs(recovery)
	require.Error(t, err, "an account that is not the chain's authority")
	recovery.Signer = app.Authority()
	_, err = w.app.IBCKeeper.RecoverClient(w.chain.GetContext(), recovery)
	require.NoError(t, err)
	w.chain.NextBlock()
	require.Equal(t, exported.Active, w.status(w.ClientID))
	_, found := w.app.IBCKeeper.ClientKeeper.GetClientConsensusState(w.chain.GetContext(), w.ClientID, clienttypes.NewHeight(0, 11))
	require.False(t, found, "what was learnt before the recovery is not trusted any more")
}

func TestAClientExpiresUnlessItIsUpdatedAndForgetsWhatIsTooOld(t *testing.T) {
	w := newWorld(t)
	has := func(height uint64) bool {
		_, found := w.app.IBCKeeper.ClientKeeper.GetClientConsensusState(w.chain.GetContext(), w.ClientID, clienttypes.NewHeight(0, height))
		return found
	}
	for i, header := range w.Headers {
		if i > 0 {
			w.goTo(header.TimeSeconds)
		}
		w.mustSend(w.updateWith("Header", header.Message))
		w.mustSend(w.updateWith("Header", header.Message))
		require.True(t, has(header.Height))
	}
	require.False(t, has(10))
	require.False(t, has(11))
	require.True(t, has(20_000))
	w.goTo(w.Headers[2].TimeSeconds + 86_400)
	require.Equal(t, exported.Expired, w.status(w.ClientID))
	_, err := w.chain.SendMsgs(w.updateWith("Header", w.Headers[2].Message))
	require.ErrorContains(t, err, "Expired")
}

func TestAnExportedChainGoesOn(t *testing.T) {
	w := newWorld(t)
	w.setUp()
	w.mustSend(w.updateWith("Header", w.Headers[0].Message))
	w.mustSend(w.receive(w.Packets[0]))
	head := w.head()
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
	require.Equal(t, exported.Active, again.IBCKeeper.ClientKeeper.GetClientStatus(ctx, w.ClientID))
	outcome, err := again.IBCKeeper.ClientKeeper.Route(ctx, w.ClientID)
	require.NoError(t, err)
	var header poaevm.Header
	require.NoError(t, proto.Unmarshal(w.Headers[0].Message, &header))
	require.NoError(t, outcome.VerifyClientMessage(ctx.WithChainID(w.ChainID), w.ClientID, &header))
}
