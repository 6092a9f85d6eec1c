package ledger

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"math/big"

	errorsmod "cosmossdk.io/errors"

	wire "interledger.example/cosmos/wire/settlementv1"
	"interledger.example/cosmos/x/settlement/facts"
	"interledger.example/cosmos/x/settlement/ledger/netting"
)

// What a cycle clears and why that is right: made from a proposal and the ledger's own debts. The proof is never believed because
// of who sent it: the ledger derives the debts itself and checks the certificate.

// ProofHash is what a verifier names: sha256 over the mode's name, debts hash and proof.
func ProofHash(plan *wire.CyclePlan) facts.Hash {
	return sha256.Sum256(append(append([]byte(modeName(plan.Mode)), plan.DebtsHash...), plan.Proof...))
}

// requireStillHolds refuses a plan of which something is not open, free and agreed upon any more, and a novation of a party that
// has withdrawn its consent. A proposal reserved nothing, so all of it is asked again before it is held.
func (b Book) requireStillHolds(plan *wire.CyclePlan) error {
	scope := Scope{
		Unit: unitOf(plan), CutOffSeconds: plan.CutOffSeconds, ValueDateSeconds: plan.ValueDateSeconds, Mode: plan.Mode,
	}
	for _, share := range plan.Shares {
		if !b.isStillFree(scope, share) {
			return errorsmod.Wrapf(ErrDebtsChanged, "cycle %s: %s of liability %d cannot be cleared any more; abort it and propose another",
				plan.CycleId, scope.Unit.text(amountOf(share.Amount)), share.Liability)
		}
	}
	for i := 0; i < len(plan.Parties) && plan.Mode == modeHub; i++ {
		if !b.consents(facts.Hash(plan.Parties[i])) {
			return errorsmod.Wrapf(ErrConsentMissing, "cycle %s: a party has withdrawn its consent to novation", plan.CycleId)
		}
	}
	return nil
}

// isStillFree says whether a share of a plan can be held. The plan's own cut-off and value date have not changed since.
func (b Book) isStillFree(scope Scope, share *wire.Share) bool {
	liability := b.account(share.Liability)
	if liability == nil || b.mustRecord(liability.liabilityID).amounts.free().Cmp(amountOf(share.Amount)) < 0 {
		return false
	}
	agreement, _ := b.agreement(liability.creditor[:], liability.debtor[:])
	isAgreed := allows(agreement, scope.Mode) && termsOf(agreement, scope.Unit) != nil
	return isAgreed || liability.isNovated
}

func (d *decision) plan(asked *wire.ProposeCycle) (*wire.CyclePlan, error) {
	found, err := d.book.eligible(Scope{
		Unit: Unit{asked.Currency, asked.Exponent}, CutOffSeconds: asked.CutOffSeconds, ValueDateSeconds: asked.ValueDateSeconds,
		Mode: asked.Mode,
	})
	if err != nil {
		return nil, err
	}
	network := found.network
	if digest := network.Digest(); !bytes.Equal(digest[:], asked.DebtsHash) {
		return nil, errorsmod.Wrapf(ErrDebtsChanged,
			"cycle %s: made for other debts than there are now; read them again and solve again", asked.CycleId)
	}
	if party, _ := hashOf(d.actor); !d.isOperator() && !network.Has(party) {
		return nil, errorsmod.Wrapf(ErrNotAuthorised, "party %x takes no part in the cycle", d.actor)
	}
	if len(asked.Proof) > 0 && asked.Mode != modeCycle {
		return nil, errorsmod.Wrapf(ErrProofMalformed, "mode %s takes no proof; the ledger computes it", modeName(asked.Mode))
	}
	result, err := setOff(network, asked.Mode, asked.Proof, d.book.consents)
	if err != nil {
		return nil, err
	}
	gross, remaining := network.Gross(), result.remaining()
	if gross.Cmp(remaining) == 0 && result.count() >= len(network.Debts) {
		return nil, errorsmod.Wrapf(ErrNothingToNet, "cycle %s: nothing of %s can be set off", asked.CycleId,
			Unit{asked.Currency, asked.Exponent}.text(gross))
	}
	plan := &wire.CyclePlan{
		CycleId: asked.CycleId, Mode: asked.Mode, Currency: asked.Currency, Exponent: asked.Exponent,
		CutOffSeconds: asked.CutOffSeconds, ValueDateSeconds: asked.ValueDateSeconds, ExpiresAtSeconds: asked.ExpiresAtSeconds,
		DebtsHash: asked.DebtsHash, Proof: asked.Proof, Gross: gross.String(), Remaining: remaining.String(),
		Shares: found.allocate(result.remainder),
	}
	for _, party := range network.Parties {
		plan.Parties = append(plan.Parties, party[:])
	}
	for _, debt := range network.Debts {
		plan.Debts = append(plan.Debts, &wire.DebtRow{Debtor: debt.Debtor, Creditor: debt.Creditor, Amount: debt.Amount.String()})
	}
	for _, debt := range result.payments {
		plan.Novated = append(plan.Novated, &wire.NovatedDebt{
			Debtor: debt.Debtor[:], Creditor: debt.Creditor[:], Amount: debt.Amount.String(),
		})
	}
	return plan, nil
}

// setOffResult is what remains of each debt, and in mode hub what replaces them all.
type setOffResult struct {
	remainder []*big.Int
	payments  []netting.Row
}

// setOff gives the result that a proof stands for; in the modes without a proof it is computed.
func setOff(
	network *netting.Network, mode wire.NettingMode, proof []byte, consents func(facts.Hash) bool,
) (*setOffResult, error) {
	switch mode {
	case modeBilateral:
		return &setOffResult{remainder: netting.Bilateral(network)}, nil
	case modeHub:
		payments, err := netting.Hub(network, consents)
		result := &setOffResult{remainder: make([]*big.Int, len(network.Debts)), payments: payments}
		for i := range result.remainder {
			result.remainder[i] = new(big.Int)
		}
		return result, err
	case modeCycle:
		certificate, err := netting.DecodeCertificate(proof)
		if err != nil {
			return nil, err
		}
		return &setOffResult{remainder: certificate.Remainder}, netting.Check(network, certificate)
	default:
		return nil, errorsmod.Wrapf(ErrInvalidCommand, "netting mode %s is not one of this version", mode)
	}
}

// remaining is the sum of what is still to be paid.
func (r *setOffResult) remaining() *big.Int {
	sum := new(big.Int)
	for _, rest := range r.remainder {
		sum.Add(sum, rest)
	}
	for i := range r.payments {
		sum.Add(sum, r.payments[i].Amount)
	}
	return sum
}

// count of the debts that are still to be paid.
func (r *setOffResult) count() int {
	count := len(r.payments)
	for _, rest := range r.remainder {
		if rest.Sign() > 0 {
			count++
		}
	}
	return count
}

// nettingErrors are the ledger's codes of what netting refuses; everything else is an invalid command.
var nettingErrors = map[netting.Code]*errorsmod.Error{
	netting.CertificateOfOtherDebts: ErrDebtsChanged,
	netting.CertificateMalformed:    ErrProofMalformed,
	netting.RemainderOutOfRange:     ErrProofFalse,
	netting.PositionChanged:         ErrProofFalse,
	netting.PotentialOutOfRange:     ErrProofFalse,
	netting.NotOptimal:              ErrProofFalse,
	netting.ConsentMissing:          ErrConsentMissing,
	netting.AmountOverflow:          ErrAmountOutOfRange,
}

func refusedCycle(cycleID string, err error) error {
	var refused *netting.Refused
	if !errors.As(err, &refused) {
		return err
	}
	if known := nettingErrors[refused.Code]; known != nil {
		return errorsmod.Wrapf(known, "cycle %s: %s", cycleID, refused.Detail)
	}
	return errorsmod.Wrapf(ErrInvalidCommand, "cycle %s: %s", cycleID, refused.Detail)
}
