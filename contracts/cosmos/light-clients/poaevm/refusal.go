package poaevm

import (
	"errors"

	errorsmod "cosmossdk.io/errors"
)

// Refusal is why bytes or a claim were refused, in the one word that all implementations of the client share.
type Refusal string

// The words are those of the case files. A word is never reused for another reason.
const (
	// Malformed bytes are not the one canonical encoding of what they claim to be.
	Malformed Refusal = "malformed"
	// Limit means longer, deeper or more than the bound of the format.
	Limit          Refusal = "limit"
	ProofPath      Refusal = "proof_path"
	ProofValue     Refusal = "proof_value"
	NodeMissing    Refusal = "node_missing"
	NodeExtra      Refusal = "node_extra"
	NodeHash       Refusal = "node_hash"
	ValueAbsent    Refusal = "value_absent"
	ValuePresent   Refusal = "value_present"
	BadHeight      Refusal = "height"
	BadTime        Refusal = "time"
	Future         Refusal = "future"
	BadSignature   Refusal = "signature"
	DoubleVote     Refusal = "double_vote"
	UnknownSigner  Refusal = "unknown_signer"
	BelowThreshold Refusal = "threshold"
	IsFrozen       Refusal = "client_frozen"
	IsExpired      Refusal = "client_expired"
	UnknownHeight  Refusal = "unknown_height"
	NoMisbehaviour Refusal = "no_misbehaviour"
	BadParameters  Refusal = "parameters"
	BadGeneration  Refusal = "generation"
	firstCode              = 2 // 1 is reserved by the SDK for internal errors.
	codespace              = ModuleName
)

// registered holds one SDK error per refusal, so that a transaction's result carries a codespace and a stable code.
var registered = register(
	Malformed, Limit, ProofPath, ProofValue, NodeMissing, NodeExtra, NodeHash, ValueAbsent, ValuePresent,
	BadHeight, BadTime, Future, BadSignature, DoubleVote, UnknownSigner, BelowThreshold,
	IsFrozen, IsExpired, UnknownHeight, NoMisbehaviour, BadParameters, BadGeneration,
)

func register(refusals ...Refusal) map[Refusal]*errorsmod.Error {
	all := make(map[Refusal]*errorsmod.Error, len(refusals))
	for i, refusal := range refusals {
		all[refusal] = errorsmod.Register(codespace, uint32(firstCode+i), string(refusal))
	}
	return all
}

// refuse makes the error for a refusal; the text says what is wrong and what to do.
func refuse(refusal Refusal, format string, arguments ...any) error {
	return errorsmod.Wrapf(registered[refusal], format, arguments...)
}

// RefusalOf names the refusal of an error, or "" if the error is none of this client's.
func RefusalOf(err error) Refusal {
	for refusal, sdkError := range registered {
		if errors.Is(err, sdkError) {
			return refusal
		}
	}
	return ""
}
