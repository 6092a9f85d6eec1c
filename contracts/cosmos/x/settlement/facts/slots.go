package facts

import (
	"encoding/binary"
	"math/big"

	"github.com/ethereum/go-ethereum/crypto"
)

// Where a BusinessFacts contract stores what proofs are about, and what the words there mean. The layout is Solidity's for the
// contract's sources.

const (
	factHashesSlot = 14
	recordsSlot    = 15
	ledgersSlot    = 19
	// slotsPerLedger are the hash of the client's id, and the ledger's id.
	slotsPerLedger = 2
)

// State of a fact, as the contract numbers them.
type State uint8

// States of facts.
const (
	StateAcknowledged State = 3
	StateRejected     State = 4
	StateCancelled    State = 6
	StateSettled      State = 7
	StateDisputed     State = 8
	StateCredited     State = 9
)

// HasEnded says whether the fact will never be sent again.
func (s State) HasEnded() bool { return s == StateRejected || s == StateCancelled }

// IsAnswered says whether a settlement ledger has recorded the fact.
func (s State) IsAnswered() bool {
	return s == StateAcknowledged || s == StateSettled || s == StateDisputed || s == StateCredited
}

// FactRecord is the part of a fact's record that decides where it may become a liability.
type FactRecord struct {
	State State
	// Ledger is the number of the settlement ledger that it was sent to, from 1; 0: none yet.
	Ledger uint16
}

// SlotWord is a slot with the word in it.
type SlotWord struct{ Slot, Word Hash }

// LedgerCountSlot holds how many settlement ledgers the contract knows.
func LedgerCountSlot() Hash { return numberWord(big.NewInt(ledgersSlot)) }

// FactHashSlot holds the fact's hash; zeros for a fact that was never minted.
func FactHashSlot(factID Hash) Hash { return entrySlot(factID, factHashesSlot) }

// RecordSlot holds the fact's record.
func RecordSlot(factID Hash) Hash { return entrySlot(factID, recordsSlot) }

// ReadRecord of its word. Solidity packs fields from the right: state (1 byte), code (2), ledger (2), and three sequences.
func ReadRecord(word Hash) FactRecord {
	return FactRecord{State: State(word[31]), Ledger: binary.BigEndian.Uint16(word[27:29])}
}

// LedgerClientSlot holds the keccak256 of the contract ledger's client of this settlement ledger.
func LedgerClientSlot(ledger uint32) Hash { return numberWord(ledgerSlot(ledger)) }

// ClientHash is what LedgerClientSlot holds.
func ClientHash(clientID string) Hash { return Hash(crypto.Keccak256([]byte(clientID))) }

// LedgerIDSlots are what is stored where if the settlement ledger has this id, the slot with the length first.
func LedgerIDSlots(ledger uint32, ledgerID string) []SlotWord {
	slot, size := ledgerSlot(ledger), len(ledgerID)
	slot.Add(slot, big.NewInt(1))
	at := numberWord(slot)
	if size < wordBytes {
		var word Hash
		copy(word[:], ledgerID)
		word[wordBytes-1] = byte(2 * size)
		return []SlotWord{{at, word}}
	}
	words := []SlotWord{{at, numberWord(big.NewInt(int64(2*size + 1)))}}
	next := new(big.Int).SetBytes(crypto.Keccak256(at[:]))
	for place := 0; place < size; place += wordBytes {
		var word Hash
		copy(word[:], ledgerID[place:])
		words = append(words, SlotWord{numberWord(next), word})
		next = new(big.Int).Add(next, big.NewInt(1))
	}
	return words
}

func entrySlot(key Hash, slot int64) Hash {
	at := numberWord(big.NewInt(slot))
	return Hash(crypto.Keccak256(key[:], at[:]))
}

func ledgerSlot(ledger uint32) *big.Int {
	at := LedgerCountSlot()
	first := new(big.Int).SetBytes(crypto.Keccak256(at[:]))
	return first.Add(first, new(big.Int).SetUint64((uint64(ledger)-1)*slotsPerLedger))
}

// numberWord of a number, which wraps around as slots do.
func numberWord(value *big.Int) Hash {
	const bits = 8 * wordBytes
	wrapped := new(big.Int).Mod(value, new(big.Int).Lsh(big.NewInt(1), bits))
	var word Hash
	wrapped.FillBytes(word[:])
	return word
}
