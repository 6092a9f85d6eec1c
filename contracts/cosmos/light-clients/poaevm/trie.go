package poaevm

import (
	"bytes"

	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/crypto"
)

const (
	hashBytes        = 32
	wordBytes        = 32
	branchItems      = 17
	shortItems       = 2
	accountFields    = 4
	accountRootField = 2
)

// emptyTrieNode is RLP's empty string, which some nodes return as the proof of an empty trie.
var emptyTrieNode = []byte{0x80}

// zeroWord is RLP of the number zero. A node should delete the entry of a slot that becomes zero; anvil keeps it so.
var zeroWord = []byte{0x80}

// verifyAccount returns the storage root of the account at a 20-byte address under a state root (EIP-1186).
func verifyAccount(nodes [][]byte, stateRoot, address []byte) ([]byte, error) {
	encoded, err := walk(nodes, stateRoot, crypto.Keccak256(address))
	if err != nil {
		return nil, err
	}
	if encoded == nil {
		return nil, refuse(ValueAbsent, "there is no account at 0x%x", address)
	}
	fields, err := decodeList(encoded)
	if err != nil {
		return nil, err
	}
	if len(fields) != accountFields {
		return nil, refuse(Malformed, "an account of %d fields, expected %d", len(fields), accountFields)
	}
	forms := []form{numberForm, bigForm, hashForm, hashForm}
	for i, field := range fields {
		if err := forms[i].check(field); err != nil {
			return nil, err
		}
	}
	return fields[accountRootField].content, nil
}

// verifyStorage returns the 32-byte word in a 32-byte slot, or nil if it was proven to be zero.
func verifyStorage(nodes [][]byte, storageRoot, slot []byte) ([]byte, error) {
	encoded, err := walk(nodes, storageRoot, crypto.Keccak256(slot))
	if err != nil || encoded == nil || bytes.Equal(encoded, zeroWord) {
		return nil, err
	}
	content, err := decodeString(encoded)
	if err != nil {
		return nil, err
	}
	if len(content) == 0 || content[0] == 0 || len(content) > wordBytes {
		return nil, refuse(Malformed, "a storage word with leading zeros, or longer than 32 bytes")
	}
	word := make([]byte, wordBytes)
	copy(word[wordBytes-len(content):], content)
	return word, nil
}

// walk returns the value under key, or nil if it was proven that there is none. A node is taken only if it hashes to what
// its parent names; whatever an honest trie does not have is refused, which go-ethereum's own check does not do: nodes
// that are not needed, short nodes referred to by hash, padded RLP.
func walk(nodes [][]byte, root, key []byte) ([]byte, error) {
	if err := checkSizes(nodes); err != nil {
		return nil, err
	}
	if bytes.Equal(root, types.EmptyRootHash[:]) {
		if len(nodes) > 1 || (len(nodes) == 1 && !bytes.Equal(nodes[0], emptyTrieNode)) {
			return nil, refuse(NodeExtra, "an empty trie has no nodes to show")
		}
		return nil, nil
	}
	path := toNibbles(key)
	reference := item{content: root}
	used := 0
	for {
		node := reference.encoding
		if !reference.isList {
			next, err := nextNode(nodes, used, reference.content)
			if err != nil {
				return nil, err
			}
			node = next
			used++
		}
		child, rest, value, err := follow(node, path)
		if err != nil {
			return nil, err
		}
		if child != nil {
			reference, path = *child, rest
			continue
		}
		if used != len(nodes) {
			return nil, refuse(NodeExtra, "%d nodes where the walk needs %d", len(nodes), used)
		}
		return value, nil
	}
}

func checkSizes(nodes [][]byte) error {
	if len(nodes) > maximumTrieNodes {
		return refuse(Limit, "a proof of %d nodes, at most %d are possible", len(nodes), maximumTrieNodes)
	}
	for _, node := range nodes {
		if len(node) > maximumTrieNodeBytes {
			return refuse(Limit, "a trie node of more than %d bytes", maximumTrieNodeBytes)
		}
	}
	return nil
}

func nextNode(nodes [][]byte, used int, expected []byte) ([]byte, error) {
	if used == len(nodes) {
		return nil, refuse(NodeMissing, "the proof ends before the key's fate is known")
	}
	node := nodes[used]
	if !bytes.Equal(crypto.Keccak256(node), expected) {
		return nil, refuse(NodeHash, "node %d is not the one that its parent, or the root, names", used)
	}
	if used > 0 && len(node) < hashBytes {
		return nil, refuse(Malformed, "a node of less than 32 bytes must be embedded in its parent")
	}
	return node, nil
}

// follow takes one step down: the child and the rest of the path, or the value, or neither where the key leads nowhere.
func follow(node, path []byte) (child *item, rest, value []byte, err error) {
	items, err := decodeList(node)
	if err != nil {
		return nil, nil, nil, err
	}
	switch len(items) {
	case branchItems:
		return followBranch(items, path)
	case shortItems:
		return followShort(items, path)
	default:
		return nil, nil, nil, refuse(Malformed, "a trie node of %d items", len(items))
	}
}

func followBranch(items []item, path []byte) (child *item, rest, value []byte, err error) {
	if len(path) == 0 {
		last := items[branchItems-1]
		if !last.isList && len(last.content) == 0 {
			return nil, nil, nil, nil
		}
		value, err := trieValue(last)
		return nil, nil, value, err
	}
	next := items[path[0]]
	if !next.isList && len(next.content) == 0 {
		return nil, nil, nil, nil
	}
	if err := checkReference(next); err != nil {
		return nil, nil, nil, err
	}
	return &next, path[1:], nil, nil
}

// followShort reads a leaf or an extension: a hex-prefix path (yellow paper, appendix C), then the value or the child.
func followShort(items []item, path []byte) (child *item, rest, value []byte, err error) {
	compact := items[0]
	if compact.isList || len(compact.content) == 0 {
		return nil, nil, nil, refuse(Malformed, "a trie node without a path")
	}
	nibbles := toNibbles(compact.content)
	flag := nibbles[0]
	isOdd, isLeaf := flag&1 != 0, flag&2 != 0
	if flag > 3 || (!isOdd && nibbles[1] != 0) {
		return nil, nil, nil, refuse(Malformed, "a trie path with bad flags or padding")
	}
	part := nibbles[2:]
	if isOdd {
		part = nibbles[1:]
	}
	if isLeaf {
		value, err := trieValue(items[1])
		if err != nil || !bytes.Equal(path, part) {
			return nil, nil, nil, err
		}
		return nil, nil, value, nil
	}
	if len(part) == 0 {
		return nil, nil, nil, refuse(Malformed, "an extension without a path")
	}
	if err := checkReference(items[1]); err != nil {
		return nil, nil, nil, err
	}
	if !bytes.HasPrefix(path, part) {
		return nil, nil, nil, nil
	}
	return &items[1], path[len(part):], nil, nil
}

func checkReference(each item) error {
	if each.isList && len(each.encoding) >= hashBytes {
		return refuse(Malformed, "a node of 32 bytes or more must be referred to by its hash")
	}
	if !each.isList && len(each.content) != hashBytes {
		return refuse(Malformed, "a reference of %d bytes, expected a hash of 32", len(each.content))
	}
	return nil
}

func trieValue(each item) ([]byte, error) {
	if each.isList || len(each.content) == 0 {
		return nil, refuse(Malformed, "a trie value that is not a string, or empty")
	}
	return each.content, nil
}

func toNibbles(raw []byte) []byte {
	nibbles := make([]byte, 0, 2*len(raw))
	for _, b := range raw {
		nibbles = append(nibbles, b>>4, b&0x0f)
	}
	return nibbles
}
