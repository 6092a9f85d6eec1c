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

	wire "interledger.example/cosmos/wire/settlementv1"
	"interledger.example/cosmos/x/settlement/facts"
)

type publishedCase struct {
	Debts        [][3]string `json:"debts"`
	Digest       string      `json:"digest"`
	Certificates [][2]string `json:"certificates"`
}

// BenchmarkCycle runs the published debts through proposal, verification and commit, made of so many liabilities each, and
// reports the store's gas of the three.
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
	execute := func(command *wire.Command) {
		meter := storetypes.NewInfiniteGasMeter()
		book := Open(gaskv.NewStore(db, meter, storetypes.KVGasConfig()))
		_, err := book.Execute(command, 100)
		require.NoError(b, err)
		spent[command.RequestId] = meter.GasConsumed()
	}
	execute(&wire.Command{RequestId: "propose", Command: &wire.Command_ProposeCycle{ProposeCycle: &wire.ProposeCycle{
		CycleId: "C", Mode: modeCycle, Currency: "EUR", Exponent: 2, CutOffSeconds: 100, ValueDateSeconds: 100, ExpiresAtSeconds: 200,
		DebtsHash: unhex(b, published.Digest), Proof: unhex(b, published.Certificates[0][0]),
	}}})
	proof := ProofHash(Open(db).Cycle("C").Plan)
	execute(&wire.Command{RequestId: "verify", Actor: unhex(b, published.Debts[0][0]), Command: &wire.Command_VerifyCycle{
		VerifyCycle: &wire.VerifyCycle{CycleId: "C", ProofHash: proof[:]},
	}})
	execute(&wire.Command{RequestId: "commit", Command: &wire.Command_CommitCycle{CommitCycle: &wire.CommitCycle{CycleId: "C"}}})
	return spent
}

// owePublished records each published debt in so many parts.
func owePublished(b *testing.B, book Book, parts int) publishedCase {
	cases := load[publishedCase](b, "certificates.json")
	published := cases[len(cases)-1]
	number := uint64(0)
	for _, debt := range published.Debts {
		debtor, creditor := facts.Hash(unhex(b, debt[0])), facts.Hash(unhex(b, debt[1]))
		for _, party := range []facts.Hash{debtor, creditor} {
			if !book.hasParty(party) {
				registered := &wire.PartyRegistered{Party: &wire.Party{PartyId: party[:]}}
				book.append(&wire.LogEntry{Event: &wire.LogEntry_PartyRegistered{PartyRegistered: registered}})
			}
		}
		agreed := &wire.AgreementRecorded{Agreement: &wire.Agreement{
			AgreementId: debt[0] + debt[1], Creditor: creditor[:], Debtor: debtor[:],
			Currencies: []*wire.CurrencyTerms{{Currency: "EUR", Exponent: 2}}, NettingModes: []wire.NettingMode{modeCycle}, Ways: []wire.Way{wayInterledger},
		}}
		book.append(&wire.LogEntry{Event: &wire.LogEntry_AgreementRecorded{AgreementRecorded: agreed}})
		rest := amountOf(debt[2])
		for part := parts; part > 0; part-- {
			number++
			amount := new(big.Int).Div(rest, big.NewInt(int64(part)))
			rest.Sub(rest, amount)
			book.append(recorded(debtor, creditor, number, amount, 0))
		}
	}
	return published
}

func unhex(b *testing.B, text string) []byte {
	raw, err := hex.DecodeString(text)
	require.NoError(b, err)
	return raw
}
