package ledger

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"

	errorsmod "cosmossdk.io/errors"

	wire "interledger.example/cosmos/wire/settlementv1"
	"interledger.example/cosmos/x/settlement/facts"
	"interledger.example/cosmos/x/settlement/ledger/canonical"
)

// The log: entries in their canonical bytes, chained by hashes.

const (
	amountBits = 128
	// integerBits are those of 80 decimal digits, the most that any number may have.
	integerBits = 266

	hashBytes     = 32
	addressBytes  = 20
	currencyBytes = 3
)

// form of commands, log entries and records. Byte fields that are not listed are hashes or party ids.
var form = canonical.Form{
	Numbers: map[string]int{
		"amount": amountBits, "open": amountBits, "netted": amountBits, "paid": amountBits, "credited": amountBits,
		"held": amountBits, "gross": amountBits, "remaining": amountBits, "net": amountBits, "tax": amountBits,
		"open_limit": integerBits, "chain_id": maximumChainIDBits,
	},
	MayBeAbsent: map[string]bool{
		"CurrencyTerms.open_limit": true, "LogEntry.act": true, "FactRecorded.reduction": true, "PaymentMoved.evidence": true,
		"Payment.evidence": true, "Cycle.verification": true,
	},
	Lengths: map[string][]int{
		"Act.actor": actorLengths, "Payment.recorder": actorLengths, "Cycle.proposer": actorLengths,
		"Verification.verifier": actorLengths, "CyclePlan.proof": {}, "Fact.currency": {currencyBytes},
		"FactPacket.contract": {addressBytes}, "FactPacket.issuer": {addressBytes},
		"PushedFacts.contract": {addressBytes}, "PushedFacts.issuer": {addressBytes}, "PushedFacts.rules": rulesLengths,
		"PulledFacts.contract": {addressBytes}, "PulledFacts.issuer": {addressBytes}, "PulledFacts.rules": rulesLengths,
		"SignedFacts.contract": {addressBytes}, "SignedFacts.issuer": {addressBytes}, "SignedFacts.rules": rulesLengths,
		"SignedFacts.signature": {}, "Issuer.account": {addressBytes},
		"ProvenFacts.contract": {addressBytes}, "ProvenFacts.issuer": {addressBytes},
		"FactProof.contract": {addressBytes}, "FactProof.issuer": {addressBytes}, "FactProof.nodes": {},
		"ContractBound.contract": {addressBytes}, "ContractReleased.contract": {addressBytes},
		"ContractInForce.contract": {addressBytes},
	},
	Widths: map[string]int{"Fact.schema": 16, "Fact.kind": 16, "Fact.category": 16, "Fact.exponent": 8},
}

// actorLengths are those of a party id, and of the operator, who has none.
var actorLengths = []int{0, hashBytes}

// rulesLengths are those of a hash, and of none.
var rulesLengths = []int{0, hashBytes}

var logDomain = []byte("interledger.settlement.log.v1")

// Head is the newest entry of the log. Sequence 0 with a zero hash: the log is empty.
type Head struct {
	Sequence uint64
	Hash     facts.Hash
}

// Message is the head as other ledgers are shown it.
func (h Head) Message() *wire.LogHead {
	return &wire.LogHead{Sequence: h.Sequence, HeadHash: h.Hash[:]}
}

// nextHead is sha256 over domain, previous hash, sequence and the entry's sha256.
func nextHead(head Head, encoded []byte) Head {
	sequence := head.Sequence + 1
	content := sha256.Sum256(encoded)
	preimage := append(append([]byte{}, logDomain...), head.Hash[:]...)
	preimage = binary.BigEndian.AppendUint64(preimage, sequence)
	return Head{Sequence: sequence, Hash: sha256.Sum256(append(preimage, content[:]...))}
}

// DecodeCommand reads a command's canonical bytes.
func DecodeCommand(raw []byte) (*wire.Command, error) {
	command := &wire.Command{}
	if err := canonical.Decode(raw, command); err != nil {
		return nil, errorsmod.Wrapf(ErrInvalidCommand, "command: %s", err)
	}
	return command, checkForm(command)
}

func checkForm(command *wire.Command) error {
	if err := form.CheckRequest(command); err != nil {
		return errorsmod.Wrap(ErrInvalidCommand, err.Error())
	}
	return nil
}

// decodeEntry reads an entry that may come from anywhere.
func decodeEntry(raw []byte) (*wire.LogEntry, error) {
	entry := &wire.LogEntry{}
	if err := canonical.Decode(raw, entry); err != nil {
		return nil, err
	}
	return entry, form.CheckStored(entry)
}

// Entry is the canonical form of one entry of the log, or nil.
func (b Book) Entry(sequence uint64) []byte { return b.kv.Get(logKey(sequence)) }

// entry that this ledger wrote.
func (b Book) entry(sequence uint64) *wire.LogEntry {
	entry, raw := &wire.LogEntry{}, b.Entry(sequence)
	if raw == nil {
		panic(damaged(errors.New("no entry"), sequence))
	}
	if err := entry.Unmarshal(raw); err != nil {
		panic(damaged(err, sequence))
	}
	return entry
}

// append adds an entry that the rules have decided.
func (b Book) append(entry *wire.LogEntry) Head {
	head, err := b.replay(entry)
	if err != nil {
		panic(damaged(err, b.Head().Sequence+1))
	}
	return head
}

// replay adds an entry to the log and changes the state accordingly, unless it does not fit to the state.
func (b Book) replay(entry *wire.LogEntry) (Head, error) {
	encoded := canonical.Encode(entry)
	head := nextHead(b.Head(), encoded)
	if err := b.apply(entry, head); err != nil {
		return Head{}, err
	}
	b.countRate(entry)
	b.remember(entry, head)
	b.kv.Set(logKey(head.Sequence), encoded)
	b.kv.Set([]byte{headKey}, encodeHead(head))
	return head, nil
}

// Export is the log from its first entry.
func (b Book) Export() [][]byte {
	var entries [][]byte
	for sequence, last := uint64(1), b.Head().Sequence; sequence <= last; sequence++ {
		entries = append(entries, b.Entry(sequence))
	}
	return entries
}

// Import replays a log into an empty store and compares the head.
func (b Book) Import(entries [][]byte, expected facts.Hash) error {
	for i, raw := range entries {
		entry, err := decodeEntry(raw)
		if err == nil {
			_, err = b.replay(entry)
		}
		if err != nil {
			return errorsmod.Wrapf(ErrDamagedLog, "entry %d: %s", i+1, err)
		}
	}
	if b.Head().Hash != expected {
		return errorsmod.Wrapf(ErrDamagedLog, "it ends at %x, expected %x", b.Head().Hash, expected)
	}
	return nil
}

func damaged(err error, sequence uint64) error {
	return fmt.Errorf("the stored log is damaged at entry %d: %w", sequence, err)
}
