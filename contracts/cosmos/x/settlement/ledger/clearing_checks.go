package ledger

import (
	"fmt"
	"math/big"
	"regexp"
	"strings"

	errorsmod "cosmossdk.io/errors"

	"interledger.example/cosmos/x/settlement/facts"
)

// What every clearing rule asks first: who acts, whether ids and amounts have their form, what stands under an id.

// namePattern keeps ids short enough for the end-to-end id of ISO 20022.
var namePattern = regexp.MustCompile(fmt.Sprintf(`^[A-Za-z0-9][A-Za-z0-9.:/-]{0,%d}$`, maximumIDCharacters-1))

// requireActor lets an operator act, or a registered party that is allowed to.
func (b Book) requireActor(actor Bytes, verb string, allowed ...facts.Hash) error {
	if actor.isOperator() {
		return nil
	}
	if party, ok := actor.hash(); ok && b.hasParty(party) {
		for _, each := range allowed {
			if each == party {
				return nil
			}
		}
	}
	return errorsmod.Wrapf(ErrNotAuthorised, "party %x may not %s; whom it concerns must do it", []byte(actor), verb)
}

// requireAnyone lets an operator act, or any registered party.
func (b Book) requireAnyone(actor Bytes, verb string) error {
	party, _ := actor.hash()
	return b.requireActor(actor, verb, party)
}

func requireName(what, name string) error {
	if !namePattern.MatchString(name) {
		return errorsmod.Wrapf(ErrInvalidCommand,
			"%s %.60q: expected 1 to %d letters, digits, '.', ':', '/' or '-', a letter or digit first", what, name, maximumIDCharacters)
	}
	return nil
}

// requireNew refuses an id under which something stands.
func (b Book) requireNew(prefix byte, what, id string) error {
	if b.entries(prefix, id) != nil {
		return errorsmod.Wrapf(ErrIDTaken, "%s %s exists already; choose another id", what, id)
	}
	return nil
}

func notFound(what, name string) error {
	return errorsmod.Wrapf(ErrNotFound, "%s %.60q does not stand on this ledger; check the id", what, name)
}

func requireText(what, text string) error {
	if strings.TrimFunc(text, isSpace) == "" || len(text) > maximumTextBytes {
		return errorsmod.Wrapf(ErrInvalidCommand, "%s: expected 1 to %d bytes of text", what, maximumTextBytes)
	}
	return nil
}

func requireAmount(what string, amount *big.Int) error {
	if amount.Sign() <= 0 || amount.BitLen() > amountBits {
		return errorsmod.Wrapf(ErrAmountOutOfRange, "%s: %s is not within 1 and 2^128 - 1 minor units", what, amount)
	}
	return nil
}

// requireDeadline demands one that lies ahead, and not too far.
func requireDeadline(what string, deadline, now uint64) error {
	if deadline <= now || deadline-now > maximumWaitSeconds {
		return errorsmod.Wrapf(ErrDeadlineInvalid, "%s: %d must lie after block time %d, and at most %d seconds after it",
			what, deadline, now, maximumWaitSeconds)
	}
	return nil
}

func requireBefore(what string, deadline, now uint64) error {
	if now >= deadline {
		return errorsmod.Wrapf(ErrDeadlinePassed, "%s: its time ended at %d, it is %d", what, deadline, now)
	}
	return nil
}

func requireAfter(what string, deadline, now uint64) error {
	if now < deadline {
		return errorsmod.Wrapf(ErrDeadlineNotReached, "%s: its time ends at %d, it is only %d", what, deadline, now)
	}
	return nil
}

// requireUnit demands that the pair settles in this unit.
func (b Book) requireUnit(debtor, creditor Bytes, unit Unit) error {
	agreement := b.agreementOf(creditor, debtor)
	if agreement == nil {
		return errorsmod.Wrapf(ErrNoAgreement, "%x has no agreement with %x; record it first", []byte(debtor), []byte(creditor))
	}
	for _, terms := range agreement.Currencies {
		if terms.Currency != unit.Currency {
			continue
		}
		if terms.Exponent != unit.Exponent {
			return errorsmod.Wrapf(ErrExponentMismatch, "agreement %s states %s with exponent %d, not %d",
				agreement.AgreementID, unit.Currency, terms.Exponent, unit.Exponent)
		}
		return nil
	}
	return errorsmod.Wrapf(ErrCurrencyUnsupported, "agreement %s has no %.10q", agreement.AgreementID, unit.Currency)
}

// agreementOf is nil for bytes that are no party ids.
func (b Book) agreementOf(creditor, debtor Bytes) *Agreement {
	creditorID, isCreditor := creditor.hash()
	debtorID, isDebtor := debtor.hash()
	if !isCreditor || !isDebtor {
		return nil
	}
	return b.agreement(creditorID, debtorID)
}

// requireEvidence demands that it states exactly this amount and has proved nothing before.
func (b Book) requireEvidence(evidence *Evidence, order *PaymentOrder) error {
	if err := requireText("evidence reference", evidence.Reference); err != nil {
		return err
	}
	if evidence.Amount.Cmp(order.Amount) != 0 || evidence.Currency != order.Currency {
		return errorsmod.Wrapf(ErrEvidenceMismatch, "evidence %s states %s %.10q, the payment %s %s",
			evidence.Reference, evidence.Amount, evidence.Currency, order.Amount, order.Currency)
	}
	if b.kv.Has(evidenceKey(evidence)) {
		return errorsmod.Wrapf(ErrEvidenceUsed, "evidence %s has proved another movement before", evidence.Reference)
	}
	return nil
}

// requireFree gives the share, unless it is more than is open and not held.
func (b Book) requireFree(what string, liability *account, amount *big.Int) (Share, error) {
	if err := requireAmount(what, amount); err != nil {
		return Share{}, err
	}
	amounts := b.mustRecord(liability.liabilityID).amounts
	if free := amounts.free(); amount.Cmp(free) > 0 {
		return Share{}, errorsmod.Wrapf(ErrExceedsOpen,
			"%s: %s is more than the %s that is open and not held (of %s; netted %s, paid %s, credited %s, held %s)",
			what, amount, free, amounts.Amount, amounts.Netted, amounts.Paid, amounts.Credited, amounts.Held)
	}
	return Share{Liability: liability.sequence, Amount: amount}, nil
}
