package keeper

import (
	"bytes"
	"encoding/binary"
	"errors"

	errorsmod "cosmossdk.io/errors"

	storetypes "github.com/cosmos/cosmos-sdk/store/v2/types"
	sdk "github.com/cosmos/cosmos-sdk/types"
	sdkaddress "github.com/cosmos/cosmos-sdk/types/address"

	channeltypesv2 "github.com/cosmos/ibc-go/v11/modules/core/04-channel/v2/types"
	ibcapi "github.com/cosmos/ibc-go/v11/modules/core/api"

	"interledger.example/cosmos/x/forward/rules"
	"interledger.example/cosmos/x/forward/types"
	"interledger.example/cosmos/x/settlement/facts"
)

// ErrForwardsOnly refuses packets in the name of a hub that does not itself settle, and answers to what it never sent.
var ErrForwardsOnly = errorsmod.Register(rules.Codespace, 101, "port settlement sends on what it receives and nothing of its own")

// forwardGas is charged with the packet for what is done with it at the end of the block: a packet with at most 64 facts is stored,
// read, sent on and later answered.
const forwardGas = 150_000

// IBCModule is the IBC v2 application on port settlement (ICS-26) of a hub, before the chain's own settlement application.
type IBCModule struct {
	keeper Keeper
	next   ibcapi.IBCModule
}

var _ ibcapi.IBCModule = IBCModule{}

// NewIBCModule is what an app adds to its IBC v2 router under facts.Port. `next` gets what is for this chain itself; nil: this chain
// does not itself settle, and refuses it.
func NewIBCModule(keeper Keeper, next ibcapi.IBCModule) IBCModule {
	return IBCModule{keeper: keeper, next: next}
}

// OnSendPacket lets the hub send, and asks the settlement application about everybody else.
func (m IBCModule) OnSendPacket(
	ctx sdk.Context, sourceClient, destinationClient string, sequence uint64, payload channeltypesv2.Payload, signer sdk.AccAddress,
) error {
	switch {
	case bytes.Equal(signer, sdkaddress.Module(types.ModuleName)):
		return nil
	case m.next != nil:
		return m.next.OnSendPacket(ctx, sourceClient, destinationClient, sequence, payload, signer)
	default:
		return ErrForwardsOnly
	}
}

// OnRecvPacket takes what is for another ledger, which the end of the block sends on or answers: only then does core IBC tell the
// packet's timeout. Its acknowledgement stays open until then.
func (m IBCModule) OnRecvPacket(
	ctx sdk.Context, sourceClient, destinationClient string, sequence uint64, payload channeltypesv2.Payload, relayer sdk.AccAddress,
) channeltypesv2.RecvPacketResult {
	incoming, err := rules.ReadIncoming(payload.Version, payload.Value, destinationClient, 0)
	isElsewhere := err == nil && payload.Encoding == facts.Encoding && !incoming.IsFor(ctx.ChainID())
	if m.next != nil && !isElsewhere {
		return m.next.OnRecvPacket(ctx, sourceClient, destinationClient, sequence, payload, relayer)
	}
	switch {
	case err != nil:
	case !isElsewhere:
		err = errors.New("a packet for this ledger, which does not settle; facts name another one as their destination")
	default:
		err = m.keeper.accept(ctx, incoming, payload.SourcePort)
	}
	if err != nil {
		ctx.EventManager().EmitEvent(sdk.NewEvent("forward_refused", sdk.NewAttribute("reason", err.Error())))
		return channeltypesv2.RecvPacketResult{Status: channeltypesv2.PacketStatus_Failure}
	}
	ctx.GasMeter().ConsumeGas(forwardGas, "forwarding")
	m.keeper.await(ctx, destinationClient, sequence)
	return channeltypesv2.RecvPacketResult{Status: channeltypesv2.PacketStatus_Async}
}

// OnTimeoutPacket answers what was sent on and not received in time.
func (m IBCModule) OnTimeoutPacket(
	ctx sdk.Context, sourceClient, destinationClient string, sequence uint64, payload channeltypesv2.Payload, relayer sdk.AccAddress,
) error {
	forward := m.keeper.forward(ctx, sourceClient, sequence)
	switch {
	case forward != nil:
		answer, err := rules.AnswerAll(payload.Version, payload.Value, facts.FarTimeout)
		if err != nil {
			return err
		}
		return m.keeper.finish(ctx, forward, answer)
	case m.next != nil:
		return m.next.OnTimeoutPacket(ctx, sourceClient, destinationClient, sequence, payload, relayer)
	default:
		return ErrForwardsOnly
	}
}

// OnAcknowledgementPacket gives the far ledger's answer back.
func (m IBCModule) OnAcknowledgementPacket(
	ctx sdk.Context, sourceClient, destinationClient string, sequence uint64, acknowledgement []byte, payload channeltypesv2.Payload,
	relayer sdk.AccAddress,
) error {
	forward := m.keeper.forward(ctx, sourceClient, sequence)
	switch {
	case forward != nil:
		answer, err := rules.FarAnswer(payload.Version, payload.Value, acknowledgement)
		if err != nil {
			return err
		}
		return m.keeper.finish(ctx, forward, answer)
	case m.next != nil:
		return m.next.OnAcknowledgementPacket(ctx, sourceClient, destinationClient, sequence, acknowledgement, payload, relayer)
	default:
		return ErrForwardsOnly
	}
}

func (k Keeper) accept(ctx sdk.Context, incoming rules.Incoming, port string) error {
	if err := k.requireTrust(ctx, incoming); err != nil {
		return err
	}
	return k.takePort(ctx, incoming.InClient, port)
}

// await keeps a packet for the end of the block, in the order in which packets come.
func (k Keeper) await(ctx sdk.Context, inClient string, inSequence uint64) {
	store, number := k.store(ctx), uint64(0)
	last := store.ReverseIterator([]byte{waitingPrefix}, storetypes.PrefixEndBytes([]byte{waitingPrefix}))
	if last.Valid() {
		number = binary.BigEndian.Uint64(last.Key()[1:]) + 1
	}
	last.Close()
	store.Set(waitingKey(number), packetKey(nil, inClient, inSequence))
}

func waitingKey(number uint64) []byte {
	return binary.BigEndian.AppendUint64(append(make([]byte, 0, numberBytes+1), waitingPrefix), number)
}
