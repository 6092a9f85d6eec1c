package ledger

import (
	"bytes"
	"cmp"
	"encoding/hex"
	"math"
	"math/big"
	"slices"
	"strings"

	errorsmod "cosmossdk.io/errors"

	wire "interledger.example/cosmos/wire/settlementv1"
	"interledger.example/cosmos/x/settlement/facts"
)

// Parties, the agreements between them, their consent to novation, and the cut-off of periods. A change of terms or of a
// consent names the entry in force that it replaces, so that it is never decided against other terms than its author saw.

// Unit is a currency with the digits that amounts are stated in.
type Unit struct {
	Currency string
	Exponent uint32
}

func (u Unit) isKnown() bool { return isCurrency(u.Currency) && u.Exponent <= maximumExponent }

// key of a known unit.
func (u Unit) key() []byte { return append([]byte(u.Currency), byte(u.Exponent)) }

// text is a whole number of minor units, from zero up, as a decimal with the currency, as people write it: 12.50 EUR.
func (u Unit) text(amount *big.Int) string {
	digits := amount.String()
	if u.Exponent > maximumExponent || amount.Sign() < 0 {
		return digits + " minor units of " + u.Currency
	}
	if missing := int(u.Exponent) + 1 - len(digits); missing > 0 {
		digits = strings.Repeat("0", missing) + digits
	}
	if point := len(digits) - int(u.Exponent); u.Exponent > 0 {
		digits = digits[:point] + "." + digits[point:]
	}
	return digits + " " + u.Currency
}

func isCurrency(code string) bool {
	if len(code) != currencyBytes {
		return false
	}
	for _, c := range []byte(code) {
		if c < 'A' || c > 'Z' {
			return false
		}
	}
	return true
}

// modeName is the name of a netting mode as errors and proofs of cycles have it.
func modeName(mode wire.NettingMode) string {
	return strings.TrimPrefix(mode.String(), "NETTING_MODE_")
}

// decideParty gives nothing for commands of other concepts.
func (d *decision) decideParty(command *wire.Command) ([]*wire.LogEntry, error) {
	switch asked := command.Command.(type) {
	case *wire.Command_RegisterParty:
		return d.registerParty(asked.RegisterParty)
	case *wire.Command_RecordAgreement:
		return d.recordAgreement(asked.RecordAgreement)
	case *wire.Command_ClosePeriod:
		return d.closePeriod(asked.ClosePeriod)
	case *wire.Command_SetConsent:
		return d.setConsent(asked.SetConsent)
	case *wire.Command_RevokeAccount:
		return d.revokeAccount(asked.RevokeAccount)
	default:
		return nil, nil
	}
}

func (d *decision) registerParty(asked *wire.RegisterParty) ([]*wire.LogEntry, error) {
	party := asked.Party
	if err := firstOf(
		func() error { return d.requireOperator("register parties") },
		func() error { return checkParty(party) },
	); err != nil {
		return nil, err
	}
	if known, sequence := d.book.party(facts.Hash(party.PartyId)); known != nil {
		if known.String() != party.String() {
			return nil, errorsmod.Wrap(ErrPartyExists, party.OcpiId)
		}
		head := d.book.headAt(sequence)
		d.known = &head
		return nil, nil
	}
	return []*wire.LogEntry{{Event: &wire.LogEntry_PartyRegistered{PartyRegistered: &wire.PartyRegistered{Party: party}}}}, nil
}

func (d *decision) recordAgreement(asked *wire.RecordAgreement) ([]*wire.LogEntry, error) {
	agreement := asked.Agreement
	if err := firstOf(
		func() error { return d.requireOperator("record agreements") },
		func() error { return checkTerms(agreement) },
		func() error { return d.book.checkAgreement(agreement) },
		func() error {
			_, inForce := d.book.agreement(agreement.Creditor, agreement.Debtor)
			return requireInForce("agreement "+agreement.AgreementId, inForce, asked.Replaces)
		},
	); err != nil {
		return nil, err
	}
	recorded := &wire.AgreementRecorded{Agreement: agreement, Replaces: asked.Replaces}
	return []*wire.LogEntry{{Event: &wire.LogEntry_AgreementRecorded{AgreementRecorded: recorded}}}, nil
}

func (d *decision) closePeriod(asked *wire.ClosePeriod) ([]*wire.LogEntry, error) {
	if err := d.requireOperator("close periods"); err != nil {
		return nil, err
	}
	if asked.CutOffSeconds == 0 || asked.CutOffSeconds > math.MaxInt64 {
		return nil, errorsmod.Wrapf(ErrInvalidCommand, "cut-off %d: expected unix seconds above 0", asked.CutOffSeconds)
	}
	if inForce := d.book.CutOffSeconds(); asked.CutOffSeconds <= inForce {
		return nil, errorsmod.Wrapf(ErrCutOffNotLater, "the cut-off in force is %d", inForce)
	}
	closed := &wire.PeriodClosed{CutOffSeconds: asked.CutOffSeconds}
	return []*wire.LogEntry{{Event: &wire.LogEntry_PeriodClosed{PeriodClosed: closed}}}, nil
}

func (d *decision) setConsent(asked *wire.SetConsent) ([]*wire.LogEntry, error) {
	party, ok := hashOf(asked.Party)
	if !ok || !d.book.hasParty(party) {
		return nil, notFound("party", hex.EncodeToString(asked.Party))
	}
	if err := d.requireActor("consent for another party", asked.Party); err != nil {
		return nil, err
	}
	inForce, _ := d.book.consent(party)
	if err := requireInForce("consent of party "+hex.EncodeToString(asked.Party), inForce, asked.Replaces); err != nil {
		return nil, err
	}
	set := &wire.ConsentSet{Party: asked.Party, Consent: asked.Consent, Replaces: asked.Replaces}
	return []*wire.LogEntry{{Event: &wire.LogEntry_ConsentSet{ConsentSet: set}}}, nil
}

func (d *decision) revokeAccount(asked *wire.RevokeAccount) ([]*wire.LogEntry, error) {
	if err := firstOf(
		func() error { return d.requireOperator("revoke accounts") },
		func() error { return checkText("account", asked.Account, true) },
	); err != nil {
		return nil, err
	}
	if sequence := d.book.revokedAt(asked.Account); sequence > 0 {
		head := d.book.headAt(sequence)
		d.known = &head
		return nil, nil
	}
	revoked := &wire.AccountRevoked{Account: asked.Account}
	return []*wire.LogEntry{{Event: &wire.LogEntry_AccountRevoked{AccountRevoked: revoked}}}, nil
}

// IsRevoked says whether the account acts for no party any more.
func (b Book) IsRevoked(account string) bool { return b.revokedAt(account) > 0 }

// revokedAt is the entry that revoked an account, or 0.
func (b Book) revokedAt(account string) uint64 {
	return decodeUint64(b.kv.Get(key(revokedPrefix, []byte(account))))
}

// requireInForce demands that a change replaces what is in force; 0: nothing.
func requireInForce(what string, inForce, replaces uint64) error {
	if inForce != replaces {
		return errorsmod.Wrapf(ErrSuperseded, "%s: entry %d is in force, not %d; look at it and decide again", what, inForce, replaces)
	}
	return nil
}

func (b Book) checkAgreement(agreement *wire.Agreement) error {
	for _, party := range [][]byte{agreement.Creditor, agreement.Debtor} {
		if !b.hasParty(facts.Hash(party)) {
			return errorsmod.Wrapf(ErrPartyUnknown, "agreement %s: register party %x first", agreement.AgreementId, party)
		}
	}
	stored := b.kv.Get(key(pairPrefix, []byte(agreement.AgreementId)))
	if stored != nil && !bytes.Equal(stored, pairOf(agreement.Creditor, agreement.Debtor)) {
		return errorsmod.Wrapf(ErrAgreementTaken, "%q; choose another id", agreement.AgreementId)
	}
	inForce, _ := b.agreement(agreement.Creditor, agreement.Debtor)
	if inForce != nil && inForce.AgreementId != agreement.AgreementId {
		return errorsmod.Wrapf(ErrAgreementTaken, "the pair of %q has %q; record its terms under that id",
			agreement.AgreementId, inForce.AgreementId)
	}
	return nil
}

func checkParty(party *wire.Party) error {
	expected, ok := facts.PartyID(party.OcpiId)
	if !ok || !bytes.Equal(expected[:], party.PartyId) {
		return errorsmod.Wrapf(ErrInvalidCommand, "party %q: expected an id such as DE*KCS and its keccak256", party.OcpiId)
	}
	return firstOf(
		func() error { return checkText("name", party.Name, true) },
		func() error { return checkText("LEI", party.Lei, false) },
		func() error { return checkText("VAT id", party.VatId, false) },
	)
}

func checkTerms(agreement *wire.Agreement) error {
	if err := checkText("agreement id", agreement.AgreementId, true); err != nil {
		return err
	}
	_, isCreditor := hashOf(agreement.Creditor)
	_, isDebtor := hashOf(agreement.Debtor)
	if !isCreditor || !isDebtor || bytes.Equal(agreement.Creditor, agreement.Debtor) {
		return errorsmod.Wrapf(ErrInvalidCommand, "agreement %s: creditor and debtor are two party ids of %d bytes",
			agreement.AgreementId, hashBytes)
	}
	if len(agreement.Currencies) < 1 || len(agreement.Currencies) > maximumCurrencies {
		return errorsmod.Wrapf(ErrInvalidCommand, "agreement %s: 1 to %d currencies", agreement.AgreementId, maximumCurrencies)
	}
	if !areAscending(agreement.NettingModes) {
		return errorsmod.Wrapf(ErrInvalidCommand,
			"agreement %s: netting modes: expected at least one of BILATERAL, CYCLE and HUB, each once, in this order",
			agreement.AgreementId)
	}
	if !areAscending(agreement.Ways) {
		return errorsmod.Wrapf(ErrInvalidCommand,
			"agreement %s: ways: expected at least one of interledger, pushed, pulled and pulled-proven, each once, in this order",
			agreement.AgreementId)
	}
	seen := map[string]bool{}
	for _, terms := range agreement.Currencies {
		if !(Unit{terms.Currency, terms.Exponent}).isKnown() || seen[terms.Currency] {
			return errorsmod.Wrapf(ErrInvalidCommand,
				"agreement %s: currency %q with exponent %d: expected three capital letters, once, and 0 to %d",
				agreement.AgreementId, terms.Currency, terms.Exponent, maximumExponent)
		}
		seen[terms.Currency] = true
	}
	return nil
}

// areAscending says whether there is at least one value, and each once in its order.
func areAscending[Value cmp.Ordered](values []Value) bool {
	return len(values) > 0 && slices.IsSorted(values) && len(slices.Compact(slices.Clone(values))) == len(values)
}

func (b Book) applyPartyRegistered(event *wire.PartyRegistered, head Head) error {
	b.kv.Set(key(partyPrefix, event.Party.PartyId), encodeUint64(head.Sequence))
	return nil
}

func (b Book) applyAgreementRecorded(event *wire.AgreementRecorded, head Head) error {
	pair := pairOf(event.Agreement.Creditor, event.Agreement.Debtor)
	b.kv.Set(key(agreementPrefix, pair), encodeUint64(head.Sequence))
	b.kv.Set(key(pairPrefix, []byte(event.Agreement.AgreementId)), pair)
	return nil
}

func (b Book) applyPeriodClosed(event *wire.PeriodClosed) error {
	b.kv.Set([]byte{cutOffKey}, encodeUint64(event.CutOffSeconds))
	return nil
}

func (b Book) applyConsentSet(event *wire.ConsentSet, head Head) error {
	isGiven := event.Consent == wire.Consent_CONSENT_GIVEN
	b.kv.Set(key(consentPrefix, event.Party), append(encodeUint64(head.Sequence), flag(isGiven)))
	return nil
}

// CutOffSeconds is 0 if no period was closed yet.
func (b Book) CutOffSeconds() uint64 { return decodeUint64(b.kv.Get([]byte{cutOffKey})) }

// party is nil if it is not registered; the sequence is that of its entry.
func (b Book) party(partyID facts.Hash) (*wire.Party, uint64) {
	raw := b.kv.Get(key(partyPrefix, partyID[:]))
	if raw == nil {
		return nil, 0
	}
	sequence := decodeUint64(raw)
	return b.entry(sequence).GetPartyRegistered().GetParty(), sequence
}

func (b Book) hasParty(partyID facts.Hash) bool { return b.kv.Has(key(partyPrefix, partyID[:])) }

// OCPIID of a party, or empty if it is not registered.
func (b Book) OCPIID(partyID facts.Hash) string {
	party, _ := b.party(partyID)
	return party.GetOcpiId()
}

// Parties in the order of their ids.
func (b Book) Parties() []*wire.Party {
	var parties []*wire.Party
	b.each(partyPrefix, func(_, value []byte) {
		parties = append(parties, b.entry(decodeUint64(value)).GetPartyRegistered().GetParty())
	})
	return parties
}

func pairOf(creditor, debtor []byte) []byte { return append(append([]byte{}, creditor...), debtor...) }

// agreement is nil if the pair has none; the sequence is that of its entry.
func (b Book) agreement(creditor, debtor []byte) (*wire.Agreement, uint64) {
	raw := b.kv.Get(key(agreementPrefix, pairOf(creditor, debtor)))
	if raw == nil {
		return nil, 0
	}
	sequence := decodeUint64(raw)
	return b.entry(sequence).GetAgreementRecorded().GetAgreement(), sequence
}

// Agreements in force, in the order of their ids.
func (b Book) Agreements() []*wire.AgreementInForce {
	var agreements []*wire.AgreementInForce
	b.each(pairPrefix, func(_, pair []byte) {
		agreement, sequence := b.agreement(pair[:hashBytes], pair[hashBytes:])
		agreements = append(agreements, &wire.AgreementInForce{Agreement: agreement, Sequence: sequence})
	})
	return agreements
}

// allows says whether the debts may be netted in the mode.
func allows(agreement *wire.Agreement, mode wire.NettingMode) bool {
	return slices.Contains(agreement.GetNettingModes(), mode)
}

// termsOf a unit; nil if the agreement does not have it.
func termsOf(agreement *wire.Agreement, unit Unit) *wire.CurrencyTerms {
	for _, terms := range agreement.GetCurrencies() {
		if terms.Currency == unit.Currency && terms.Exponent == unit.Exponent {
			return terms
		}
	}
	return nil
}

// requireUnit demands that the pair settles in this unit.
func (b Book) requireUnit(debtor, creditor []byte, unit Unit) error {
	var agreement *wire.Agreement
	if len(debtor) == hashBytes && len(creditor) == hashBytes {
		agreement, _ = b.agreement(creditor, debtor)
	}
	if agreement == nil {
		return errorsmod.Wrapf(ErrNoAgreement, "%x has no agreement with %x; record it first", debtor, creditor)
	}
	for _, terms := range agreement.Currencies {
		if terms.Currency != unit.Currency {
			continue
		}
		if terms.Exponent != unit.Exponent {
			return errorsmod.Wrapf(ErrExponentMismatch, "agreement %s states %s with exponent %d, not %d",
				agreement.AgreementId, unit.Currency, terms.Exponent, unit.Exponent)
		}
		return nil
	}
	return errorsmod.Wrapf(ErrCurrencyUnsupported, "agreement %s has no %.10q", agreement.AgreementId, unit.Currency)
}

// consent in force of a party: the sequence of its entry, and whether it is given. Nothing was said: 0.
func (b Book) consent(partyID facts.Hash) (sequence uint64, isGiven bool) {
	raw := b.kv.Get(key(consentPrefix, partyID[:]))
	if raw == nil {
		return 0, false
	}
	return decodeUint64(raw), raw[8] != 0
}

// consents says whether the party agrees to novation.
func (b Book) consents(partyID facts.Hash) bool {
	_, isGiven := b.consent(partyID)
	return isGiven
}

// Consent is what a party last said about novation, or nil.
func (b Book) Consent(partyID facts.Hash) *wire.ConsentInForce {
	sequence, _ := b.consent(partyID)
	if sequence == 0 {
		return nil
	}
	set := b.entry(sequence).GetConsentSet()
	return &wire.ConsentInForce{Party: set.Party, Consent: set.Consent, Sequence: sequence}
}

func flag(isSet bool) byte {
	if isSet {
		return 1
	}
	return 0
}
