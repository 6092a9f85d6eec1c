package keeper

import (
	"context"
	"strconv"

	errorsmod "cosmossdk.io/errors"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"interledger.example/cosmos/x/settlement/facts"
	"interledger.example/cosmos/x/settlement/ledger"
	"interledger.example/cosmos/x/settlement/types"
)

// EventTypeFactsRecorded counts the answers to facts that came without a packet; the answers themselves are in the response.
const EventTypeFactsRecorded = "facts_recorded"

// Attributes of EventTypeFactsRecorded. AttributeNew counts the facts that are liabilities now and were none before.
const (
	AttributeNew       = "new"
	AttributeDuplicate = "duplicate"
	AttributeRejected  = "rejected"
)

const (
	// gasPerSignature is what the SDK charges for one secp256k1 signature.
	gasPerSignature = 1_000
	// gasPerSignedFact pays for the three hashes and the checks of one fact; what the store reads and writes comes on top.
	gasPerSignedFact = 500
)

// FirstBlock knows the hash of the first block of this chain, which no other chain has. poaevm.HostBlock is one.
type FirstBlock interface {
	// Hash has 32 bytes, or none before the first block.
	Hash(ctx context.Context) ([]byte, error)
}

// RecordFacts makes liabilities of facts whose issuer signed them for this chain. Whoever sends them pays and has no part in it.
func (k Keeper) RecordFacts(ctx context.Context, msg *types.MsgRecordFacts) (*types.MsgRecordFactsResponse, error) {
	if err := msg.ValidateBasic(); err != nil {
		return nil, err
	}
	sdkCtx := sdk.UnwrapSDKContext(ctx)
	count := uint64(len(msg.Request.GetSignedFacts().GetFacts()))
	sdkCtx.GasMeter().ConsumeGas(gasPerSignature+gasPerSignedFact*count, "signed facts")
	identity, err := k.identity(ctx)
	if err != nil {
		return nil, err
	}
	answers, err := k.book(ctx).Record(msg.Request, ledger.Signing{
		Ledger: identity, Height: uint64(sdkCtx.BlockHeight()), Transaction: transactionHash(sdkCtx),
	}, blockSeconds(ctx))
	if err != nil {
		return nil, err
	}
	emit(ctx, EventTypeFactsRecorded, counted(answers)...)
	return &types.MsgRecordFactsResponse{Answers: ledger.AnswerMessages(answers)}, nil
}

// identity is what signatures for this chain bind. The first block is part of no exported genesis: a chain that starts from an
// export is another ledger, for which issuers sign again.
func (k Keeper) identity(ctx context.Context) ([]byte, error) {
	first, err := k.firstBlock.Hash(ctx)
	if err != nil {
		return nil, err
	}
	if len(first) != len(facts.Hash{}) {
		return nil, errorsmod.Wrap(ledger.ErrNotFound, "this chain has not stored the hash of its first block yet, which signatures bind")
	}
	return facts.LedgerIdentity(facts.Hash(first), sdk.UnwrapSDKContext(ctx).ChainID()), nil
}

func counted(answers []facts.Answer) []sdk.Attribute {
	var fresh, duplicate, rejected int
	for _, answer := range answers {
		switch {
		case answer.Status == facts.Rejected:
			rejected++
		case answer.Code == facts.Duplicate:
			duplicate++
		default:
			fresh++
		}
	}
	return []sdk.Attribute{
		sdk.NewAttribute(AttributeNew, strconv.Itoa(fresh)),
		sdk.NewAttribute(AttributeDuplicate, strconv.Itoa(duplicate)),
		sdk.NewAttribute(AttributeRejected, strconv.Itoa(rejected)),
	}
}
