package poaevm

import (
	"github.com/ethereum/go-ethereum/crypto"
)

// EVMHeader is what the client needs of a block header (yellow paper 4.3.3).
type EVMHeader struct {
	Number           uint64
	TimestampSeconds uint64
	StateRoot        []byte
	Hash             []byte
	// Encoding is the canonical RLP, for engines whose seals stand inside of it.
	Encoding []byte
}

// form is how a header field is encoded: an exact length, or a number of at most so many bytes, or anything.
type form struct {
	length int
	number int
	free   bool
}

var (
	hashForm    = form{length: 32}
	addressForm = form{length: 20}
	bloomForm   = form{length: 256}
	nonceForm   = form{length: 8}
	numberForm  = form{number: 8}
	bigForm     = form{number: 32}
	freeForm    = form{free: true}
)

const (
	stateRootField = 3
	numberField    = 8
	timestampField = 11
)

// headerFields are the forms in the order of the encoding: 15 up to Berlin, then London's base fee, Shanghai's
// withdrawals root, Cancun's three and Prague's requests hash (EIP-1559, EIP-4895, EIP-4844, EIP-4788, EIP-7685).
var headerFields = []form{
	hashForm, hashForm, addressForm, hashForm, hashForm, hashForm, bloomForm, bigForm, numberForm, numberForm,
	numberForm, numberForm, freeForm, hashForm, nonceForm, bigForm, hashForm, numberForm, numberForm, hashForm, hashForm,
}

// isFieldCount says whether a block of some fork has that many header fields.
func isFieldCount(count int) bool {
	switch count {
	case 15, 16, 17, 20, 21:
		return true
	default:
		return false
	}
}

// DecodeEVMHeader refuses anything but the canonical RLP of a header of a known fork. The hash is that of the bytes.
func DecodeEVMHeader(encoding []byte) (*EVMHeader, error) {
	if len(encoding) > maximumEVMHeaderBytes {
		return nil, refuse(Limit, "a block header of %d bytes; at most %d", len(encoding), maximumEVMHeaderBytes)
	}
	items, err := decodeList(encoding)
	if err != nil {
		return nil, err
	}
	if !isFieldCount(len(items)) {
		return nil, refuse(Malformed, "a block header of %d fields is of no known fork", len(items))
	}
	for i, each := range items {
		if err := headerFields[i].check(each); err != nil {
			return nil, err
		}
	}
	return &EVMHeader{
		Number:           toUint64(items[numberField].content),
		TimestampSeconds: toUint64(items[timestampField].content),
		StateRoot:        items[stateRootField].content,
		Hash:             crypto.Keccak256(encoding),
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
