package ledger

import (
	"encoding/hex"
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"interledger.example/cosmos/x/settlement/facts"
)

type newsCase struct {
	Name     string            `json:"name"`
	Log      []hexBytes        `json:"log"`
	News     []json.RawMessage `json:"news"`
	Together json.RawMessage   `json:"together"`
}

func TestSharedStoriesGiveTheSameNews(t *testing.T) {
	for _, each := range load[newsCase](t, "../news/stories.json") {
		t.Run(each.Name, func(t *testing.T) {
			book := newBook()
			for i, raw := range each.Log {
				next, err := decodeEntry(raw)
				require.NoError(t, err)
				book.append(next)
				sequence := uint64(i) + 1
				requireNews(t, each.News[i], book.News(sequence-1, sequence))
			}
			requireNews(t, each.Together, book.News(0, book.Head().Sequence))
		})
	}
}

func TestThereAreNoNewsOfNothing(t *testing.T) {
	book := newBook()
	require.Empty(t, book.News(0, 0))
	require.Empty(t, load[sharedCase](t, "payments.json")[0].play(t).News(3, 3))
}

func requireNews(t *testing.T, expected json.RawMessage, news []Tidings) {
	t.Helper()
	plain := []map[string]any{}
	for _, each := range news {
		var updates []map[string]any
		for _, update := range each.Updates {
			updates = append(updates, map[string]any{
				"fact_id": hexOf(update.FactID), "liability_id": hexOf(update.LiabilityID), "status": update.Status,
				"sequence": update.Sequence, "reference": hexOf(update.Reference), "open": update.Open.String(),
			})
		}
		plain = append(plain, map[string]any{
			"client_id": each.ClientID, "chain_id": each.ChainID.String(),
			"contract": hex.EncodeToString(each.Contract[:]), "updates": updates,
		})
	}
	written, err := json.Marshal(plain)
	require.NoError(t, err)
	require.JSONEq(t, string(expected), string(written))
}

func hexOf(hash facts.Hash) string { return hex.EncodeToString(hash[:]) }
