package ledger

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// others are what one value of an event is replaced by.
var others = []any{
	nil, true, -1, 0, 1, 7, json.Number("340282366920938463463374607431768211456"), 1.5, "", "final", "00",
	"x", []any{}, []any{1, 2, 3}, map[string]any{}, map[string]any{"a": 1},
}

func TestALogWithOneValueChangedIsRefusedOrReplays(t *testing.T) {
	source := rand.New(rand.NewSource(1))
	accepted := 0
	for _, each := range loadClearing(t) {
		book := each.play(t)
		log, head := book.Export(), book.Head().Hash
		for range 20 {
			at := source.Intn(len(log))
			damaged := append([][]byte{}, log...)
			damaged[at] = mutated(t, source, log[at])
			if bytes.Equal(damaged[at], log[at]) {
				continue
			}
			require.ErrorIs(t, newBook().Import(damaged, head), ErrDamagedLog, string(damaged[at]))
			if replays(damaged) {
				accepted++
			}
		}
	}
	require.Positive(t, accepted, "nothing but the head refused a mutation: the entries were not reached")
}

// replays says whether every entry of the log fits to what the entries before it led to.
func replays(log [][]byte) bool {
	book := newBook()
	for _, raw := range log {
		next, err := decodeEvent(raw)
		if err != nil {
			return false
		}
		if _, err := book.replay(next); err != nil {
			return false
		}
	}
	book.journal(func(journalEntry) {})
	book.News(0, book.Head().Sequence)
	book.EndDeadlines(1<<40, 1000)
	return true
}

func mutated(t *testing.T, source *rand.Rand, raw []byte) []byte {
	t.Helper()
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	var body any
	require.NoError(t, decoder.Decode(&body))
	mutate(source, &body)
	return canonical(body)
}

// mutate replaces one value somewhere inside.
func mutate(source *rand.Rand, value *any) {
	other := others[source.Intn(len(others))]
	switch inside := (*value).(type) {
	case map[string]any:
		if len(inside) > 0 {
			names := slices.Sorted(maps.Keys(inside))
			name := names[source.Intn(len(names))]
			inner := inside[name]
			mutate(source, &inner)
			inside[name] = inner
			return
		}
	case []any:
		if len(inside) > 0 {
			mutate(source, &inside[source.Intn(len(inside))])
			return
		}
	case json.Number:
		if inside != "0" && source.Intn(2) == 0 {
			other = json.Number(fmt.Sprintf("%s%d", inside, source.Intn(10)))
		}
	}
	*value = other
}

func TestALogThatSaysAThingTwiceIsRefused(t *testing.T) {
	for _, each := range loadClearing(t) {
		book := each.play(t)
		log := book.Export()
		for i, raw := range log {
			next, err := decodeEvent(raw)
			require.NoError(t, err)
			switch next.(type) {
			case factRecorded, debtNovated, paymentInstructed, paymentMoved, disputeOpened, disputeClosed, cycleProposed, cycleMoved:
				twice := append(append(append([][]byte{}, log[:i+1]...), raw), log[i+1:]...)
				require.False(t, replays(twice), string(raw))
			}
		}
	}
}
