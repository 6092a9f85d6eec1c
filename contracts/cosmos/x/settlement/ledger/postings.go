package ledger

import (
	"bytes"
	"fmt"
	"math/big"

	"interledger.example/cosmos/x/settlement/facts"
)

// Double entry: every change of a liability is an amount that leaves one of its accounts and enters another. What is open is
// free and held together.

type accountName string

const (
	// claimAccount is where the amount comes from: the fact, or the novation.
	claimAccount    accountName = "claim"
	freeAccount     accountName = "free"
	heldAccount     accountName = "held"
	nettedAccount   accountName = "netted"
	paidAccount     accountName = "paid"
	creditedAccount accountName = "credited"
)

func (n accountName) isOpen() bool { return n == freeAccount || n == heldAccount }

// posting moves an amount of the liability with that sequence.
type posting struct {
	liability uint64
	source    accountName
	target    accountName
	amount    *big.Int
}

// postShares moves each share between two accounts of its liability.
func postShares(shares []Share, source, target accountName) []posting {
	postings := make([]posting, 0, len(shares))
	for _, share := range shares {
		postings = append(postings, posting{liability: share.Liability, source: source, target: target, amount: share.Amount})
	}
	return postings
}

// posting of a reduction takes from the liability with that sequence.
func (r *reduction) posting(liability uint64) posting {
	target := creditedAccount
	if r.kind == paymentReduction {
		target = paidAccount
	}
	return posting{liability: liability, source: freeAccount, target: target, amount: r.amount}
}

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

const (
	currencyBytes = 3
	accountBytes  = 4*hashBytes + currencyBytes + 1 + 8 + 8 + 1
)

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

// key of a known unit.
func (u Unit) key() []byte { return append([]byte(u.Currency), byte(u.Exponent)) }

func flag(isSet bool) byte {
	if isSet {
		return 1
	}
	return 0
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
	if b.kv.Has(key(factPrefix, a.factID[:])) {
		return fmt.Errorf("fact %x has a liability already", a.factID)
	}
	a.sequence = head.Sequence
	zero := new(big.Int)
	amounts := Amounts{Amount: amount, Open: amount, Netted: zero, Paid: zero, Credited: zero, Held: zero}
	b.kv.Set(key(factPrefix, a.factID[:]), a.liabilityID[:])
	b.kv.Set(key(liabilityPrefix, a.liabilityID[:]), encodeUint64(head.Sequence))
	b.kv.Set(key(accountPrefix, encodeUint64(head.Sequence)), a.encode())
	b.setRecord(record{liabilityID: a.liabilityID, headHash: head.Hash, factHash: factHash, amounts: amounts})
	b.setFree(&a, amount)
	b.moveOpenSum(a.openKey(), amount)
	return nil
}

// post moves amounts, or says which posting does not fit. Sums of a direction are written once for all that follow each other.
func (b Book) post(postings []posting) error {
	var sumKey []byte
	change := new(big.Int)
	for _, each := range postings {
		if each.amount.Sign() == 0 {
			continue
		}
		moved, err := b.postOne(each)
		if err != nil {
			return err
		}
		if !bytes.Equal(sumKey, moved.openKey()) {
			b.moveOpenSum(sumKey, change)
			sumKey, change = moved.openKey(), new(big.Int)
		}
		if each.target.isOpen() {
			change.Add(change, each.amount)
		}
		if each.source.isOpen() {
			change.Sub(change, each.amount)
		}
	}
	b.moveOpenSum(sumKey, change)
	return nil
}

func (b Book) postOne(each posting) (*account, error) {
	moved := b.account(each.liability)
	if moved == nil {
		return nil, fmt.Errorf("it moves an amount of the unknown liability %d", each.liability)
	}
	r := b.mustRecord(moved.liabilityID)
	free := r.amounts.free()
	accounts := map[accountName]*big.Int{
		freeAccount: free, heldAccount: r.amounts.Held, nettedAccount: r.amounts.Netted,
		paidAccount: r.amounts.Paid, creditedAccount: r.amounts.Credited,
	}
	source, target := accounts[each.source], accounts[each.target]
	if source.Cmp(each.amount) < 0 {
		return nil, fmt.Errorf("it takes %s from liability %d, which has %s %s", each.amount, each.liability, source, each.source)
	}
	source.Sub(source, each.amount)
	target.Add(target, each.amount)
	r.amounts.Open.Add(free, r.amounts.Held)
	b.setRecord(*r)
	b.setFree(moved, free)
	return moved, nil
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
