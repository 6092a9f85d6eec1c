package ledger

import (
	"crypto/sha256"
	"encoding/binary"
	"math/big"

	"interledger.example/cosmos/x/settlement/facts"
)

// event is one entry of the log, a fact in the past tense.
type event interface {
	// encode gives the canonical bytes. They never change once written: a new shape needs a new name.
	encode() []byte
	// apply changes the state, or says why the event does not fit to it.
	apply(book Book, head Head) error
}

type partyRegistered struct {
	requestID string
	party     Party
}

type agreementRecorded struct {
	requestID string
	agreement Agreement
}

type periodClosed struct {
	requestID     string
	cutOffSeconds uint64
}

type factRecorded struct {
	fact     facts.Fact
	factHash facts.Hash
	origin   Origin
	// amount is the gross, or 0 if the fact carries no claim of its own.
	amount    *big.Int
	reduction *reduction
}

type reductionKind string

const (
	creditReduction  reductionKind = "credit"
	paymentReduction reductionKind = "payment"
)

// reduction is what a credit note or a confirmed payment takes from the liability of another fact.
type reduction struct {
	kind   reductionKind
	factID facts.Hash
	amount *big.Int
}

// requested is an event that somebody asked for under a request id.
type requested interface {
	event
	request() string
	// digest is what a repeated request id is compared by.
	digest() facts.Hash
}

func (e partyRegistered) request() string   { return e.requestID }
func (e agreementRecorded) request() string { return e.requestID }
func (e periodClosed) request() string      { return e.requestID }

func (e partyRegistered) digest() facts.Hash   { return sha256.Sum256(e.encode()) }
func (e agreementRecorded) digest() facts.Hash { return sha256.Sum256(e.encode()) }
func (e periodClosed) digest() facts.Hash      { return sha256.Sum256(e.encode()) }

var logDomain = []byte("interledger.settlement.log.v1")

// nextHead is sha256 over domain, previous hash, sequence and the event's sha256.
func nextHead(head Head, encoded []byte) Head {
	sequence := head.Sequence + 1
	content := sha256.Sum256(encoded)
	preimage := append(append([]byte{}, logDomain...), head.Hash[:]...)
	preimage = binary.BigEndian.AppendUint64(preimage, sequence)
	return Head{Sequence: sequence, Hash: sha256.Sum256(append(preimage, content[:]...))}
}
