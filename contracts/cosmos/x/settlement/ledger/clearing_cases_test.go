package ledger

import (
	"encoding/hex"
	"encoding/json"
	"math/big"
	"testing"

	"github.com/stretchr/testify/require"

	errorsmod "cosmossdk.io/errors"

	"interledger.example/cosmos/wire/settlementv1"
	"interledger.example/cosmos/x/settlement/ledger/netting"
)

const clearingFolder = "../clearing/"

type clearingCase struct {
	sharedCase
	Steps    []json.RawMessage          `json:"steps"`
	Postings [][]any                    `json:"postings"`
	Payments map[string]json.RawMessage `json:"payments"`
	Disputes map[string]json.RawMessage `json:"disputes"`
	Cycles   map[string]json.RawMessage `json:"cycles"`

	Statements []statementCase `json:"statements"`
}

type statementCase struct {
	PartyID    string     `json:"party_id"`
	Unit       []any      `json:"unit"`
	Since      uint64     `json:"since_seconds"`
	Until      uint64     `json:"until_seconds"`
	Payable    totalsCase `json:"payable"`
	Receivable totalsCase `json:"receivable"`
	Lines      []lineCase `json:"lines"`
}

type totalsCase struct {
	Opening  *big.Int `json:"opening"`
	Facts    *big.Int `json:"facts"`
	Novated  *big.Int `json:"novated"`
	Netted   *big.Int `json:"netted"`
	Paid     *big.Int `json:"paid"`
	Credited *big.Int `json:"credited"`
}

type lineCase struct {
	Sequence     uint64   `json:"sequence"`
	AtSeconds    uint64   `json:"at_seconds"`
	Side         Side     `json:"side"`
	Kind         LineKind `json:"kind"`
	Counterparty Bytes    `json:"counterparty"`
	FactID       Bytes    `json:"fact_id"`
	Amount       *big.Int `json:"amount"`
}

func (c *clearingCase) compareStatements(t *testing.T, book Book) {
	t.Helper()
	for _, each := range c.Statements {
		unit := Unit{Currency: each.Unit[0].(string), Exponent: uint32(each.Unit[1].(float64))}
		statement := book.Statement(toHash(t, each.PartyID), unit, each.Since, each.Until)
		require.Equal(t, string(canonical(each.Payable)), string(canonical(totalsCase(statement.Payable))))
		require.Equal(t, string(canonical(each.Receivable)), string(canonical(totalsCase(statement.Receivable))))
		require.Len(t, statement.Lines, len(each.Lines))
		for i, line := range statement.Lines {
			line := lineCase{
				line.Sequence, line.AtSeconds, line.Side, line.Kind, line.Counterparty[:], line.FactID[:], line.Amount,
			}
			require.Equal(t, string(canonical(each.Lines[i])), string(canonical(line)))
		}
	}
}

func loadClearing(t *testing.T) []clearingCase {
	t.Helper()
	var all []clearingCase
	for _, name := range []string{"clearing.json", "refusals.json", "stories.json"} {
		all = append(all, load[clearingCase](t, clearingFolder+name)...)
	}
	return all
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
			book.SetBlockTime(clearing.Height, clearing.AtSeconds)
		default:
			clearing.run(t, book)
		}
	}
	return book
}

type clearingStep struct {
	Command   string `json:"command"`
	Request   string `json:"request"`
	AtSeconds uint64 `json:"at_seconds"`
	Limit     int    `json:"limit"`
	Height    uint64 `json:"height"`

	Refusal  uint32   `json:"refusal"`
	Sequence uint64   `json:"sequence"`
	HeadHash string   `json:"head_hash"`
	Events   []string `json:"events"`
}

func (s *clearingStep) run(t *testing.T, book Book) {
	t.Helper()
	before, stored := book.Head(), everything(book)
	head := before
	if s.Command == "EndDeadlines" {
		require.Equal(t, len(s.Events), book.EndDeadlines(s.AtSeconds, s.Limit))
		head = book.Head()
	} else {
		command := s.decode(t)
		if proposal, ok := command.Step.(ProposeCycle); ok && len(s.Events) > 0 {
			requireNettingInput(t, book, proposal)
		}
		var err error
		head, err = book.Clear(command, s.AtSeconds)
		codespace, code, _ := errorsmod.ABCIInfo(err, true)
		require.Equal(t, s.Refusal, code, "%s: %v", s.Command, err)
		if err != nil {
			require.Equal(t, Codespace, codespace)
			require.Equal(t, stored, everything(book))
			return
		}
		requireRepeatable(t, book, command, head)
	}
	require.Equal(t, s.Sequence, head.Sequence)
	require.Equal(t, s.HeadHash, hex.EncodeToString(head.Hash[:]))
	require.Equal(t, len(s.Events), int(book.Head().Sequence-before.Sequence))
	for i, event := range s.Events {
		require.Equal(t, event, string(book.Entry(before.Sequence+uint64(i)+1)))
	}
}

// requireRepeatable sends a command again that was taken: later as it was, and with other content.
func requireRepeatable(t *testing.T, book Book, command ClearingCommand, first Head) {
	t.Helper()
	stored := everything(book)
	again, err := book.Clear(command, 1<<62)
	require.NoError(t, err)
	require.Equal(t, first, again)
	_, err = book.Clear(ClearingCommand{RequestID: command.RequestID, Actor: Bytes{1}, Step: command.Step}, 1)
	require.ErrorIs(t, err, ErrIDReused)
	require.Equal(t, stored, everything(book))
}

// requireNettingInput compares what a proposer is told with what the proposal that was taken is about.
func requireNettingInput(t *testing.T, book Book, proposal ProposeCycle) {
	t.Helper()
	input, err := book.Netting(Scope{
		Unit: proposal.unit(), CutOffSeconds: proposal.CutOffSeconds, ValueDateSeconds: proposal.ValueDateSeconds, Mode: proposal.Mode,
	})
	require.NoError(t, err)
	network, err := netting.NewNetwork(proposal.Currency, uint8(proposal.Exponent), input.Debts)
	require.NoError(t, err)
	digest := network.Digest()
	require.Equal(t, proposal.DebtsHash, Bytes(digest[:]))
	require.Empty(t, input.RunningCycleID)
	require.GreaterOrEqual(t, input.Liabilities, uint64(len(input.Debts)))
	if proposal.Mode == ModeHub {
		require.Equal(t, network.Parties, input.Consenting)
	}
}

func (s *clearingStep) decode(t *testing.T) ClearingCommand {
	t.Helper()
	var request settlementv1.ClearRequest
	require.NoError(t, request.Unmarshal(toBytes(t, s.Request)))
	command, err := DecodeClearing(&request)
	require.NoError(t, err)
	require.Equal(t, s.Command, command.Step.command())
	return command
}

func TestSharedClearingCasesGiveTheSameAnswersAndBytes(t *testing.T) {
	for _, each := range loadClearing(t) {
		t.Run(each.Name, func(t *testing.T) {
			book := each.play(t)
			each.compareClearing(t, book)
			each.compareStatements(t, book)
		})
	}
}

func TestALogOfClearingReplaysToTheSameState(t *testing.T) {
	for _, each := range loadClearing(t) {
		t.Run(each.Name, func(t *testing.T) {
			book, again := each.play(t), newBook()
			require.NoError(t, again.Import(book.Export(), book.Head().Hash))
			each.compareClearing(t, again)
			for _, noted := range book.BlockTimes() {
				again.SetBlockTime(noted.Height, noted.Seconds)
			}
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
	book.journal(func(entry journalEntry) {
		for _, each := range entry.postings {
			amount, _ := new(big.Float).SetInt(each.amount).Float64()
			postings = append(postings, []any{
				float64(entry.sequence), float64(each.liability), string(each.source), string(each.target), amount,
			})
		}
	})
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
