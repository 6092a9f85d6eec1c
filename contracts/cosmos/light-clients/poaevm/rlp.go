package poaevm

import (
	"github.com/ethereum/go-ethereum/rlp"
)

// item is one element of an RLP list. A nested list stays unread, so that depth is the caller's decision and foreign
// bytes cannot recurse.
type item struct {
	isList bool
	// content is the string, or the payload of a nested list.
	content []byte
	// encoding is the whole element with its own prefix.
	encoding []byte
}

// decodeList splits one list that fills raw exactly; every length and every single byte must be canonical.
func decodeList(raw []byte) ([]item, error) {
	payload, rest, err := rlp.SplitList(raw)
	if err != nil {
		return nil, refuse(Malformed, "expected an RLP list: %s", err)
	}
	if len(rest) != 0 {
		return nil, refuse(Malformed, "bytes follow the RLP list")
	}
	var items []item
	for len(payload) > 0 {
		kind, content, after, err := rlp.Split(payload)
		if err != nil {
			return nil, refuse(Malformed, "an RLP item is not canonical: %s", err)
		}
		encoding := payload[:len(payload)-len(after)]
		items = append(items, item{isList: kind == rlp.List, content: content, encoding: encoding})
		payload = after
	}
	return items, nil
}

// decodeString reads the one string that fills raw exactly.
func decodeString(raw []byte) ([]byte, error) {
	content, rest, err := rlp.SplitString(raw)
	if err != nil {
		return nil, refuse(Malformed, "expected an RLP string: %s", err)
	}
	if len(rest) != 0 {
		return nil, refuse(Malformed, "bytes follow the RLP string")
	}
	return content, nil
}

// mustEncode is for strings and lists of encoded elements, which cannot fail.
func mustEncode(value any) []byte {
	encoded, err := rlp.EncodeToBytes(value)
	if err != nil {
		panic(err)
	}
	return encoded
}

func encodingsOf(items []item) []rlp.RawValue {
	encodings := make([]rlp.RawValue, len(items))
	for i, each := range items {
		encodings[i] = each.encoding
	}
	return encodings
}

func (i item) checkLength(length int) error {
	if i.isList || len(i.content) != length {
		return refuse(Malformed, "expected an RLP string of %d bytes", length)
	}
	return nil
}

func (i item) checkNumber(maximumBytes int) error {
	if i.isList || len(i.content) > maximumBytes || (len(i.content) > 0 && i.content[0] == 0) {
		return refuse(Malformed, "expected an RLP number of at most %d bytes", maximumBytes)
	}
	return nil
}
