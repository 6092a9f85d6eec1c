package keeper

import (
	"context"
	"fmt"
	"math/big"
	"strconv"

	errorsmod "cosmossdk.io/errors"

	sdk "github.com/cosmos/cosmos-sdk/types"

	clientv2types "github.com/cosmos/ibc-go/v11/modules/core/02-client/v2/types"

	"interledger.example/cosmos/light-clients/poaevm"
	settlementv1 "interledger.example/cosmos/wire/settlementv1"
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
	// gasPerTrieNode pays for the hash over a node of a proof, which has 532 bytes at most, and for reading it.
	gasPerTrieNode = 100
)

// FirstBlock knows the hash of the first block of this chain, which no other chain has. poaevm.HostBlock is one.
type FirstBlock interface {
	// Hash has 32 bytes, or none before the first block.
	Hash(ctx context.Context) ([]byte, error)
}

// ContractClients are light clients that prove what contracts of the ledgers that they follow store. poaevm.LightClientModule is one.
type ContractClients interface {
	ContractStorage(
		ctx sdk.Context, clientID string, height uint64, contract []byte, accountProof [][]byte,
	) (poaevm.ContractStorage, error)
}

// CounterpartyKeeper knows which client of another ledger each client is paired with. Core IBC's client keeper of v2 is one.
type CounterpartyKeeper interface {
	GetClientCounterparty(ctx sdk.Context, clientID string) (clientv2types.CounterpartyInfo, bool)
}

// RecordFacts makes liabilities of facts whose issuer signed them for this chain, or whose contract's state is proven. Whoever sends them pays and has no part in it.
func (k Keeper) RecordFacts(ctx context.Context, msg *types.MsgRecordFacts) (*types.MsgRecordFactsResponse, error) {
	if err := msg.ValidateBasic(); err != nil {
		return nil, err
	}
	record := k.recordSigned
	if msg.Request.GetFactProof() != nil {
		record = k.recordProven
	}
	answers, err := record(sdk.UnwrapSDKContext(ctx), msg.Request)
	if err != nil {
		return nil, err
	}
	emit(ctx, EventTypeFactsRecorded, counted(answers)...)
	return &types.MsgRecordFactsResponse{Answers: ledger.AnswerMessages(answers)}, nil
}

func (k Keeper) recordSigned(ctx sdk.Context, request *settlementv1.RecordFactsRequest) ([]facts.Answer, error) {
	count := uint64(len(request.GetSignedFacts().GetFacts()))
	ctx.GasMeter().ConsumeGas(gasPerSignature+gasPerSignedFact*count, "signed facts")
	identity, err := k.identity(ctx)
	if err != nil {
		return nil, err
	}
	return k.book(ctx).Record(request, ledger.Signing{
		Ledger: identity, Height: uint64(ctx.BlockHeight()), Transaction: transactionHash(ctx),
	}, blockSeconds(ctx))
}

func (k Keeper) recordProven(ctx sdk.Context, request *settlementv1.RecordFactsRequest) ([]facts.Answer, error) {
	proof := request.GetFactProof()
	ctx.GasMeter().ConsumeGas(gasPerSignedFact*uint64(len(proof.Facts))+gasPerTrieNode*steps(proof), "proven facts")
	return k.book(ctx).RecordProven(request, ledger.Proving{
		LedgerID: ctx.ChainID(), Height: uint64(ctx.BlockHeight()), Transaction: transactionHash(ctx),
		Client: func(clientID string) (ledger.ContractLedgerClient, error) {
			return k.contractLedgerClient(ctx, clientID)
		},
	}, blockSeconds(ctx))
}

// steps are the nodes that all paths of a request name; each is hashed and read.
func steps(proof *settlementv1.FactProof) uint64 {
	count := len(proof.Account.GetNodes()) + len(proof.LedgerCount.GetNodes())
	for _, each := range proof.Ledgers {
		count += len(each.Client.GetNodes())
		for _, part := range each.LedgerId {
			count += len(part.GetNodes())
		}
	}
	for _, each := range proof.Facts {
		count += len(each.FactHash.GetNodes()) + len(each.Record.GetNodes())
	}
	return uint64(count)
}

// contractLedgerClient is a client that an operator trusts, with what it proves of contracts.
func (k Keeper) contractLedgerClient(ctx sdk.Context, clientID string) (ledger.ContractLedgerClient, error) {
	state, found := k.clients.GetClientState(ctx, clientID)
	if !found {
		return ledger.ContractLedgerClient{}, fmt.Errorf("there is no client %s", clientID)
	}
	follower, ok := state.(chainFollower)
	if !ok || state.ClientType() != poaevm.ModuleName {
		return ledger.ContractLedgerClient{}, fmt.Errorf("client %s follows no ledger with contracts", clientID)
	}
	if err := k.RequireTrust(ctx, clientID, follower.FollowedChainID()); err != nil {
		return ledger.ContractLedgerClient{}, err
	}
	chainID, ok := new(big.Int).SetString(follower.FollowedChainID(), 10)
	if !ok {
		return ledger.ContractLedgerClient{}, fmt.Errorf("client %s follows no ledger with contracts", clientID)
	}
	counterparty, _ := k.counterparties.GetClientCounterparty(ctx, clientID)
	return ledger.ContractLedgerClient{
		ChainID: chainID, Counterparty: counterparty.ClientId,
		Storage: func(height uint64, contract []byte, accountProof [][]byte) (ledger.Storage, error) {
			return k.contracts.ContractStorage(ctx, clientID, height, contract, accountProof)
		},
	}, nil
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
