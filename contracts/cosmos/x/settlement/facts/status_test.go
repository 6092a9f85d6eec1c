package facts_test

import (
	"encoding/hex"
	"encoding/json"
	"math/big"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"interledger.example/cosmos/x/settlement/facts"
)

const caseFolder = "../../../../../tests/cases/news"

type statusCase struct {
	Name     string `json:"name"`
	ChainID  string `json:"chain_id"`
	Contract string `json:"contract"`
	Updates  []struct {
		FactID      string `json:"fact_id"`
		LiabilityID string `json:"liability_id"`
		Status      uint8  `json:"status"`
		Sequence    uint64 `json:"sequence"`
		Reference   string `json:"reference"`
		Open        string `json:"open"`
	} `json:"updates"`
	Value   string `json:"value"`
	Answers *[]int `json:"answers"`
}

func load(t *testing.T, name string) []statusCase {
	t.Helper()
	// Go remembers results by this, because the file lies outside of the module: see devnet/run_go_tests.py.
	_ = os.Getenv("INTERLEDGER_SHARED_FILES")
	raw, err := os.ReadFile(filepath.Join(caseFolder, name))
	require.NoError(t, err)
	var cases []statusCase
	require.NoError(t, json.Unmarshal(raw, &cases))
	require.NotEmpty(t, cases)
	return cases
}

func unhex(t *testing.T, text string) []byte {
	t.Helper()
	raw, err := hex.DecodeString(text)
	require.NoError(t, err)
	return raw
}

func integer(t *testing.T, text string) *big.Int {
	t.Helper()
	value, ok := new(big.Int).SetString(text, 10)
	require.True(t, ok)
	return value
}

func (c *statusCase) packet(t *testing.T) *facts.StatusPacketData {
	t.Helper()
	data := &facts.StatusPacketData{ChainID: integer(t, c.ChainID), Contract: facts.Address(unhex(t, c.Contract))}
	for _, update := range c.Updates {
		data.Updates = append(data.Updates, facts.StatusUpdate{
			FactID:      facts.Hash(unhex(t, update.FactID)),
			LiabilityID: facts.Hash(unhex(t, update.LiabilityID)),
			Status:      facts.NewsStatus(update.Status),
			Sequence:    update.Sequence,
			Reference:   facts.Hash(unhex(t, update.Reference)),
			Open:        integer(t, update.Open),
		})
	}
	return data
}

func TestSharedStatusPacketsHaveTheSameBytes(t *testing.T) {
	for _, each := range load(t, "packets.json") {
		t.Run(each.Name, func(t *testing.T) {
			packet := each.packet(t)
			require.Equal(t, each.Value, hex.EncodeToString(facts.EncodeStatusPacket(packet)))
			decoded, err := facts.DecodeStatusPacket(unhex(t, each.Value))
			require.NoError(t, err)
			require.Equal(t, each.Value, hex.EncodeToString(facts.EncodeStatusPacket(decoded)))
			require.Len(t, decoded.Updates, len(packet.Updates))
			require.Equal(t, packet.Updates[0].Reference, decoded.Updates[0].Reference)
		})
	}
}

func TestMalformedStatusPacketsAreRefused(t *testing.T) {
	for _, each := range load(t, "malformed_packets.json") {
		t.Run(each.Name, func(t *testing.T) {
			_, err := facts.DecodeStatusPacket(unhex(t, each.Value))
			require.Error(t, err)
		})
	}
}

func TestAStatusPacketWithAnyBitFlippedIsRefusedOrReadExactly(t *testing.T) {
	good := unhex(t, load(t, "packets.json")[0].Value)
	for bit := range len(good) * 8 {
		flipped := append([]byte{}, good...)
		flipped[bit/8] ^= 1 << (bit % 8)
		if data, err := facts.DecodeStatusPacket(flipped); err == nil {
			require.Equal(t, flipped, facts.EncodeStatusPacket(data))
		}
	}
}

func TestSharedStatusAnswersAreReadOrRefused(t *testing.T) {
	for _, each := range load(t, "answers.json") {
		t.Run(each.Name, func(t *testing.T) {
			answers, err := facts.DecodeStatusAnswers(unhex(t, each.Value))
			if each.Answers == nil {
				require.Error(t, err)
				return
			}
			require.NoError(t, err)
			require.Len(t, answers, len(*each.Answers))
			for i, answer := range answers {
				require.Equal(t, (*each.Answers)[i], int(answer))
			}
		})
	}
}
