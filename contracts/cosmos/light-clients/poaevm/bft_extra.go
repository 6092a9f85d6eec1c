package poaevm

import (
	"bytes"
	"slices"

	"github.com/ethereum/go-ethereum/rlp"
)

// A header that a BFT engine sealed (QBFT and IBFT 2.0 of Besu, QBFT and Istanbul BFT of GoQuorum) carries its round and its commit seals in
// the extra data, and the block hash is taken over the header without them: validators seal at different times, and a block
// has one hash. The engines mark their headers in mixHash.
//
//	QBFT      [vanity, validators, vote or (), round, seals]            hashed with round 0 and no seals
//	IBFT 2.0  [vanity, validators, vote or "", round (4 bytes), seals]  hashed as [vanity, validators, vote or ""]
//	Istanbul  vanity, behind it [validators, proposer's seal, seals]    hashed without seals, with the proposer's seal
//
// QBFT of GoQuorum has the form and the hash of IBFT 2.0.

const (
	bftExtraItems      = 5
	istanbulExtraItems = 3
	vanityBytes        = 32
	roundBytes         = 4
)

// bftMixHash is mixHash of every header that such an engine sealed.
var bftMixHash = []byte("ctical byzantine fault tolerance")

// hashedHeader is the header over which the block hash is taken. Every header has one block hash: extra data that no rule
// fits, such as that of a genesis block, is hashed as it is.
func hashedHeader(encoding []byte, items []item) []byte {
	if !bytes.Equal(items[mixHashField].content, bftMixHash) {
		return encoding
	}
	extraData := hashedExtraData(items[extraDataField].content)
	if extraData == nil {
		return encoding
	}
	fields := encodingsOf(items)
	fields[extraDataField] = mustEncode(extraData)
	return mustEncode(fields)
}

// hashedExtraData is nil if these bytes are not a BFT engine's.
func hashedExtraData(extraData []byte) []byte {
	items, err := decodeList(extraData)
	if err != nil {
		return withoutIstanbulSeals(extraData)
	}
	if len(items) != bftExtraItems {
		return nil
	}
	vanity, validators, vote, round, seals := items[0], items[1], items[2], items[3], items[4]
	switch {
	case vanity.isList || len(vanity.content) != vanityBytes || !validators.isList || !seals.isList:
		return nil
	case round.isList || len(round.content) > roundBytes || (!vote.isList && len(vote.content) > 0):
		return nil
	}
	kept := encodingsOf(items[:3])
	switch {
	case len(round.content) == roundBytes && !(vote.isList && len(vote.content) == 0):
		return mustEncode(kept)
	case vote.isList && round.checkNumber(roundBytes) == nil:
		return mustEncode(append(kept, rlp.EmptyString, rlp.EmptyList))
	default:
		return nil
	}
}

func withoutIstanbulSeals(extraData []byte) []byte {
	if len(extraData) < vanityBytes {
		return nil
	}
	items, err := decodeList(extraData[vanityBytes:])
	if err != nil || len(items) != istanbulExtraItems || !items[0].isList || items[1].isList || !items[2].isList {
		return nil
	}
	validators, err := decodeList(items[0].encoding)
	if err != nil {
		return nil
	}
	for _, each := range validators {
		if each.checkLength(addressBytes) != nil {
			return nil
		}
	}
	seals, err := decodeList(items[2].encoding)
	if err != nil || slices.ContainsFunc(seals, func(each item) bool { return each.isList }) {
		return nil
	}
	return append(bytes.Clone(extraData[:vanityBytes]), mustEncode(append(encodingsOf(items[:2]), rlp.EmptyList))...)
}
