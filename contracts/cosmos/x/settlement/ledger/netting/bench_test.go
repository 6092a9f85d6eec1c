package netting

import (
	"encoding/binary"
	"math/big"
	"testing"

	"github.com/stretchr/testify/require"
)

// BenchmarkCheck is the work of a chain for 98,000 debts of 9,000 parties: digest and certificate. Of neighbours each owes the
// other, everybody owes some that come later; so the potentials ascend, and what neighbours owe back is cleared.
func BenchmarkCheck(b *testing.B) {
	const parties, strides = 9_000, 11
	var rows []Row
	var remainder []*big.Int
	add := func(debtor, creditor int, amount, rest int64) {
		rows = append(rows, Row{Debtor: partyAt(debtor), Creditor: partyAt(creditor), Amount: big.NewInt(amount)})
		remainder = append(remainder, big.NewInt(rest))
	}
	certificate := &Certificate{}
	for place := range parties {
		certificate.Potentials = append(certificate.Potentials, uint64(place))
		if place > 0 {
			add(place, place-1, 3, 0)
		}
		for stride := 1; stride < strides && place+stride < parties; stride++ {
			rest := int64(10)
			if stride == 1 {
				rest = 7
			}
			add(place, place+stride, 10, rest)
		}
	}
	network, err := NewNetwork("EUR", 2, rows)
	require.NoError(b, err)
	certificate.DebtsHash, certificate.Remainder = network.Digest(), remainder
	b.ReportAllocs()
	for b.Loop() {
		require.NoError(b, Check(network, certificate))
	}
}

func partyAt(place int) Party {
	var party Party
	binary.BigEndian.PutUint32(party[:], uint32(place))
	return party
}
