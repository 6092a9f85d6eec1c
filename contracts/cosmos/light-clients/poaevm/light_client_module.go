package poaevm

import (
	"fmt"

	errorsmod "cosmossdk.io/errors"

	"github.com/cosmos/cosmos-sdk/codec"
	sdk "github.com/cosmos/cosmos-sdk/types"

	clienttypes "github.com/cosmos/ibc-go/v11/modules/core/02-client/types"
	commitmenttypes "github.com/cosmos/ibc-go/v11/modules/core/23-commitment/types/v2"
	"github.com/cosmos/ibc-go/v11/modules/core/exported"
)

const (
	// maximumPruned bounds what one update removes; each adds one state at most, so the store shrinks to what is trusted.
	maximumPruned = 4
	// maximumForgotten bounds what a recovery removes. A client that was frozen cannot shrink, so this lies far above what
	// a trusting period of updates leaves.
	maximumForgotten = 1_000_000
	// gasPerSeal is what the SDK charges for one secp256k1 signature, each time that it is checked.
	gasPerSeal = 1_000
)

var _ exported.LightClientModule = LightClientModule{}

// LightClientModule fits the rules of client.go to core IBC (ICS-2). It keeps nothing but its codec and stores.
type LightClientModule struct {
	cdc           codec.BinaryCodec
	storeProvider clienttypes.StoreProvider
	host          HostBlock
}

// NewLightClientModule is what an app registers with clientKeeper.AddRoute under ModuleName.
func NewLightClientModule(cdc codec.BinaryCodec, storeProvider clienttypes.StoreProvider, host HostBlock) LightClientModule {
	return LightClientModule{cdc: cdc, storeProvider: storeProvider, host: host}
}

// Initialize stores a new client's first states.
func (l LightClientModule) Initialize(ctx sdk.Context, clientID string, clientStateBz, consensusStateBz []byte) error {
	client, err := DecodeClientState(clientStateBz)
	if err != nil {
		return err
	}
	consensus, err := DecodeConsensusState(consensusStateBz)
	if err != nil {
		return err
	}
	if err := CheckCreation(client, consensus); err != nil {
		return err
	}
	store := l.store(ctx, clientID)
	store.setClient(client)
	store.set(client.LatestHeight, consensus)
	return nil
}

// VerifyClientMessage refuses a header or evidence that does not convince the client.
func (l LightClientModule) VerifyClientMessage(ctx sdk.Context, clientID string, clientMsg exported.ClientMessage) error {
	_, err := l.check(ctx, clientID, clientMsg)
	return err
}

// CheckForMisbehaviour says whether a verified message shows that the seals contradict each other.
func (l LightClientModule) CheckForMisbehaviour(ctx sdk.Context, clientID string, clientMsg exported.ClientMessage) bool {
	return l.mustCheck(ctx, clientID, clientMsg).Verdict == Frozen
}

// UpdateStateOnMisbehaviour freezes the client at the height of the contradiction.
func (l LightClientModule) UpdateStateOnMisbehaviour(ctx sdk.Context, clientID string, clientMsg exported.ClientMessage) {
	outcome := l.mustCheck(ctx, clientID, clientMsg)
	store := l.store(ctx, clientID)
	client := store.client()
	client.FrozenHeight = outcome.Height
	store.setClient(client)
}

// UpdateState stores what a verified header proves and removes a few states that are too old to be trusted, or stores the
// successors of the authorities.
func (l LightClientModule) UpdateState(ctx sdk.Context, clientID string, clientMsg exported.ClientMessage) []exported.Height {
	outcome := l.mustCheck(ctx, clientID, clientMsg)
	if outcome.Verdict == Rotated {
		l.store(ctx, clientID).setClient(outcome.Client)
	}
	if outcome.Verdict == Updated {
		store := l.store(ctx, clientID)
		client := store.client()
		client.LatestHeight = max(client.LatestHeight, outcome.Height)
		store.set(outcome.Height, outcome.Consensus)
		store.setClient(client)
		for _, old := range PrunableHeights(client, store, now(ctx), maximumPruned) {
			store.remove(old)
		}
	}
	return []exported.Height{height(outcome.Height)}
}

// VerifyMembership checks a storage proof of the counterparty's router. Delays are IBC v1's and not supported.
func (l LightClientModule) VerifyMembership(
	ctx sdk.Context, clientID string, proofHeight exported.Height, _, _ uint64, proof []byte, path exported.Path, value []byte,
) error {
	store, client, err := l.open(ctx, clientID)
	if err != nil {
		return err
	}
	number, keyPath, err := position(proofHeight, path)
	if err != nil {
		return err
	}
	return CheckMembership(client, store, number, proof, keyPath, value, now(ctx))
}

// VerifyNonMembership checks a proof of absence in the counterparty's router.
func (l LightClientModule) VerifyNonMembership(
	ctx sdk.Context, clientID string, proofHeight exported.Height, _, _ uint64, proof []byte, path exported.Path,
) error {
	store, client, err := l.open(ctx, clientID)
	if err != nil {
		return err
	}
	number, keyPath, err := position(proofHeight, path)
	if err != nil {
		return err
	}
	return CheckNonMembership(client, store, number, proof, keyPath, now(ctx))
}

// ContractStorage is what a contract of the followed ledger stores in a block that the client knows, below its account's proof.
func (l LightClientModule) ContractStorage(
	ctx sdk.Context, clientID string, height uint64, contract []byte, accountProof [][]byte,
) (ContractStorage, error) {
	store, client, err := l.open(ctx, clientID)
	if err != nil {
		return ContractStorage{}, err
	}
	return CheckContract(client, store, height, contract, accountProof, now(ctx))
}

// Status is Active, Frozen or Expired; Unknown if there is no such client.
func (l LightClientModule) Status(ctx sdk.Context, clientID string) exported.Status {
	store, client, err := l.open(ctx, clientID)
	if err != nil {
		return exported.Unknown
	}
	return StatusOf(client, store, now(ctx))
}

// LatestHeight is the zero height if there is no such client.
func (l LightClientModule) LatestHeight(ctx sdk.Context, clientID string) exported.Height {
	_, client, err := l.open(ctx, clientID)
	if err != nil {
		return clienttypes.ZeroHeight()
	}
	return height(client.LatestHeight)
}

// TimestampAtHeight gives nanoseconds.
func (l LightClientModule) TimestampAtHeight(ctx sdk.Context, clientID string, at exported.Height) (uint64, error) {
	if at.GetRevisionNumber() == 0 {
		if consensus := l.store(ctx, clientID).At(at.GetRevisionHeight()); consensus != nil {
			return consensus.GetTimestamp(), nil
		}
	}
	return 0, refuse(UnknownHeight, "client %s does not know height %s; update it first", clientID, at)
}

// RecoverClient takes over the substitute's state. Core IBC lets only the chain's authority ask for it. Nothing that was
// learnt before is trusted afterwards.
func (l LightClientModule) RecoverClient(ctx sdk.Context, clientID, substituteClientID string) error {
	store, client, err := l.open(ctx, clientID)
	if err != nil {
		return err
	}
	substituteStore, substitute, err := l.open(ctx, substituteClientID)
	if err != nil {
		return err
	}
	if err := CheckRecovery(client, store, substitute, substituteStore, now(ctx)); err != nil {
		return err
	}
	forgotten := store.Heights(maximumForgotten + 1)
	if len(forgotten) > maximumForgotten {
		return refuse(Limit, "more than %d consensus states are stored", maximumForgotten)
	}
	for _, old := range forgotten {
		store.remove(old)
	}
	store.set(substitute.LatestHeight, substituteStore.At(substitute.LatestHeight))
	// Rotations that were signed before are for another generation, also where the substitute has the same authorities.
	recovered := *substitute
	recovered.Generation = client.Generation + 1
	recovered.Retired = nil
	store.setClient(&recovered)
	return nil
}

// VerifyUpgradeAndUpdateState always refuses: an EVM ledger has no revisions. Parameters change by recovery.
func (LightClientModule) VerifyUpgradeAndUpdateState(sdk.Context, string, []byte, []byte, []byte, []byte) error {
	return errorsmod.Wrap(clienttypes.ErrInvalidUpgradeClient, "a poa-evm client is not upgraded; recover it with a substitute")
}

func (l LightClientModule) store(ctx sdk.Context, clientID string) clientStore {
	return clientStore{kv: l.storeProvider.ClientStore(ctx, clientID), cdc: l.cdc}
}

func (l LightClientModule) open(ctx sdk.Context, clientID string) (clientStore, *ClientState, error) {
	store := l.store(ctx, clientID)
	client := store.client()
	if client == nil {
		return store, nil, errorsmod.Wrap(clienttypes.ErrClientNotFound, clientID)
	}
	return store, client, nil
}

func (l LightClientModule) check(ctx sdk.Context, clientID string, clientMsg exported.ClientMessage) (Outcome, error) {
	store, client, err := l.open(ctx, clientID)
	if err != nil {
		return Outcome{}, err
	}
	if err := clientMsg.ValidateBasic(); err != nil {
		return Outcome{}, err
	}
	ctx.GasMeter().ConsumeGas(gasPerSeal*seals(clientMsg), "poa-evm seals")
	firstBlock, err := l.host.Hash(ctx)
	if err != nil {
		return Outcome{}, err
	}
	identity := Identity{HostChainID: ctx.ChainID(), HostGenesis: firstBlock, ClientID: clientID}
	switch message := clientMsg.(type) {
	case *Header:
		return CheckUpdate(client, store, message, identity, now(ctx))
	case *Misbehaviour:
		return CheckMisbehaviour(client, store, message, identity, now(ctx))
	case *AuthorityRotation:
		return CheckRotation(client, store, message, identity, now(ctx))
	default:
		return Outcome{}, errorsmod.Wrapf(clienttypes.ErrInvalidClientType, "%T is no message of a %s client", clientMsg, ModuleName)
	}
}

func seals(clientMsg exported.ClientMessage) uint64 {
	switch message := clientMsg.(type) {
	case *Header:
		return uint64(len(message.GetSeals()))
	case *Misbehaviour:
		return uint64(len(message.Header_1.GetSeals()) + len(message.Header_2.GetSeals()))
	case *AuthorityRotation:
		return uint64(len(message.GetSignatures()))
	default:
		return 0
	}
}

// mustCheck serves the calls that core IBC makes only after VerifyClientMessage has passed in the same transaction.
func (l LightClientModule) mustCheck(ctx sdk.Context, clientID string, clientMsg exported.ClientMessage) Outcome {
	outcome, err := l.check(ctx, clientID, clientMsg)
	if err != nil {
		panic(fmt.Errorf("a verified client message does not verify again: %w", err))
	}
	return outcome
}

// position reads what core IBC asks about: a block number, and the path's elements.
func position(at exported.Height, path exported.Path) (uint64, [][]byte, error) {
	merklePath, ok := path.(commitmenttypes.MerklePath)
	if !ok {
		return 0, nil, refuse(ProofPath, "expected a Merkle path, got %T", path)
	}
	if at.GetRevisionNumber() != 0 {
		return 0, nil, refuse(UnknownHeight, "height %s: an EVM ledger has no revisions", at)
	}
	return at.GetRevisionHeight(), merklePath.KeyPath, nil
}

func now(ctx sdk.Context) uint64 {
	return uint64(max(ctx.BlockTime().Unix(), 0))
}
