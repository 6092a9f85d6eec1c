package ledger

import (
	"encoding/hex"
	"fmt"
	"math/big"
	"testing"

	"github.com/stretchr/testify/require"

	dbm "github.com/cosmos/cosmos-db"
	"github.com/cosmos/cosmos-sdk/store/v2/dbadapter"
	"github.com/cosmos/cosmos-sdk/store/v2/gaskv"
	storetypes "github.com/cosmos/cosmos-sdk/store/v2/types"

	"interledger.example/cosmos/x/settlement/facts"
)

type publishedCase struct {
	Debts        [][3]string `json:"debts"`
	Digest       string      `json:"digest"`
	Certificates [][2]string `json:"certificates"`
}

// BenchmarkCycle runs the published debts through proposal, verification and commit, made of so many liabilities each, and
// tells the store's gas of the three.
func BenchmarkCycle(b *testing.B) {
	for _, each := range []int{1, 53, 930} {
		b.Run(fmt.Sprintf("%d_liabilities", 19*each), func(b *testing.B) {
			for b.Loop() {
				b.StopTimer()
				db := dbadapter.Store{DB: dbm.NewMemDB()}
				published := owePublished(b, Open(db), each)
				b.StartTimer()
				for name, gas := range runCycle(b, db, &published) {
					b.ReportMetric(float64(gas), name+"_gas")
				}
			}
		})
	}
}

func runCycle(b *testing.B, db storetypes.KVStore, published *publishedCase) map[string]uint64 {
	spent := map[string]uint64{}
	clear := func(name string, step Step, actor Bytes) {
		meter := storetypes.NewInfiniteGasMeter()
		book := Open(gaskv.NewStore(db, meter, storetypes.KVGasConfig()))
		_, err := book.Clear(ClearingCommand{RequestID: name, Actor: actor, Step: step}, 100)
		require.NoError(b, err)
		spent[name] = meter.GasConsumed()
	}
	clear("propose", ProposeCycle{
		CycleID: "C", Mode: ModeCycle, Currency: "EUR", Exponent: 2, CutOffSeconds: 100, ValueDateSeconds: 100, ExpiresAtSeconds: 200,
		DebtsHash: unhex(b, published.Digest), Proof: unhex(b, published.Certificates[0][0]),
	}, nil)
	proof := Open(db).Cycle("C").Plan.ProofHash()
	clear("verify", VerifyCycle{CycleID: "C", ProofHash: proof[:]}, unhex(b, published.Debts[0][0]))
	clear("commit", CommitCycle{CycleID: "C"}, nil)
	return spent
}

// owePublished records each published debt in so many parts.
func owePublished(b *testing.B, book Book, parts int) publishedCase {
	cases := load[publishedCase](b, "../clearing/certificates.json")
	published := cases[len(cases)-1]
	number := uint64(0)
	for _, debt := range published.Debts {
		debtor, creditor := facts.Hash(unhex(b, debt[0])), facts.Hash(unhex(b, debt[1]))
		for _, party := range []facts.Hash{debtor, creditor} {
			if !book.hasParty(party) {
				book.append(partyRegistered{requestID: hex.EncodeToString(party[:]), party: Party{PartyID: party}})
			}
		}
		book.append(agreementRecorded{requestID: debt[0] + debt[1], agreement: Agreement{
			AgreementID: debt[0] + debt[1], Creditor: creditor, Debtor: debtor,
			Currencies: []CurrencyTerms{{Currency: "EUR", Exponent: 2}},
		}})
		rest, _ := new(big.Int).SetString(debt[2], decimal)
		for part := parts; part > 0; part-- {
			number++
			amount := new(big.Int).Div(rest, big.NewInt(int64(part)))
			rest.Sub(rest, amount)
			book.append(factRecorded{
				fact: facts.Fact{
					FactID: facts.Hash(big.NewInt(int64(number)).FillBytes(make([]byte, hashBytes))), Kind: facts.TripCompleted,
					Creditor: creditor, Debtor: debtor, Currency: [currencyBytes]byte([]byte("EUR")), Exponent: 2,
					Net: amount, Tax: new(big.Int), DueDate: number % 90, IssuerSequence: number,
				},
				origin: Origin{ChainID: big.NewInt(1337), ClientID: "poa-evm-0", Transaction: "A1B2"}, amount: amount,
			})
		}
	}
	return published
}

func unhex(b *testing.B, text string) Bytes {
	raw, err := hex.DecodeString(text)
	require.NoError(b, err)
	return raw
}
