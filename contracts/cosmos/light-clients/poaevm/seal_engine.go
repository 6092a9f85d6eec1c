package poaevm

import (
	"bytes"
	"encoding/binary"
	"math/big"
	"slices"

	"github.com/ethereum/go-ethereum/crypto"
)

const (
	signatureBytes   = 65
	signatureVOffset = 27
	addressBytes     = 20
)

// Identity is which light client a seal is for: its id, and the ledger that hosts it. A chain id is a name that two ledgers
// may share; HostGenesis is the hash of the host's first block, which they cannot.
type Identity struct {
	HostChainID string
	HostGenesis []byte
	ClientID    string
}

// SealEngine decides whether a header is vouched for. It must not look at anything but its arguments and parameters.
type SealEngine interface {
	// Verify refuses the header unless the seals make it final by the engine's rule.
	Verify(header *EVMHeader, seals [][]byte) error
}

var _ SealEngine = authoritySeals{}

var authorityTypeHash = crypto.Keccak256(
	[]byte("BlockAttestation(uint256 chainId,string hostChainId,bytes32 hostGenesis,string clientId,uint64 number,bytes32 blockHash)"),
)

var rotationTypeHash = crypto.Keccak256([]byte(
	"AuthorityRotation(uint256 chainId,string hostChainId,bytes32 hostGenesis,string clientId,uint64 generation," +
		"uint32 threshold,address[] authorities)",
))

// curveHalfOrder is the greatest canonical s (EIP-2).
var curveHalfOrder = new(big.Int).Rsh(crypto.S256().Params().N, 1)

// AuthorityDigest is what an authority signs: keccak256 of the ABI form of the type hash and six fields, texts as their
// hashes. It binds chain, host and client, so that no signature can serve another client. HostGenesis has 32 bytes.
func AuthorityDigest(chainID uint64, identity Identity, number uint64, blockHash []byte) []byte {
	return crypto.Keccak256(authorityTypeHash, clientWords(chainID, identity), uintWord(number), blockHash)
}

// RotationDigest is what authorities sign to hand over to others, in the same form.
func RotationDigest(chainID uint64, identity Identity, generation uint64, successors *AuthorityEngine) []byte {
	return crypto.Keccak256(
		rotationTypeHash,
		clientWords(chainID, identity),
		uintWord(generation),
		uintWord(uint64(successors.Threshold)),
		crypto.Keccak256(successors.words()),
	)
}

func clientWords(chainID uint64, identity Identity) []byte {
	return slices.Concat(
		uintWord(chainID),
		crypto.Keccak256([]byte(identity.HostChainID)),
		identity.HostGenesis,
		crypto.Keccak256([]byte(identity.ClientID)),
	)
}

// authoritySeals is the authority engine bound to one chain and one client: k of n named keys sign the block hash.
type authoritySeals struct {
	engine   *AuthorityEngine
	chainID  uint64
	identity Identity
}

// Verify requires that enough distinct authorities signed, and no other key. Every signature must be valid.
func (a authoritySeals) Verify(header *EVMHeader, seals [][]byte) error {
	if err := a.checkCount(seals); err != nil {
		return err
	}
	return a.checkQuorum(AuthorityDigest(a.chainID, a.identity, header.Number, header.Hash), seals)
}

// VerifyRotation requires that enough of the authorities hand over to successors.
func (a authoritySeals) VerifyRotation(rotation *AuthorityRotation) error {
	if err := a.checkCount(rotation.Signatures); err != nil {
		return err
	}
	return a.checkQuorum(RotationDigest(a.chainID, a.identity, rotation.Generation, rotation.Authorities), rotation.Signatures)
}

func (a authoritySeals) checkCount(signatures [][]byte) error {
	switch {
	case len(signatures) > maximumAuthorities:
		return refuse(Limit, "%d signatures, at most %d", len(signatures), maximumAuthorities)
	case uint64(len(signatures)) < uint64(a.engine.Threshold):
		return refuse(BelowThreshold, "%d signatures, the threshold is %d", len(signatures), a.engine.Threshold)
	case len(a.identity.HostGenesis) != hashBytes:
		return refuse(BadParameters, "the host does not know the hash of its own first block")
	default:
		return nil
	}
}

func (a authoritySeals) checkQuorum(digest []byte, seals [][]byte) error {
	seen := make(map[string]bool, len(seals))
	for _, seal := range seals {
		signer, err := recoverSigner(digest, seal)
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(a.engine.Authorities, func(each []byte) bool { return bytes.Equal(each, signer) }) {
			return refuse(UnknownSigner, "0x%x is not an authority of this client", signer)
		}
		if seen[string(signer)] {
			return refuse(DoubleVote, "0x%x signed twice", signer)
		}
		seen[string(signer)] = true
	}
	return nil
}

// SetHash is keccak256 of the threshold and the addresses, each as a word of 32 bytes.
func (e *AuthorityEngine) SetHash() []byte {
	return crypto.Keccak256(uintWord(uint64(e.Threshold)), e.words())
}

// words are the addresses as words of 32 bytes. The set is valid.
func (e *AuthorityEngine) words() []byte {
	words := make([]byte, 0, wordBytes*len(e.Authorities))
	for _, each := range e.Authorities {
		words = append(append(words, make([]byte, wordBytes-addressBytes)...), each...)
	}
	return words
}

func (e *AuthorityEngine) equal(other *AuthorityEngine) bool {
	return e.Threshold == other.Threshold && slices.EqualFunc(e.Authorities, other.Authorities, bytes.Equal)
}

// validate refuses a set that must not be trusted.
func (e *AuthorityEngine) validate() error {
	if len(e.Authorities) < 1 || len(e.Authorities) > maximumAuthorities {
		return refuse(BadParameters, "%d authorities; 1 to %d", len(e.Authorities), maximumAuthorities)
	}
	for i, each := range e.Authorities {
		if len(each) != addressBytes || isZero(each) {
			return refuse(BadParameters, "an authority is not an address of 20 bytes")
		}
		if i > 0 && bytes.Compare(e.Authorities[i-1], each) >= 0 {
			return refuse(BadParameters, "authorities must be ascending and distinct")
		}
	}
	if e.Threshold < 1 || uint64(e.Threshold) > uint64(len(e.Authorities)) {
		return refuse(BadParameters, "threshold %d of %d authorities cannot be", e.Threshold, len(e.Authorities))
	}
	return nil
}

// recoverSigner returns the 20-byte address that signed; any form but 65 bytes with low s and v 27 or 28 is refused.
func recoverSigner(digest, signature []byte) ([]byte, error) {
	if len(signature) != signatureBytes {
		return nil, refuse(BadSignature, "a signature of %d bytes, expected %d", len(signature), signatureBytes)
	}
	v := signature[signatureBytes-1]
	if v != signatureVOffset && v != signatureVOffset+1 {
		return nil, refuse(BadSignature, "a signature with v %d, expected 27 or 28", v)
	}
	if new(big.Int).SetBytes(signature[32:64]).Cmp(curveHalfOrder) > 0 {
		return nil, refuse(BadSignature, "a signature with the high s; its twin must not count as another one")
	}
	recoverable := append(slices.Clone(signature[:64]), v-signatureVOffset)
	key, err := crypto.SigToPub(digest, recoverable)
	if err != nil {
		return nil, refuse(BadSignature, "no key can have made the signature: %s", err)
	}
	return crypto.PubkeyToAddress(*key).Bytes(), nil
}

func uintWord(value uint64) []byte {
	word := make([]byte, wordBytes)
	binary.BigEndian.PutUint64(word[wordBytes-8:], value)
	return word
}

func isZero(raw []byte) bool {
	for _, b := range raw {
		if b != 0 {
			return false
		}
	}
	return true
}
