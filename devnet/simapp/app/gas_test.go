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
			w.executeIn(ctx, &settlementv1.Command{RequestId: name, Command: &settlementv1.Command_RegisterParty{
				RegisterParty: &settlementv1.RegisterParty{Party: &settlementv1.Party{PartyId: partyID[:], OcpiId: name, Name: name}},
			}})
		}
		w.letIssue(ctx, known, debt.creditor)
		debtorID, creditorID := idOf(t, debt.debtor), idOf(t, debt.creditor)
		agreementID := fmt.Sprintf("agreement %d", i)
		agreement := &settlementv1.Agreement{
			AgreementId: agreementID, Creditor: creditorID[:], Debtor: debtorID[:],
			Currencies:   []*settlementv1.CurrencyTerms{{Currency: "EUR", Exponent: 2}},
			NettingModes: []settlementv1.NettingMode{settlementv1.NettingMode_NETTING_MODE_CYCLE},
			Ways:         []settlementv1.Way{settlementv1.Way_WAY_INTERLEDGER, settlementv1.Way_WAY_PUSHED},
		}
		w.executeIn(ctx, &settlementv1.Command{RequestId: agreementID, Command: &settlementv1.Command_RecordAgreement{
			RecordAgreement: &settlementv1.RecordAgreement{Agreement: agreement},
		}})
	}
	w.record(ctx, network)
	return w
}

// letIssue lets the issuer of all facts issue for a creditor: the first one it belongs to, the others give it a mandate.
func (w *world) letIssue(ctx sdk.Context, known map[string]bool, creditor string) {
	w.t.Helper()
	issuer := &settlementv1.Issuer{ChainId: "1337", Account: make([]byte, len(facts.Address{}))}
	const bound = "an issuer is bound"
	creditorID := idOf(w.t, creditor)
	switch request := "issuer of " + creditor; {
	case known[request]:
	case !known[bound]:
		known[bound], known[request] = true, true
		w.executeIn(ctx, &settlementv1.Command{RequestId: request, Command: &settlementv1.Command_BindIssuer{
			BindIssuer: &settlementv1.BindIssuer{Issuer: issuer, Party: creditorID[:]},
		}})
	default:
		known[request] = true
		w.executeIn(ctx, &settlementv1.Command{RequestId: request, Command: &settlementv1.Command_GrantMandate{
			GrantMandate: &settlementv1.GrantMandate{Creditor: creditorID[:], Issuer: issuer},
		}})
	}
}

// executeIn runs an operator's command without a transaction.
func (w *world) executeIn(ctx sdk.Context, command *settlementv1.Command) {
	w.t.Helper()
	_, err := w.app.SettlementKeeper.Execute(ctx, &settlementtypes.MsgExecute{Sender: w.sender(), Command: command})
	require.NoError(w.t, err)
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

func loadNetworks(t *testing.T) []networkCase {
	t.Helper()
	// Go remembers results by this, because the file lies outside of the module: see devnet/run_go_tests.py.
	_ = os.Getenv("INTERLEDGER_SHARED_FILES")
	raw, err := os.ReadFile(networksFile)
	require.NoError(t, err)
	var networks []networkCase
	require.NoError(t, json.Unmarshal(raw, &networks))
	require.NotEmpty(t, networks)
	return networks
}

// cycleStep is one step of the network's cycle with the most gas that a debt may take.
type cycleStep struct {
	name    string
	bound   uint64
	command *settlementv1.Command
}

func (n *networkCase) cycle(t *testing.T, now uint64) []cycleStep {
	t.Helper()
	proposal := &settlementv1.ProposeCycle{
		CycleId: "C-1", Mode: settlementv1.NettingMode_NETTING_MODE_CYCLE, Currency: "EUR", Exponent: 2, CutOffSeconds: 1,
		ValueDateSeconds: 1, ExpiresAtSeconds: now + 60, DebtsHash: n.DebtsHash, Proof: n.Proof,
	}
	proofHash := sha256.Sum256(append(append([]byte("CYCLE"), n.DebtsHash...), n.Proof...))
	verification := &settlementv1.VerifyCycle{CycleId: "C-1", ProofHash: proofHash[:]}
	verifier := idOf(t, n.Debts[0].debtor)
	const propose, verify, commit = 8_000, 25_000, 25_000
	return []cycleStep{
		{"propose", propose, &settlementv1.Command{
			RequestId: "propose", Command: &settlementv1.Command_ProposeCycle{ProposeCycle: proposal},
		}},
		{"verify", verify, &settlementv1.Command{
			RequestId: "verify", Actor: verifier[:], Command: &settlementv1.Command_VerifyCycle{VerifyCycle: verification},
		}},
		{"commit", commit, &settlementv1.Command{
			RequestId: "commit", Command: &settlementv1.Command_CommitCycle{CommitCycle: &settlementv1.CommitCycle{CycleId: "C-1"}},
		}},
	}
}

// TestACycleCostsGasInProportionToItsDebts measures each step of a cycle; -v prints what the README says.
func TestACycleCostsGasInProportionToItsDebts(t *testing.T) {
	for _, network := range loadNetworks(t) {
		count := uint64(len(network.Debts))
		t.Run(fmt.Sprintf("%d debts", count), func(t *testing.T) {
			w := owing(t, &network)
			ctx := w.chain.GetContext()
			for _, step := range network.cycle(t, uint64(ctx.BlockTime().Unix())) {
				meter := storetypes.NewInfiniteGasMeter()
				began := time.Now()
				w.executeIn(ctx.WithGasMeter(meter), step.command)
				used := meter.GasConsumed()
				t.Logf("%s: %d gas, %d for each debt, %s", step.name, used, used/count, time.Since(began).Round(time.Millisecond))
				require.Less(t, used, 100_000+step.bound*count)
			}
		})
	}
}

func TestTheNewsOfALargeCycleGoOutInFullPackets(t *testing.T) {
	networks := loadNetworks(t)
	network := networks[len(networks)-1]
	w := owing(t, &network)
	ctx := w.chain.GetContext()
	for _, step := range network.cycle(t, uint64(ctx.BlockTime().Unix())) {
		w.executeIn(ctx, step.command)
	}
	// The log also says who takes part, which takes the news of the cycle over the first block's thousand entries.
	for range 4 {
		w.chain.NextBlock()
	}
	closed := map[facts.Hash]bool{}
	for after := uint64(0); ; {
		var list settlementv1.ListLiabilitiesResponse
		require.Zero(t, w.query("Liabilities", &settlementv1.ListLiabilitiesRequest{AfterSequence: after}, &list))
		if len(list.Liabilities) == 0 {
			break
		}
		for _, liability := range list.Liabilities {
			after = liability.Sequence
			if liability.Open == "0" {
				closed[facts.Hash(liability.LiabilityId)] = true
			}
		}
	}
	const packetsPerBlock = 16
	require.Greater(t, len(closed), packetsPerBlock*facts.MaximumUpdates/2)
	for number := range w.sent {
		updates := w.updatesIn(number + 1)
		require.True(t, len(updates) == facts.MaximumUpdates || number == len(w.sent)-1)
		for _, update := range updates {
			require.Equal(t, facts.Settled, update.Status)
			require.True(t, closed[update.LiabilityID])
			delete(closed, update.LiabilityID)
		}
	}
	require.Empty(t, closed)
}
