package app_test

import (
	"context"
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
	storetypes "github.com/cosmos/cosmos-sdk/store/v2/types"
	sdk "github.com/cosmos/cosmos-sdk/types"

	clienttypes "github.com/cosmos/ibc-go/v11/modules/core/02-client/types"
	clientv2types "github.com/cosmos/ibc-go/v11/modules/core/02-client/v2/types"
	channeltypesv2 "github.com/cosmos/ibc-go/v11/modules/core/04-channel/v2/types"
	"github.com/cosmos/ibc-go/v11/modules/core/exported"
	ibctesting "github.com/cosmos/ibc-go/v11/testing"

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
	HostGenesis              hexBytes `json:"host_genesis"`
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
	Misbehaviour       hexBytes `json:"misbehaviour"`
	MisbehaviourHeight uint64   `json:"misbehaviour_height"`
	// Rotation hands over to those who sealed RotatedHeader, the block after Headers[0].
	Rotation      hexBytes `json:"rotation"`
	RotatedHeader hexBytes `json:"rotated_header"`
	// RetiredMisbehaviour is evidence about Headers[0] against those who handed over.
	RetiredMisbehaviour hexBytes      `json:"retired_misbehaviour"`
	SetUp               []setUpStep   `json:"set_up"`
	Packets             []storyPacket `json:"packets"`
	Business            businessStory `json:"business"`
}

// businessStory is what happens to the liabilities of the packets, and what becomes of the news of it.
type businessStory struct {
	Parties map[string]hexBytes `json:"parties"`
	// FirstNews follow from the packets alone.
	FirstNews   []hexBytes     `json:"first_news"`
	Steps       []businessStep `json:"steps"`
	Answers     []newsAnswer   `json:"answers"`
	NotReceived newsAnswer     `json:"not_received"`
	Queries     []storyQuery   `json:"queries"`
}

// storyQuery is what a query answers after that many steps.
type storyQuery struct {
	AfterSteps int      `json:"after_steps"`
	Method     string   `json:"method"`
	Request    hexBytes `json:"request"`
	Response   hexBytes `json:"response"`
}

type businessStep struct {
	Sender   string     `json:"sender"`
	Request  hexBytes   `json:"request"`
	Refusal  uint32     `json:"refusal"`
	Sequence uint64     `json:"sequence"`
	News     []hexBytes `json:"news"`
}

type newsAnswer struct {
	Sequence        uint64   `json:"sequence"`
	Acknowledgement hexBytes `json:"acknowledgement"`
	Proof           hexBytes `json:"proof"`
}

// setUpStep is a command of an operator, and the entries that it leads to in a block of that time.
type setUpStep struct {
	AtSeconds uint64     `json:"at_seconds"`
	Request   hexBytes   `json:"request"`
	Entries   []hexBytes `json:"entries"`
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
	// sent and written are the packets and the acknowledgements of all blocks, in their order.
	sent    []channeltypesv2.Packet
	written []channeltypesv2.Acknowledgement
	// answered are the sequences of those that these tests have answered without the story's proofs.
	answered map[uint64]bool
}

func newWorld(t *testing.T) *world {
	t.Helper()
	// Go remembers results by this, because the file lies outside of the module: see devnet/run_go_tests.py.
	_ = os.Getenv("INTERLEDGER_SHARED_FILES")
	raw, err := os.ReadFile(storyFile)
	require.NoError(t, err)
	w := &world{t: t, answered: map[uint64]bool{}}
	require.NoError(t, json.Unmarshal(raw, &w.story))
	w.coord = &ibctesting.Coordinator{T: t, CurrentTime: time.Unix(w.Headers[0].TimeSeconds, 0).UTC(), Chains: map[string]*ibctesting.TestChain{}}
	w.chain = ibctesting.NewCustomAppTestChain(t, w.coord, w.ChainID, func() (ibctesting.TestingApp, map[string]json.RawMessage) {
		w.app = newApp()
		w.app.SetStreamingManager(storetypes.StreamingManager{ABCIListeners: []storetypes.ABCIListener{w}, StopNodeOnErr: true})
		return w.app, w.app.DefaultGenesis()
	})
	w.coord.Chains[w.ChainID] = w.chain
	require.NoError(t, w.app.HostBlock.Set(w.chain.GetContext(), w.HostGenesis))
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

// ListenFinalizeBlock notes the packets that a block itself sends, and all acknowledgements, as a relayer reads them.
func (w *world) ListenFinalizeBlock(_ context.Context, _ abci.RequestFinalizeBlock, block abci.ResponseFinalizeBlock) error {
	sent, err := packetsIn(block.Events)
	if err != nil {
		return err
	}
	written, err := acknowledgementsIn(eventsOf(block))
	w.sent, w.written = append(w.sent, sent...), append(w.written, written...)
	return err
}

func eventsOf(block abci.ResponseFinalizeBlock) []abci.Event {
	events := block.Events
	for _, result := range block.TxResults {
		events = append(events, result.Events...)
	}
	return events
}

// acknowledgementsIn are those that the events say were written.
func acknowledgementsIn(events []abci.Event) ([]channeltypesv2.Acknowledgement, error) {
	var written []channeltypesv2.Acknowledgement
	for _, event := range events {
		if event.Type != channeltypesv2.EventTypeWriteAck {
			continue
		}
		var acknowledgement channeltypesv2.Acknowledgement
		for _, attribute := range event.Attributes {
			if attribute.Key != channeltypesv2.AttributeKeyEncodedAckHex {
				continue
			}
			raw, err := hex.DecodeString(attribute.Value)
			if err != nil {
				return nil, err
			}
			if err := proto.Unmarshal(raw, &acknowledgement); err != nil {
				return nil, err
			}
		}
		written = append(written, acknowledgement)
	}
	return written, nil
}

// packetsIn are those that the events say were sent.
func packetsIn(events []abci.Event) ([]channeltypesv2.Packet, error) {
	var sent []channeltypesv2.Packet
	for _, event := range events {
		if event.Type != channeltypesv2.EventTypeSendPacket {
			continue
		}
		for _, attribute := range event.Attributes {
			if attribute.Key != channeltypesv2.AttributeKeyEncodedPacketHex {
				continue
			}
			raw, err := hex.DecodeString(attribute.Value)
			if err != nil {
				return nil, err
			}
			var packet channeltypesv2.Packet
			if err := proto.Unmarshal(raw, &packet); err != nil {
				return nil, err
			}
			sent = append(sent, packet)
		}
	}
	return sent, nil
}

// ListenCommit needs nothing.
func (w *world) ListenCommit(context.Context, abci.ResponseCommit, []*storetypes.StoreKVPair) error {
	return nil
}

// setUp registers parties and agreements by ordinary transactions of an operator, who trusts the client.
func (w *world) setUp() {
	w.t.Helper()
	_, err := w.app.SettlementKeeper.SetOperators(w.chain.GetContext(), &settlementtypes.MsgSetOperators{
		Authority: app.Authority(), Operators: []string{w.sender()},
	})
	require.NoError(w.t, err)
	w.chain.NextBlock()
	w.mustSend(&settlementtypes.MsgTrustClient{Operator: w.sender(), ClientId: w.ClientID})
	for _, step := range w.SetUp {
		before := w.sequence()
		result := w.mustSend(&settlementtypes.MsgExecute{Sender: w.sender(), Command: commandOf(w.t, step.Request)})
		var answer settlementtypes.MsgExecuteResponse
		require.NoError(w.t, proto.Unmarshal(answerOf(w.t, result), &answer))
		require.Equal(w.t, w.head(), answer.Head.HeadHash)
		for i, expected := range step.Entries {
			require.Equal(w.t, hex.EncodeToString(expected), hex.EncodeToString(w.entryAt(before+uint64(i)+1, step.AtSeconds)))
		}
	}
}

// entryAt is an entry of the log as it would be in a block of that time.
func (w *world) entryAt(sequence, atSeconds uint64) []byte {
	w.t.Helper()
	var response settlementtypes.QueryLogEntryResponse
	require.Zero(w.t, w.query("LogEntry", &settlementtypes.QueryLogEntryRequest{Sequence: sequence}, &response))
	var entry settlementv1.LogEntry
	require.NoError(w.t, proto.Unmarshal(response.Entry, &entry))
	require.GreaterOrEqual(w.t, entry.AtSeconds, uint64(w.Headers[0].TimeSeconds))
	entry.AtSeconds = atSeconds
	raw, err := proto.Marshal(&entry)
	require.NoError(w.t, err)
	return raw
}

func commandOf(t *testing.T, raw []byte) *settlementv1.Command {
	t.Helper()
	var command settlementv1.Command
	require.NoError(t, proto.Unmarshal(raw, &command))
	return &command
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

func (w *world) logHead() *settlementv1.LogHead {
	w.t.Helper()
	var response settlementtypes.QueryHeadResponse
	require.Zero(w.t, w.query("Head", &settlementtypes.QueryHeadRequest{}, &response))
	return response.Head
}

func (w *world) head() []byte { return w.logHead().HeadHash }

func (w *world) sequence() uint64 { return w.logHead().Sequence }

func (w *world) status(clientID string) exported.Status {
	return w.app.IBCKeeper.ClientKeeper.GetClientStatus(w.chain.GetContext(), clientID)
}
