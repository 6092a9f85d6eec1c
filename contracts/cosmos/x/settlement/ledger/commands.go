package ledger

import (
	"bytes"
	"math"
	"math/big"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	errorsmod "cosmossdk.io/errors"

	"interledger.example/cosmos/x/settlement/facts"
)

// RegisterParty adds a party. The same particulars again are answered with the first reference.
func (b Book) RegisterParty(requestID string, party Party) (Head, error) {
	asked := partyRegistered{requestID: requestID, party: party}
	return b.decide(asked, func() error { return checkParty(party) }, func() (*Head, error) {
		known, sequence := b.party(party.PartyID)
		if known == nil {
			return nil, nil
		}
		if *known != party {
			return nil, errorsmod.Wrap(ErrPartyExists, party.OCPIID)
		}
		head := b.headAt(sequence)
		return &head, nil
	})
}

// RecordAgreement sets the terms of one debtor towards one creditor; terms in force are replaced.
func (b Book) RecordAgreement(requestID string, agreement Agreement) (Head, error) {
	asked := agreementRecorded{requestID: requestID, agreement: agreement}
	return b.decide(asked, func() error { return checkTerms(agreement) }, func() (*Head, error) {
		return nil, b.checkAgreement(agreement)
	})
}

// ClosePeriod moves the cut-off forward, in Unix seconds.
func (b Book) ClosePeriod(requestID string, cutOffSeconds uint64) (Head, error) {
	asked := periodClosed{requestID: requestID, cutOffSeconds: cutOffSeconds}
	check := func() error {
		if cutOffSeconds == 0 || cutOffSeconds > math.MaxInt64 {
			return errorsmod.Wrapf(ErrInvalidCommand, "cut-off %d: expected unix seconds above 0", cutOffSeconds)
		}
		return nil
	}
	return b.decide(asked, check, func() (*Head, error) {
		if cutOffSeconds <= b.CutOffSeconds() {
			return nil, errorsmod.Wrapf(ErrCutOffNotLater, "it stands at %d", b.CutOffSeconds())
		}
		return nil, nil
	})
}

// decide checks the fields, then whether the request is a repeat, then the state; known is the first result if the
// command has nothing left to do. A repeated request gets the first result and no new entry.
func (b Book) decide(asked requested, checkFields func() error, checkState func() (known *Head, err error)) (Head, error) {
	if err := checkText("request id", asked.request(), true); err != nil {
		return Head{}, err
	}
	if err := checkFields(); err != nil {
		return Head{}, err
	}
	if stored := b.kv.Get(key(requestPrefix, []byte(asked.request()))); stored != nil {
		digest := asked.digest()
		if !bytes.Equal(stored[:hashBytes], digest[:]) {
			return Head{}, errorsmod.Wrapf(ErrIDReused, "%q; use a new id", asked.request())
		}
		return decodeHead(stored[hashBytes:]), nil
	}
	known, err := checkState()
	if err != nil {
		return Head{}, err
	}
	if known != nil {
		return *known, nil
	}
	return b.append(asked), nil
}

// headAt is the head after an entry; what the entry's request remembers.
func (b Book) headAt(sequence uint64) Head {
	asked, ok := b.entry(sequence).(requested)
	if !ok {
		return Head{Sequence: sequence}
	}
	return decodeHead(b.kv.Get(key(requestPrefix, []byte(asked.request())))[hashBytes:])
}

func (b Book) checkAgreement(agreement Agreement) error {
	for _, party := range []facts.Hash{agreement.Creditor, agreement.Debtor} {
		if !b.hasParty(party) {
			return errorsmod.Wrapf(ErrPartyUnknown, "agreement %s: register party %x first", agreement.AgreementID, party)
		}
	}
	pair := append(agreement.Creditor[:], agreement.Debtor[:]...)
	stored := b.kv.Get(key(pairPrefix, []byte(agreement.AgreementID)))
	if stored != nil && !bytes.Equal(stored, pair) {
		return errorsmod.Wrapf(ErrAgreementTaken, "%q; choose another id", agreement.AgreementID)
	}
	inForce := b.agreement(agreement.Creditor, agreement.Debtor)
	if inForce != nil && inForce.AgreementID != agreement.AgreementID {
		return errorsmod.Wrapf(ErrAgreementTaken, "the pair of %q has %q; record its terms under that id",
			agreement.AgreementID, inForce.AgreementID)
	}
	return nil
}

func checkParty(party Party) error {
	expected, ok := facts.PartyID(party.OCPIID)
	if !ok || expected != party.PartyID {
		return errorsmod.Wrapf(ErrInvalidCommand, "party %q: expected an id such as DE*KCS and its keccak256", party.OCPIID)
	}
	if err := checkText("name", party.Name, true); err != nil {
		return err
	}
	if err := checkText("LEI", party.LEI, false); err != nil {
		return err
	}
	return checkText("VAT id", party.VATID, false)
}

func checkTerms(agreement Agreement) error {
	if err := checkText("agreement id", agreement.AgreementID, true); err != nil {
		return err
	}
	if agreement.Creditor == agreement.Debtor {
		return errorsmod.Wrapf(ErrInvalidCommand, "agreement %s: creditor and debtor are one", agreement.AgreementID)
	}
	if len(agreement.Currencies) < 1 || len(agreement.Currencies) > maximumCurrencies {
		return errorsmod.Wrapf(ErrInvalidCommand, "agreement %s: 1 to %d currencies", agreement.AgreementID, maximumCurrencies)
	}
	if !areModes(agreement.NettingModes) {
		return errorsmod.Wrapf(ErrInvalidCommand, "agreement %s: netting modes %v: expected some of %v, each once, in this order",
			agreement.AgreementID, agreement.NettingModes, allModes)
	}
	seen := map[string]bool{}
	for _, terms := range agreement.Currencies {
		if !isCurrency(terms.Currency) || terms.Exponent > maximumExponent || seen[terms.Currency] {
			return errorsmod.Wrapf(ErrInvalidCommand,
				"agreement %s: currency %q with exponent %d: expected three capital letters, once, and 0 to %d",
				agreement.AgreementID, terms.Currency, terms.Exponent, maximumExponent)
		}
		seen[terms.Currency] = true
		if terms.OpenLimit != nil && (terms.OpenLimit.Sign() < 0 || terms.OpenLimit.BitLen() > integerBits) {
			return errorsmod.Wrapf(ErrInvalidCommand, "agreement %s: the limit is outside 0 to 2^256", agreement.AgreementID)
		}
	}
	return nil
}

// areModes says whether the modes are known and ascend; none at all stand for every one.
func areModes(modes []NettingMode) bool {
	previous := -1
	for _, mode := range modes {
		at := slices.Index(allModes, mode)
		if at <= previous {
			return false
		}
		previous = at
	}
	return true
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

func isCurrency(code string) bool {
	const letters = 3
	if len(code) != letters {
		return false
	}
	for _, c := range []byte(code) {
		if c < 'A' || c > 'Z' {
			return false
		}
	}
	return true
}

// ParseLimit reads an open limit; empty text means no limit.
func ParseLimit(text string) (*big.Int, error) {
	if text == "" {
		return nil, nil
	}
	limit, err := parseAmount(text, integerBits)
	if err != nil {
		return nil, errorsmod.Wrap(ErrInvalidCommand, err.Error())
	}
	return limit, nil
}
