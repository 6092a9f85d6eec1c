package app_test

import (
	"bytes"
	"fmt"
	"math/big"
	"math/rand"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cosmos/gogoproto/proto"
	"github.com/ethereum/go-ethereum/crypto"

	abci "github.com/cometbft/cometbft/abci/types"

	storetypes "github.com/cosmos/cosmos-sdk/store/v2/types"
	simtestutil "github.com/cosmos/cosmos-sdk/testutil/sims"
	sdk "github.com/cosmos/cosmos-sdk/types"

	"interledger.example/cosmos/wire/settlementv1"
	"interledger.example/cosmos/x/settlement/facts"
	settlementtypes "interledger.example/cosmos/x/settlement/types"
	"interledger.example/simapp/app"
)

var (
	issuerKey, _ = crypto.ToECDSA(crypto.Keccak256([]byte("an issuer")))
	issuer       = facts.Address(crypto.PubkeyToAddress(issuerKey.PublicKey))
	noToken      = facts.SystemContract("booking")
)

const manyGas = 100_000_000

// pushing is a world with a pair that takes what is pushed, whose creditor has an issuer.
func pushing(t *testing.T) *world {
	t.Helper()
	w := newWorld(t)
	ctx := w.chain.GetContext()
	_, err := w.app.SettlementKeeper.SetOperators(ctx, &settlementtypes.MsgSetOperators{
		Authority: app.Authority(), Operators: []string{w.sender()},
	})
	require.NoError(t, err)
	for _, name := range []string{debtor, creditor} {
		partyID := idOf(t, name)
		w.executeIn(ctx, &settlementv1.Command{RequestId: name, Command: &settlementv1.Command_RegisterParty{
			RegisterParty: &settlementv1.RegisterParty{Party: &settlementv1.Party{PartyId: partyID[:], OcpiId: name, Name: name}},
		}})
	}
	debtorID, creditorID := idOf(t, debtor), idOf(t, creditor)
	agreement := &settlementv1.Agreement{
		AgreementId: "a", Creditor: creditorID[:], Debtor: debtorID[:],
		Currencies:   []*settlementv1.CurrencyTerms{{Currency: "EUR", Exponent: 2}},
		NettingModes: []settlementv1.NettingMode{settlementv1.NettingMode_NETTING_MODE_CYCLE},
		Ways:         []settlementv1.Way{settlementv1.Way_WAY_PUSHED},
	}
	w.executeIn(ctx, &settlementv1.Command{RequestId: "agreement", Command: &settlementv1.Command_RecordAgreement{
		RecordAgreement: &settlementv1.RecordAgreement{Agreement: agreement},
	}})
	w.executeIn(ctx, &settlementv1.Command{RequestId: "issuer", Command: &settlementv1.Command_BindIssuer{
		BindIssuer: &settlementv1.BindIssuer{Issuer: &settlementv1.Issuer{ChainId: "1337", Account: issuer[:]}, Party: creditorID[:]},
	}})
	w.chain.NextBlock()
	return w
}

// identity that the chain shows to whoever signs.
func (w *world) identity() []byte {
	w.t.Helper()
	var response settlementv1.GetIdentityResponse
	require.Zero(w.t, w.query("Identity", &settlementv1.GetIdentityRequest{}, &response))
	return response.Identity
}

// trips of the issuer with these sequences, signed for the ledger with that identity.
func trips(t *testing.T, ledger []byte, sequences ...uint64) *settlementv1.SignedFacts {
	t.Helper()
	said := &facts.Signed{Way: "pushed", ChainID: big.NewInt(1337), Contract: noToken, System: "booking"}
	signed := &settlementv1.SignedFacts{
		Way: settlementv1.Way_WAY_PUSHED, ChainId: "1337", Contract: noToken[:], Issuer: issuer[:], System: "booking",
	}
	for _, sequence := range sequences {
		fact := facts.Fact{
			FactID: facts.ID(said.ChainID, noToken, issuer, sequence), Schema: facts.Schema, Kind: facts.TripCompleted, Category: 1,
			Creditor: idOf(t, creditor), Debtor: idOf(t, debtor), Currency: [3]byte{'E', 'U', 'R'}, Exponent: 2,
			Net: big.NewInt(1840), Tax: big.NewInt(350), ServiceEnd: 1_790_000_000, DueDate: 1_795_000_000, IssuerSequence: sequence,
			DocumentHash: crypto.Keccak256Hash(fmt.Append(nil, sequence)),
		}
		said.FactHashes = append(said.FactHashes, facts.HashOf(&fact))
		signed.Facts = append(signed.Facts, wireFact(&fact))
	}
	digest := facts.SigningDigest(ledger, said)
	signature, err := crypto.Sign(digest[:], issuerKey)
	require.NoError(t, err)
	signature[64] += 27
	signed.Signature = signature
	return signed
}

func wireFact(fact *facts.Fact) *settlementv1.Fact {
	return &settlementv1.Fact{
		FactId: fact.FactID[:], Schema: uint32(fact.Schema), Kind: uint32(fact.Kind), Category: uint32(fact.Category),
		Creditor: fact.Creditor[:], Debtor: fact.Debtor[:], Currency: fact.Currency[:], Exponent: uint32(fact.Exponent),
		Net: fact.Net.String(), Tax: fact.Tax.String(), ServiceEnd: fact.ServiceEnd, DueDate: fact.DueDate,
		IssuerSequence: fact.IssuerSequence, RelatedFact: fact.RelatedFact[:], DocumentHash: fact.DocumentHash[:],
	}
}

// recording is a signed transaction of the account with that number that records facts. It counts the account's transactions.
func (w *world) recording(number int, gas uint64, signed *settlementv1.SignedFacts) []byte {
	w.t.Helper()
	account := w.chain.SenderAccounts[number]
	message := &settlementtypes.MsgRecordFacts{Sender: w.account(number), Request: &settlementv1.RecordFactsRequest{
		Request: &settlementv1.RecordFactsRequest_SignedFacts{SignedFacts: signed},
	}}
	tx, err := simtestutil.GenSignedMockTx(
		rand.New(rand.NewSource(1)), w.app.GetTxConfig(), []sdk.Msg{message}, sdk.Coins{sdk.NewInt64Coin(app.Denomination, 0)}, gas,
		w.chain.ChainID, []uint64{account.SenderAccount.GetAccountNumber()}, []uint64{account.SenderAccount.GetSequence()},
		account.SenderPrivKey,
	)
	require.NoError(w.t, err)
	raw, err := w.app.GetTxConfig().TxEncoder()(tx)
	require.NoError(w.t, err)
	require.NoError(w.t, account.SenderAccount.SetSequence(account.SenderAccount.GetSequence()+1))
	return raw
}

// block of these transactions, and an empty one behind it, from which the test chain goes on.
func (w *world) block(transactions ...[]byte) []*abci.ExecTxResult {
	w.t.Helper()
	result, err := w.app.FinalizeBlock(&abci.RequestFinalizeBlock{
		Height: w.chain.ProposedHeader.Height, Time: w.chain.ProposedHeader.GetTime(), NextValidatorsHash: w.chain.NextVals.Hash(),
		Txs: transactions,
	})
	require.NoError(w.t, err)
	_, err = w.app.Commit()
	require.NoError(w.t, err)
	w.chain.ProposedHeader.Height++
	w.chain.NextBlock()
	return result.TxResults
}

func answersOf(t *testing.T, result *abci.ExecTxResult) []*settlementv1.FactAnswer {
	t.Helper()
	require.Zero(t, result.Code, result.Log)
	var response settlementtypes.MsgRecordFactsResponse
	require.NoError(t, proto.Unmarshal(answerOf(t, result), &response))
	return response.Answers
}

func factCodes(answers []*settlementv1.FactAnswer) []facts.Code {
	var codes []facts.Code
	for _, each := range answers {
		codes = append(codes, facts.Code(each.Code))
	}
	return codes
}

func (w *world) liabilities() []*settlementv1.Liability {
	w.t.Helper()
	var list settlementv1.ListLiabilitiesResponse
	require.Zero(w.t, w.query("Liabilities", &settlementv1.ListLiabilitiesRequest{}, &list))
	return list.Liabilities
}

func TestAStrangerDeliversWhatAnIssuerSigned(t *testing.T) {
	w := pushing(t)
	require.Equal(t, append(bytes.Clone(w.HostGenesis), w.ChainID...), w.identity())
	raw := w.recording(strangerAccount, manyGas, trips(t, w.identity(), 1, 2))
	results := w.block(raw)
	answers := answersOf(t, results[0])
	require.Equal(t, []facts.Code{facts.OK, facts.OK}, factCodes(answers))
	found := w.liabilities()
	require.Len(t, found, 2)
	require.Equal(t, answers[1].LiabilityId, found[1].LiabilityId)
	require.Equal(t, answers[1].Sequence, found[1].Sequence)
	require.Equal(t, answers[1].HeadHash, w.head())
	origin := found[1].Origin.GetPushedFacts()
	require.Equal(t, "booking", origin.System)
	require.Len(t, origin.Transaction, 64)
	require.Empty(t, w.sent, "no contract ledger knows of it")
}

func TestAFactInTwoTransactionsOfOneBlockIsOneLiability(t *testing.T) {
	w := pushing(t)
	first := w.recording(strangerAccount, manyGas, trips(t, w.identity(), 1, 2))
	second := w.recording(debtorAccount, manyGas, trips(t, w.identity(), 2, 3))
	results := w.block(first, second, first)
	require.NotZero(t, results[2].Code, "the same transaction again")
	one, two := answersOf(t, results[0]), answersOf(t, results[1])
	require.Equal(t, []facts.Code{facts.OK, facts.OK}, factCodes(one))
	require.Equal(t, []facts.Code{facts.Duplicate, facts.OK}, factCodes(two))
	require.Equal(t, one[1].LiabilityId, two[0].LiabilityId)
	require.Equal(t, one[1].Sequence, two[0].Sequence)
	require.Equal(t, one[1].HeadHash, two[0].HeadHash)
	require.Len(t, w.liabilities(), 3)
}

func TestATransactionOutOfGasRecordsNothingAndMayComeAgain(t *testing.T) {
	w := pushing(t)
	before := w.head()
	const outOfGas = 11
	for _, gas := range []uint64{50_000, 150_000} {
		results := w.block(w.recording(strangerAccount, gas, trips(t, w.identity(), 1, 2, 3)))
		require.Equal(t, []any{"sdk", uint32(outOfGas)}, []any{results[0].Codespace, results[0].Code})
		require.Equal(t, before, w.head())
	}
	results := w.block(w.recording(strangerAccount, manyGas, trips(t, w.identity(), 1, 2, 3)))
	require.Equal(t, []facts.Code{facts.OK, facts.OK, facts.OK}, factCodes(answersOf(t, results[0])))
}

func TestAWrongSignatureRefusesAll(t *testing.T) {
	w := pushing(t)
	before := w.head()
	const badSignature, invalidCommand = 33, 3
	other := facts.LedgerIdentity(facts.Hash(w.HostGenesis), w.ChainID+"2")
	changed := trips(t, w.identity(), 1, 2)
	changed.Facts[1].Net = "1"
	none := trips(t, w.identity(), 1)
	none.Facts = nil
	for _, each := range []struct {
		name   string
		signed *settlementv1.SignedFacts
		code   uint32
	}{
		{"for another ledger", trips(t, other, 1, 2), badSignature},
		{"an amount changed", changed, badSignature},
		// The last one, because it is refused before the account's sequence counts.
		{"nothing in it", none, invalidCommand},
	} {
		results := w.block(w.recording(strangerAccount, manyGas, each.signed))
		require.Equal(t, []any{"settlement", each.code}, []any{results[0].Codespace, results[0].Code}, each.name)
		require.Equal(t, before, w.head())
	}
}

// TestAnExportOfAChainKeepsWhatWasPushedAndIsAnotherLedger, whose issuers sign again.
func TestAnExportOfAChainKeepsWhatWasPushedAndIsAnotherLedger(t *testing.T) {
	w := pushing(t)
	signed := trips(t, w.identity(), 1)
	w.block(w.recording(strangerAccount, manyGas, signed))
	state, err := w.app.Export()
	require.NoError(t, err)
	again := newApp()
	_, err = again.InitChain(&abci.RequestInitChain{
		AppStateBytes: state.AppState, ConsensusParams: &state.ConsensusParams, Time: w.coord.CurrentTime, InitialHeight: state.Height,
	})
	require.NoError(t, err)
	ctx := again.NewContext(false).WithBlockTime(w.coord.CurrentTime).WithChainID(w.ChainID)
	request := &settlementtypes.MsgRecordFacts{Sender: w.sender(), Request: &settlementv1.RecordFactsRequest{
		Request: &settlementv1.RecordFactsRequest_SignedFacts{SignedFacts: signed},
	}}
	_, err = again.SettlementKeeper.RecordFacts(ctx, request)
	require.ErrorContains(t, err, "first block")
	first := facts.Hash{9}
	require.NoError(t, again.HostBlock.Set(ctx, first[:]))
	_, err = again.SettlementKeeper.RecordFacts(ctx, request)
	require.ErrorContains(t, err, "did not sign these facts for this ledger")
	request.Request.Request = &settlementv1.RecordFactsRequest_SignedFacts{
		SignedFacts: trips(t, facts.LedgerIdentity(first, w.ChainID), 1, 2),
	}
	response, err := again.SettlementKeeper.RecordFacts(ctx, request)
	require.NoError(t, err)
	require.Equal(t, []facts.Code{facts.Duplicate, facts.OK}, factCodes(response.Answers))
}

// TestSignedFactsCostGasInProportion measures what batches take; -v prints what the README says.
func TestSignedFactsCostGasInProportion(t *testing.T) {
	const mostForEach = 120_000
	for _, count := range []int{1, 100, facts.MaximumSignedFacts} {
		w := pushing(t)
		sequences := make([]uint64, count)
		for i := range sequences {
			sequences[i] = uint64(i + 1)
		}
		signed := trips(t, w.identity(), sequences...)
		meter := storetypes.NewInfiniteGasMeter()
		began := time.Now()
		response, err := w.app.SettlementKeeper.RecordFacts(w.chain.GetContext().WithGasMeter(meter), &settlementtypes.MsgRecordFacts{
			Sender: w.sender(), Request: &settlementv1.RecordFactsRequest{
				Request: &settlementv1.RecordFactsRequest_SignedFacts{SignedFacts: signed},
			},
		})
		require.NoError(t, err)
		require.Len(t, response.Answers, count)
		used := meter.GasConsumed()
		t.Logf("%d facts of %d bytes: %d gas, %d for each, %s", count, signed.Size(), used, used/uint64(count),
			time.Since(began).Round(time.Millisecond))
		require.Less(t, used, uint64(mostForEach*count))
	}
}
