package ledger

import (
	"math/big"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ethereum/go-ethereum/crypto"

	wire "interledger.example/cosmos/wire/settlementv1"
	"interledger.example/cosmos/x/settlement/facts"
)

var (
	signingKey, _ = crypto.ToECDSA(crypto.Keccak256([]byte("an issuer")))
	signer        = crypto.PubkeyToAddress(signingKey.PublicKey)
	thisLedger    = facts.LedgerIdentity(facts.Hash{7}, "settlement-1")
	nbm, _        = facts.PartyID("DE*NBM")
	kcs, _        = facts.PartyID("DE*KCS")
)

// signedBook has a pair that takes what is pushed and comes in packets, and the creditor's issuer.
func signedBook(t *testing.T) Book {
	t.Helper()
	book := newBook()
	for _, command := range []*wire.Command{
		{RequestId: "1", Command: &wire.Command_RegisterParty{RegisterParty: &wire.RegisterParty{
			Party: &wire.Party{PartyId: nbm[:], OcpiId: "DE*NBM", Name: "Nordbahn"},
		}}},
		{RequestId: "2", Command: &wire.Command_RegisterParty{RegisterParty: &wire.RegisterParty{
			Party: &wire.Party{PartyId: kcs[:], OcpiId: "DE*KCS", Name: "KiezCar"},
		}}},
		{RequestId: "3", Command: &wire.Command_RecordAgreement{RecordAgreement: &wire.RecordAgreement{Agreement: &wire.Agreement{
			AgreementId: "a", Creditor: kcs[:], Debtor: nbm[:], NettingModes: []wire.NettingMode{modeCycle},
			Currencies: []*wire.CurrencyTerms{{Currency: "EUR", Exponent: 2}}, Ways: []wire.Way{wayInterledger, wayPushed},
		}}}},
		{RequestId: "4", Command: &wire.Command_BindIssuer{BindIssuer: &wire.BindIssuer{Issuer: issuerOfKey(), Party: kcs[:]}}},
	} {
		_, err := book.Execute(command, 1)
		require.NoError(t, err)
	}
	return book
}

func issuerOfKey() *wire.Issuer { return &wire.Issuer{ChainId: "1337", Account: signer[:]} }

// pushed has trips with these sequences of the issuer, not signed yet.
func pushed(sequences ...uint64) *wire.SignedFacts {
	contract := facts.SystemContract("booking")
	signed := &wire.SignedFacts{Way: wayPushed, ChainId: "1337", Contract: contract[:], Issuer: signer[:], System: "booking"}
	for _, sequence := range sequences {
		signed.Facts = append(signed.Facts, factMessage(&facts.Fact{
			FactID: facts.ID(big.NewInt(1337), contract, facts.Address(signer), sequence), Schema: facts.Schema,
			Kind: facts.TripCompleted, Category: 1, Creditor: kcs, Debtor: nbm, Currency: [currencyBytes]byte([]byte("EUR")),
			Exponent: 2, Net: big.NewInt(100), Tax: big.NewInt(19), ServiceEnd: 50, DueDate: 60, IssuerSequence: sequence,
		}))
	}
	return signed
}

// sign for a ledger what is stated, as an issuer's own software does.
func sign(t *testing.T, signed *wire.SignedFacts, ledger []byte) *wire.RecordFactsRequest {
	t.Helper()
	digested := &facts.Signed{
		Way: wayName(signed.Way), ChainID: amountOf(signed.ChainId), Contract: facts.Address(signed.Contract), System: signed.System,
		ObjectIDs: signed.ObjectIds,
	}
	if len(signed.Rules) > 0 {
		digested.Rules = facts.Hash(signed.Rules)
	}
	for _, message := range signed.Facts {
		fact := factOf(message)
		digested.FactHashes = append(digested.FactHashes, facts.HashOf(&fact))
	}
	digest := facts.SigningDigest(ledger, digested)
	signature, err := crypto.Sign(digest[:], signingKey)
	require.NoError(t, err)
	signature[64] += 27
	signed.Signature = signature
	return &wire.RecordFactsRequest{Request: &wire.RecordFactsRequest_SignedFacts{SignedFacts: signed}}
}

var here = Signing{Ledger: thisLedger, Height: 9, Transaction: "A1B2"}

func codesOf(answers []facts.Answer) []facts.Code {
	var codes []facts.Code
	for _, each := range answers {
		codes = append(codes, each.Code)
	}
	return codes
}

func TestASignedFactIsALiabilityOnce(t *testing.T) {
	book := signedBook(t)
	signed := pushed(1, 2)
	signed.ObjectIds, signed.Rules = []string{"booking 1", "booking 2"}, hexBytes(strings.Repeat("r", hashBytes))
	request := sign(t, signed, thisLedger)
	first, err := book.Record(request, here, 70)
	require.NoError(t, err)
	require.Equal(t, []facts.Code{facts.OK, facts.OK}, codesOf(first))
	head := book.Head()
	again, err := book.Record(request, Signing{Ledger: thisLedger, Height: 10, Transaction: "C3"}, 71)
	require.NoError(t, err)
	require.Equal(t, []facts.Code{facts.Duplicate, facts.Duplicate}, codesOf(again))
	require.Equal(t, head, book.Head())
	for i := range first {
		require.Equal(t, first[i].LiabilityID, again[i].LiabilityID)
		require.Equal(t, first[i].Sequence, again[i].Sequence)
		require.Equal(t, first[i].HeadHash, again[i].HeadHash)
	}
	origin := book.LiabilityOfFact(facts.Hash(signed.Facts[1].FactId)).GetOrigin().GetPushedFacts()
	require.Equal(t, &wire.PushedFacts{
		ChainId: "1337", Contract: signed.Contract, Issuer: signer[:], System: "booking", ObjectId: "booking 2", Rules: signed.Rules,
		Height: 9, Transaction: "A1B2",
	}, origin)
}

func TestAFactThatWasPushedIsADuplicateInAPacket(t *testing.T) {
	book := signedBook(t)
	request := sign(t, pushed(1), thisLedger)
	first, err := book.Record(request, here, 70)
	require.NoError(t, err)
	fact := factOf(request.GetSignedFacts().Facts[0])
	packet := &facts.PacketData{
		ChainID: big.NewInt(1337), Contract: facts.SystemContract("booking"), Issuer: facts.Address(signer), Facts: []facts.Fact{fact},
		FactHashes: []facts.Hash{facts.HashOf(&fact)},
	}
	answers := book.RecordFacts(packet, Delivery{ClientID: "poa-evm-0", PacketSequence: 1, Height: 10, Transaction: "C3"}, 71)
	require.Equal(t, facts.Duplicate, answers[0].Code)
	require.Equal(t, first[0].LiabilityID, answers[0].LiabilityID)
	require.Equal(t, first[0].Sequence, answers[0].Sequence)
}

func TestNobodyChangesWhatWasSigned(t *testing.T) {
	for name, change := range map[string]func(*wire.SignedFacts){
		"an amount":         func(s *wire.SignedFacts) { s.Facts[0].Net = "1" },
		"one fact fewer":    func(s *wire.SignedFacts) { s.Facts = s.Facts[:1] },
		"one fact twice":    func(s *wire.SignedFacts) { s.Facts = append(s.Facts, s.Facts[0]) },
		"the order":         func(s *wire.SignedFacts) { s.Facts[0], s.Facts[1] = s.Facts[1], s.Facts[0] },
		"the way":           func(s *wire.SignedFacts) { s.Way = wayPulled },
		"the chain":         func(s *wire.SignedFacts) { s.ChainId = "1" },
		"the contract":      func(s *wire.SignedFacts) { s.Contract = make([]byte, addressBytes) },
		"the issuer":        func(s *wire.SignedFacts) { s.Issuer = make([]byte, addressBytes) },
		"the system":        func(s *wire.SignedFacts) { s.System = "" },
		"the rules":         func(s *wire.SignedFacts) { s.Rules = append(make([]byte, hashBytes-1), 1) },
		"the object ids":    func(s *wire.SignedFacts) { s.ObjectIds = []string{"1", "2"} },
		"the signature":     func(s *wire.SignedFacts) { s.Signature[3] ^= 1 },
		"no signature":      func(s *wire.SignedFacts) { s.Signature = nil },
		"a longer one":      func(s *wire.SignedFacts) { s.Signature = append(s.Signature, 0) },
		"v without 27":      func(s *wire.SignedFacts) { s.Signature[64] -= 27 },
		"the other v":       func(s *wire.SignedFacts) { s.Signature[64] = 27 + 28 - s.Signature[64] },
		"a zero signature":  func(s *wire.SignedFacts) { s.Signature = make([]byte, 65) },
		"a signature of 64": func(s *wire.SignedFacts) { s.Signature = s.Signature[:64] },
	} {
		t.Run(name, func(t *testing.T) {
			book := signedBook(t)
			request := sign(t, pushed(1, 2), thisLedger)
			change(request.GetSignedFacts())
			stored := everything(book)
			_, err := book.Record(request, here, 70)
			require.ErrorIs(t, err, ErrBadSignature)
			require.Equal(t, stored, everything(book))
		})
	}
}

func TestASignatureForAnotherLedgerIsRefused(t *testing.T) {
	book := signedBook(t)
	for _, other := range [][]byte{
		facts.LedgerIdentity(facts.Hash{8}, "settlement-1"), facts.LedgerIdentity(facts.Hash{7}, "settlement-2"), nil,
	} {
		_, err := book.Record(sign(t, pushed(1), other), here, 70)
		require.ErrorIs(t, err, ErrBadSignature)
	}
}

func TestARequestOfNoFormIsRefused(t *testing.T) {
	full := make([]uint64, facts.MaximumSignedFacts)
	for i := range full {
		full[i] = uint64(i + 1)
	}
	long := strings.Repeat("i", facts.MaximumObjectIDBytes+1)
	for name, change := range map[string]func(*wire.SignedFacts){
		"no facts":              func(s *wire.SignedFacts) { s.Facts = nil },
		"too many facts":        func(s *wire.SignedFacts) { s.Facts = append(pushed(full...).Facts, s.Facts[0]) },
		"by packet":             func(s *wire.SignedFacts) { s.Way = wayInterledger },
		"by proof":              func(s *wire.SignedFacts) { s.Way = wire.Way_WAY_PULLED_PROVEN },
		"by no way":             func(s *wire.SignedFacts) { s.Way = 0 },
		"chain 0":               func(s *wire.SignedFacts) { s.ChainId = "0" },
		"chain of 257 bits":     func(s *wire.SignedFacts) { s.ChainId = new(big.Int).Lsh(big.NewInt(1), 256).String() },
		"a contract of 19":      func(s *wire.SignedFacts) { s.Contract = s.Contract[1:] },
		"an issuer of 21":       func(s *wire.SignedFacts) { s.Issuer = append(s.Issuer, 0) },
		"no rules as zeros":     func(s *wire.SignedFacts) { s.Rules = make([]byte, hashBytes) },
		"rules of 31 bytes":     func(s *wire.SignedFacts) { s.Rules = make([]byte, hashBytes-1) },
		"one id for two facts":  func(s *wire.SignedFacts) { s.ObjectIds = []string{"1"} },
		"a long id":             func(s *wire.SignedFacts) { s.ObjectIds = []string{"", long} },
		"a long system":         func(s *wire.SignedFacts) { s.System = long },
		"a system not in UTF-8": func(s *wire.SignedFacts) { s.System = "\xff" },
		"a fact id of 31 bytes": func(s *wire.SignedFacts) { s.Facts[0].FactId = s.Facts[0].FactId[1:] },
		"net of 129 bits":       func(s *wire.SignedFacts) { s.Facts[0].Net = new(big.Int).Lsh(big.NewInt(1), 128).String() },
		"net below zero":        func(s *wire.SignedFacts) { s.Facts[0].Net = "-1" },
		"a kind of 17 bits":     func(s *wire.SignedFacts) { s.Facts[0].Kind = 1 << 16 },
		"a currency of 4":       func(s *wire.SignedFacts) { s.Facts[0].Currency = []byte("EURO") },
	} {
		t.Run(name, func(t *testing.T) {
			request := sign(t, pushed(1, 2), thisLedger)
			change(request.GetSignedFacts())
			_, err := signedBook(t).Record(request, here, 70)
			require.ErrorIs(t, err, ErrInvalidCommand)
		})
	}
	for _, empty := range []*wire.RecordFactsRequest{nil, {}} {
		_, err := signedBook(t).Record(empty, here, 70)
		require.ErrorIs(t, err, ErrInvalidCommand)
	}
	large := pushed(full...)
	for range large.Facts {
		large.ObjectIds = append(large.ObjectIds, strings.Repeat("i", facts.MaximumObjectIDBytes))
	}
	answers, err := signedBook(t).Record(sign(t, large, thisLedger), here, 70)
	require.NoError(t, err)
	require.Len(t, answers, facts.MaximumSignedFacts)
}

func TestAWayThatIsNotAgreedIsAnsweredForEachFact(t *testing.T) {
	book := signedBook(t)
	pulled := pushed(1)
	pulled.Way = wayPulled
	answers, err := book.Record(sign(t, pulled, thisLedger), here, 70)
	require.NoError(t, err)
	require.Equal(t, []facts.Code{facts.WayNotAgreed}, codesOf(answers))
}

func TestAnIssuerThatHasEndedSignsNothingNew(t *testing.T) {
	book := signedBook(t)
	recorded, err := book.Record(sign(t, pushed(1), thisLedger), here, 70)
	require.NoError(t, err)
	_, err = book.Execute(&wire.Command{RequestId: "end", Command: &wire.Command_RemoveIssuer{
		RemoveIssuer: &wire.RemoveIssuer{Issuer: issuerOfKey(), LastSequence: 100},
	}}, 71)
	require.NoError(t, err)
	answers, err := book.Record(sign(t, pushed(1, 2), thisLedger), here, 72)
	require.NoError(t, err)
	require.Equal(t, []facts.Code{facts.Duplicate, facts.IssuerNotAuthorised}, codesOf(answers))
	require.Equal(t, recorded[0].LiabilityID, answers[0].LiabilityID)
}

func TestNewsOfASignedFactCannotBeSentAgain(t *testing.T) {
	book := signedBook(t)
	request := sign(t, pushed(1), thisLedger)
	_, err := book.Record(request, here, 70)
	require.NoError(t, err)
	_, err = book.Execute(&wire.Command{RequestId: "news", Command: &wire.Command_ResendNews{
		ResendNews: &wire.ResendNews{FactId: request.GetSignedFacts().Facts[0].FactId},
	}}, 71)
	require.ErrorIs(t, err, ErrWrongState)
}
