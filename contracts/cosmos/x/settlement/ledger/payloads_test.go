package ledger

import (
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"interledger.example/cosmos/x/settlement/facts"
)

type payloadCase struct {
	Name    string   `json:"name"`
	Payload hexBytes `json:"payload"`
	Decodes bool     `json:"decodes"`
}

func TestSharedPayloadsDecodeOrAreRefused(t *testing.T) {
	for _, each := range load[payloadCase](t, "payloads.json") {
		t.Run(each.Name+"/"+strconv.FormatBool(each.Decodes), func(t *testing.T) {
			data, err := facts.DecodePacketData(each.Payload)
			require.Equal(t, each.Decodes, err == nil, "%v", err)
			if err == nil {
				require.Equal(t, []byte(each.Payload), facts.EncodePacketData(data))
			}
		})
	}
}

func TestAPayloadWithAnyBitFlippedIsRefusedOrReadExactly(t *testing.T) {
	good := load[payloadCase](t, "payloads.json")[0].Payload
	for bit := range len(good) * 8 {
		flipped := append([]byte{}, good...)
		flipped[bit/8] ^= 1 << (bit % 8)
		data, err := facts.DecodePacketData(flipped)
		if err == nil {
			require.Equal(t, flipped, facts.EncodePacketData(data))
		}
	}
}
