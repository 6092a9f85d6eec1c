package app_test

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"math/big"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	storetypes "github.com/cosmos/cosmos-sdk/store/v2/types"
	sdk "github.com/cosmos/cosmos-sdk/types"

	channeltypesv2 "github.com/cosmos/ibc-go/v11/modules/core/04-channel/v2/types"

	"interledger.example/cosmos/wire/settlementv1"
	"interledger.example/cosmos/x/settlement/facts"
	settlementkeeper "interledger.example/cosmos/x/settlement/keeper"
	settlementtypes "interledger.example/cosmos/x/settlement/types"
	"interledger.example/simapp/app"
)

const networksFile = "../../../tests/cases/chain/networks.json"

// debtCase is what one party owes another: debtor, creditor, cents.
type debtCase struct {
	debtor   string
	creditor string
	cents    int64
}

func (d *debtCase) UnmarshalJSON(raw []byte) error {
	return json.Unmarshal(raw, &[]any{&d.debtor, &d.creditor, &d.cents})
}

type networkCase struct {
	Debts     []debtCase `json:"debts"`
	DebtsHash hexBytes   `json:"debts_hash"`
	Proof     hexBytes   `json:"proof"`
}

// owing is a world in which these debts are liabilities, with a fact for each of them.
func owing(t *testing.T, network *networkCase) *world {
	t.Helper()
	w := newWorld(t)
	ctx := w.chain.GetContext()
	keeper := w.app.SettlementKeeper
	_, err := keeper.SetOperators(ctx, &settlementtypes.MsgSetOperators{Authority: app.Authority(), Operators: []string{w.sender()}})
	require.NoError(t, err)
	_, err = keeper.TrustClient(ctx, &settlementtypes.MsgTrustClient{Operator: w.sender(), ClientId: w.ClientID})
	require.NoError(t, err)
	known := map[string]bool{}
	for i, debt := range network.Debts {
		for _, name := range []string{debt.debtor, debt.creditor} {
			if known[name] {
				continue
			}
			known[name] = true
			partyID := idOf(t, name)
			_, err := keeper.RegisterParty(ctx, &settlementtypes.MsgRegisterParty{
				Operator: w.sender(), RequestId: name, Party: &settlementv1.Party{PartyId: partyID[:], OcpiId: name, Name: name},
			})
			require.NoError(t, err)
		}
		debtorID, creditorID := idOf(t, debt.debtor), idOf(t, debt.creditor)
		agreementID := fmt.Sprintf("agreement %d", i)
		_, err := keeper.RecordAgreement(ctx, &settlementtypes.MsgRecordAgreement{
			Operator: w.sender(), RequestId: agreementID, Agreement: &settlementv1.Agreement{
				AgreementId: agreementID, Creditor: creditorID[:], Debtor: debtorID[:],
				Currencies: []*settlementv1.CurrencyLimit{{Currency: "EUR", Exponent: 2}},
			},
		})
		require.NoError(t, err)
	}
	w.record(ctx, network)
	return w
}

func idOf(t *testing.T, name string) facts.Hash {
	t.Helper()
	partyID, ok := facts.PartyID(name)
	require.True(t, ok)
	return partyID
}

// record delivers the facts as packets whose proofs core IBC has checked.
func (w *world) record(ctx sdk.Context, network *networkCase) {
	w.t.Helper()
	module := settlementkeeper.NewIBCModule(w.app.SettlementKeeper)
	for start := 0; start < len(network.Debts); start += facts.MaximumFacts {
		data := facts.PacketData{ChainID: big.NewInt(1337)}
		for i, debt := range network.Debts[start:min(start+facts.MaximumFacts, len(network.Debts))] {
			sequence := uint64(start + i + 1)
			fact := facts.Fact{
				FactID: facts.ID(data.ChainID, data.Contract, data.Issuer, sequence), Schema: facts.Schema, Kind: facts.TripCompleted,
				Category: 1, Creditor: idOf(w.t, debt.creditor), Debtor: idOf(w.t, debt.debtor), Currency: [3]byte{'E', 'U', 'R'},
				Exponent: 2, Net: big.NewInt(debt.cents), Tax: new(big.Int), ServiceEnd: 1, DueDate: 1, IssuerSequence: sequence,
			}
			data.Facts = append(data.Facts, fact)
			data.FactHashes = append(data.FactHashes, facts.HashOf(&fact))
		}
		result := module.OnRecvPacket(ctx, w.CounterpartyClientID, w.ClientID, uint64(start+1), channeltypesv2.NewPayload(
			facts.Port, facts.Port, facts.Version, facts.Encoding, facts.EncodePacketData(&data)), nil)
		require.Equal(w.t, channeltypesv2.PacketStatus_Success, result.Status)
	}
}

// TestACycleCostsGasInProportionToItsDebts measures each step of a cycle. The bounds are what the README states.
func TestACycleCostsGasInProportionToItsDebts(t *testing.T) {
	raw, err := os.ReadFile(networksFile)
	require.NoError(t, err)
	var networks []networkCase
	require.NoError(t, json.Unmarshal(raw, &networks))
	for _, network := range networks {
		count := uint64(len(network.Debts))
		t.Run(fmt.Sprintf("%d debts", count), func(t *testing.T) {
			w := owing(t, &network)
			ctx := w.chain.GetContext()
			proposal := &settlementv1.ProposeCycle{
				CycleId: "C-1", Mode: settlementv1.NettingMode_NETTING_MODE_CYCLE, Currency: "EUR", Exponent: 2, CutOffSeconds: 1,
				ValueDateSeconds: 1, ExpiresAtSeconds: uint64(ctx.BlockTime().Unix()) + 60, DebtsHash: network.DebtsHash, Proof: network.Proof,
			}
			proofHash := sha256.Sum256(append(append([]byte("CYCLE"), network.DebtsHash...), network.Proof...))
			verifier := idOf(t, network.Debts[0].debtor)
			for _, step := range []struct {
				name    string
				bound   uint64
				request *settlementv1.ClearRequest
			}{
				{"propose", 25_000, &settlementv1.ClearRequest{
					Command: &settlementv1.ClearRequest_ProposeCycle{ProposeCycle: proposal},
				}},
				{"verify", 25_000, &settlementv1.ClearRequest{
					Actor:   verifier[:],
					Command: &settlementv1.ClearRequest_VerifyCycle{VerifyCycle: &settlementv1.VerifyCycle{CycleId: "C-1", ProofHash: proofHash[:]}},
				}},
				{"commit", 25_000, &settlementv1.ClearRequest{
					Command: &settlementv1.ClearRequest_CommitCycle{CommitCycle: &settlementv1.CommitCycle{CycleId: "C-1"}},
				}},
			} {
				step.request.RequestId = step.name
				meter := storetypes.NewInfiniteGasMeter()
				began := time.Now()
				_, err := w.app.SettlementKeeper.Clear(
					ctx.WithGasMeter(meter), &settlementtypes.MsgClear{Sender: w.sender(), Request: step.request},
				)
				require.NoError(t, err)
				used := meter.GasConsumed()
				t.Logf("%s: %d gas, %d for each debt, %s", step.name, used, used/count, time.Since(began).Round(time.Millisecond))
				require.Less(t, used, 100_000+step.bound*count)
			}
		})
	}
}
