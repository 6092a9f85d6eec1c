package poaevm

import (
	"bytes"

	"github.com/cosmos/gogoproto/proto"
)

const (
	maximumProofBytes    = maximumTrieNodes * (maximumTrieNodeBytes + 4)
	maximumMessageBytes  = maximumEVMHeaderBytes + maximumProofBytes + maximumAuthorities*(signatureBytes+3) + 64
	maximumSetBytes      = maximumAuthorities*(addressBytes+2) + 64
	maximumRotationBytes = maximumAuthorities*(signatureBytes+3) + maximumSetBytes
	maximumEvidenceBytes = 2 * (maximumMessageBytes + maximumSetBytes)
)

// canonical is a message that gogoproto can measure and write.
type canonical interface {
	proto.Message
	Marshal() ([]byte, error)
	Unmarshal(raw []byte) error
}

// decode reads untrusted bytes into message and refuses every encoding but the canonical one: unknown fields, reordered
// fields, repeated scalars, padded varints and explicit zeros do not come back as the same bytes.
func decode(raw []byte, maximum int, message canonical) error {
	if len(raw) > maximum {
		return refuse(Limit, "%s of %d bytes; at most %d are accepted", proto.MessageName(message), len(raw), maximum)
	}
	if err := message.Unmarshal(raw); err != nil {
		return refuse(Malformed, "these bytes are no %s: %s", proto.MessageName(message), err)
	}
	again, err := message.Marshal()
	if err != nil || !bytes.Equal(again, raw) {
		return refuse(Malformed, "%s is not in its canonical encoding", proto.MessageName(message))
	}
	return nil
}

// DecodeClientState reads and checks a client state.
func DecodeClientState(raw []byte) (*ClientState, error) {
	var state ClientState
	if err := decode(raw, maximumClientStateBytes, &state); err != nil {
		return nil, err
	}
	return &state, state.Validate()
}

// DecodeConsensusState reads and checks a consensus state.
func DecodeConsensusState(raw []byte) (*ConsensusState, error) {
	var state ConsensusState
	if err := decode(raw, maximumClientStateBytes, &state); err != nil {
		return nil, err
	}
	return &state, state.ValidateBasic()
}

// DecodeHeader reads the client message of an update. The RLP inside is still unread.
func DecodeHeader(raw []byte) (*Header, error) {
	var header Header
	return &header, decode(raw, maximumMessageBytes, &header)
}

// DecodeMisbehaviour reads the client message that freezes. The RLP inside is still unread.
func DecodeMisbehaviour(raw []byte) (*Misbehaviour, error) {
	var evidence Misbehaviour
	if err := decode(raw, maximumEvidenceBytes, &evidence); err != nil {
		return nil, err
	}
	return &evidence, evidence.ValidateBasic()
}

// DecodeRotation reads the client message that hands over to other authorities.
func DecodeRotation(raw []byte) (*AuthorityRotation, error) {
	var rotation AuthorityRotation
	if err := decode(raw, maximumRotationBytes, &rotation); err != nil {
		return nil, err
	}
	return &rotation, rotation.ValidateBasic()
}

func decodeStorageProof(raw []byte) ([][]byte, error) {
	var proof StorageProof
	if err := decode(raw, maximumProofBytes, &proof); err != nil {
		return nil, err
	}
	return proof.Nodes, nil
}
