package poaevm

import (
	"bytes"
	"slices"

	"github.com/ethereum/go-ethereum/crypto"

	"github.com/cosmos/ibc-go/v11/modules/core/exported"
)

// The rules of the client. They read the client state and the stored consensus states, and write nothing; what is to be
// stored comes back as an Outcome. The order of the checks of an update decides the refusal when several are broken:
// status, height, seals, known height, clock drift, neighbours, account proof.

// ConsensusStates reads what is stored for one client, by block number. Nil stands for "not there".
type ConsensusStates interface {
	At(height uint64) *ConsensusState
	// Before is the state at the greatest stored height below this one.
	Before(height uint64) *ConsensusState
	// After is the state at the least stored height above this one.
	After(height uint64) *ConsensusState
	// Heights lists the least stored heights, ascending, at most limit.
	Heights(limit int) []uint64
}

// Verdict is what a believed message does to a client.
type Verdict int

const (
	// Updated: a consensus state is to be stored at a height that had none.
	Updated Verdict = iota + 1
	// Unchanged: the height is known already, with the same block.
	Unchanged
	// Frozen: the message proves that the seals contradict each other.
	Frozen
	// Rotated: those in force handed over to others; no height is learnt.
	Rotated
)

// Outcome is a verdict with what is to be stored.
type Outcome struct {
	Verdict Verdict
	Height  uint64
	// Consensus is nil unless the verdict is Updated.
	Consensus *ConsensusState
	// Client is nil unless the verdict is Rotated.
	Client *ClientState
}

// StatusOf puts frozen before expired. A client without its latest consensus state counts as expired.
func StatusOf(client *ClientState, states ConsensusStates, nowSeconds uint64) exported.Status {
	if client.FrozenHeight != 0 {
		return exported.Frozen
	}
	latest := states.At(client.LatestHeight)
	if latest == nil || client.isPast(latest.TimestampSeconds, nowSeconds) {
		return exported.Expired
	}
	return exported.Active
}

// CheckCreation refuses states that may not start a client. Whether they are true is the creator's word.
func CheckCreation(client *ClientState, consensus *ConsensusState) error {
	if err := client.Validate(); err != nil {
		return err
	}
	if err := consensus.ValidateBasic(); err != nil {
		return err
	}
	if client.FrozenHeight != 0 {
		return refuse(BadParameters, "a client cannot be created frozen")
	}
	if client.Generation != 0 || len(client.Retired) > 0 {
		return refuse(BadParameters, "a new client has no earlier authorities")
	}
	return nil
}

// CheckUpdate is what one sealed header does to the client. A header of a known height with another hash is the sealers'
// own contradiction, so it freezes.
func CheckUpdate(
	client *ClientState, states ConsensusStates, header *Header, identity Identity, nowSeconds uint64,
) (Outcome, error) {
	if err := requireActive(client, states, nowSeconds); err != nil {
		return Outcome{}, err
	}
	block, err := checkHeader(client, header, identity)
	if err != nil {
		return Outcome{}, err
	}
	if known := states.At(block.Number); known != nil {
		if bytes.Equal(known.BlockHash, block.Hash) {
			return Outcome{Verdict: Unchanged, Height: block.Number}, nil
		}
		return Outcome{Verdict: Frozen, Height: block.Number}, nil
	}
	if err := requireNotBeforeStart(states, block.Number); err != nil {
		return Outcome{}, err
	}
	if err := checkTime(client, states, block, nowSeconds); err != nil {
		return Outcome{}, err
	}
	storageRoot, err := verifyAccount(header.AccountProof, block.StateRoot, client.Router)
	if err != nil {
		return Outcome{}, err
	}
	return Outcome{Verdict: Updated, Height: block.Number, Consensus: &ConsensusState{
		TimestampSeconds: block.TimestampSeconds,
		BlockHash:        block.Hash,
		StateRoot:        block.StateRoot,
		StorageRoot:      storageRoot,
	}}, nil
}

// CheckMisbehaviour accepts two sealed headers of one number with different hashes.
func CheckMisbehaviour(
	client *ClientState, states ConsensusStates, evidence *Misbehaviour, identity Identity, nowSeconds uint64,
) (Outcome, error) {
	if err := requireActive(client, states, nowSeconds); err != nil {
		return Outcome{}, err
	}
	first, err := checkEvidence(client, evidence.Header_1, evidence.Retired_1, identity)
	if err != nil {
		return Outcome{}, err
	}
	second, err := checkEvidence(client, evidence.Header_2, evidence.Retired_2, identity)
	if err != nil {
		return Outcome{}, err
	}
	if first.Number != second.Number || bytes.Equal(first.Hash, second.Hash) {
		return Outcome{}, refuse(NoMisbehaviour, "two headers of one number with different hashes are needed")
	}
	if err := requireNotBeforeStart(states, first.Number); err != nil {
		return Outcome{}, err
	}
	return Outcome{Verdict: Frozen, Height: first.Number}, nil
}

// CheckRotation is the client under the authorities to whom those in force hand over. Nothing that they vouched for is
// forgotten, and evidence still counts that they contradicted themselves about a block up to the client's latest height; what
// they sign from now on counts for nothing. Order of the checks: status, generation, successors, signatures, retired sets.
func CheckRotation(
	client *ClientState, states ConsensusStates, rotation *AuthorityRotation, identity Identity, nowSeconds uint64,
) (Outcome, error) {
	if err := requireActive(client, states, nowSeconds); err != nil {
		return Outcome{}, err
	}
	if rotation.Generation != client.Generation+1 {
		return Outcome{}, refuse(
			BadGeneration, "a rotation for generation %d; the client's next is %d", rotation.Generation, client.Generation+1)
	}
	if err := rotation.Authorities.validate(); err != nil {
		return Outcome{}, err
	}
	engine := client.GetAuthority()
	if engine == nil {
		return Outcome{}, refuse(BadParameters, "the client state names no seal engine that is known here")
	}
	if engine.equal(rotation.Authorities) {
		return Outcome{}, refuse(BadParameters, "the successors are the authorities in force")
	}
	seals := authoritySeals{engine: engine, chainID: client.ChainId, identity: identity}
	if err := seals.VerifyRotation(rotation); err != nil {
		return Outcome{}, err
	}
	// What lies before all that is stored is out of scope for evidence as well.
	retired := slices.DeleteFunc(slices.Clone(client.Retired), func(each *RetiredAuthorities) bool {
		return !isKnownUpTo(states, each.LastHeight)
	})
	if len(retired) == maximumRetiredAuthorities {
		return Outcome{}, refuse(Limit, "%d rotations within the client's history; rotate later", len(retired))
	}
	successor := *client
	successor.Engine = &ClientState_Authority{Authority: rotation.Authorities}
	successor.Generation = rotation.Generation
	successor.Retired = append(retired, &RetiredAuthorities{SetHash: engine.SetHash(), LastHeight: client.LatestHeight})
	return Outcome{Verdict: Rotated, Height: client.LatestHeight, Client: &successor}, nil
}

// CheckMembership demands that the router stores the 32-byte value under path at height.
func CheckMembership(
	client *ClientState, states ConsensusStates, height uint64, proof []byte, path [][]byte, value []byte, nowSeconds uint64,
) error {
	if len(value) != wordBytes || isZero(value) {
		return refuse(ProofValue, "a router stores words of 32 bytes that are not zero")
	}
	word, err := provenWord(client, states, height, proof, path, nowSeconds)
	switch {
	case err != nil:
		return err
	case word == nil:
		return refuse(ValueAbsent, "the router stores nothing under the path")
	case !bytes.Equal(word, value):
		return refuse(ProofValue, "the router stores another value under the path")
	default:
		return nil
	}
}

// CheckNonMembership demands that the router stores nothing under path at height.
func CheckNonMembership(
	client *ClientState, states ConsensusStates, height uint64, proof []byte, path [][]byte, nowSeconds uint64,
) error {
	word, err := provenWord(client, states, height, proof, path, nowSeconds)
	if err != nil {
		return err
	}
	if word != nil {
		return refuse(ValuePresent, "the router stores a value under the path")
	}
	return nil
}

// CheckRecovery lets a frozen or expired client take over the state of an active substitute that follows the same
// router. The authorities may differ; chain, router and slot may not.
func CheckRecovery(
	client *ClientState, states ConsensusStates, substitute *ClientState, substituteStates ConsensusStates, nowSeconds uint64,
) error {
	if StatusOf(client, states, nowSeconds) == exported.Active {
		return refuse(BadParameters, "the client is active; there is nothing to recover")
	}
	if err := requireActive(substitute, substituteStates, nowSeconds); err != nil {
		return err
	}
	if err := substitute.Validate(); err != nil {
		return err
	}
	if client.ChainId != substitute.ChainId || !bytes.Equal(client.Router, substitute.Router) ||
		!bytes.Equal(client.CommitmentsSlot, substitute.CommitmentsSlot) {
		return refuse(BadParameters, "the substitute follows another chain, router or slot")
	}
	return nil
}

// PrunableHeights lists stored heights, oldest first, whose trusting period has passed; never the latest one.
func PrunableHeights(client *ClientState, states ConsensusStates, nowSeconds uint64, limit int) []uint64 {
	var prunable []uint64
	for _, height := range states.Heights(limit) {
		consensus := states.At(height)
		if height == client.LatestHeight || consensus == nil || !client.isPast(consensus.TimestampSeconds, nowSeconds) {
			break
		}
		prunable = append(prunable, height)
	}
	return prunable
}

// CommitmentSlot is the 32-byte storage slot of a path: keccak256(keccak256(path) || commitments slot).
func CommitmentSlot(client *ClientState, path []byte) []byte {
	return crypto.Keccak256(crypto.Keccak256(path), client.CommitmentsSlot)
}

// checkHeader decodes the block header and asks the client's engine. It looks at no clock and no state.
func checkHeader(client *ClientState, header *Header, identity Identity) (*EVMHeader, error) {
	block, err := DecodeEVMHeader(header.HeaderRlp)
	if err != nil {
		return nil, err
	}
	if block.Number < 1 {
		return nil, refuse(BadHeight, "the genesis block has no seal")
	}
	engine, err := client.sealEngine(identity)
	if err != nil {
		return nil, err
	}
	return block, engine.Verify(block, header.Seals)
}

// checkEvidence reads a header that those in force sealed, or a retired set while it could vouch for the block.
func checkEvidence(client *ClientState, header *Header, retired *AuthorityEngine, identity Identity) (*EVMHeader, error) {
	if retired == nil {
		return checkHeader(client, header, identity)
	}
	if err := retired.validate(); err != nil {
		return nil, err
	}
	earlier := *client
	earlier.Engine = &ClientState_Authority{Authority: retired}
	block, err := checkHeader(&earlier, header, identity)
	if err != nil {
		return nil, err
	}
	hash := retired.SetHash()
	for _, each := range client.Retired {
		if bytes.Equal(each.SetHash, hash) && block.Number <= each.LastHeight {
			return block, nil
		}
	}
	return nil, refuse(UnknownSigner, "these authorities were not retired after they could vouch for block %d", block.Number)
}

func isKnownUpTo(states ConsensusStates, number uint64) bool {
	return states.At(number) != nil || states.Before(number) != nil
}

// requireNotBeforeStart holds what happened before all that is stored for settled: a recovery starts behind it, and the
// headers that had frozen the client must neither freeze it again nor be believed one by one.
func requireNotBeforeStart(states ConsensusStates, number uint64) error {
	if !isKnownUpTo(states, number) {
		return refuse(BadHeight, "block %d lies before the first one that this client knows", number)
	}
	return nil
}

func checkTime(client *ClientState, states ConsensusStates, block *EVMHeader, nowSeconds uint64) error {
	if client.isFuture(block.TimestampSeconds, nowSeconds) {
		return refuse(Future, "block %d is %d s ahead of this ledger", block.Number, block.TimestampSeconds-nowSeconds)
	}
	lower, higher := states.Before(block.Number), states.After(block.Number)
	if lower != nil && block.TimestampSeconds < lower.TimestampSeconds {
		return refuse(BadTime, "block %d is older than a known block below it", block.Number)
	}
	if higher != nil && block.TimestampSeconds > higher.TimestampSeconds {
		return refuse(BadTime, "block %d is younger than a known block above it", block.Number)
	}
	return nil
}

func requireActive(client *ClientState, states ConsensusStates, nowSeconds uint64) error {
	switch StatusOf(client, states, nowSeconds) {
	case exported.Frozen:
		return refuse(IsFrozen, "the client is frozen after misbehaviour; its ledger must recover it")
	case exported.Expired:
		return refuse(IsExpired, "the client was not updated within its trusting period; its ledger must recover it")
	default:
		return nil
	}
}

func provenWord(
	client *ClientState, states ConsensusStates, height uint64, proof []byte, path [][]byte, nowSeconds uint64,
) ([]byte, error) {
	if err := requireActive(client, states, nowSeconds); err != nil {
		return nil, err
	}
	if len(path) != 1 || len(path[0]) == 0 {
		return nil, refuse(ProofPath, "expected a path of one element, got %d", len(path))
	}
	consensus := states.At(height)
	if consensus == nil {
		return nil, refuse(UnknownHeight, "the client does not know height %d; update it first", height)
	}
	nodes, err := decodeStorageProof(proof)
	if err != nil {
		return nil, err
	}
	return verifyStorage(nodes, consensus.StorageRoot, CommitmentSlot(client, path[0]))
}
