package poaevm

import (
	"slices"

	"github.com/ethereum/go-ethereum/crypto"
)

// EVMHeader is what the client needs of a block header (yellow paper 4.3.3).
type EVMHeader struct {
	Number           uint64
	TimestampSeconds uint64
	StateRoot        []byte
	Hash             []byte
	// Encoding is the header as it was received, for engines whose seals stand inside of it.
	Encoding []byte
}

// form is how a header field is encoded: an exact length, or a number of at most so many bytes, or anything.
type form struct {
	length int
	number int
	free   bool
}

var (
	hashForm      = form{length: 32}
	addressForm   = form{length: 20}
	bloomForm     = form{length: 256}
	nonceForm     = form{length: 8}
	signatureForm = form{length: signatureBytes}
	numberForm    = form{number: 8}
	bigForm       = form{number: 32}
	freeForm      = form{free: true}
)

const (
	stateRootField = 3
	numberField    = 8
	timestampField = 11
	extraDataField = 12
	mixHashField   = 13
	signatureField = 14
	sealEnd        = 15
)

// A header is 13 fields that all engines share, the fields of the engine's seal, and those that forks added: none up to
// Berlin, London's base fee, Shanghai's withdrawals root, Cancun's three and Prague's requests hash (EIP-1559, EIP-4895,
// EIP-4844, EIP-4788, EIP-7685).
var (
	commonFields = []form{
		hashForm, hashForm, addressForm, hashForm, hashForm, hashForm, bloomForm, bigForm, numberForm, numberForm,
		numberForm, numberForm, freeForm,
	}
	// plainSeal is mixHash and nonce, auraSeal a step and a signature.
	plainSeal  = []form{hashForm, nonceForm}
	auraSeal   = []form{numberForm, signatureForm}
	forkFields = []form{bigForm, hashForm, numberForm, numberForm, hashForm, hashForm}
	forkCounts = []int{0, 1, 2, 5, 6}
)

// DecodeEVMHeader refuses anything but the canonical RLP of a header of a known engine and fork. The hash is that of the
// bytes, for QBFT, IBFT 2.0 and Istanbul BFT without a part of the extra data.
func DecodeEVMHeader(encoding []byte) (*EVMHeader, error) {
	if len(encoding) > maximumEVMHeaderBytes {
		return nil, refuse(Limit, "a block header of %d bytes; at most %d", len(encoding), maximumEVMHeaderBytes)
	}
	items, err := decodeList(encoding)
	if err != nil {
		return nil, err
	}
	if len(items) < sealEnd {
		return nil, refuse(Malformed, "a block header of %d fields is of no known fork", len(items))
	}
	isAura := !items[signatureField].isList && len(items[signatureField].content) == signatureBytes
	seal, forks := plainSeal, items[sealEnd:]
	if isAura {
		seal = auraSeal
		if len(forks) > 0 && forks[0].isList {
			// The empty steps of Aura: signed messages about steps without a block. Their engine reads them.
			forks = forks[1:]
		}
	}
	if !slices.Contains(forkCounts, len(forks)) {
		return nil, refuse(Malformed, "a block header of %d fields is of no known fork", len(items))
	}
	fields := slices.Concat(commonFields, seal, forkFields)
	for i, each := range slices.Concat(items[:sealEnd], forks) {
		if err := fields[i].check(each); err != nil {
			return nil, err
		}
	}
	hashed := encoding
	if !isAura {
		hashed = hashedHeader(encoding, items)
	}
	return &EVMHeader{
		Number:           toUint64(items[numberField].content),
		TimestampSeconds: toUint64(items[timestampField].content),
		StateRoot:        items[stateRootField].content,
		Hash:             crypto.Keccak256(hashed),
		Encoding:         encoding,
	}, nil
}

func (f form) check(each item) error {
	switch {
	case each.isList:
		return refuse(Malformed, "a list where a block header has a string")
	case f.free:
		return nil
	case f.length > 0:
		return each.checkLength(f.length)
	default:
		return each.checkNumber(f.number)
	}
}

// toUint64 reads at most eight big-endian bytes.
func toUint64(raw []byte) uint64 {
	var value uint64
	for _, b := range raw {
		value = value<<8 | uint64(b)
	}
	return value
}
