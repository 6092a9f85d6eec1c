package poaevm

import (
	"bytes"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ethereum/go-ethereum/crypto"
	"github.com/ethereum/go-ethereum/rlp"
	"github.com/ethereum/go-ethereum/trie"
)

// nodeList collects a proof in the order in which go-ethereum walks: from the root down.
type nodeList [][]byte

func (n *nodeList) Put(_, value []byte) error {
	*n = append(*n, bytes.Clone(value))
	return nil
}

func (*nodeList) Delete([]byte) error { return nil }

// storage is a trie of words under hashed slots, as go-ethereum keeps a contract's storage.
type storage struct {
	*trie.Trie
	words map[[32]byte][]byte
}

func newStorage(t *testing.T, random *rand.Rand, size int) storage {
	t.Helper()
	s := storage{Trie: trie.NewEmpty(nil), words: map[[32]byte][]byte{}}
	for range size {
		slot := randomWord(random)
		word := randomWord(random)
		clear(word[:random.IntN(32)])
		word[31] |= 1
		encoded, err := rlp.EncodeToBytes(bytes.TrimLeft(word[:], "\x00"))
		require.NoError(t, err)
		require.NoError(t, s.Update(crypto.Keccak256(slot[:]), encoded))
		s.words[slot] = word[:]
	}
	return s
}

func randomWord(random *rand.Rand) (word [32]byte) {
	for i := range word {
		word[i] = byte(random.UintN(256))
	}
	return word
}

func (s storage) proof(t *testing.T, slot [32]byte) [][]byte {
	t.Helper()
	var nodes nodeList
	require.NoError(t, s.Prove(crypto.Keccak256(slot[:]), &nodes))
	return nodes
}

func TestProofsOfGoEthereumAreRead(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for _, size := range []int{0, 1, 2, 3, 16, 17, 100, 1000} {
		s := newStorage(t, random, size)
		root := s.Hash().Bytes()
		for slot, word := range s.words {
			found, err := verifyStorage(s.proof(t, slot), root, slot[:])
			require.NoError(t, err)
			require.Equal(t, word, found)
		}
		for range 50 {
			absent := randomWord(random)
			found, err := verifyStorage(s.proof(t, absent), root, absent[:])
			require.NoError(t, err)
			require.Nil(t, found)
		}
	}
}

func TestAProofWithAnyByteChangedIsRefused(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	s := newStorage(t, random, 50)
	root := s.Hash().Bytes()
	for slot := range s.words {
		nodes := s.proof(t, slot)
		for i := range nodes {
			for range 20 {
				changed := append([][]byte{}, nodes...)
				changed[i] = bytes.Clone(nodes[i])
				changed[i][random.IntN(len(nodes[i]))] ^= byte(1 + random.IntN(255))
				_, err := verifyStorage(changed, root, slot[:])
				require.Equal(t, NodeHash, RefusalOf(err))
			}
			_, err := verifyStorage(append(append([][]byte{}, nodes[:i]...), nodes[i+1:]...), root, slot[:])
			require.Error(t, err)
		}
		_, err := verifyStorage(append(append([][]byte{}, nodes...), nodes[0]), root, slot[:])
		require.Equal(t, NodeExtra, RefusalOf(err))
	}
}

func TestArbitraryNodesNeverPanic(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	for range 20_000 {
		node := make([]byte, 1+random.IntN(80))
		for i := range node {
			node[i] = byte(random.UintN(256))
		}
		node[0] = byte(0xc0 + random.UintN(64))
		slot := randomWord(random)
		value, err := verifyStorage([][]byte{node}, crypto.Keccak256(node), slot[:])
		require.True(t, err != nil || value == nil || len(value) == wordBytes)
	}
}
