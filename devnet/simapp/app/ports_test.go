package app_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	errorsmod "cosmossdk.io/errors"

	sdk "github.com/cosmos/cosmos-sdk/types"

	channeltypesv2 "github.com/cosmos/ibc-go/v11/modules/core/04-channel/v2/types"

	settlementv1 "interledger.example/cosmos/wire/settlementv1"
	"interledger.example/cosmos/x/settlement/facts"
	"interledger.example/cosmos/x/settlement/keeper"
	settlementtypes "interledger.example/cosmos/x/settlement/types"
)

// The attackers: an application that a stranger registered on another port of the same ledger, and an operator who would rebind a
// port while packets flow.

const namedPort, addressPort = "facts-7", "0xc0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0"

// taken says whether the application takes a packet of the story from that port. Core IBC has proven where it comes from.
func (w *world) taken(ctx sdk.Context, packet storyPacket, port string) bool {
	payload := channeltypesv2.NewPayload(port, facts.Port, packet.Version, facts.Encoding, packet.Value)
	branch, write := ctx.CacheContext()
	result := keeper.NewIBCModule(w.app.SettlementKeeper).OnRecvPacket(
		branch, w.CounterpartyClientID, w.ClientID, packet.Sequence, payload, nil)
	if result.Status == channeltypesv2.PacketStatus_Success {
		write()
	}
	return result.Status == channeltypesv2.PacketStatus_Success
}

func (w *world) bindPort(ctx sdk.Context, clientID, port string) error {
	_, err := w.app.SettlementKeeper.BindPort(ctx, &settlementtypes.MsgBindPort{Operator: w.sender(), ClientId: clientID, Port: port})
	return err
}

func TestFactsComeFromTheBoundPortAndTheirNewsGoThere(t *testing.T) {
	for _, port := range []string{namedPort, addressPort} {
		t.Run(port, func(t *testing.T) {
			w := newWorld(t)
			w.setUp()
			w.mustSend(w.updateWith("Header", w.Headers[0].Message))
			w.mustSend(&settlementtypes.MsgBindPort{Operator: w.sender(), ClientId: w.ClientID, Port: port})
			var bound settlementtypes.QueryBoundPortResponse
			require.Zero(t, w.query("BoundPort", &settlementtypes.QueryBoundPortRequest{ClientId: w.ClientID}, &bound))
			require.Equal(t, settlementtypes.QueryBoundPortResponse{Port: port, IsBound: true}, bound)

			ctx, settlement := w.chain.GetContext(), w.app.SettlementKeeper
			for _, stranger := range []string{facts.Port, "facts-8", "0xc1c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0"} {
				before, err := settlement.ExportGenesis(ctx)
				require.NoError(t, err)
				require.False(t, w.taken(ctx, w.Packets[0], stranger), stranger)
				after, err := settlement.ExportGenesis(ctx)
				require.NoError(t, err)
				require.Equal(t, before, after)
			}
			require.True(t, w.taken(ctx, w.Packets[0], port))

			data, err := facts.DecodePacketData(w.Packets[0].Value)
			require.NoError(t, err)
			w.dispute(ctx, data)
			ctx = ctx.WithEventManager(sdk.NewEventManager())
			require.NoError(t, settlement.EndBlock(ctx))
			sent, err := packetsIn(ctx.EventManager().ABCIEvents())
			require.NoError(t, err)
			require.Len(t, sent, 1)
			news := sent[0].Payloads[0]
			require.Equal(t, []string{facts.Port, port}, []string{news.SourcePort, news.DestinationPort})

			// Its answer is taken, and one to a packet that another port would have got is not.
			module := keeper.NewIBCModule(settlement)
			answer := channeltypesv2.ErrorAcknowledgement[:]
			require.NoError(t, module.OnAcknowledgementPacket(ctx, w.ClientID, w.CounterpartyClientID, 1, answer, news, nil))
			news.DestinationPort = "facts-8"
			require.ErrorIs(t, module.OnTimeoutPacket(ctx, w.ClientID, w.CounterpartyClientID, 1, news, nil), keeper.ErrSendsNewsOnly)
		})
	}
}

func TestAPortIsNotReboundWhilePacketsFlow(t *testing.T) {
	w := newWorld(t)
	w.setUp()
	ctx := w.chain.GetContext()
	require.NoError(t, w.bindPort(ctx, w.ClientID, namedPort))
	require.NoError(t, w.bindPort(ctx, w.ClientID, namedPort), "a repeat")
	require.True(t, w.taken(ctx, w.Packets[0], namedPort))
	err := w.bindPort(ctx, w.ClientID, "facts-8")
	require.ErrorContains(t, err, "is bound to port facts-7 for good; open another channel for port facts-8")
	require.True(t, w.taken(ctx, w.Packets[6], namedPort))

	// Trust may end and begin again; the port stays.
	operator, settlement := w.sender(), w.app.SettlementKeeper
	_, err = settlement.DistrustClient(ctx, &settlementtypes.MsgDistrustClient{Operator: operator, ClientId: w.ClientID})
	require.NoError(t, err)
	_, err = settlement.TrustClient(ctx, &settlementtypes.MsgTrustClient{Operator: operator, ClientId: w.ClientID})
	require.NoError(t, err)
	require.Error(t, w.bindPort(ctx, w.ClientID, "facts-8"))
}

func TestTheFirstFactsBindAClientWithoutAPort(t *testing.T) {
	w := newWorld(t)
	w.setUp()
	ctx := w.chain.GetContext()
	require.False(t, w.taken(ctx, w.Packets[0], namedPort))
	require.True(t, w.taken(ctx, w.Packets[0], facts.Port))
	require.Error(t, w.bindPort(ctx, w.ClientID, namedPort))
}

func TestWhoMayBindWhatToAPort(t *testing.T) {
	w := newWorld(t)
	w.setUp()
	for name, try := range map[string]struct {
		message settlementtypes.MsgBindPort
		refusal []any
	}{
		"a stranger":         {settlementtypes.MsgBindPort{Operator: w.account(strangerAccount), ClientId: w.ClientID, Port: namedPort}, []any{"sdk", uint32(4)}},
		"no client":          {settlementtypes.MsgBindPort{Operator: w.sender(), ClientId: "poa-evm-9", Port: namedPort}, []any{"settlement", uint32(9)}},
		"a short port":       {settlementtypes.MsgBindPort{Operator: w.sender(), ClientId: w.ClientID, Port: "x"}, []any{"settlement", uint32(3)}},
		"a port with spaces": {settlementtypes.MsgBindPort{Operator: w.sender(), ClientId: w.ClientID, Port: "a b"}, []any{"settlement", uint32(3)}},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, _ := w.chain.GetContext().CacheContext()
			_, err := w.app.SettlementKeeper.BindPort(ctx, &try.message)
			codespace, code, _ := errorsmod.ABCIInfo(err, true)
			require.Equal(t, try.refusal, []any{codespace, code}, "%v", err)
		})
	}
}

func TestPortsOutliveAChain(t *testing.T) {
	w := newWorld(t)
	w.setUp()
	ctx := w.chain.GetContext()
	require.NoError(t, w.bindPort(ctx, w.ClientID, namedPort))
	genesis, err := w.app.SettlementKeeper.ExportGenesis(ctx)
	require.NoError(t, err)
	require.Equal(t, []*settlementtypes.ClientPort{{ClientId: w.ClientID, Port: namedPort}}, genesis.ClientPorts)
	again := newWorld(t)
	ctx = again.chain.GetContext()
	require.NoError(t, again.app.SettlementKeeper.InitGenesis(ctx, genesis))
	require.True(t, again.taken(ctx, again.Packets[0], namedPort))
	require.False(t, again.taken(ctx, again.Packets[6], facts.Port))

	for _, port := range []string{"", "x", "a b"} {
		genesis.ClientPorts = []*settlementtypes.ClientPort{{ClientId: w.ClientID, Port: port}}
		require.ErrorContains(t, genesis.Validate(), "port of client")
	}
	genesis.ClientPorts = []*settlementtypes.ClientPort{{ClientId: w.ClientID, Port: namedPort}, {ClientId: w.ClientID, Port: "facts-8"}}
	again = newWorld(t)
	require.ErrorContains(t, again.app.SettlementKeeper.InitGenesis(again.chain.GetContext(), genesis), "for good")
}

// dispute opens a dispute about the first fact, by its debtor.
func (w *world) dispute(ctx sdk.Context, data *facts.PacketData) {
	w.t.Helper()
	fact := data.Facts[0]
	_, err := w.app.SettlementKeeper.Execute(ctx, &settlementtypes.MsgExecute{Sender: w.sender(), Command: &settlementv1.Command{
		RequestId: "dispute", Actor: fact.Debtor[:],
		Command: &settlementv1.Command_OpenDispute{OpenDispute: &settlementv1.OpenDispute{
			DisputeId: "D-1", FactId: fact.FactID[:], Amount: "1", Reason: "too long",
			DeadlineSeconds: uint64(ctx.BlockTime().Unix()) + 600,
		}},
	}})
	require.NoError(w.t, err)
}
