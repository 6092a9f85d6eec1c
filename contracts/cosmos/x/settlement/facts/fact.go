// Package facts is the business fact as it travels: its fields, its hashes, and the canonical ABI form of the packet that
// carries it and of the acknowledgement that answers it. Decoding is strict: bytes that are not exactly what the encoder
// makes are refused. Nothing here reads a store or a clock.
package facts

import (
	"math/big"

	"github.com/ethereum/go-ethereum/crypto"
)

const (
	// Port, Version and Encoding name the packets of this application.
	Port     = "settlement"
	Version  = "fact-1"
	Encoding = "application/x-solidity-abi"

	// Schema is the only version of the fact so far.
	Schema = 1
)

// Hash is a 32-byte identifier or digest.
type Hash = [32]byte

// Address is a 20-byte account or contract.
type Address = [20]byte

// Fact is one sealed record as the contract ledger stores it. Amounts are in the currency's minor unit and fit in 128
// bits; times are in Unix seconds; an all-zero RelatedFact means none.
type Fact struct {
	FactID         Hash
	Schema         uint16
	Kind           Kind
	Category       uint16
	Creditor       Hash
	Debtor         Hash
	Currency       [3]byte
	Exponent       uint8
	Net            *big.Int
	Tax            *big.Int
	ServiceEnd     uint64
	DueDate        uint64
	IssuerSequence uint64
	RelatedFact    Hash
	DocumentHash   Hash
}

// Gross is net plus tax; it may pass 128 bits, which the settlement rules refuse.
func (f *Fact) Gross() *big.Int { return new(big.Int).Add(f.Net, f.Tax) }

// HasKnownSchema says whether version, kind and category have a meaning here.
func (f *Fact) HasKnownSchema() bool {
	return f.Schema == Schema && f.Kind >= BookingConfirmed && f.Kind <= PaymentConfirmed &&
		f.Category >= firstCategory && f.Category <= lastCategory
}

// PacketData is the payload of version fact-1: 1 to 64 facts of one issuer of one contract.
type PacketData struct {
	ChainID  *big.Int
	Contract Address
	Issuer   Address
	// Destination is the ledger that shall record the facts; empty: the one that receives the packet.
	Destination string
	Facts       []Fact
	FactHashes  []Hash
}

// Answer is one fact's part of the acknowledgement. A rejected fact has no liability: zero bytes and sequence 0.
type Answer struct {
	Status      Status
	LiabilityID Hash
	Sequence    uint64
	HeadHash    Hash
	Code        Code
}

var (
	factTypeHash = crypto.Keccak256([]byte(
		"Fact(bytes32 factId,uint16 schema,uint16 kind,uint16 category,bytes32 creditor,bytes32 debtor,bytes3 currency," +
			"uint8 exponent,uint128 net,uint128 tax,uint64 serviceEnd,uint64 dueDate,uint64 issuerSequence," +
			"bytes32 relatedFact,bytes32 documentHash)"))
	liabilityTypeHash = crypto.Keccak256([]byte("interledger.liability.v1"))
)

// ID is where and by whom a fact was issued.
func ID(chainID *big.Int, contract, issuer Address, issuerSequence uint64) Hash {
	var w writer
	w.integer(chainID)
	w.address(contract)
	w.address(issuer)
	w.unsigned(issuerSequence)
	return crypto.Keccak256Hash(w.bytes)
}

// HashOf is keccak256(abi.encode(TYPEHASH, fields...)).
func HashOf(fact *Fact) Hash {
	w := writer{bytes: append(make([]byte, 0, wordBytes*(factWords+1)), factTypeHash...)}
	w.fact(fact)
	return crypto.Keccak256Hash(w.bytes)
}

// LiabilityID is the same on every settlement ledger.
func LiabilityID(factID, factHash Hash) Hash {
	return crypto.Keccak256Hash(liabilityTypeHash, factID[:], factHash[:])
}

// PartyID is keccak256 of an OCPI-style id such as DE*KCS; false if the id is not of that form.
func PartyID(ocpiID string) (Hash, bool) {
	const length, star = 6, 2
	if len(ocpiID) != length || ocpiID[star] != '*' {
		return Hash{}, false
	}
	for i, c := range []byte(ocpiID) {
		isLetter, isDigit := 'A' <= c && c <= 'Z', '0' <= c && c <= '9'
		if i != star && !isLetter && (i < star || !isDigit) {
			return Hash{}, false
		}
	}
	return crypto.Keccak256Hash([]byte(ocpiID)), true
}
