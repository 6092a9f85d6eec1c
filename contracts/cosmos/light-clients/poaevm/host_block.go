package poaevm

import (
	"bytes"
	"context"

	corestore "cosmossdk.io/core/store"

	sdk "github.com/cosmos/cosmos-sdk/types"
)

// StoreKey names the store of HostBlock. It has one key.
const StoreKey = "hostblock"

// FirstBlockKey is where the chain keeps the hash of the first block in which it ran this module. Relayers read it there.
var FirstBlockKey = []byte("first_block")

// HostBlock is what tells this chain from another one with the same chain id: the hash of the first block in which it ran
// this module, block 1 where the app had it from genesis. It is not part of an exported genesis: a chain that starts from
// an export is another ledger, for which authorities make new signatures.
type HostBlock struct {
	store corestore.KVStoreService
}

// NewHostBlock keeps the hash in the store under StoreKey.
func NewHostBlock(store corestore.KVStoreService) HostBlock { return HostBlock{store: store} }

// Hash has 32 bytes, or none before the first block.
func (h HostBlock) Hash(ctx context.Context) ([]byte, error) {
	return h.store.OpenKVStore(ctx).Get(FirstBlockKey)
}

// Set stores the hash where there is none yet, and refuses another one.
func (h HostBlock) Set(ctx context.Context, hash []byte) error {
	known, err := h.Hash(ctx)
	switch {
	case err != nil:
		return err
	case len(hash) != hashBytes:
		return refuse(BadParameters, "the hash of a block has %d bytes, not %d", hashBytes, len(hash))
	case len(known) == 0:
		return h.store.OpenKVStore(ctx).Set(FirstBlockKey, hash)
	case !bytes.Equal(known, hash):
		return refuse(BadParameters, "the first block of this chain is 0x%x, not 0x%x", known, hash)
	default:
		return nil
	}
}

// BeginBlock stores the hash of the block under way if none is stored. Consensus names the hash of every block that it
// executes; where there is no consensus, as in tests of an app, nothing is stored.
func (h HostBlock) BeginBlock(ctx context.Context) error {
	known, err := h.Hash(ctx)
	if err != nil || len(known) > 0 {
		return err
	}
	if hash := sdk.UnwrapSDKContext(ctx).HeaderHash(); len(hash) == hashBytes {
		return h.Set(ctx, hash)
	}
	return nil
}
