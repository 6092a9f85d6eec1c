package keeper

import (
	"context"
	"strconv"

	errorsmod "cosmossdk.io/errors"

	sdk "github.com/cosmos/cosmos-sdk/types"
	sdkerrors "github.com/cosmos/cosmos-sdk/types/errors"

	"interledger.example/cosmos/x/settlement/ledger"
	"interledger.example/cosmos/x/settlement/types"
)

// EventTypeCleared is a step of a payment, a dispute, a write-off or a cycle; with AttributeSequence and AttributeHeadHash of
// its first entry in the log. EventTypeDeadlinesEnded tells how many of them a block ended because their time had passed.
const (
	EventTypeCleared        = "settlement_cleared"
	EventTypeDeadlinesEnded = "settlement_deadlines_ended"
)

// Attributes of these events. The actor is empty for an operator.
const (
	AttributeRequestID = "request_id"
	AttributeActor     = "actor"
	AttributeCount     = "count"
)

// Clear runs one step at the time of the block. A repeated request gets the first result.
func (k Keeper) Clear(ctx context.Context, msg *types.MsgClear) (*types.MsgClearResponse, error) {
	sender, err := k.account("sender", msg.Sender)
	if err != nil {
		return nil, err
	}
	actor := msg.Request.GetActor()
	if !k.mayActFor(ctx, sender, actor) {
		return nil, errorsmod.Wrapf(sdkerrors.ErrUnauthorized,
			"%s acts neither as an operator nor for party %x; an operator binds accounts to parties", msg.Sender, actor)
	}
	command, err := ledger.DecodeClearing(msg.Request)
	if err != nil {
		return nil, err
	}
	head, err := k.book(ctx).Clear(command, blockSeconds(ctx))
	if err != nil {
		return nil, err
	}
	emit(ctx, EventTypeCleared,
		sdk.NewAttribute(AttributeRequestID, command.RequestID),
		sdk.NewAttribute(AttributeActor, hexed(actor)),
		sdk.NewAttribute(AttributeSequence, strconv.FormatUint(head.Sequence, 10)),
		sdk.NewAttribute(AttributeHeadHash, hexed(head.Hash[:])),
	)
	return &types.MsgClearResponse{Sequence: head.Sequence, HeadHash: head.Hash[:]}, nil
}

// BeginBlock ends what has passed its deadline, as every settlement ledger does ahead of a block's transactions. What it does in
// one block is bounded; the rest follows in the next ones.
func (k Keeper) BeginBlock(ctx context.Context) error {
	if ended := k.book(ctx).EndDeadlines(blockSeconds(ctx), ledger.MaximumEnded); ended > 0 {
		emit(ctx, EventTypeDeadlinesEnded, sdk.NewAttribute(AttributeCount, strconv.Itoa(ended)))
	}
	return nil
}

// EndBlock queues and sends the news of the block, so much that one block bears it.
func (k Keeper) EndBlock(ctx context.Context) error {
	k.queueNews(ctx)
	k.sendQueued(ctx)
	return nil
}

// blockSeconds is the time of the block that is being made, in Unix seconds; a chain's time never lies before 1970.
func blockSeconds(ctx context.Context) uint64 {
	return uint64(sdk.UnwrapSDKContext(ctx).BlockTime().Unix())
}
