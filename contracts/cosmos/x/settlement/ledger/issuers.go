package ledger

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"math/big"

	errorsmod "cosmossdk.io/errors"

	wire "interledger.example/cosmos/wire/settlementv1"
	"interledger.example/cosmos/x/settlement/facts"
)

// Who may issue facts for whom: accounts of parties, and mandates of creditors. Whoever issues a fact for a creditor can claim
// in its name and give up what it is owed. So an account belongs to one party, and only that party, or an account that it has
// given a mandate, speaks for it.

const (
	issuingActive = wire.IssuingState_ISSUING_STATE_ACTIVE
	issuingEnded  = wire.IssuingState_ISSUING_STATE_ENDED
)

// maximumChainIDBits is the width of a chain id in a fact's packet.
const maximumChainIDBits = 256

// issuerName names an issuer in the keys of the store: chain id (32 bytes, big-endian) and account.
func issuerName(chainID *big.Int, account []byte) []byte {
	var name [hashBytes]byte
	return append(chainID.FillBytes(name[:]), account...)
}

func nameOf(issuer *wire.Issuer) []byte { return issuerName(amountOf(issuer.ChainId), issuer.Account) }

func issuerText(issuer *wire.Issuer) string {
	return fmt.Sprintf("0x%x of chain %s", issuer.Account, issuer.ChainId)
}

// decideIssuer gives nothing for commands of other concepts.
func (d *decision) decideIssuer(command *wire.Command) ([]*wire.LogEntry, error) {
	switch asked := command.Command.(type) {
	case *wire.Command_BindIssuer:
		return d.bindIssuer(asked.BindIssuer)
	case *wire.Command_RemoveIssuer:
		return d.removeIssuer(asked.RemoveIssuer)
	case *wire.Command_GrantMandate:
		return d.grantMandate(asked.GrantMandate)
	case *wire.Command_RevokeMandate:
		return d.revokeMandate(asked.RevokeMandate)
	case *wire.Command_BindContract:
		return d.bindContract(asked.BindContract)
	case *wire.Command_ReleaseContract:
		return d.releaseContract(asked.ReleaseContract)
	default:
		return nil, nil
	}
}

func (d *decision) bindIssuer(asked *wire.BindIssuer) ([]*wire.LogEntry, error) {
	if err := firstOf(
		func() error { return d.requireOperator("bind issuers") },
		func() error { return checkIssuer(asked.Issuer) },
		func() error { return d.book.requireParty(asked.Party) },
		func() error { return d.book.requireFreeIssuer(asked.Issuer) },
	); err != nil {
		return nil, err
	}
	bound := &wire.IssuerBound{Issuer: asked.Issuer, Party: asked.Party}
	return []*wire.LogEntry{{Event: &wire.LogEntry_IssuerBound{IssuerBound: bound}}}, nil
}

func (d *decision) removeIssuer(asked *wire.RemoveIssuer) ([]*wire.LogEntry, error) {
	bound, err := d.book.requireIssuer(asked.Issuer)
	if err != nil {
		return nil, err
	}
	if err := d.requireActor("remove an issuer of another party", bound.Party); err != nil {
		return nil, err
	}
	if err := requireActive("issuer "+issuerText(asked.Issuer), bound.State); err != nil {
		return nil, err
	}
	removed := &wire.IssuerRemoved{Issuer: asked.Issuer, LastSequence: asked.LastSequence}
	return []*wire.LogEntry{{Event: &wire.LogEntry_IssuerRemoved{IssuerRemoved: removed}}}, nil
}

func (d *decision) grantMandate(asked *wire.GrantMandate) ([]*wire.LogEntry, error) {
	said, err := d.mandateBefore(asked.Creditor, asked.Issuer, asked.Replaces)
	if err != nil {
		return nil, err
	}
	if said != nil && said.State == issuingActive {
		return nil, errorsmod.Wrapf(ErrWrongState, "issuer %s has the mandate of %x already", issuerText(asked.Issuer), asked.Creditor)
	}
	if err := requireActive("issuer "+issuerText(asked.Issuer), d.book.issuer(nameOf(asked.Issuer)).State); err != nil {
		return nil, err
	}
	granted := &wire.MandateGranted{Creditor: asked.Creditor, Issuer: asked.Issuer, Replaces: asked.Replaces}
	return []*wire.LogEntry{{Event: &wire.LogEntry_MandateGranted{MandateGranted: granted}}}, nil
}

func (d *decision) revokeMandate(asked *wire.RevokeMandate) ([]*wire.LogEntry, error) {
	said, err := d.mandateBefore(asked.Creditor, asked.Issuer, asked.Replaces)
	if err != nil {
		return nil, err
	}
	if said == nil {
		return nil, notFound("mandate for issuer", issuerText(asked.Issuer))
	}
	what := fmt.Sprintf("the mandate of %x for issuer %s", asked.Creditor, issuerText(asked.Issuer))
	if err := requireActive(what, said.State); err != nil {
		return nil, err
	}
	revoked := &wire.MandateRevoked{
		Creditor: asked.Creditor, Issuer: asked.Issuer, LastSequence: asked.LastSequence, Replaces: asked.Replaces,
	}
	return []*wire.LogEntry{{Event: &wire.LogEntry_MandateRevoked{MandateRevoked: revoked}}}, nil
}

// mandateBefore is what the creditor said before, or nil. Only it may say more, about an issuer of another party.
func (d *decision) mandateBefore(creditor []byte, issuer *wire.Issuer, replaces uint64) (*wire.MandateInForce, error) {
	if err := d.book.requireParty(creditor); err != nil {
		return nil, err
	}
	bound, err := d.book.requireIssuer(issuer)
	if err != nil {
		return nil, err
	}
	if err := d.requireActor("decide on a mandate of another creditor", creditor); err != nil {
		return nil, err
	}
	if bytes.Equal(bound.Party, creditor) {
		return nil, errorsmod.Wrapf(ErrInvalidCommand, "issuer %s belongs to the creditor itself and needs no mandate", issuerText(issuer))
	}
	said := d.book.mandate(creditor, nameOf(issuer))
	what := fmt.Sprintf("mandate of %x for issuer %s", creditor, issuerText(issuer))
	return said, requireInForce(what, said.GetSequence(), replaces)
}

func checkIssuer(issuer *wire.Issuer) error {
	chainID := amountOf(issuer.ChainId)
	if len(issuer.Account) != addressBytes || chainID.Sign() == 0 || chainID.BitLen() > maximumChainIDBits {
		return errorsmod.Wrapf(ErrInvalidCommand, "issuer %s: expected a chain id above 0 and an account of %d bytes",
			issuerText(issuer), addressBytes)
	}
	return nil
}

func requireActive(what string, state wire.IssuingState) error {
	if state == issuingEnded {
		return errorsmod.Wrapf(ErrWrongState, "%s has ended; bind another account, or grant a new mandate", what)
	}
	return nil
}

func (b Book) requireParty(raw []byte) error {
	if party, ok := hashOf(raw); !ok || !b.hasParty(party) {
		return notFound("party", hex.EncodeToString(raw))
	}
	return nil
}

func (b Book) requireIssuer(issuer *wire.Issuer) (*wire.IssuerInForce, error) {
	var bound *wire.IssuerInForce
	if checkIssuer(issuer) == nil {
		bound = b.issuer(nameOf(issuer))
	}
	if bound == nil {
		return nil, notFound("issuer", issuerText(issuer))
	}
	return bound, nil
}

func (b Book) requireFreeIssuer(issuer *wire.Issuer) error {
	if bound := b.issuer(nameOf(issuer)); bound != nil {
		return errorsmod.Wrapf(ErrIssuerTaken, "issuer %s belongs to party %x; use another account", issuerText(issuer), bound.Party)
	}
	return nil
}

// mayIssue says whether a fact comes from whom its kind must come from: an issuer of the creditor, or one with its mandate.
// Where the fact's place among its issuer's is proven, that place decides, so what was issued before an end counts whenever it
// arrives.
func (b Book) mayIssue(came *issuance, fact *facts.Fact) bool {
	name := issuerName(came.chainID, came.issuer[:])
	bound := b.issuer(name)
	if !fact.Kind.IsIssuedByCreditor() || bound == nil || !came.isCovered(bound.State, bound.LastSequence, fact) {
		return false
	}
	if bytes.Equal(bound.Party, fact.Creditor[:]) {
		return true
	}
	mandate := b.mandate(fact.Creditor[:], name)
	return mandate != nil && came.isCovered(mandate.State, mandate.LastSequence, fact)
}

// isCovered says whether a right counts for the fact: it is in force, or the fact was issued before its end.
func (i *issuance) isCovered(state wire.IssuingState, lastSequence uint64, fact *facts.Fact) bool {
	return state == issuingActive || i.isOrdered() && fact.IssuerSequence <= lastSequence
}

func (b Book) applyIssuerBound(event *wire.IssuerBound, head Head) error {
	b.kv.Set(key(issuerPrefix, nameOf(event.Issuer)), append(encodeUint64(head.Sequence), encodeUint64(head.Sequence)...))
	return nil
}

func (b Book) applyIssuerRemoved(event *wire.IssuerRemoved, head Head) error {
	at := key(issuerPrefix, nameOf(event.Issuer))
	stored := b.kv.Get(at)
	if stored == nil {
		return fmt.Errorf("issuer %s is removed before it was bound", issuerText(event.Issuer))
	}
	b.kv.Set(at, append(encodeUint64(decodeUint64(stored)), encodeUint64(head.Sequence)...))
	return nil
}

func (b Book) applyMandate(creditor []byte, issuer *wire.Issuer, head Head) error {
	b.kv.Set(mandateKey(creditor, nameOf(issuer)), encodeUint64(head.Sequence))
	return nil
}

func mandateKey(creditor, issuer []byte) []byte {
	return append(key(mandatePrefix, creditor), issuer...)
}

// issuer in force by its name in the store, or nil.
func (b Book) issuer(name []byte) *wire.IssuerInForce {
	stored := b.kv.Get(key(issuerPrefix, name))
	if stored == nil {
		return nil
	}
	return b.issuerAt(stored)
}

// issuerAt reads the entries that bound an issuer and that said the last word about it.
func (b Book) issuerAt(stored []byte) *wire.IssuerInForce {
	const size = 8
	made, last := decodeUint64(stored), decodeUint64(stored[size:])
	bound := b.entry(made).GetIssuerBound()
	found := &wire.IssuerInForce{Issuer: bound.Issuer, Party: bound.Party, State: issuingActive, Sequence: last}
	if removed := b.entry(last).GetIssuerRemoved(); removed != nil {
		found.State, found.LastSequence = issuingEnded, removed.LastSequence
	}
	return found
}

// mandate in force of a creditor for an issuer, or nil if it never said anything.
func (b Book) mandate(creditor, issuer []byte) *wire.MandateInForce {
	stored := b.kv.Get(mandateKey(creditor, issuer))
	if stored == nil {
		return nil
	}
	return b.mandateAt(decodeUint64(stored))
}

func (b Book) mandateAt(sequence uint64) *wire.MandateInForce {
	entry := b.entry(sequence)
	if revoked := entry.GetMandateRevoked(); revoked != nil {
		return &wire.MandateInForce{
			Creditor: revoked.Creditor, Issuer: revoked.Issuer, State: issuingEnded, LastSequence: revoked.LastSequence,
			Sequence: sequence,
		}
	}
	granted := entry.GetMandateGranted()
	return &wire.MandateInForce{Creditor: granted.Creditor, Issuer: granted.Issuer, State: issuingActive, Sequence: sequence}
}

// Issuers in the order of chain id and account, those that have ended among them.
func (b Book) Issuers() []*wire.IssuerInForce {
	var issuers []*wire.IssuerInForce
	b.each(issuerPrefix, func(_, value []byte) { issuers = append(issuers, b.issuerAt(value)) })
	return issuers
}

// Mandates in the order of creditor, chain id and account.
func (b Book) Mandates() []*wire.MandateInForce {
	var mandates []*wire.MandateInForce
	b.each(mandatePrefix, func(_, value []byte) { mandates = append(mandates, b.mandateAt(decodeUint64(value))) })
	return mandates
}
