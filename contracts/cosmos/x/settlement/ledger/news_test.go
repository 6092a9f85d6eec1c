package ledger

import (
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

const newsFolder = "../../../../../tests/cases/news"

// toldCase is one destination's part of the news, as it stands in the files.
type toldCase struct {
	ClientID string       `json:"client_id"`
	ChainID  string       `json:"chain_id"`
	Contract string       `json:"contract"`
	Updates  []updateCase `json:"updates"`
}

type updateCase struct {
	FactID      string `json:"fact_id"`
	LiabilityID string `json:"liability_id"`
	Status      uint8  `json:"status"`
	Sequence    uint64 `json:"sequence"`
	Reference   string `json:"reference"`
	Open        string `json:"open"`
}

type storyCase struct {
	Name     string       `json:"name"`
	Log      []string     `json:"log"`
	News     [][]toldCase `json:"news"`
	Together []toldCase   `json:"together"`
}

func TestSharedLogsGiveTheSameNews(t *testing.T) {
	raw, err := os.ReadFile(filepath.Join(newsFolder, "stories.json"))
	require.NoError(t, err)
	var stories []storyCase
	require.NoError(t, json.Unmarshal(raw, &stories))
	require.NotEmpty(t, stories)
	for _, story := range stories {
		t.Run(story.Name, func(t *testing.T) {
			book := newBook()
			for i, entry := range story.Log {
				next, err := decodeEvent([]byte(entry))
				require.NoError(t, err)
				head, err := book.replay(next)
				require.NoError(t, err)
				require.Equal(t, story.News[i], asCase(book.News(head.Sequence-1, head.Sequence)), "entry %d", head.Sequence)
			}
			require.Equal(t, story.Together, asCase(book.News(0, book.Head().Sequence)))
			require.Empty(t, book.News(book.Head().Sequence, book.Head().Sequence))
		})
	}
}

func asCase(news []Tidings) []toldCase {
	cases := []toldCase{}
	for _, tidings := range news {
		each := toldCase{
			ClientID: tidings.ClientID, ChainID: tidings.ChainID.String(), Contract: hex.EncodeToString(tidings.Contract[:]),
		}
		for _, update := range tidings.Updates {
			each.Updates = append(each.Updates, updateCase{
				FactID:      hex.EncodeToString(update.FactID[:]),
				LiabilityID: hex.EncodeToString(update.LiabilityID[:]),
				Status:      uint8(update.Status),
				Sequence:    update.Sequence,
				Reference:   hex.EncodeToString(update.Reference[:]),
				Open:        update.Open.String(),
			})
		}
		cases = append(cases, each)
	}
	return cases
}
