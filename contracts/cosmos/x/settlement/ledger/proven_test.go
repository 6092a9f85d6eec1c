package ledger

import (
	"fmt"
	"math/big"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	errorsmod "cosmossdk.io/errors"

	"interledger.example/cosmos/light-clients/poaevm"
	wire "interledger.example/cosmos/wire/settlementv1"
	"interledger.example/cosmos/x/settlement/ledger/canonical"
)

// provingWorld is the one light client of a ledger, as its host has stored it.
type provingWorld struct {
	ClientID        string              `json:"client_id"`
	ClientState     hexBytes            `json:"client_state"`
	ConsensusStates map[string]hexBytes `json:"consensus_states"`
	Counterparty    string              `json:"counterparty"`
	LedgerID        string              `json:"ledger_id"`
}

// caseStates is a poaevm.ConsensusStates in which only given heights are asked for.
type caseStates map[uint64]*poaevm.ConsensusState

func (c caseStates) At(height uint64) *poaevm.ConsensusState { return c[height] }
func (c caseStates) Before(uint64) *poaevm.ConsensusState    { return nil }
func (c caseStates) After(uint64) *poaevm.ConsensusState     { return nil }
func (c caseStates) Heights(int) []uint64                    { return nil }

func (w *provingWorld) client(t *testing.T, clientID string, nowSeconds uint64) (ContractLedgerClient, error) {
	t.Helper()
	if clientID != w.ClientID {
		return ContractLedgerClient{}, fmt.Errorf("there is no client %s", clientID)
	}
	state, err := poaevm.DecodeClientState(w.ClientState)
	require.NoError(t, err)
	states := caseStates{}
	for text, raw := range w.ConsensusStates {
		height, err := strconv.ParseUint(text, 10, 64)
		require.NoError(t, err)
		states[height], err = poaevm.DecodeConsensusState(raw)
		require.NoError(t, err)
	}
	return ContractLedgerClient{
		ChainID: new(big.Int).SetUint64(state.ChainId), Counterparty: w.Counterparty,
		Storage: func(height uint64, contract []byte, accountProof [][]byte) (Storage, error) {
			return poaevm.CheckContract(state, states, height, contract, accountProof, nowSeconds)
		},
	}, nil
}

func (s *step) runProven(t *testing.T, book Book) error {
	t.Helper()
	request := &wire.RecordFactsRequest{}
	if err := canonical.Decode(s.Request, request); err != nil {
		return errorsmod.Wrap(ErrInvalidCommand, err.Error())
	}
	answers, err := book.RecordProven(request, Proving{
		LedgerID: s.World.LedgerID, Height: s.Height, Transaction: s.Transaction,
		Client: func(clientID string) (ContractLedgerClient, error) { return s.World.client(t, clientID, s.AtSeconds) },
	}, s.AtSeconds)
	if err != nil {
		return err
	}
	s.requireAnswers(t, answers)
	return nil
}
