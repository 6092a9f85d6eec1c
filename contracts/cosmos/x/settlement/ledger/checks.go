package ledger

import (
	"bytes"
	"fmt"
	"math/big"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	errorsmod "cosmossdk.io/errors"

	wire "interledger.example/cosmos/wire/settlementv1"
	"interledger.example/cosmos/x/settlement/facts"
	"interledger.example/cosmos/x/settlement/ledger/canonical"
)

// What every rule asks first: who acts, whether ids, amounts and times have their form, what is stored under an id.

// namePattern keeps ids short enough for the end-to-end id of ISO 20022.
var namePattern = regexp.MustCompile(fmt.Sprintf(`^[A-Za-z0-9][A-Za-z0-9.:/-]{0,%d}$`, maximumIDCharacters-1))

// hashOf is false for bytes that are not an identifier.
func hashOf(raw []byte) (facts.Hash, bool) {
	if len(raw) != hashBytes {
		return facts.Hash{}, false
	}
	return facts.Hash(raw), true
}

// amountOf a field whose form was checked.
func amountOf(text string) *big.Int {
	if number := canonical.Number(text); number != nil {
		return number
	}
	return new(big.Int)
}

func (d *decision) isOperator() bool { return len(d.actor) == 0 }

// requireOperator refuses every party.
func (d *decision) requireOperator(verb string) error {
	if !d.isOperator() {
		return errorsmod.Wrapf(ErrNotAuthorised, "party %x may not %s; only an operator may", d.actor, verb)
	}
	return nil
}

// requireActor lets an operator act, or a registered party that is among the allowed.
func (d *decision) requireActor(verb string, allowed ...[]byte) error {
	if d.isOperator() {
		return nil
	}
	if party, ok := hashOf(d.actor); ok && d.book.hasParty(party) {
		for _, each := range allowed {
			if bytes.Equal(each, d.actor) {
				return nil
			}
		}
	}
	return errorsmod.Wrapf(ErrNotAuthorised, "party %x may not %s; one of the parties involved must do it", d.actor, verb)
}

// requireAnyone lets an operator act, or any registered party.
func (d *decision) requireAnyone(verb string) error { return d.requireActor(verb, d.actor) }

func requireName(what, name string) error {
	if !namePattern.MatchString(name) {
		return errorsmod.Wrapf(ErrInvalidCommand,
			"%s %.60q: expected 1 to 35 letters, digits, '.', ':', '/' or '-', a letter or digit first", what, name)
	}
	return nil
}

// Ids of cycles, payments and disputes are one space for each of the three. So that no party takes an id which another needs, an
// id that begins with a party's name, such as DENBM-, is that party's, and one that begins with operator- the operator's. A payment
// id that ends as banks' ids are made, such as -DENBM-DEKCS-EUR1, is for the payments of this debtor.
var (
	ownerPattern = regexp.MustCompile(`^(operator|[A-Z]{2}[A-Z0-9]{3})-`)
	payerPattern = regexp.MustCompile(`-([A-Z]{2}[A-Z0-9]{3})-[A-Z]{2}[A-Z0-9]{3}-[A-Z]{3}[1-9]$`)
)

// requireOwnID refuses an id of another party or of an operator.
func (d *decision) requireOwnID(what, id string) error {
	found := ownerPattern.FindStringSubmatch(id)
	if found == nil {
		return nil
	}
	if found[1] == "operator" {
		return d.requireOwner(what, id, nil)
	}
	if owner := namedParty(found[1]); d.book.hasParty(owner) {
		return d.requireOwner(what, id, owner[:])
	}
	return nil
}

// requireOwnPaymentID refuses an id that is made for the payments of another debtor.
func (d *decision) requireOwnPaymentID(id string) error {
	found := payerPattern.FindStringSubmatch(id)
	if found == nil {
		return nil
	}
	owner := namedParty(found[1])
	return d.requireOwner("payment id", id, owner[:])
}

// namedParty is the party whose OCPI id has this country and code.
func namedParty(name string) facts.Hash {
	id, _ := facts.PartyID(name[:2] + "*" + name[2:])
	return id
}

func (d *decision) requireOwner(what, id string, owner []byte) error {
	if d.isOperator() || bytes.Equal(d.actor, owner) {
		return nil
	}
	whose := "an operator"
	if len(owner) > 0 {
		whose = fmt.Sprintf("party %x", owner)
	}
	return errorsmod.Wrapf(ErrNotAuthorised, "%s %s is for %s alone; choose one that begins with your own name", what, id, whose)
}

// requireNew refuses an id that is in use.
func (b Book) requireNew(prefix byte, what, id string) error {
	if b.entries(prefix, id) != nil {
		return errorsmod.Wrapf(ErrIDTaken, "%s %s exists already; choose an id that begins with your name, such as DENBM-1; it is yours alone",
			what, id)
	}
	return nil
}

func notFound(what, name string) error {
	return errorsmod.Wrapf(ErrNotFound, "there is no %s %.60q; check the id", what, name)
}

func checkText(what, text string, isRequired bool) error {
	isBlank := strings.TrimFunc(text, isSpace) == ""
	if len(text) > maximumTextBytes || !utf8.ValidString(text) || (isRequired && isBlank) {
		return errorsmod.Wrapf(ErrInvalidCommand, "%s: expected at most %d bytes of text", what, maximumTextBytes)
	}
	return nil
}

// isSpace also counts the four information separators, as the other implementations do.
func isSpace(r rune) bool { return unicode.IsSpace(r) || (r >= 0x1c && r <= 0x1f) }

func requireAmount(what string, amount *big.Int) error {
	if amount.Sign() <= 0 || amount.BitLen() > amountBits {
		return errorsmod.Wrapf(ErrAmountOutOfRange, "%s: %s is not within 1 and 2^128 - 1 minor units", what, amount)
	}
	return nil
}

// requireDeadline demands one that is ahead, and not too far.
func (d *decision) requireDeadline(what string, deadline uint64) error {
	if deadline <= d.now || deadline-d.now > maximumWaitSeconds {
		return errorsmod.Wrapf(ErrDeadlineInvalid, "%s: %d must be after block time %d, and at most %d seconds after it",
			what, deadline, d.now, maximumWaitSeconds)
	}
	return nil
}

func (d *decision) requireBefore(what string, deadline uint64) error {
	if d.now >= deadline {
		return errorsmod.Wrapf(ErrDeadlinePassed, "%s: its time ended at %d, block time is %d", what, deadline, d.now)
	}
	return nil
}

func (d *decision) requireAfter(what string, deadline uint64) error {
	if d.now < deadline {
		return errorsmod.Wrapf(ErrDeadlineNotReached, "%s: its time ends at %d, block time is %d", what, deadline, d.now)
	}
	return nil
}

// requireFree gives the share, unless it is more than is open and not held.
func (b Book) requireFree(what string, liability *account, amount *big.Int) (*wire.Share, error) {
	if err := requireAmount(what, amount); err != nil {
		return nil, err
	}
	amounts := b.mustRecord(liability.liabilityID).amounts
	if free := amounts.free(); amount.Cmp(free) > 0 {
		text := liability.unit.text
		return nil, errorsmod.Wrapf(ErrExceedsOpen,
			"%s: %s is more than the %s that is open and not held (of %s; netted %s, paid %s, credited %s, held %s)",
			what, text(amount), text(free), text(amounts.amount), text(amounts.netted), text(amounts.paid), text(amounts.credited),
			text(amounts.held))
	}
	return &wire.Share{Liability: liability.sequence, Amount: amount.String()}, nil
}

// firstOf gives the first error of checks in their order.
func firstOf(checks ...func() error) error {
	for _, check := range checks {
		if err := check(); err != nil {
			return err
		}
	}
	return nil
}
