package ledger

import (
	"math/big"

	errorsmod "cosmossdk.io/errors"

	storetypes "github.com/cosmos/cosmos-sdk/store/v2/types"

	wire "interledger.example/cosmos/wire/settlementv1"
	"interledger.example/cosmos/x/settlement/facts"
	"interledger.example/cosmos/x/settlement/ledger/netting"
)

// Which debts take part in a cycle: open, not held, due, before the cut-off, and still agreed upon in its mode.

// Scope says which debts are asked for.
type Scope struct {
	Unit             Unit
	CutOffSeconds    uint64
	ValueDateSeconds uint64
	Mode             wire.NettingMode
}

// eligible debts with the claims that each of them is made of, in the order of the network's debts.
type eligible struct {
	network *netting.Network
	claims  [][]freeClaim
}

// eligible goes through what is free in the unit, which is stored in the order of debtors and creditors.
func (b Book) eligible(scope Scope) (*eligible, error) {
	if !scope.Unit.isKnown() {
		return nil, errorsmod.Wrapf(ErrInvalidCommand, "unit %.10q with exponent %d: expected three capital letters and 0 to %d",
			scope.Unit.Currency, scope.Unit.Exponent, maximumExponent)
	}
	found := &eligible{}
	var rows []netting.Row
	prefix := key(freePrefix, scope.Unit.key())
	iterator := b.kv.Iterator(prefix, storetypes.PrefixEndBytes(prefix))
	defer iterator.Close()
	pair := pairScope{book: b, scope: scope}
	for ; iterator.Valid(); iterator.Next() {
		parties := iterator.Key()[len(prefix):]
		claim := decodeFree(parties[2*hashBytes:], iterator.Value())
		isNew := pair.enter(facts.Hash(parties), facts.Hash(parties[hashBytes:]))
		if !pair.takes(claim) {
			continue
		}
		if last := len(rows) - 1; last >= 0 && !isNew && pair.hasRow {
			rows[last].Amount.Add(rows[last].Amount, claim.amount)
			found.claims[last] = append(found.claims[last], claim)
			continue
		}
		pair.hasRow = true
		rows = append(rows, netting.Row{Debtor: pair.debtor, Creditor: pair.creditor, Amount: new(big.Int).Set(claim.amount)})
		found.claims = append(found.claims, []freeClaim{claim})
	}
	network, err := netting.NewNetwork(scope.Unit.Currency, uint8(scope.Unit.Exponent), rows)
	found.network = network
	return found, err
}

// pairScope remembers what counts for the direction that is gone through.
type pairScope struct {
	book     Book
	scope    Scope
	debtor   facts.Hash
	creditor facts.Hash
	isAgreed bool
	hasRow   bool
	isInside bool
}

// enter says whether the direction is another one than before.
func (p *pairScope) enter(debtor, creditor facts.Hash) bool {
	if p.isInside && p.debtor == debtor && p.creditor == creditor {
		return false
	}
	agreement, _ := p.book.agreement(creditor[:], debtor[:])
	p.debtor, p.creditor, p.isInside, p.hasRow = debtor, creditor, true, false
	p.isAgreed = allows(agreement, p.scope.Mode) && termsOf(agreement, p.scope.Unit) != nil
	return true
}

// takes says whether the claim takes part. A novated debt needs no agreement of its own.
func (p *pairScope) takes(claim freeClaim) bool {
	return claim.serviceEnd <= p.scope.CutOffSeconds && claim.dueDate <= p.scope.ValueDateSeconds &&
		(p.isAgreed || claim.isNovated)
}

// allocate says what is cleared of which liability: debts in their order, the oldest liability first.
func (e *eligible) allocate(remainder []*big.Int) []*wire.Share {
	var shares []*wire.Share
	for i := range e.network.Debts {
		cleared := new(big.Int).Sub(e.network.Debts[i].Amount, remainder[i])
		if cleared.Sign() == 0 {
			continue
		}
		taken, _ := take(e.claims[i], cleared)
		shares = append(shares, taken...)
	}
	return shares
}

// Netting is what a cycle with this scope would be about now. Who proposes one solves these debts.
func (b Book) Netting(scope Scope) (*wire.GetNettingResponse, error) {
	found, err := b.eligible(scope)
	if err != nil {
		return nil, refusedCycle("", err)
	}
	input := &wire.GetNettingResponse{RunningCycleId: b.unitCycles(scope.Unit).running}
	for _, debt := range found.network.Rows() {
		input.Debts = append(input.Debts, &wire.Debt{
			Debtor: debt.Debtor[:], Creditor: debt.Creditor[:], Amount: debt.Amount.String(),
		})
	}
	for _, claims := range found.claims {
		input.Liabilities += uint64(len(claims))
	}
	for _, party := range found.network.Parties {
		if b.consents(party) {
			input.Consenting = append(input.Consenting, party[:])
		}
	}
	return input, nil
}
