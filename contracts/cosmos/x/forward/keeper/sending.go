package keeper

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"

	sdk "github.com/cosmos/cosmos-sdk/types"

	channeltypesv2 "github.com/cosmos/ibc-go/v11/modules/core/04-channel/v2/types"

	wire "interledger.example/cosmos/wire/forwardv1"
	"interledger.example/cosmos/x/forward/rules"
	"interledger.example/cosmos/x/settlement/facts"
)

// Events of a forward's life, and their attributes. The clients and sequences are those of this chain.
const (
	EventTypeForwarded       = "packet_forwarded"
	EventTypeForwardAnswered = "forward_answered"

	AttributeDestination = "destination"
	AttributeInClient    = "in_client"
	AttributeInSequence  = "in_sequence"
	AttributeOutClient   = "out_client"
	AttributeOutSequence = "out_sequence"
	AttributeCode        = "code"
)

// EndBlock sends on what the block received, or answers it, in the order in which it came.
func (k Keeper) EndBlock(ctx context.Context) error {
	var received, names [][]byte
	store := k.store(ctx)
	eachRecord(store, []byte{waitingPrefix}, func(key, name []byte) bool {
		received, names = append(received, bytes.Clone(key)), append(names, bytes.Clone(name))
		return true
	})
	for i, name := range names {
		store.Delete(received[i])
		if err := k.sendOn(sdk.UnwrapSDKContext(ctx), name); err != nil {
			panic(fmt.Errorf("forward: a received packet can be neither sent on nor answered: %w", err))
		}
	}
	return nil
}

// sendOn does what the rules say with the packet that was received under that name. Only a damaged store makes it fail.
func (k Keeper) sendOn(ctx sdk.Context, name []byte) error {
	slash := bytes.IndexByte(name, separator)
	inClient, inSequence := string(name[:slash]), binary.BigEndian.Uint64(name[slash+1:])
	packet, found := k.ibc.Channels.GetAsyncPacket(ctx, inClient, inSequence)
	if !found {
		return fmt.Errorf("core IBC has no packet %s/%d", inClient, inSequence)
	}
	payload := packet.Payloads[0]
	incoming, err := rules.ReadIncoming(payload.Version, payload.Value, inClient, packet.TimeoutTimestamp)
	if err != nil {
		return err
	}
	var code facts.Code
	switch outcome := rules.Decide(k.state(ctx), incoming, ctx.ChainID(), blockSeconds(ctx)).(type) {
	case rules.SendOn:
		err := k.send(ctx, packet, outcome)
		if err == nil {
			return nil
		}
		code = codeOf(err)
	case rules.AnswerNow:
		code = outcome.Code
	default:
		return fmt.Errorf("packet %s/%d was taken for another ledger and is for this one", inClient, inSequence)
	}
	answer, err := rules.AnswerAll(payload.Version, payload.Value, code)
	if err != nil {
		return err
	}
	ctx.EventManager().EmitEvent(sdk.NewEvent(EventTypeForwardAnswered, append(
		incomingAttributes(incoming.Destination, inClient, inSequence),
		sdk.NewAttribute(AttributeCode, strconv.Itoa(int(code))))...))
	return k.ibc.Channels.WriteAcknowledgement(ctx, inClient, inSequence, channeltypesv2.NewAcknowledgement(answer))
}

// send asks core IBC, which may refuse what the rules cannot see, such as a next ledger whose clock is ahead.
func (k Keeper) send(ctx sdk.Context, packet channeltypesv2.Packet, how rules.SendOn) error {
	received := packet.Payloads[0]
	payload := channeltypesv2.NewPayload(
		facts.Port, k.portOf(ctx, how.Route.ClientId), received.Version, received.Encoding, received.Value)
	attempt, write := ctx.CacheContext()
	response, err := k.ibc.Channels.SendPacket(attempt, channeltypesv2.NewMsgSendPacket(how.Route.ClientId, how.Timeout, k.self, payload))
	if err != nil {
		return err
	}
	write()
	k.open(ctx, &wire.Forward{
		InClient: packet.DestinationClient, InSequence: packet.Sequence, OutClient: how.Route.ClientId, OutSequence: response.Sequence,
		Destination: how.Route.Destination, OriginClient: how.Route.OriginClient,
		InTimeout: packet.TimeoutTimestamp, OutTimeout: how.Timeout,
	})
	ctx.EventManager().EmitEvent(sdk.NewEvent(EventTypeForwarded, append(
		incomingAttributes(how.Route.Destination, packet.DestinationClient, packet.Sequence),
		outgoingAttributes(how.Route.ClientId, response.Sequence)...)...))
	return nil
}

// codeOf a refusal to send: the next ledger's clock is ahead of this one's, or its client cannot be used.
func codeOf(refusal error) facts.Code {
	if errors.Is(refusal, channeltypesv2.ErrTimeoutElapsed) || errors.Is(refusal, channeltypesv2.ErrInvalidTimeout) {
		return facts.NoTimeLeft
	}
	return facts.NoRoute
}

// finish gives an answer back and forgets the forward.
func (k Keeper) finish(ctx sdk.Context, forward *wire.Forward, answer []byte) error {
	k.close(ctx, forward)
	ctx.EventManager().EmitEvent(sdk.NewEvent(EventTypeForwardAnswered, append(
		incomingAttributes(forward.Destination, forward.InClient, forward.InSequence),
		outgoingAttributes(forward.OutClient, forward.OutSequence)...)...))
	return k.ibc.Channels.WriteAcknowledgement(ctx, forward.InClient, forward.InSequence, channeltypesv2.NewAcknowledgement(answer))
}

func incomingAttributes(destination, clientID string, sequence uint64) []sdk.Attribute {
	return []sdk.Attribute{
		sdk.NewAttribute(AttributeDestination, destination),
		sdk.NewAttribute(AttributeInClient, clientID),
		sdk.NewAttribute(AttributeInSequence, strconv.FormatUint(sequence, 10)),
	}
}

func outgoingAttributes(clientID string, sequence uint64) []sdk.Attribute {
	return []sdk.Attribute{
		sdk.NewAttribute(AttributeOutClient, clientID),
		sdk.NewAttribute(AttributeOutSequence, strconv.FormatUint(sequence, 10)),
	}
}
