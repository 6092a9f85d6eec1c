package poaevm

import (
	"encoding/binary"

	"github.com/cosmos/cosmos-sdk/codec"
	storetypes "github.com/cosmos/cosmos-sdk/store/v2/types"

	clienttypes "github.com/cosmos/ibc-go/v11/modules/core/02-client/types"
	host "github.com/cosmos/ibc-go/v11/modules/core/24-host"
)

// heightIndex is the prefix of keys that order the stored heights: ibc-go's own keys hold the height as text.
var heightIndex = []byte("heights/")

const heightBytes = 8

// clientStore is one client's part of the ibc store, under ibc-go's keys. EVM ledgers have no revisions, so the revision
// of every height is 0.
type clientStore struct {
	kv  storetypes.KVStore
	cdc codec.BinaryCodec
}

var _ ConsensusStates = clientStore{}

func height(number uint64) clienttypes.Height { return clienttypes.NewHeight(0, number) }

// client returns nil if there is none, or one of another type.
func (s clientStore) client() *ClientState {
	raw := s.kv.Get(host.ClientStateKey())
	if len(raw) == 0 {
		return nil
	}
	state, ok := clienttypes.MustUnmarshalClientState(s.cdc, raw).(*ClientState)
	if !ok {
		return nil
	}
	return state
}

func (s clientStore) setClient(state *ClientState) {
	s.kv.Set(host.ClientStateKey(), clienttypes.MustMarshalClientState(s.cdc, state))
}

// At implements ConsensusStates.
func (s clientStore) At(number uint64) *ConsensusState {
	raw := s.kv.Get(host.ConsensusStateKey(height(number)))
	if len(raw) == 0 {
		return nil
	}
	state, ok := clienttypes.MustUnmarshalConsensusState(s.cdc, raw).(*ConsensusState)
	if !ok {
		return nil
	}
	return state
}

// Before implements ConsensusStates.
func (s clientStore) Before(number uint64) *ConsensusState {
	iterator := s.kv.ReverseIterator(heightIndex, indexKey(number))
	defer iterator.Close()
	return s.atIterator(iterator)
}

// After implements ConsensusStates.
func (s clientStore) After(number uint64) *ConsensusState {
	iterator := s.kv.Iterator(append(indexKey(number), 0), storetypes.PrefixEndBytes(heightIndex))
	defer iterator.Close()
	return s.atIterator(iterator)
}

// Heights implements ConsensusStates.
func (s clientStore) Heights(limit int) []uint64 {
	iterator := s.kv.Iterator(heightIndex, storetypes.PrefixEndBytes(heightIndex))
	defer iterator.Close()
	var heights []uint64
	for ; iterator.Valid() && len(heights) < limit; iterator.Next() {
		heights = append(heights, indexedHeight(iterator.Key()))
	}
	return heights
}

func (s clientStore) set(number uint64, state *ConsensusState) {
	s.kv.Set(host.ConsensusStateKey(height(number)), clienttypes.MustMarshalConsensusState(s.cdc, state))
	s.kv.Set(indexKey(number), []byte{1})
}

func (s clientStore) remove(number uint64) {
	s.kv.Delete(host.ConsensusStateKey(height(number)))
	s.kv.Delete(indexKey(number))
}

func (s clientStore) atIterator(iterator storetypes.Iterator) *ConsensusState {
	if !iterator.Valid() {
		return nil
	}
	return s.At(indexedHeight(iterator.Key()))
}

func indexKey(number uint64) []byte {
	key := make([]byte, 0, len(heightIndex)+heightBytes)
	return binary.BigEndian.AppendUint64(append(key, heightIndex...), number)
}

func indexedHeight(key []byte) uint64 {
	return binary.BigEndian.Uint64(key[len(heightIndex):])
}
