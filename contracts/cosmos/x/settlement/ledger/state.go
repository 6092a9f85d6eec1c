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
	deadlinePrefix  = 0x0f // unix seconds, rank, id -> what ends then
	logPrefix       = 0x10 // sequence -> event
	partyPrefix     = 0x11 // party id -> sequence
	agreementPrefix = 0x12 // creditor, debtor -> sequence
	pairPrefix      = 0x13 // agreement id -> creditor, debtor
	factPrefix      = 0x14 // fact id -> liability id
	liabilityPrefix = 0x15 // liability id -> sequence
	openPrefix      = 0x16 // debtor, creditor, currency, exponent -> sum of what is open
	requestPrefix   = 0x17 // request id -> digest, sequence, hash
	accountPrefix   = 0x18 // sequence of a liability -> what a posting must know of it
	freePrefix      = 0x19 // currency, exponent, debtor, creditor, sequence -> what may be cleared; only while there is something
	paymentPrefix   = 0x1a // payment id -> its entries
	disputePrefix   = 0x1b // dispute id -> its entries
	cyclePrefix     = 0x1c // cycle id -> its entries
	unitPrefix      = 0x1d // currency, exponent -> newest cut-off, running cycle
	consentPrefix   = 0x1e // party id -> exists while the party consents to novation
	evidencePrefix  = 0x1f // kind, reference -> payment id
	timePrefix      = 0x21 // height -> unix seconds
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

// append adds an event that the rules have decided.
func (b Book) append(next event) Head {
	head, err := b.replay(next)
	if err != nil {
		panic(fmt.Errorf(errLogInconsistent, err))
	}
	return head
}

// replay adds an event to the log and changes the state accordingly, unless it does not fit to the state.
func (b Book) replay(next event) (Head, error) {
	encoded := next.encode()
	head := nextHead(b.Head(), encoded)
	if err := next.apply(b, head); err != nil {
		return Head{}, err
	}
	b.kv.Set(logKey(head.Sequence), encoded)
	b.kv.Set([]byte{headKey}, encodeHead(head))
	return head, nil
}

func (e partyRegistered) apply(book Book, head Head) error {
	book.kv.Set(key(partyPrefix, e.party.PartyID[:]), encodeUint64(head.Sequence))
	book.remember(e, head)
	return nil
}

func (e agreementRecorded) apply(book Book, head Head) error {
	pair := append(e.agreement.Creditor[:], e.agreement.Debtor[:]...)
	book.kv.Set(key(agreementPrefix, pair), encodeUint64(head.Sequence))
	book.kv.Set(key(pairPrefix, []byte(e.agreement.AgreementID)), pair)
	book.remember(e, head)
	return nil
}

func (e periodClosed) apply(book Book, head Head) error {
	book.kv.Set([]byte{cutOffKey}, encodeUint64(e.cutOffSeconds))
	book.remember(e, head)
	return nil
}

func (e factRecorded) apply(book Book, head Head) error {
	opened := book.open(account{
		liabilityID: facts.LiabilityID(e.fact.FactID, e.factHash),
		factID:      e.fact.FactID,
		debtor:      e.fact.Debtor,
		creditor:    e.fact.Creditor,
		unit:        Unit{Currency: string(e.fact.Currency[:]), Exponent: uint32(e.fact.Exponent)},
		serviceEnd:  e.fact.ServiceEnd,
		dueDate:     e.fact.DueDate,
	}, e.factHash, e.amount, head)
	if opened != nil || e.reduction == nil {
		return opened
	}
	return book.post([]posting{e.reduction.posting(book.sequenceOfFact(e.reduction.factID))})
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
	return b.recordOf(facts.Hash(indexed))
}

// recordOf is nil if there is no liability with that id.
func (b Book) recordOf(liabilityID facts.Hash) *record {
	value := b.kv.Get(recordKey(liabilityID))
	if value == nil {
		return nil
	}
	r := record{liabilityID: liabilityID, headHash: facts.Hash(value), factHash: facts.Hash(value[hashBytes:]), amounts: newAmounts()}
	rest := value[2*hashBytes:]
	for i, amount := range r.amounts.list() {
		amount.SetBytes(rest[i*amountBytes : (i+1)*amountBytes])
	}
	return &r
}

func (b Book) mustRecord(liabilityID facts.Hash) *record {
	r := b.recordOf(liabilityID)
	if r == nil {
		panic(fmt.Errorf(errLogInconsistent, fmt.Errorf("liability %x has no record", liabilityID)))
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

// sequenceOf is the entry that recorded a liability; 0 if there is none.
func (b Book) sequenceOf(liabilityID facts.Hash) uint64 {
	return decodeUint64(b.kv.Get(key(liabilityPrefix, liabilityID[:])))
}

// sequenceOfFact is 0 if the fact has no liability.
func (b Book) sequenceOfFact(factID facts.Hash) uint64 {
	indexed := b.kv.Get(key(factPrefix, factID[:]))
	if indexed == nil {
		return 0
	}
	return b.sequenceOf(facts.Hash(indexed))
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
	if asked.request() == "" {
		return
	}
	digest := asked.digest()
	b.kv.Set(key(requestPrefix, []byte(asked.request())), append(digest[:], encodeHead(head)...))
}

// openKey is a direction and currency that liabilities count towards.
func openKey(debtor, creditor facts.Hash, unit Unit) []byte {
	out := append(key(openPrefix, debtor[:]), creditor[:]...)
	return append(out, unit.key()...)
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
