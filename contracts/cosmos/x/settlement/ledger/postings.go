package ledger

import (
	"bytes"
	"fmt"
	"math/big"

	wire "interledger.example/cosmos/wire/settlementv1"
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
func postShares(shares []*wire.Share, source, target accountName) []posting {
	postings := make([]posting, 0, len(shares))
	for _, share := range shares {
		postings = append(postings, posting{liability: share.Liability, source: source, target: target, amount: amountOf(share.Amount)})
	}
	return postings
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
		freeAccount: free, heldAccount: r.amounts.held, nettedAccount: r.amounts.netted,
		paidAccount: r.amounts.paid, creditedAccount: r.amounts.credited,
	}
	source, target := accounts[each.source], accounts[each.target]
	if source.Cmp(each.amount) < 0 {
		return nil, fmt.Errorf("it takes %s from liability %d, which has %s %s", each.amount, each.liability, source, each.source)
	}
	source.Sub(source, each.amount)
	target.Add(target, each.amount)
	r.amounts.open.Add(free, r.amounts.held)
	b.setRecord(*r)
	b.setFree(moved, free)
	return moved, nil
}
