package ledger

import (
	"bytes"
	"cmp"
	"fmt"
	"math/big"
	"slices"

	wire "interledger.example/cosmos/wire/settlementv1"
	"interledger.example/cosmos/x/settlement/facts"
)

// Liabilities: what is proven of each, what a posting must know of it, what of it may be cleared, and what they add up to.

// recordPrefix, then the liability id, is where every settlement ledger proves a liability.
const recordPrefix = "liability/"

const (
	amountBytes = 16
	sumBytes    = 32
)

// record is what the ledger proves for a liability: head hash and fact hash, then the six amounts as 16 big-endian bytes.
type record struct {
	liabilityID facts.Hash
	headHash    facts.Hash
	factHash    facts.Hash
	amounts     amounts
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
		panic(fmt.Errorf("the stored state is damaged: liability %x has no record", liabilityID))
	}
	return r
}

// amounts of a liability: amount = open + netted + paid + credited, and 0 <= held <= open.
type amounts struct {
	amount   *big.Int
	open     *big.Int
	netted   *big.Int
	paid     *big.Int
	credited *big.Int
	held     *big.Int
}

func newAmounts() amounts {
	return amounts{
		amount: new(big.Int), open: new(big.Int), netted: new(big.Int),
		paid: new(big.Int), credited: new(big.Int), held: new(big.Int),
	}
}

func (a amounts) list() []*big.Int {
	return []*big.Int{a.amount, a.open, a.netted, a.paid, a.credited, a.held}
}

// free is what is open and not held: the most that a credit or a payment may take.
func (a amounts) free() *big.Int { return new(big.Int).Sub(a.open, a.held) }

// account is what a posting, a payment and a cycle must know of a liability; it never changes.
type account struct {
	sequence    uint64
	liabilityID facts.Hash
	factID      facts.Hash
	debtor      facts.Hash
	creditor    facts.Hash
	unit        Unit
	serviceEnd  uint64
	dueDate     uint64
	// isNovated: no fact but a debt that a hub cycle put in the place of others.
	isNovated bool
}

const accountBytes = 4*hashBytes + currencyBytes + 1 + 8 + 8 + 1

func (a *account) openKey() []byte { return openKey(a.debtor, a.creditor, a.unit) }

func (a *account) encode() []byte {
	out := make([]byte, 0, accountBytes)
	for _, hash := range []facts.Hash{a.liabilityID, a.factID, a.debtor, a.creditor} {
		out = append(out, hash[:]...)
	}
	out = append(out, a.unit.key()...)
	out = append(append(out, encodeUint64(a.serviceEnd)...), encodeUint64(a.dueDate)...)
	return append(out, flag(a.isNovated))
}

// account is nil if no liability has that sequence.
func (b Book) account(sequence uint64) *account {
	raw := b.kv.Get(key(accountPrefix, encodeUint64(sequence)))
	if raw == nil {
		return nil
	}
	a := account{sequence: sequence}
	for _, hash := range []*facts.Hash{&a.liabilityID, &a.factID, &a.debtor, &a.creditor} {
		*hash, raw = facts.Hash(raw), raw[hashBytes:]
	}
	a.unit = Unit{Currency: string(raw[:currencyBytes]), Exponent: uint32(raw[currencyBytes])}
	raw = raw[currencyBytes+1:]
	a.serviceEnd, a.dueDate, a.isNovated = decodeUint64(raw), decodeUint64(raw[8:]), raw[16] != 0
	return &a
}

// open adds a new liability, all of it free.
func (b Book) open(a account, factHash facts.Hash, amount *big.Int, head Head) error {
	if !a.unit.isKnown() {
		return fmt.Errorf("fact %x has the unknown unit %.10q with exponent %d", a.factID, a.unit.Currency, a.unit.Exponent)
	}
	if b.kv.Has(key(factPrefix, a.factID[:])) {
		return fmt.Errorf("fact %x has a liability already", a.factID)
	}
	a.sequence, a.liabilityID = head.Sequence, facts.LiabilityID(a.factID, factHash)
	zero := new(big.Int)
	amounts := amounts{amount: amount, open: amount, netted: zero, paid: zero, credited: zero, held: zero}
	b.kv.Set(key(factPrefix, a.factID[:]), a.liabilityID[:])
	b.kv.Set(key(liabilityPrefix, a.liabilityID[:]), encodeUint64(head.Sequence))
	b.kv.Set(key(accountPrefix, encodeUint64(head.Sequence)), a.encode())
	b.setRecord(record{liabilityID: a.liabilityID, headHash: head.Hash, factHash: factHash, amounts: amounts})
	b.setFree(&a, amount)
	b.moveOpenSum(a.openKey(), amount)
	return nil
}

// freeClaim is what may be cleared of one liability.
type freeClaim struct {
	sequence   uint64
	serviceEnd uint64
	dueDate    uint64
	isNovated  bool
	amount     *big.Int
}

const freeClaimBytes = 8 + 8 + 1 + amountBytes

// setFree keeps the index of what may be cleared.
func (b Book) setFree(a *account, free *big.Int) {
	at := append(freeKey(a.unit, a.debtor, a.creditor), encodeUint64(a.sequence)...)
	if free.Sign() == 0 {
		b.kv.Delete(at)
		return
	}
	value := append(encodeUint64(a.serviceEnd), encodeUint64(a.dueDate)...)
	var amount [amountBytes]byte
	b.kv.Set(at, append(append(value, flag(a.isNovated)), free.FillBytes(amount[:])...))
}

func freeKey(unit Unit, debtor, creditor facts.Hash) []byte {
	return append(append(key(freePrefix, unit.key()), debtor[:]...), creditor[:]...)
}

func decodeFree(suffix, value []byte) freeClaim {
	return freeClaim{
		sequence:   decodeUint64(suffix),
		serviceEnd: decodeUint64(value),
		dueDate:    decodeUint64(value[8:]),
		isNovated:  value[16] != 0,
		amount:     new(big.Int).SetBytes(value[17:freeClaimBytes]),
	}
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

// openKey is a direction and currency that liabilities count towards.
func openKey(debtor, creditor facts.Hash, unit Unit) []byte {
	out := append(key(openPrefix, debtor[:]), creditor[:]...)
	return append(out, unit.key()...)
}

// LiabilityOfFact is nil if the fact is not recorded.
func (b Book) LiabilityOfFact(factID facts.Hash) *wire.Liability {
	r := b.record(factID)
	if r == nil {
		return nil
	}
	return b.Liability(r.liabilityID)
}

// Liability is nil if there is none with that id.
func (b Book) Liability(liabilityID facts.Hash) *wire.Liability {
	sequence := b.sequenceOf(liabilityID)
	if sequence == 0 {
		return nil
	}
	return b.liabilityAt(sequence)
}

// liabilityAt is nil if that entry of the log made none.
func (b Book) liabilityAt(sequence uint64) *wire.Liability {
	var liability *wire.Liability
	switch event := b.entry(sequence).Event.(type) {
	case *wire.LogEntry_FactRecorded:
		liability = liabilityOfFact(event.FactRecorded)
	case *wire.LogEntry_DebtNovated:
		liability = liabilityOfNovation(event.DebtNovated)
	default:
		return nil
	}
	r := b.mustRecord(facts.LiabilityID(facts.Hash(liability.FactId), facts.Hash(liability.FactHash)))
	liability.LiabilityId, liability.Sequence, liability.HeadHash = r.liabilityID[:], sequence, r.headHash[:]
	for i, field := range []*string{
		&liability.Amount, &liability.Open, &liability.Netted, &liability.Paid, &liability.Credited, &liability.Held,
	} {
		*field = r.amounts.list()[i].String()
	}
	return liability
}

// liabilityOfFact is what the entry itself says of the liability.
func liabilityOfFact(event *wire.FactRecorded) *wire.Liability {
	fact := event.Fact
	return &wire.Liability{
		FactId: fact.FactId, FactHash: event.FactHash, Kind: fact.Kind, Creditor: fact.Creditor, Debtor: fact.Debtor,
		Currency: string(fact.Currency), Exponent: fact.Exponent, ServiceEnd: fact.ServiceEnd, DueDate: fact.DueDate,
		Origin: event.Origin,
	}
}

// Liabilities lists those with a sequence above after, in order, at most limit.
func (b Book) Liabilities(after uint64, limit int) []*wire.Liability {
	var liabilities []*wire.Liability
	last := b.Head().Sequence
	if after >= last {
		return nil
	}
	for sequence := after + 1; sequence <= last && len(liabilities) < limit; sequence++ {
		if liability := b.liabilityAt(sequence); liability != nil {
			liabilities = append(liabilities, liability)
		}
	}
	return liabilities
}

// eachOpenSum of a direction and unit that was ever moved, in the order of debtor, creditor and currency.
func (b Book) eachOpenSum(visit func(debtor, creditor facts.Hash, unit Unit, open *big.Int)) {
	b.each(openPrefix, func(suffix, value []byte) {
		rest := suffix[2*hashBytes:]
		unit := Unit{Currency: string(rest[:currencyBytes]), Exponent: uint32(rest[currencyBytes])}
		visit(facts.Hash(suffix), facts.Hash(suffix[hashBytes:]), unit, new(big.Int).SetBytes(value))
	})
}

// Positions are what each party owes and is owed, in the order of party, currency and exponent. Only what is open counts.
func (b Book) Positions() []*wire.Position {
	type side struct {
		party facts.Hash
		unit  Unit
	}
	type total struct{ payable, receivable *big.Int }
	totals := map[side]total{}
	var sides []side
	at := func(party facts.Hash, unit Unit) total {
		of := side{party: party, unit: unit}
		if _, isKnown := totals[of]; !isKnown {
			totals[of] = total{payable: new(big.Int), receivable: new(big.Int)}
			sides = append(sides, of)
		}
		return totals[of]
	}
	b.eachOpenSum(func(debtor, creditor facts.Hash, unit Unit, open *big.Int) {
		payable, receivable := at(debtor, unit).payable, at(creditor, unit).receivable
		payable.Add(payable, open)
		receivable.Add(receivable, open)
	})
	slices.SortFunc(sides, func(a, b side) int {
		return cmp.Or(
			bytes.Compare(a.party[:], b.party[:]), cmp.Compare(a.unit.Currency, b.unit.Currency),
			cmp.Compare(a.unit.Exponent, b.unit.Exponent),
		)
	})
	var positions []*wire.Position
	for _, of := range sides {
		positions = append(positions, &wire.Position{
			PartyId: of.party[:], OcpiId: b.OCPIID(of.party), Currency: of.unit.Currency, Exponent: of.unit.Exponent,
			Payable: totals[of].payable.String(), Receivable: totals[of].receivable.String(),
		})
	}
	return positions
}
