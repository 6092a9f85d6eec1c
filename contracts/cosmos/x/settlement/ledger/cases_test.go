package ledger

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"math/big"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	errorsmod "cosmossdk.io/errors"
	dbm "github.com/cosmos/cosmos-db"

	"github.com/cosmos/cosmos-sdk/store/v2/dbadapter"

	wire "interledger.example/cosmos/wire/settlementv1"
	"interledger.example/cosmos/x/settlement/facts"
	"interledger.example/cosmos/x/settlement/ledger/canonical"
	"interledger.example/cosmos/x/settlement/ledger/netting"
)

// caseFolder holds what every settlement ledger is run over; its README describes the fields.
const caseFolder = "../../../../../tests/cases/settlement"

// hexBytes are hexadecimal in the case files.
type hexBytes []byte

func (h *hexBytes) UnmarshalText(text []byte) error {
	decoded, err := hex.DecodeString(string(text))
	*h = decoded
	return err
}

// pieces are bytes as text, or as a list of pieces with how often each is repeated.
type pieces []byte

func (p *pieces) UnmarshalJSON(raw []byte) error {
	var whole hexBytes
	if json.Unmarshal(raw, &whole) == nil {
		*p = pieces(whole)
		return nil
	}
	var list [][2]json.RawMessage
	if err := json.Unmarshal(raw, &list); err != nil {
		return err
	}
	for _, each := range list {
		var piece hexBytes
		var times int
		if err := errors.Join(json.Unmarshal(each[0], &piece), json.Unmarshal(each[1], &times)); err != nil {
			return err
		}
		*p = append(*p, bytes.Repeat(piece, times)...)
	}
	return nil
}

type step struct {
	Command   string `json:"command"`
	AtSeconds uint64 `json:"at_seconds"`

	Request pieces   `json:"request"`
	Refusal uint32   `json:"refusal"`
	Digest  hexBytes `json:"digest"`

	Ledger   hexBytes     `json:"ledger"`
	Codes    []facts.Code `json:"codes"`
	Response hexBytes     `json:"response"`

	Payload         hexBytes `json:"payload"`
	ClientID        string   `json:"client_id"`
	PacketSequence  uint64   `json:"packet_sequence"`
	Height          uint64   `json:"height"`
	Transaction     string   `json:"transaction"`
	Acknowledgement hexBytes `json:"acknowledgement"`

	World provingWorld `json:"world"`

	Limit int `json:"limit"`

	Sequence uint64     `json:"sequence"`
	HeadHash hexBytes   `json:"head_hash"`
	Entries  []hexBytes `json:"entries"`
}

type sharedCase struct {
	Name  string `json:"name"`
	Steps []step `json:"steps"`

	Sequence      uint64              `json:"sequence"`
	HeadHash      hexBytes            `json:"head_hash"`
	CutOffSeconds uint64              `json:"cut_off_seconds"`
	Records       map[string]hexBytes `json:"records"`
	Positions     [][]any             `json:"positions"`
	Postings      [][]any             `json:"postings"`
	Liabilities   map[string]hexBytes `json:"liabilities"`
	Parties       map[string]hexBytes `json:"parties"`
	Agreements    map[string]hexBytes `json:"agreements"`
	Consents      map[string]hexBytes `json:"consents"`
	Issuers       map[string]hexBytes `json:"issuers"`
	Mandates      map[string]hexBytes `json:"mandates"`
	Contracts     map[string]hexBytes `json:"contracts"`
	Payments      map[string]hexBytes `json:"payments"`
	Disputes      map[string]hexBytes `json:"disputes"`
	Cycles        map[string]hexBytes `json:"cycles"`
	Statements    []hexBytes          `json:"statements"`
}

func load[Case any](t testing.TB, name string) []Case {
	t.Helper()
	// Go remembers results by this, because the file lies outside of the module: see devnet/run_go_tests.py.
	_ = os.Getenv("INTERLEDGER_SHARED_FILES")
	raw, err := os.ReadFile(filepath.Join(caseFolder, name))
	require.NoError(t, err)
	var cases []Case
	require.NoError(t, json.Unmarshal(raw, &cases))
	require.NotEmpty(t, cases)
	return cases
}

// loadAll are the cases of all commands, by the names of their files.
func loadAll(t *testing.T) []sharedCase {
	t.Helper()
	var all []sharedCase
	for _, name := range []string{"facts", "packets", "commands", "payments", "disputes", "cycles", "deadlines", "issuers", "signed", "proven", "refusals", "stories"} {
		for _, each := range load[sharedCase](t, name+".json") {
			each.Name = name + "/" + each.Name
			all = append(all, each)
		}
	}
	return all
}

func newBook() Book { return Open(dbadapter.Store{DB: dbm.NewMemDB()}) }

// play runs all steps, each of which is compared.
func (c *sharedCase) play(t *testing.T) Book {
	t.Helper()
	book := newBook()
	for i := range c.Steps {
		c.Steps[i].run(t, book)
	}
	return book
}

func TestSharedCasesGiveTheSameAnswersAndBytes(t *testing.T) {
	for _, each := range loadAll(t) {
		t.Run(each.Name, func(t *testing.T) { each.compare(t, each.play(t)) })
	}
}

func TestAnExportedLogReplaysToTheSameState(t *testing.T) {
	for _, each := range loadAll(t) {
		t.Run(each.Name, func(t *testing.T) {
			book, again := each.play(t), newBook()
			require.NoError(t, again.Import(book.Export(), book.Head().Hash))
			each.compare(t, again)
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

func (s *step) run(t *testing.T, book Book) {
	t.Helper()
	before, stored := book.Head(), everything(book)
	head := Head{Sequence: s.Sequence, Hash: facts.Hash(make([]byte, hashBytes))}
	switch s.Command {
	case "RecordFacts":
		s.runFacts(t, book)
		head = Head{}
	case "SignedFacts":
		if err := s.runSigned(t, book); err != nil {
			s.requireRefused(t, book, err, stored)
			return
		}
		head = Head{}
	case "FactProof":
		if err := s.runProven(t, book); err != nil {
			s.requireRefused(t, book, err, stored)
			return
		}
		head = Head{}
	case "EndDeadlines":
		require.Equal(t, len(s.Entries), book.EndDeadlines(s.AtSeconds, s.Limit))
		head = book.Head()
	default:
		command, err := DecodeCommand(s.Request)
		if err == nil {
			s.requireNettingInput(t, book, command.GetProposeCycle())
			head, err = book.Execute(command, s.AtSeconds)
		}
		if err != nil {
			s.requireRefused(t, book, err, stored)
			return
		}
		require.Zero(t, s.Refusal, s.Command)
		requireRepeatable(t, book, command, head, len(s.Entries))
	}
	if s.Command != "RecordFacts" && s.Command != "SignedFacts" && s.Command != "FactProof" {
		require.Equal(t, s.Sequence, head.Sequence)
		require.Equal(t, []byte(s.HeadHash), head.Hash[:])
	}
	require.Equal(t, len(s.Entries), int(book.Head().Sequence-before.Sequence))
	for i, entry := range s.Entries {
		at := before.Sequence + uint64(i) + 1
		require.Equal(t, hex.EncodeToString(entry), hex.EncodeToString(book.Entry(at)))
		if act := book.entry(at).Act; act != nil {
			require.Equal(t, []byte(s.Digest), act.RequestDigest)
		}
	}
}

func (s *step) requireRefused(t *testing.T, book Book, err error, stored map[string]string) {
	t.Helper()
	codespace, code, _ := errorsmod.ABCIInfo(err, true)
	require.Equal(t, s.Refusal, code, "%s: %v", s.Command, err)
	require.Equal(t, Codespace, codespace)
	require.Equal(t, stored, everything(book))
}

func (s *step) runSigned(t *testing.T, book Book) error {
	t.Helper()
	request := &wire.RecordFactsRequest{}
	if err := canonical.Decode(s.Request, request); err != nil {
		// The SDK reads messages before this package sees them, and is as strict.
		return errorsmod.Wrap(ErrInvalidCommand, err.Error())
	}
	answers, err := book.Record(request, Signing{Ledger: s.Ledger, Height: s.Height, Transaction: s.Transaction}, s.AtSeconds)
	if err != nil {
		return err
	}
	s.requireAnswers(t, answers)
	return nil
}

func (s *step) requireAnswers(t *testing.T, answers []facts.Answer) {
	t.Helper()
	require.Zero(t, s.Refusal)
	require.Equal(t, s.Codes, codesOf(answers))
	response := canonical.Encode(&wire.RecordFactsResponse{Answers: AnswerMessages(answers)})
	require.Equal(t, hex.EncodeToString(s.Response), hex.EncodeToString(response))
}

func (s *step) runFacts(t *testing.T, book Book) {
	t.Helper()
	data, err := facts.DecodePacketData(s.Payload)
	require.NoError(t, err)
	require.Equal(t, []byte(s.Payload), facts.EncodePacketData(data))
	answers := book.RecordFacts(data, Delivery{
		ClientID: s.ClientID, PacketSequence: s.PacketSequence, Height: s.Height, Transaction: s.Transaction,
	}, s.AtSeconds)
	require.Equal(t, hex.EncodeToString(s.Acknowledgement), hex.EncodeToString(facts.EncodeAnswers(answers)))
}

// requireRepeatable sends a command again that was taken: later as it was, then with other content, and as another actor.
func requireRepeatable(t *testing.T, book Book, command *wire.Command, first Head, entries int) {
	t.Helper()
	if entries == 0 {
		return
	}
	stored := everything(book)
	again, err := book.Execute(command, 1<<62)
	require.NoError(t, err)
	require.Equal(t, first, again)
	other := &wire.Command{RequestId: command.RequestId, Actor: command.Actor, Command: &wire.Command_CommitCycle{
		CommitCycle: &wire.CommitCycle{CycleId: "another"},
	}}
	_, err = book.Execute(other, 1)
	require.ErrorIs(t, err, ErrIDReused)
	other.Actor = []byte{1}
	_, err = book.Execute(other, 1)
	require.ErrorIs(t, err, ErrNotFound, "request ids are scoped to the actor")
	require.Equal(t, stored, everything(book))
}

// requireNettingInput compares what a proposer is shown with what a proposal that will be taken is about.
func (s *step) requireNettingInput(t *testing.T, book Book, proposal *wire.ProposeCycle) {
	t.Helper()
	if proposal == nil || len(s.Entries) == 0 {
		return
	}
	input, err := book.Netting(Scope{
		Unit: Unit{proposal.Currency, proposal.Exponent}, CutOffSeconds: proposal.CutOffSeconds,
		ValueDateSeconds: proposal.ValueDateSeconds, Mode: proposal.Mode,
	})
	require.NoError(t, err)
	var rows []netting.Row
	for _, debt := range input.Debts {
		rows = append(rows, netting.Row{
			Debtor: facts.Hash(debt.Debtor), Creditor: facts.Hash(debt.Creditor), Amount: amountOf(debt.Amount),
		})
	}
	network, err := netting.NewNetwork(proposal.Currency, uint8(proposal.Exponent), rows)
	require.NoError(t, err)
	digest := network.Digest()
	require.Equal(t, proposal.DebtsHash, digest[:])
	require.Empty(t, input.RunningCycleId)
	require.GreaterOrEqual(t, input.Liabilities, uint64(len(input.Debts)))
	if proposal.Mode == modeHub {
		require.Len(t, input.Consenting, len(network.Parties))
	}
}

func (c *sharedCase) compare(t *testing.T, book Book) {
	t.Helper()
	head := book.Head()
	require.Equal(t, c.Sequence, head.Sequence)
	require.Equal(t, []byte(c.HeadHash), head.Hash[:])
	require.Equal(t, c.CutOffSeconds, book.CutOffSeconds())
	for factID, expected := range c.Records {
		liability := book.LiabilityOfFact(toHash(t, factID))
		require.NotNil(t, liability)
		stored := book.kv.Get(append([]byte("liability/"), liability.LiabilityId...))
		require.Equal(t, hex.EncodeToString(expected), hex.EncodeToString(stored))
	}
	var positions [][]any
	book.eachOpenSum(func(debtor, creditor facts.Hash, unit Unit, open *big.Int) {
		positions = append(positions, []any{
			hex.EncodeToString(debtor[:]), hex.EncodeToString(creditor[:]), unit.Currency, float64(unit.Exponent), open.String(),
		})
	})
	require.ElementsMatch(t, c.Positions, positions)
	c.compareRecords(t, book)
	c.comparePostings(t, book)
	for _, each := range c.Statements {
		var expected wire.Statement
		require.NoError(t, canonical.Decode(each, &expected))
		statement := book.Statement(facts.Hash(expected.PartyId), Unit{expected.Currency, expected.Exponent}, Period{
			SinceSeconds: expected.SinceSeconds, UntilSeconds: expected.UntilSeconds,
		})
		require.Equal(t, expected.String(), statement.String())
	}
}

func (c *sharedCase) compareRecords(t *testing.T, book Book) {
	t.Helper()
	const limit = 1000
	compareRecords(t, c.Liabilities, book.Liabilities(0, limit), func(each *wire.Liability) string {
		return hex.EncodeToString(each.FactId)
	})
	compareRecords(t, c.Parties, book.Parties(), func(each *wire.Party) string { return hex.EncodeToString(each.PartyId) })
	compareRecords(t, c.Agreements, book.Agreements(), func(each *wire.AgreementInForce) string {
		return hex.EncodeToString(each.Agreement.Creditor) + "/" + hex.EncodeToString(each.Agreement.Debtor)
	})
	var consents []*wire.ConsentInForce
	for _, party := range book.Parties() {
		if consent := book.Consent(facts.Hash(party.PartyId)); consent != nil {
			consents = append(consents, consent)
		}
	}
	compareRecords(t, c.Consents, consents, func(each *wire.ConsentInForce) string { return hex.EncodeToString(each.Party) })
	compareRecords(t, c.Issuers, book.Issuers(), func(each *wire.IssuerInForce) string {
		return hex.EncodeToString(nameOf(each.Issuer))
	})
	compareRecords(t, c.Mandates, book.Mandates(), func(each *wire.MandateInForce) string {
		return hex.EncodeToString(each.Creditor) + "/" + hex.EncodeToString(nameOf(each.Issuer))
	})
	compareRecords(t, c.Contracts, book.Contracts(), func(each *wire.ContractInForce) string {
		return each.ClientId + "/" + hex.EncodeToString(each.Contract)
	})
	compareRecords(t, c.Payments, book.Payments("", limit), func(each *wire.Payment) string { return each.Order.PaymentId })
	compareRecords(t, c.Disputes, book.Disputes("", limit), func(each *wire.Dispute) string { return each.Claim.DisputeId })
	compareRecords(t, c.Cycles, book.Cycles("", limit), func(each *wire.Cycle) string { return each.Plan.CycleId })
}

func compareRecords[Kind canonical.Message](t *testing.T, expected map[string]hexBytes, records []Kind, id func(Kind) string) {
	t.Helper()
	require.Len(t, records, len(expected))
	for _, each := range records {
		require.NoError(t, form.CheckStored(each))
		require.Equal(t, hex.EncodeToString(expected[id(each)]), hex.EncodeToString(canonical.Encode(each)), id(each))
	}
}

func (c *sharedCase) comparePostings(t *testing.T, book Book) {
	t.Helper()
	var postings [][]any
	book.journal(func(entry journalEntry) {
		for _, each := range entry.postings {
			amount, _ := new(big.Float).SetInt(each.amount).Float64()
			postings = append(postings, []any{
				float64(entry.sequence), float64(each.liability), string(each.source), string(each.target), amount,
			})
		}
	})
	require.Equal(t, len(c.Postings), len(postings))
	for i := range postings {
		require.Equal(t, c.Postings[i], postings[i])
	}
}

func toHash(t *testing.T, text string) facts.Hash {
	t.Helper()
	raw, err := hex.DecodeString(text)
	require.NoError(t, err)
	require.Len(t, raw, len(facts.Hash{}))
	return facts.Hash(raw)
}
