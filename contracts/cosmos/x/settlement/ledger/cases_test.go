package ledger

import (
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	errorsmod "cosmossdk.io/errors"
	dbm "github.com/cosmos/cosmos-db"

	"github.com/cosmos/cosmos-sdk/store/v2/dbadapter"

	"interledger.example/cosmos/x/settlement/facts"
)

// caseFolder holds what every settlement ledger is run over.
const caseFolder = "../../../../../tests/cases/settlement"

type step struct {
	Command   string `json:"command"`
	RequestID string `json:"request_id"`
	Party     struct {
		PartyID string `json:"party_id"`
		OCPIID  string `json:"ocpi_id"`
		Name    string `json:"name"`
		LEI     string `json:"lei"`
		VATID   string `json:"vat_id"`
	} `json:"party"`
	Agreement struct {
		AgreementID string `json:"agreement_id"`
		Creditor    string `json:"creditor"`
		Debtor      string `json:"debtor"`
		Currencies  []struct {
			Currency  string `json:"currency"`
			Exponent  uint32 `json:"exponent"`
			OpenLimit string `json:"open_limit"`
		} `json:"currencies"`
		NettingModes []NettingMode `json:"netting_modes"`
	} `json:"agreement"`
	CutOffSeconds uint64 `json:"cut_off_seconds"`

	Payload        string `json:"payload"`
	ClientID       string `json:"client_id"`
	PacketSequence uint64 `json:"packet_sequence"`
	Height         uint64 `json:"height"`
	Transaction    string `json:"transaction"`

	Refusal         uint32   `json:"refusal"`
	Sequence        uint64   `json:"sequence"`
	HeadHash        string   `json:"head_hash"`
	Events          []string `json:"events"`
	Acknowledgement string   `json:"acknowledgement"`
}

type sharedCase struct {
	Name          string            `json:"name"`
	Steps         []step            `json:"steps"`
	Sequence      uint64            `json:"sequence"`
	HeadHash      string            `json:"head_hash"`
	CutOffSeconds uint64            `json:"cut_off_seconds"`
	Records       map[string]string `json:"records"`
	Positions     [][]any           `json:"positions"`
}

func load[Case any](t testing.TB, name string) []Case {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(caseFolder, name))
	require.NoError(t, err)
	var cases []Case
	require.NoError(t, json.Unmarshal(raw, &cases))
	require.NotEmpty(t, cases)
	return cases
}

func newBook() Book { return Open(dbadapter.Store{DB: dbm.NewMemDB()}) }

func TestSharedCasesGiveTheSameAnswersAndBytes(t *testing.T) {
	for _, file := range []string{"facts.json", "packets.json", "commands.json"} {
		for _, each := range load[sharedCase](t, file) {
			t.Run(file+"/"+each.Name, func(t *testing.T) {
				book := newBook()
				for i := range each.Steps {
					each.Steps[i].run(t, book)
				}
				each.compare(t, book)
			})
		}
	}
}

func TestAnExportedLogReplaysToTheSameState(t *testing.T) {
	for _, file := range []string{"packets.json", "commands.json"} {
		for _, each := range load[sharedCase](t, file) {
			t.Run(file+"/"+each.Name, func(t *testing.T) {
				book, again := newBook(), newBook()
				for i := range each.Steps {
					each.Steps[i].run(t, book)
				}
				require.NoError(t, again.Import(book.Export(), book.Head().Hash))
				each.compare(t, again)
				require.Equal(t, book.Parties(), again.Parties())
				require.Equal(t, book.Agreements(), again.Agreements())
				require.Equal(t, book.Liabilities(0, 1000), again.Liabilities(0, 1000))
			})
		}
	}
}

func TestADamagedLogDoesNotReplay(t *testing.T) {
	book := newBook()
	for _, each := range load[sharedCase](t, "packets.json")[:1] {
		for i := range each.Steps {
			each.Steps[i].run(t, book)
		}
	}
	log, head := book.Export(), book.Head().Hash
	require.NoError(t, newBook().Import(log, head))
	require.ErrorIs(t, newBook().Import(log[1:], head), ErrDamagedLog)
	require.ErrorIs(t, newBook().Import(log[:len(log)-1], head), ErrDamagedLog)
	require.ErrorIs(t, newBook().Import(log, facts.Hash{}), ErrDamagedLog)
	for _, damaged := range []string{"", "{}", "null", "[]", `{"event":"other"}`, string(log[0]) + " ", string(log[0]) + string(log[0])} {
		require.ErrorIs(t, newBook().Import([][]byte{[]byte(damaged)}, head), ErrDamagedLog, damaged)
	}
}

func TestListsEndWhereTheLogEnds(t *testing.T) {
	book := newBook()
	require.Empty(t, book.Liabilities(0, 10))
	require.Empty(t, book.Liabilities(^uint64(0), 10))
	require.Nil(t, book.LiabilityOfFact(facts.Hash{1}))
	require.Nil(t, book.Liability(facts.Hash{1}))
}

func (s *step) run(t *testing.T, book Book) {
	t.Helper()
	before := book.Head().Sequence
	var head Head
	var err error
	switch s.Command {
	case "RegisterParty":
		head, err = book.RegisterParty(s.RequestID, Party{
			PartyID: toHash(t, s.Party.PartyID), OCPIID: s.Party.OCPIID, Name: s.Party.Name, LEI: s.Party.LEI, VATID: s.Party.VATID,
		})
	case "RecordAgreement":
		head, err = book.RecordAgreement(s.RequestID, s.toAgreement(t))
	case "ClosePeriod":
		head, err = book.ClosePeriod(s.RequestID, s.CutOffSeconds)
	case "RecordFacts":
		s.runFacts(t, book)
		head = Head{Sequence: s.Sequence}
	default:
		t.Fatalf("unknown command %s", s.Command)
	}
	codespace, code, _ := errorsmod.ABCIInfo(err, true)
	require.Equal(t, s.Refusal, code, "%v", err)
	if err != nil {
		require.Equal(t, Codespace, codespace)
		require.Equal(t, before, book.Head().Sequence)
		return
	}
	require.Equal(t, s.Sequence, head.Sequence)
	if s.HeadHash != "" {
		require.Equal(t, s.HeadHash, hex.EncodeToString(head.Hash[:]))
	}
	require.Equal(t, len(s.Events), int(book.Head().Sequence-before))
	for i, event := range s.Events {
		require.Equal(t, event, string(book.Entry(before+uint64(i)+1)))
	}
}

func (s *step) runFacts(t *testing.T, book Book) {
	t.Helper()
	payload := toBytes(t, s.Payload)
	data, err := facts.DecodePacketData(payload)
	require.NoError(t, err)
	require.Equal(t, payload, facts.EncodePacketData(data))
	answers := book.RecordFacts(Origin{
		ChainID: data.ChainID, Contract: data.Contract, Issuer: data.Issuer, ClientID: s.ClientID,
		PacketSequence: s.PacketSequence, Height: s.Height, Transaction: s.Transaction,
	}, data)
	require.Equal(t, s.Acknowledgement, hex.EncodeToString(facts.EncodeAnswers(answers)))
}

func (s *step) toAgreement(t *testing.T) Agreement {
	t.Helper()
	agreement := Agreement{
		AgreementID: s.Agreement.AgreementID, Creditor: toHash(t, s.Agreement.Creditor), Debtor: toHash(t, s.Agreement.Debtor),
		NettingModes: s.Agreement.NettingModes,
	}
	for _, terms := range s.Agreement.Currencies {
		limit, err := ParseLimit(terms.OpenLimit)
		require.NoError(t, err)
		agreement.Currencies = append(agreement.Currencies, CurrencyTerms{
			Currency: terms.Currency, Exponent: terms.Exponent, OpenLimit: limit,
		})
	}
	return agreement
}

func (c *sharedCase) compare(t *testing.T, book Book) {
	t.Helper()
	head := book.Head()
	require.Equal(t, c.Sequence, head.Sequence)
	require.Equal(t, c.HeadHash, hex.EncodeToString(head.Hash[:]))
	require.Equal(t, c.CutOffSeconds, book.CutOffSeconds())
	liabilities := book.Liabilities(0, 1000)
	require.Len(t, liabilities, len(c.Records))
	for factID, expected := range c.Records {
		liability := book.LiabilityOfFact(toHash(t, factID))
		require.NotNil(t, liability)
		stored := book.kv.Get(append([]byte("liability/"), liability.LiabilityID[:]...))
		require.Equal(t, expected, hex.EncodeToString(stored))
	}
	positions := book.Positions()
	require.Len(t, positions, len(c.Positions))
	for i, position := range positions {
		require.Equal(t, []any{
			hex.EncodeToString(position.Debtor[:]), hex.EncodeToString(position.Creditor[:]),
			position.Currency, float64(position.Exponent), position.Open.String(),
		}, c.Positions[i])
	}
}

type payloadCase struct {
	Name    string `json:"name"`
	Payload string `json:"payload"`
	Decodes bool   `json:"decodes"`
}

func TestSharedPayloadsDecodeOrAreRefused(t *testing.T) {
	for _, each := range load[payloadCase](t, "payloads.json") {
		t.Run(each.Name+"/"+strconv.FormatBool(each.Decodes), func(t *testing.T) {
			payload := toBytes(t, each.Payload)
			data, err := facts.DecodePacketData(payload)
			require.Equal(t, each.Decodes, err == nil, "%v", err)
			if err == nil {
				require.Equal(t, payload, facts.EncodePacketData(data))
			}
		})
	}
}

func TestAPayloadWithAnyBitFlippedIsRefusedOrReadExactly(t *testing.T) {
	good := toBytes(t, load[payloadCase](t, "payloads.json")[0].Payload)
	for bit := range len(good) * 8 {
		flipped := append([]byte{}, good...)
		flipped[bit/8] ^= 1 << (bit % 8)
		data, err := facts.DecodePacketData(flipped)
		if err == nil {
			require.Equal(t, flipped, facts.EncodePacketData(data))
		}
	}
}

func toBytes(t *testing.T, text string) []byte {
	t.Helper()
	raw, err := hex.DecodeString(text)
	require.NoError(t, err)
	return raw
}

func toHash(t *testing.T, text string) facts.Hash {
	t.Helper()
	raw := toBytes(t, text)
	require.Len(t, raw, len(facts.Hash{}))
	return facts.Hash(raw)
}
