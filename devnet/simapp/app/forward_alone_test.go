package app_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	sdk "github.com/cosmos/cosmos-sdk/types"

	channeltypesv2 "github.com/cosmos/ibc-go/v11/modules/core/04-channel/v2/types"

	forwardkeeper "interledger.example/cosmos/x/forward/keeper"
	forwardtypes "interledger.example/cosmos/x/forward/types"
	"interledger.example/cosmos/x/settlement/facts"
	"interledger.example/simapp/app"
)

// A hub that does not itself settle knows no trusted clients: the route table says where a chain is, and its authority who may send
// from which port.
func TestAHubAloneTakesFactsOnlyFromWhereTheirNewsGo(t *testing.T) {
	s := newStar(t)
	hub := s.hub.app.HubAlone()
	ctx := s.hub.chain.GetContext()
	module := forwardkeeper.NewIBCModule(hub, nil)
	in, out := s.in.EndpointB.ClientID, s.out.EndpointA.ClientID
	sequence := uint64(0)
	receive := func(port, inClient string, data *facts.PacketData) channeltypesv2.PacketStatus {
		sequence++
		payload := channeltypesv2.NewPayload(port, facts.Port, facts.Version, facts.Encoding, facts.EncodePacketData(data))
		branch, write := ctx.CacheContext()
		result := module.OnRecvPacket(branch, "07-tendermint-0", inClient, sequence, payload, nil)
		if result.Status == channeltypesv2.PacketStatus_Async {
			write()
			s.hub.app.IBCKeeper.ChannelKeeperV2.SetPacketReceipt(ctx, inClient, sequence)
			s.hub.app.IBCKeeper.ChannelKeeperV2.SetAsyncPacket(ctx, inClient, sequence, channeltypesv2.NewPacket(
				sequence, "07-tendermint-0", inClient, s.now()+anHour, payload))
		}
		return result.Status
	}
	bind := func(operator, clientID, port string) error {
		_, err := hub.BindPort(ctx, &forwardtypes.MsgBindPort{Operator: operator, ClientId: clientID, Port: port})
		return err
	}
	authority := app.Authority()
	require.ErrorContains(t, bind(s.hub.sender(), in, originPort), "neither the chain's authority")
	require.ErrorContains(t, bind(authority, "07-tendermint-9", originPort), "does not exist")
	require.ErrorContains(t, bind(authority, in, "a b"), "a field of the route")
	require.Equal(t, channeltypesv2.PacketStatus_Failure, receive(originPort, in, s.factsFor(0, farID)), "before its port is bound")
	require.NoError(t, bind(authority, in, originPort))
	require.NoError(t, bind(authority, in, originPort), "a repeat")
	require.ErrorContains(t, bind(authority, in, "facts-8"), "for good")

	require.Equal(t, channeltypesv2.PacketStatus_Failure, receive(originPort, in, s.factsFor(0, "")), "it does not settle")
	require.Equal(t, channeltypesv2.PacketStatus_Failure, receive(facts.Port, out, s.factsFor(0, "other-1")), "no news of the chain go there")
	require.Equal(t, channeltypesv2.PacketStatus_Async, receive(originPort, in, s.factsFor(0, farID)))
	ctx = ctx.WithEventManager(sdk.NewEventManager())
	require.NoError(t, hub.EndBlock(ctx))
	sent, err := packetsIn(ctx.EventManager().ABCIEvents())
	require.NoError(t, err)
	require.Len(t, sent, 1)

	genesis := hub.ExportGenesis(ctx)
	require.Equal(t, []*forwardtypes.ClientPort{{ClientId: in, Port: originPort}}, genesis.ClientPorts)
	require.Len(t, genesis.Forwards, 1)
	require.NoError(t, hub.InitGenesis(ctx, genesis))

	// No one else sends in its name, and no answer to what it never sent is taken.
	payload := sent[0].Payloads[0]
	require.ErrorIs(t, module.OnSendPacket(ctx, out, in, 9, payload, s.hub.chain.SenderAccount.GetAddress()), forwardkeeper.ErrForwardsOnly)
	require.ErrorIs(t, module.OnTimeoutPacket(ctx, out, in, 9, payload, nil), forwardkeeper.ErrForwardsOnly)
	require.ErrorIs(t, module.OnAcknowledgementPacket(ctx, out, in, 9, []byte{1}, payload, nil), forwardkeeper.ErrForwardsOnly)
}
