package facts

import (
	"errors"
	"fmt"
	"math/big"

	"github.com/ethereum/go-ethereum/crypto"
)

// What an issuer signs when facts come without a packet: EIP-712 typed data that binds the settlement ledger, the way, and
// all facts of the request. Whoever delivers it, the signature alone gives the right.

const (
	signatureBytes   = 65
	signatureVOffset = 27
)

var (
	domainTypeHash = crypto.Keccak256([]byte("EIP712Domain(string name,string version,bytes32 salt)"))
	domainName     = crypto.Keccak256([]byte("Interledger settlement"))
	domainVersion  = crypto.Keccak256([]byte("1"))
	signedTypeHash = crypto.Keccak256([]byte(
		"Facts(string way,uint256 chainId,address contract,string system,bytes32 rules,bytes32[] factHashes,bytes32 objects)"))

	// curveHalfOrder is the greatest canonical s (EIP-2).
	curveHalfOrder = new(big.Int).Rsh(crypto.S256().Params().N, 1)
)

// Signed is what a signature over facts says beside the facts themselves.
type Signed struct {
	// Way is pushed or pulled.
	Way      string
	ChainID  *big.Int
	Contract Address
	// System is the business system; empty: the contract is one of a ledger.
	System string
	// Rules is the hash of the rule file; zero: no rules were used.
	Rules      Hash
	FactHashes []Hash
	// ObjectIDs are the business system's own ids of what the facts are about: none, or one for each fact.
	ObjectIDs []string
}

// LedgerIdentity tells a settlement ledger from every other one: the hash of its first block, then its chain id.
func LedgerIdentity(firstBlock Hash, chainID string) []byte { return append(firstBlock[:], chainID...) }

// SigningDigest is what the issuer signs for the ledger with that identity (EIP-712).
func SigningDigest(ledger []byte, signed *Signed) Hash {
	var hashes, w writer
	for _, each := range signed.FactHashes {
		hashes.hash(each)
	}
	w.hash(Hash(signedTypeHash))
	w.hash(crypto.Keccak256Hash([]byte(signed.Way)))
	w.integer(signed.ChainID)
	w.address(signed.Contract)
	w.hash(crypto.Keccak256Hash([]byte(signed.System)))
	w.hash(signed.Rules)
	w.hash(crypto.Keccak256Hash(hashes.bytes))
	w.hash(objectsHash(signed.ObjectIDs))
	domain := crypto.Keccak256(domainTypeHash, domainName, domainVersion, crypto.Keccak256(ledger))
	return crypto.Keccak256Hash([]byte{0x19, 0x01}, domain, crypto.Keccak256(w.bytes))
}

// objectsHash is over the hashes of the ids, as EIP-712 hashes a string[]; zero: there are none.
func objectsHash(objectIDs []string) Hash {
	if len(objectIDs) == 0 {
		return Hash{}
	}
	var w writer
	for _, each := range objectIDs {
		w.hash(crypto.Keccak256Hash([]byte(each)))
	}
	return crypto.Keccak256Hash(w.bytes)
}

// RecoverIssuer gives the account that signed; any form but 65 bytes with low s and v 27 or 28 is refused.
func RecoverIssuer(digest Hash, signature []byte) (Address, error) {
	if len(signature) != signatureBytes {
		return Address{}, fmt.Errorf("a signature of %d bytes, expected %d", len(signature), signatureBytes)
	}
	v := signature[signatureBytes-1]
	if v != signatureVOffset && v != signatureVOffset+1 {
		return Address{}, fmt.Errorf("a signature with v %d, expected 27 or 28", v)
	}
	if new(big.Int).SetBytes(signature[wordBytes:2*wordBytes]).Cmp(curveHalfOrder) > 0 {
		return Address{}, errors.New("a signature with the high s; sign with the low one")
	}
	recoverable := append(append([]byte{}, signature[:2*wordBytes]...), v-signatureVOffset)
	key, err := crypto.SigToPub(digest[:], recoverable)
	if err != nil {
		return Address{}, fmt.Errorf("no key can have made the signature: %w", err)
	}
	return crypto.PubkeyToAddress(*key), nil
}

// SystemContract takes the place of the contract for facts whose business system has none.
func SystemContract(system string) Address {
	digest := crypto.Keccak256([]byte("interledger.system.v1\x00"), []byte(system))
	return Address(digest[wordBytes-len(Address{}):])
}
