package ledger

import (
	"bytes"
	"encoding/hex"
	"math/rand"
	"reflect"
	"testing"

	"github.com/stretchr/testify/require"

	wire "interledger.example/cosmos/wire/settlementv1"
	"interledger.example/cosmos/x/settlement/facts"
	"interledger.example/cosmos/x/settlement/ledger/canonical"
)

func TestADamagedLogDoesNotReplay(t *testing.T) {
	book := load[sharedCase](t, "packets.json")[0].play(t)
	log, head := book.Export(), book.Head().Hash
	require.NoError(t, newBook().Import(log, head))
	require.ErrorIs(t, newBook().Import(log[1:], head), ErrDamagedLog)
	require.ErrorIs(t, newBook().Import(log[:len(log)-1], head), ErrDamagedLog)
	require.ErrorIs(t, newBook().Import(log, facts.Hash{}), ErrDamagedLog)
	for _, damaged := range []string{
		"", "{}", "\x08\x01", string(log[0]) + " ", string(log[0]) + string(log[0]), string(log[0]) + "\xf8\x3f\x01",
	} {
		require.ErrorIs(t, newBook().Import([][]byte{[]byte(damaged)}, head), ErrDamagedLog, damaged)
	}
}

func TestALogWithOneValueChangedIsRefusedOrReplays(t *testing.T) {
	source := rand.New(rand.NewSource(1))
	accepted := 0
	for _, each := range loadAll(t) {
		if len(each.Payments)+len(each.Disputes)+len(each.Cycles) == 0 {
			continue
		}
		book := each.play(t)
		log, head := book.Export(), book.Head().Hash
		for range 20 {
			at := source.Intn(len(log))
			damaged := append([][]byte{}, log...)
			damaged[at] = mutated(t, source, log[at])
			if bytes.Equal(damaged[at], log[at]) {
				continue
			}
			require.ErrorIs(t, newBook().Import(damaged, head), ErrDamagedLog, hex.EncodeToString(damaged[at]))
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
		next, err := decodeEntry(raw)
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
	entry := &wire.LogEntry{}
	require.NoError(t, entry.Unmarshal(raw))
	mutate(source, reflect.ValueOf(entry).Elem())
	return canonical.Encode(entry)
}

// otherTexts and otherBytes are what one value of an entry is replaced by.
var (
	otherTexts = []string{"", "0", "1", "7", "-1", "1.5", "00", "x", "EUR", "340282366920938463463374607431768211456"}
	otherBytes = [][]byte{nil, {1}, make([]byte, hashBytes), bytes.Repeat([]byte{7}, hashBytes), make([]byte, hashBytes+1)}
)

// mutate replaces one value somewhere inside.
func mutate(source *rand.Rand, value reflect.Value) {
	switch value.Kind() {
	case reflect.Struct:
		mutate(source, value.Field(source.Intn(value.NumField())))
	case reflect.Interface:
		mutate(source, value.Elem().Elem().Field(0))
	case reflect.Pointer:
		if value.IsNil() || source.Intn(8) == 0 {
			value.SetZero()
			return
		}
		mutate(source, value.Elem())
	case reflect.String:
		value.SetString(otherTexts[source.Intn(len(otherTexts))])
	case reflect.Int32:
		value.SetInt(int64(source.Intn(7)))
	case reflect.Uint32, reflect.Uint64:
		value.SetUint(uint64(source.Intn(9)))
	case reflect.Slice:
		mutateList(source, value)
	}
}

func mutateList(source *rand.Rand, value reflect.Value) {
	switch {
	case value.Type().Elem().Kind() == reflect.Uint8:
		value.SetBytes(otherBytes[source.Intn(len(otherBytes))])
	case value.Len() == 0:
	case source.Intn(4) == 0:
		value.Set(value.Slice(0, value.Len()-1))
	case source.Intn(4) == 0:
		value.Set(reflect.Append(value, value.Index(0)))
	case value.Type().Elem().Kind() == reflect.Pointer:
		mutate(source, value.Index(source.Intn(value.Len())).Elem())
	default:
		mutate(source, value.Index(source.Intn(value.Len())))
	}
}

func TestALogThatSaysAThingTwiceIsRefused(t *testing.T) {
	for _, each := range loadAll(t) {
		if len(each.Payments)+len(each.Disputes)+len(each.Cycles) == 0 {
			continue
		}
		log := each.play(t).Export()
		for i, raw := range log {
			next, err := decodeEntry(raw)
			require.NoError(t, err)
			switch next.Event.(type) {
			case *wire.LogEntry_FactRecorded, *wire.LogEntry_DebtNovated, *wire.LogEntry_PaymentInstructed,
				*wire.LogEntry_PaymentMoved, *wire.LogEntry_DisputeOpened, *wire.LogEntry_DisputeClosed,
				*wire.LogEntry_CycleProposed, *wire.LogEntry_CycleMoved:
				twice := append(append(append([][]byte{}, log[:i+1]...), raw), log[i+1:]...)
				require.False(t, replays(twice), hex.EncodeToString(raw))
			}
		}
	}
}
