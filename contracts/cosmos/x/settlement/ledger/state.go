package ledger

import (
	"encoding/binary"
	"fmt"
	"math/big"

	storetypes "github.com/cosmos/cosmos-sdk/store/v2/types"

	"interledger.example/cosmos/x/settlement/facts"
)

// Keys of the store. What an entry of the log says is read from the log; the rest are indexes into it and the amounts.
const (
	headKey         = 0x01 // sequence, hash
	cutOffKey       = 0x02 // unix seconds
	logPrefix       = 0x10 // sequence -> event
	partyPrefix     = 0x11 // party id -> sequence
	agreementPrefix = 0x12 // creditor, debtor -> sequence
	pairPrefix      = 0x13 // agreement id -> creditor, debtor
	factPrefix      = 0x14 // fact id -> liability id
	liabilityPrefix = 0x15 // liability id -> sequence
	openPrefix      = 0x16 // debtor, creditor, currency, exponent -> sum of what is open
	requestPrefix   = 0x17 // request id -> digest, sequence, hash
)

// recordPrefix, then the liability id, is where every settlement ledger proves a liability.
const recordPrefix = "liability/"

const (
	hashBytes   = 32
	amountBytes = 16
	sumBytes    = 32
)

// Book is the state of one settlement ledger in a store of its own.
type Book struct {
	kv storetypes.KVStore
}

// Open gives the state that stands in kv.
func Open(kv storetypes.KVStore) Book { return Book{kv: kv} }

// Head of the log.
func (b Book) Head() Head { return decodeHead(b.kv.Get([]byte{headKey})) }

// CutOffSeconds is 0 if no period was closed yet.
func (b Book) CutOffSeconds() uint64 { return decodeUint64(b.kv.Get([]byte{cutOffKey})) }

// Entry is the canonical form of one entry of the log, or nil.
func (b Book) Entry(sequence uint64) []byte { return b.kv.Get(logKey(sequence)) }

// append adds an event to the log and changes the state accordingly.
func (b Book) append(next event) Head {
	encoded := next.encode()
	head := nextHead(b.Head(), encoded)
	b.kv.Set(logKey(head.Sequence), encoded)
	b.kv.Set([]byte{headKey}, encodeHead(head))
	next.apply(b, head)
	return head
}

func (e partyRegistered) apply(book Book, head Head) {
	book.kv.Set(key(partyPrefix, e.party.PartyID[:]), encodeUint64(head.Sequence))
	book.remember(e, head)
}

func (e agreementRecorded) apply(book Book, head Head) {
	pair := append(e.agreement.Creditor[:], e.agreement.Debtor[:]...)
	book.kv.Set(key(agreementPrefix, pair), encodeUint64(head.Sequence))
	book.kv.Set(key(pairPrefix, []byte(e.agreement.AgreementID)), pair)
	book.remember(e, head)
}

func (e periodClosed) apply(book Book, head Head) {
	book.kv.Set([]byte{cutOffKey}, encodeUint64(e.cutOffSeconds))
	book.remember(e, head)
}

func (e factRecorded) apply(book Book, head Head) {
	liabilityID := facts.LiabilityID(e.fact.FactID, e.factHash)
	book.kv.Set(key(factPrefix, e.fact.FactID[:]), liabilityID[:])
	book.kv.Set(key(liabilityPrefix, liabilityID[:]), encodeUint64(head.Sequence))
	zero := new(big.Int)
	amounts := Amounts{Amount: e.amount, Open: e.amount, Netted: zero, Paid: zero, Credited: zero, Held: zero}
	book.setRecord(record{liabilityID: liabilityID, headHash: head.Hash, factHash: e.factHash, amounts: amounts})
	book.moveOpenSum(openKey(&e.fact), e.amount)
	if e.reduction == nil {
		return
	}
	related := book.mustRecord(e.reduction.factID)
	taken := e.reduction.amount
	related.amounts.Open = new(big.Int).Sub(related.amounts.Open, taken)
	switch e.reduction.kind {
	case creditReduction:
		related.amounts.Credited = new(big.Int).Add(related.amounts.Credited, taken)
	case paymentReduction:
		related.amounts.Paid = new(big.Int).Add(related.amounts.Paid, taken)
	}
	book.setRecord(*related)
	// A reduction is in the direction and currency of what it reduces; the rules see to it.
	book.moveOpenSum(openKey(&e.fact), new(big.Int).Neg(taken))
}

// record is what the ledger proves for a liability: head hash and fact hash, then the six amounts as 16 big-endian bytes.
type record struct {
	liabilityID facts.Hash
	headHash    facts.Hash
	factHash    facts.Hash
	amounts     Amounts
}

func recordKey(liabilityID facts.Hash) []byte { return append([]byte(recordPrefix), liabilityID[:]...) }

func (b Book) setRecord(r record) {
	value := append(append([]byte{}, r.headHash[:]...), r.factHash[:]...)
	for _, amount := range r.amounts.list() {
		var bytes [amountBytes]byte
		value = append(value, amount.FillBytes(bytes[:])...)
	}
	b.kv.Set(recordKey(r.liabilityID), value)
}

// record is nil if the fact has no liability.
func (b Book) record(factID facts.Hash) *record {
	indexed := b.kv.Get(key(factPrefix, factID[:]))
	if indexed == nil {
		return nil
	}
	liabilityID := facts.Hash(indexed)
	value := b.kv.Get(recordKey(liabilityID))
	r := record{liabilityID: liabilityID, headHash: facts.Hash(value), factHash: facts.Hash(value[hashBytes:]), amounts: newAmounts()}
	rest := value[2*hashBytes:]
	for i, amount := range r.amounts.list() {
		amount.SetBytes(rest[i*amountBytes : (i+1)*amountBytes])
	}
	return &r
}

func (b Book) mustRecord(factID facts.Hash) *record {
	r := b.record(factID)
	if r == nil {
		panic(fmt.Errorf(errLogInconsistent, fmt.Errorf("fact %x has no liability", factID)))
	}
	return r
}

func newAmounts() Amounts {
	return Amounts{
		Amount: new(big.Int), Open: new(big.Int), Netted: new(big.Int),
		Paid: new(big.Int), Credited: new(big.Int), Held: new(big.Int),
	}
}

func (a Amounts) list() []*big.Int {
	return []*big.Int{a.Amount, a.Open, a.Netted, a.Paid, a.Credited, a.Held}
}

// entry decodes an entry that this ledger wrote.
func (b Book) entry(sequence uint64) event {
	decoded, err := decodeEvent(b.Entry(sequence))
	if err != nil {
		panic(fmt.Errorf(errLogInconsistent, fmt.Errorf("entry %d: %w", sequence, err)))
	}
	return decoded
}

// party is nil if it is not registered; the sequence is that of its entry.
func (b Book) party(partyID facts.Hash) (*Party, uint64) {
	raw := b.kv.Get(key(partyPrefix, partyID[:]))
	if raw == nil {
		return nil, 0
	}
	sequence := decodeUint64(raw)
	registered, ok := b.entry(sequence).(partyRegistered)
	if !ok {
		panic(fmt.Errorf(errLogInconsistent, fmt.Errorf("entry %d registers no party", sequence)))
	}
	return &registered.party, sequence
}

func (b Book) hasParty(partyID facts.Hash) bool { return b.kv.Has(key(partyPrefix, partyID[:])) }

// agreement is nil if the pair has none.
func (b Book) agreement(creditor, debtor facts.Hash) *Agreement {
	raw := b.kv.Get(key(agreementPrefix, append(creditor[:], debtor[:]...)))
	if raw == nil {
		return nil
	}
	sequence := decodeUint64(raw)
	recorded, ok := b.entry(sequence).(agreementRecorded)
	if !ok {
		panic(fmt.Errorf(errLogInconsistent, fmt.Errorf("entry %d records no agreement", sequence)))
	}
	return &recorded.agreement
}

// recorded is the log's entry of a fact with its head.
func (b Book) recorded(sequence uint64) factRecorded {
	recorded, ok := b.entry(sequence).(factRecorded)
	if !ok {
		panic(fmt.Errorf(errLogInconsistent, fmt.Errorf("entry %d records no fact", sequence)))
	}
	return recorded
}

// sequenceOf is the entry that recorded a liability; 0 if there is none.
func (b Book) sequenceOf(liabilityID facts.Hash) uint64 {
	return decodeUint64(b.kv.Get(key(liabilityPrefix, liabilityID[:])))
}

func (b Book) openSum(sumKey []byte) *big.Int { return new(big.Int).SetBytes(b.kv.Get(sumKey)) }

func (b Book) moveOpenSum(sumKey []byte, change *big.Int) {
	if change.Sign() == 0 {
		return
	}
	var bytes [sumBytes]byte
	b.kv.Set(sumKey, new(big.Int).Add(b.openSum(sumKey), change).FillBytes(bytes[:]))
}

func (b Book) remember(asked requested, head Head) {
	digest := requestDigest(asked)
	b.kv.Set(key(requestPrefix, []byte(asked.request())), append(digest[:], encodeHead(head)...))
}

// openKey is the direction and currency that a fact counts towards.
func openKey(fact *facts.Fact) []byte {
	out := append(key(openPrefix, fact.Debtor[:]), fact.Creditor[:]...)
	return append(append(out, fact.Currency[:]...), fact.Exponent)
}

func key(prefix byte, suffix []byte) []byte {
	return append(append(make([]byte, 0, 1+len(suffix)), prefix), suffix...)
}

func logKey(sequence uint64) []byte { return key(logPrefix, encodeUint64(sequence)) }

func encodeUint64(value uint64) []byte { return binary.BigEndian.AppendUint64(nil, value) }

func decodeUint64(raw []byte) uint64 {
	if raw == nil {
		return 0
	}
	return binary.BigEndian.Uint64(raw)
}

func encodeHead(head Head) []byte { return append(encodeUint64(head.Sequence), head.Hash[:]...) }

func decodeHead(raw []byte) Head {
	if raw == nil {
		return Head{}
	}
	return Head{Sequence: binary.BigEndian.Uint64(raw), Hash: facts.Hash(raw[8:])}
}
