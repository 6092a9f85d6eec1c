package poaevm

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cosmos/ibc-go/v11/modules/core/exported"
)

// caseFolder holds what every implementation of the client is run over.
const caseFolder = "../../../../tests/cases/poa_evm"

type hexBytes []byte

func (h *hexBytes) UnmarshalJSON(raw []byte) error {
	var text string
	if err := json.Unmarshal(raw, &text); err != nil {
		return err
	}
	decoded, err := hex.DecodeString(text)
	*h = decoded
	return err
}

type sharedCase struct {
	Name                string              `json:"name"`
	Operation           string              `json:"operation"`
	Verdict             string              `json:"verdict"`
	HostChainID         string              `json:"host_chain_id"`
	HostGenesis         hexBytes            `json:"host_genesis"`
	ClientID            string              `json:"client_id"`
	NowSeconds          uint64              `json:"now_seconds"`
	ClientState         hexBytes            `json:"client_state"`
	ConsensusStates     map[string]hexBytes `json:"consensus_states"`
	Message             hexBytes            `json:"message"`
	Height              uint64              `json:"height"`
	Path                []hexBytes          `json:"path"`
	Proof               hexBytes            `json:"proof"`
	Value               hexBytes            `json:"value"`
	Contract            hexBytes            `json:"contract"`
	AccountProof        []hexBytes          `json:"account_proof"`
	Slot                hexBytes            `json:"slot"`
	SlotProof           []hexBytes          `json:"slot_proof"`
	ClientStateAfter    hexBytes            `json:"client_state_after"`
	ConsensusStateAfter hexBytes            `json:"consensus_state_after"`
}

// memoryStates is a ConsensusStates over a map.
type memoryStates map[uint64]*ConsensusState

func (m memoryStates) At(height uint64) *ConsensusState { return m[height] }

func (m memoryStates) Before(height uint64) *ConsensusState {
	heights := slices.DeleteFunc(m.Heights(len(m)), func(each uint64) bool { return each >= height })
	if len(heights) == 0 {
		return nil
	}
	return m[heights[len(heights)-1]]
}

func (m memoryStates) After(height uint64) *ConsensusState {
	heights := slices.DeleteFunc(m.Heights(len(m)), func(each uint64) bool { return each <= height })
	if len(heights) == 0 {
		return nil
	}
	return m[heights[0]]
}

func (m memoryStates) Heights(limit int) []uint64 {
	var heights []uint64
	for height := range m {
		heights = append(heights, height)
	}
	slices.Sort(heights)
	return heights[:min(limit, len(heights))]
}

func loadCases(t *testing.T, name string) []sharedCase {
	t.Helper()
	// Go remembers results by this, because the file lies outside of the module: see devnet/run_go_tests.py.
	_ = os.Getenv("INTERLEDGER_SHARED_FILES")
	raw, err := os.ReadFile(filepath.Join(caseFolder, name))
	require.NoError(t, err)
	var cases []sharedCase
	require.NoError(t, json.Unmarshal(raw, &cases))
	require.NotEmpty(t, cases)
	return cases
}

func TestSharedCasesGiveTheSameVerdict(t *testing.T) {
	for _, file := range []string{"update.json", "misbehaviour.json", "membership.json", "contract.json", "rotation.json"} {
		for _, each := range loadCases(t, file) {
			t.Run(file+"/"+each.Name, func(t *testing.T) { each.run(t) })
		}
	}
}

func (c sharedCase) run(t *testing.T) {
	client, states := c.world(t)
	outcome, err := c.apply(client, states)
	require.Equal(t, c.Verdict, verdictOf(outcome, err), "%v", err)
	if outcome.Verdict == Frozen {
		client.FrozenHeight = outcome.Height
	}
	if outcome.Verdict == Rotated {
		client = outcome.Client
	}
	if outcome.Verdict == Updated {
		client.LatestHeight = max(client.LatestHeight, outcome.Height)
		after, err := outcome.Consensus.Marshal()
		require.NoError(t, err)
		require.Equal(t, []byte(c.ConsensusStateAfter), after)
	}
	if len(c.ClientStateAfter) > 0 {
		after, err := client.Marshal()
		require.NoError(t, err)
		require.Equal(t, []byte(c.ClientStateAfter), after)
	}
}

func (c sharedCase) apply(client *ClientState, states ConsensusStates) (Outcome, error) {
	identity := Identity{HostChainID: c.HostChainID, HostGenesis: c.HostGenesis, ClientID: c.ClientID}
	path := rawOf(c.Path)
	switch c.Operation {
	case "update":
		header, err := DecodeHeader(c.Message)
		if err != nil {
			return Outcome{}, err
		}
		return CheckUpdate(client, states, header, identity, c.NowSeconds)
	case "misbehaviour":
		evidence, err := DecodeMisbehaviour(c.Message)
		if err != nil {
			return Outcome{}, err
		}
		return CheckMisbehaviour(client, states, evidence, identity, c.NowSeconds)
	case "rotation":
		rotation, err := DecodeRotation(c.Message)
		if err != nil {
			return Outcome{}, err
		}
		return CheckRotation(client, states, rotation, identity, c.NowSeconds)
	case "membership":
		return Outcome{}, CheckMembership(client, states, c.Height, c.Proof, path, c.Value, c.NowSeconds)
	case "non_membership":
		return Outcome{}, CheckNonMembership(client, states, c.Height, c.Proof, path, c.NowSeconds)
	case "contract":
		return Outcome{}, c.applyContract(client, states)
	default:
		return Outcome{}, errors.New("unknown operation " + c.Operation)
	}
}

func rawOf(list []hexBytes) [][]byte {
	raw := make([][]byte, 0, len(list))
	for _, each := range list {
		raw = append(raw, each)
	}
	return raw
}

func (c sharedCase) applyContract(client *ClientState, states ConsensusStates) error {
	storage, err := CheckContract(client, states, c.Height, c.Contract, rawOf(c.AccountProof), c.NowSeconds)
	if err != nil {
		return err
	}
	word, err := storage.Word(c.Slot, rawOf(c.SlotProof))
	if err == nil && !bytes.Equal(word, c.Value) {
		return errors.New("another word")
	}
	return err
}

func verdictOf(outcome Outcome, err error) string {
	if err != nil {
		return string(RefusalOf(err))
	}
	switch outcome.Verdict {
	case Updated:
		return "updated"
	case Unchanged:
		return "unchanged"
	case Frozen:
		return "frozen"
	case Rotated:
		return "rotated"
	default:
		return "ok"
	}
}

func TestAConsensusStateOfTheEndOfTimeDoesNotOverflow(t *testing.T) {
	client := &ClientState{TrustingPeriodSeconds: ^uint64(0), MaxClockDriftSeconds: ^uint64(0), LatestHeight: 1}
	states := memoryStates{1: {TimestampSeconds: ^uint64(0)}}
	require.Equal(t, exported.Active, StatusOf(client, states, 1))
	require.Equal(t, ^uint64(0), states[1].GetTimestamp())
}
