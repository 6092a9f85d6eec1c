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

var _ types.MsgServer = Keeper{}

// EventTypeCommandExecuted has AttributeSequence and AttributeHeadHash of the command's first entry in the log.
// EventTypeDeadlinesEnded counts the payments, disputes and cycles that a block ended because their time had passed.
const (
	EventTypeCommandExecuted = "command_executed"
	EventTypeDeadlinesEnded  = "deadlines_ended"
)

// Attributes of these events. The actor is empty for an operator.
const (
	AttributeRequestID = "request_id"
	AttributeActor     = "actor"
	AttributeCount     = "count"
)

// Execute runs one command at the time of the block. A repeated request gets the first result.
func (k Keeper) Execute(ctx context.Context, msg *types.MsgExecute) (*types.MsgExecuteResponse, error) {
	sender, err := k.account("sender", msg.Sender)
	if err != nil {
		return nil, err
	}
	actor := msg.Command.GetActor()
	if !k.mayActFor(ctx, sender, actor) {
		return nil, errorsmod.Wrapf(sdkerrors.ErrUnauthorized,
			"%s acts neither as an operator nor for party %x; an operator binds accounts to parties", msg.Sender, actor)
	}
	if err := k.checkRevocation(msg.Command); err != nil {
		return nil, err
	}
	head, err := k.book(ctx).Execute(msg.Command, blockSeconds(ctx))
	if err != nil {
		return nil, err
	}
	emit(ctx, EventTypeCommandExecuted,
		sdk.NewAttribute(AttributeRequestID, msg.Command.RequestId),
		sdk.NewAttribute(AttributeActor, hexed(actor)),
		sdk.NewAttribute(AttributeSequence, strconv.FormatUint(head.Sequence, 10)),
		sdk.NewAttribute(AttributeHeadHash, hexed(head.Hash[:])),
	)
	return &types.MsgExecuteResponse{Head: head.Message()}, nil
}

// BeginBlock ends what has passed its deadline, as every settlement ledger does ahead of a block's transactions. What it does in
// one block is bounded; the rest follows in the next ones.
func (k Keeper) BeginBlock(ctx context.Context) error {
	if ended := k.book(ctx).EndDeadlines(blockSeconds(ctx), ledger.MaximumEnded); ended > 0 {
		emit(ctx, EventTypeDeadlinesEnded, sdk.NewAttribute(AttributeCount, strconv.Itoa(ended)))
	}
	return nil
}

// EndBlock queues and sends the news of the block, as much as one block may carry.
func (k Keeper) EndBlock(ctx context.Context) error {
	k.queueNews(ctx)
	k.sendQueued(ctx)
	return nil
}

// blockSeconds is the time of the block that is being made, in Unix seconds; a chain's time is never before 1970.
func blockSeconds(ctx context.Context) uint64 {
	return uint64(sdk.UnwrapSDKContext(ctx).BlockTime().Unix())
}
