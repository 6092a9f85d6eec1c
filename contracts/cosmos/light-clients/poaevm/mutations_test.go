package poaevm

import (
	"math/rand/v2"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
)

// changes gives the message with each byte changed, left out or put twice, and cut off before each byte.
func changes(message []byte, yield func(mutant []byte)) {
	random := rand.New(rand.NewPCG(3, 4))
	for at := range message {
		flipped := append([]byte{}, message...)
		flipped[at] ^= byte(1 << random.UintN(8))
		yield(flipped)
		yield(append(append([]byte{}, message[:at]...), message[at+1:]...))
		yield(append(append([]byte{}, message[:at+1]...), message[at:]...))
		yield(append([]byte{}, message[:at]...))
	}
	yield(append(append([]byte{}, message...), 0))
}

// mutated runs the case over every change of one of its fields. What is refused has one of the known reasons; what is not
// refused is distinguished from accepted.
func (c sharedCase) mutated(t *testing.T, field func(*sharedCase) *hexBytes, accepted func(*testing.T, Outcome)) {
	t.Helper()
	original := *field(&c)
	changes(original, func(mutant []byte) {
		other := c
		*field(&other) = mutant
		client, states := other.world(t)
		outcome, err := other.apply(client, states)
		if err != nil {
			require.NotEmpty(t, RefusalOf(err), "%x: %v", mutant, err)
			return
		}
		accepted(t, outcome)
	})
}

func (c sharedCase) world(t *testing.T) (*ClientState, memoryStates) {
	t.Helper()
	client, err := DecodeClientState(c.ClientState)
	require.NoError(t, err)
	states := memoryStates{}
	for text, raw := range c.ConsensusStates {
		height, err := strconv.ParseUint(text, 10, 64)
		require.NoError(t, err)
		states[height], err = DecodeConsensusState(raw)
		require.NoError(t, err)
	}
	return client, states
}

func TestAChangedHeaderTeachesNothingElse(t *testing.T) {
	tried := 0
	for _, each := range loadCases(t, "update.json") {
		if each.Verdict != "updated" || tried == 4 {
			continue
		}
		tried++
		t.Run(each.Name, func(t *testing.T) {
			each.mutated(t, func(c *sharedCase) *hexBytes { return &c.Message }, func(t *testing.T, outcome Outcome) {
				require.Equal(t, Updated, outcome.Verdict)
				after, err := outcome.Consensus.Marshal()
				require.NoError(t, err)
				require.Equal(t, []byte(each.ConsensusStateAfter), after)
			})
		})
	}
}

func TestAChangedProofProvesNothing(t *testing.T) {
	for _, each := range loadCases(t, "membership.json") {
		// An empty storage is proven absent by no nodes and by the empty one alike.
		if each.Verdict != "ok" || len(each.Proof) < 8 {
			continue
		}
		t.Run(each.Name, func(t *testing.T) {
			each.mutated(t, func(c *sharedCase) *hexBytes { return &c.Proof }, func(t *testing.T, _ Outcome) {
				t.Fatal("believed")
			})
		})
	}
}

func TestChangedEvidenceIsRefusedOrStillEvidence(t *testing.T) {
	for _, each := range loadCases(t, "misbehaviour.json") {
		if each.Verdict != "frozen" {
			continue
		}
		t.Run(each.Name, func(t *testing.T) {
			each.mutated(t, func(c *sharedCase) *hexBytes { return &c.Message }, func(t *testing.T, outcome Outcome) {
				require.Equal(t, Frozen, outcome.Verdict)
			})
		})
	}
}
