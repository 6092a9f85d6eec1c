package ledger

import (
	"encoding/hex"
	"encoding/json"
	"math/big"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	errorsmod "cosmossdk.io/errors"
)

const clearingFolder = "../../../../../tests/cases/clearing"

type clearingCase struct {
	sharedCase
	Steps    []json.RawMessage          `json:"steps"`
	Postings [][]any                    `json:"postings"`
	Payments map[string]json.RawMessage `json:"payments"`
	Disputes map[string]json.RawMessage `json:"disputes"`
	Cycles   map[string]json.RawMessage `json:"cycles"`
}

func loadClearing(t *testing.T) []clearingCase {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(clearingFolder, "clearing.json"))
	require.NoError(t, err)
	var cases []clearingCase
	require.NoError(t, json.Unmarshal(raw, &cases))
	require.NotEmpty(t, cases)
	return cases
}

// play runs all steps, each of which is compared.
func (c *clearingCase) play(t *testing.T) Book {
	t.Helper()
	book := newBook()
	for _, raw := range c.Steps {
		var clearing clearingStep
		require.NoError(t, json.Unmarshal(raw, &clearing))
		switch clearing.Command {
		case "RegisterParty", "RecordAgreement", "ClosePeriod", "RecordFacts":
			var each step
			require.NoError(t, json.Unmarshal(raw, &each))
			each.run(t, book)
		default:
			clearing.run(t, book, raw)
		}
	}
	return book
}

type clearingStep struct {
	Command   string `json:"command"`
	RequestID string `json:"request_id"`
	Actor     Bytes  `json:"actor"`
	AtSeconds uint64 `json:"at_seconds"`
	Limit     int    `json:"limit"`

	Refusal  uint32   `json:"refusal"`
	Sequence uint64   `json:"sequence"`
	HeadHash string   `json:"head_hash"`
	Events   []string `json:"events"`
}

func (s *clearingStep) run(t *testing.T, book Book, raw json.RawMessage) {
	t.Helper()
	before := book.Head()
	head := before
	if s.Command == "EndDeadlines" {
		require.Equal(t, len(s.Events), book.EndDeadlines(s.AtSeconds, s.Limit))
		head = book.Head()
	} else {
		command := ClearingCommand{RequestID: s.RequestID, Actor: s.Actor, Step: readStep(t, s.Command, raw)}
		var err error
		head, err = book.Clear(command, s.AtSeconds)
		codespace, code, _ := errorsmod.ABCIInfo(err, true)
		require.Equal(t, s.Refusal, code, "%s: %v", s.Command, err)
		if err != nil {
			require.Equal(t, Codespace, codespace)
			require.Equal(t, before, book.Head())
			return
		}
	}
	require.Equal(t, s.Sequence, head.Sequence)
	require.Equal(t, s.HeadHash, hex.EncodeToString(head.Hash[:]))
	require.Equal(t, len(s.Events), int(book.Head().Sequence-before.Sequence))
	for i, event := range s.Events {
		require.Equal(t, event, string(book.Entry(before.Sequence+uint64(i)+1)))
	}
}

// readStep reads the fields of a command, which have the same names everywhere.
func readStep(t *testing.T, command string, raw json.RawMessage) Step {
	t.Helper()
	readers := map[string]func() Step{
		"InstructPayment":    readAs[InstructPayment](t, raw),
		"MarkPaymentPending": readAs[MarkPaymentPending](t, raw),
		"FinalisePayment":    readAs[FinalisePayment](t, raw),
		"ReturnPayment":      readAs[ReturnPayment](t, raw),
		"ExpirePayment":      readAs[ExpirePayment](t, raw),
		"OpenDispute":        readAs[OpenDispute](t, raw),
		"ReleaseDispute":     readAs[ReleaseDispute](t, raw),
		"UpholdDispute":      readAs[UpholdDispute](t, raw),
		"LapseDispute":       readAs[LapseDispute](t, raw),
		"WriteOff":           readAs[WriteOff](t, raw),
		"SetConsent":         readAs[SetConsent](t, raw),
		"ProposeCycle":       readAs[ProposeCycle](t, raw),
		"VerifyCycle":        readAs[VerifyCycle](t, raw),
		"CommitCycle":        readAs[CommitCycle](t, raw),
		"AbortCycle":         readAs[AbortCycle](t, raw),
		"ExpireCycle":        readAs[ExpireCycle](t, raw),
	}
	require.Contains(t, readers, command)
	return readers[command]()
}

func readAs[Kind Step](t *testing.T, raw json.RawMessage) func() Step {
	return func() Step {
		var read Kind
		require.NoError(t, json.Unmarshal(raw, &read))
		return read
	}
}

func TestSharedClearingCasesGiveTheSameAnswersAndBytes(t *testing.T) {
	for _, each := range loadClearing(t) {
		t.Run(each.Name, func(t *testing.T) {
			each.compareClearing(t, each.play(t))
		})
	}
}

func TestALogOfClearingReplaysToTheSameState(t *testing.T) {
	for _, each := range loadClearing(t) {
		t.Run(each.Name, func(t *testing.T) {
			book, again := each.play(t), newBook()
			require.NoError(t, again.Import(book.Export(), book.Head().Hash))
			each.compareClearing(t, again)
			require.Equal(t, everything(book), everything(again))
		})
	}
}

func everything(book Book) map[string]string {
	all := map[string]string{}
	iterator := book.kv.Iterator(nil, nil)
	defer iterator.Close()
	for ; iterator.Valid(); iterator.Next() {
		all[string(iterator.Key())] = string(iterator.Value())
	}
	return all
}

func (c *clearingCase) compareClearing(t *testing.T, book Book) {
	t.Helper()
	c.compare(t, book)
	compareRecords(t, c.Payments, book.Payments("", 1000), func(each Payment) (string, any) {
		return each.Order.PaymentID, map[string]any{
			"order": each.Order, "state": each.State, "evidence": each.Evidence, "recorder": each.Recorder, "sequence": each.Sequence,
		}
	})
	compareRecords(t, c.Disputes, book.Disputes("", 1000), func(each Dispute) (string, any) {
		return each.Claim.DisputeID, map[string]any{
			"claim": each.Claim, "state": each.State, "credited": each.Credited, "sequence": each.Sequence,
		}
	})
	compareRecords(t, c.Cycles, book.Cycles("", 1000), func(each Cycle) (string, any) {
		var verifier any
		if each.HasVerifier {
			verifier = each.Verifier
		}
		return each.Plan.CycleID, map[string]any{
			"plan": each.Plan, "state": each.State, "proposer": each.Proposer, "verifier": verifier, "sequence": each.Sequence,
		}
	})
	var postings [][]any
	for _, entry := range book.journal() {
		for _, each := range entry.postings {
			amount, _ := new(big.Float).SetInt(each.amount).Float64()
			postings = append(postings, []any{
				float64(entry.sequence), float64(each.liability), string(each.source), string(each.target), amount,
			})
		}
	}
	require.Equal(t, c.Postings, postings)
}

func compareRecords[Kind any](
	t *testing.T, expected map[string]json.RawMessage, records []Kind, plain func(Kind) (string, any),
) {
	t.Helper()
	require.Len(t, records, len(expected))
	for _, each := range records {
		id, body := plain(each)
		require.JSONEq(t, string(expected[id]), string(canonical(body)))
	}
}
