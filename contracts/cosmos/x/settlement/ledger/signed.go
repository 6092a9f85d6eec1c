package ledger

import (
	"strings"

	errorsmod "cosmossdk.io/errors"

	wire "interledger.example/cosmos/wire/settlementv1"
	"interledger.example/cosmos/x/settlement/facts"
)

// Facts that come without a packet: their issuer's signature, made for this ledger, is what a packet's proof is. Who
// delivers them does not matter. A signature has no time, so an issuer that has ended signs nothing any more.

const (
	wayInterledger = wire.Way_WAY_INTERLEDGER
	wayPushed      = wire.Way_WAY_PUSHED
	wayPulled      = wire.Way_WAY_PULLED
)

// wayName is the name of a way as signatures and errors have it.
func wayName(way wire.Way) string {
	return strings.ReplaceAll(strings.ToLower(strings.TrimPrefix(way.String(), "WAY_")), "_", "-")
}

// Signing is where signed facts are recorded: by which ledger, in which block and transaction.
type Signing struct {
	// Ledger is the identity that signatures bind; see facts.LedgerIdentity.
	Ledger      []byte
	Height      uint64
	Transaction string
}

// Record answers every fact, in order, once the signature of all of them holds; later facts see the earlier ones. What a fact
// says is never an error.
func (b Book) Record(request *wire.RecordFactsRequest, by Signing, nowSeconds uint64) ([]facts.Answer, error) {
	if err := CheckRecord(request); err != nil {
		return nil, err
	}
	signed := request.GetSignedFacts()
	stated := said{signed: signed, facts: make([]facts.Fact, len(signed.Facts)), hashes: make([]facts.Hash, len(signed.Facts))}
	for i, message := range signed.Facts {
		stated.facts[i] = factOf(message)
		stated.hashes[i] = facts.HashOf(&stated.facts[i])
	}
	if err := stated.checkSignature(by.Ledger); err != nil {
		return nil, err
	}
	came := &issuance{
		chainID: amountOf(signed.ChainId), contract: facts.Address(signed.Contract), issuer: facts.Address(signed.Issuer), way: signed.Way,
	}
	answers := make([]facts.Answer, 0, len(stated.facts))
	for i := range stated.facts {
		c := claim{book: b, issuance: came, fact: &stated.facts[i], stated: stated.hashes[i]}
		answers = append(answers, c.answer(stated.origin(i, by), nowSeconds))
	}
	return answers, nil
}

// CheckRecord refuses what no ledger takes, whatever its state. It does not look at signatures and proofs.
func CheckRecord(request *wire.RecordFactsRequest) error {
	if size := request.Size(); size > facts.MaximumSignedBytes {
		return errorsmod.Wrapf(ErrInvalidCommand, "facts: %d bytes, at most %d; send fewer at once", size, facts.MaximumSignedBytes)
	}
	if err := form.CheckStored(request); err != nil {
		return errorsmod.Wrapf(ErrInvalidCommand, "facts: %s", err)
	}
	if proof := request.GetFactProof(); proof != nil {
		return checkProven(proof)
	}
	return checkSigned(request.GetSignedFacts())
}

func checkSigned(signed *wire.SignedFacts) error {
	if signed.Way != wayPushed && signed.Way != wayPulled {
		return errorsmod.Wrapf(ErrInvalidCommand, "signed facts: they come by way %s or %s, not %s",
			wayName(wayPushed), wayName(wayPulled), wayName(signed.Way))
	}
	if amountOf(signed.ChainId).Sign() == 0 {
		return errorsmod.Wrap(ErrInvalidCommand, "signed facts: expected a chain id above 0 that fits 256 bits")
	}
	if len(signed.Facts) < 1 || len(signed.Facts) > facts.MaximumSignedFacts {
		return errorsmod.Wrapf(ErrInvalidCommand, "signed facts: expected 1 to %d facts, not %d", facts.MaximumSignedFacts, len(signed.Facts))
	}
	if len(signed.ObjectIds) != 0 && len(signed.ObjectIds) != len(signed.Facts) {
		return errorsmod.Wrapf(ErrInvalidCommand, "signed facts: %d object ids for %d facts", len(signed.ObjectIds), len(signed.Facts))
	}
	if len(signed.Rules) > 0 && facts.Hash(signed.Rules) == (facts.Hash{}) {
		// It is signed as none is, so whoever delivers could make one of the other.
		return errorsmod.Wrap(ErrInvalidCommand, "signed facts: the hash of the rules is zero; leave it out where no rules were used")
	}
	for _, text := range append([]string{signed.System}, signed.ObjectIds...) {
		if len(text) > facts.MaximumObjectIDBytes {
			return errorsmod.Wrapf(ErrInvalidCommand, "signed facts: the system or an object id has more than %d bytes",
				facts.MaximumObjectIDBytes)
		}
	}
	return nil
}

// said is what was signed, in the form that hashes are over.
type said struct {
	signed *wire.SignedFacts
	facts  []facts.Fact
	hashes []facts.Hash
}

func (s *said) checkSignature(ledger []byte) error {
	digested := &facts.Signed{
		Way: wayName(s.signed.Way), ChainID: amountOf(s.signed.ChainId), Contract: facts.Address(s.signed.Contract),
		System: s.signed.System, FactHashes: s.hashes, ObjectIDs: s.signed.ObjectIds,
	}
	if len(s.signed.Rules) > 0 {
		digested.Rules = facts.Hash(s.signed.Rules)
	}
	signer, err := facts.RecoverIssuer(facts.SigningDigest(ledger, digested), s.signed.Signature)
	if err != nil {
		return errorsmod.Wrap(ErrBadSignature, err.Error())
	}
	if signer != facts.Address(s.signed.Issuer) {
		return errorsmod.Wrapf(ErrBadSignature,
			"0x%x did not sign these facts for this ledger; sign them again with its key, for the identity that this ledger shows",
			s.signed.Issuer)
	}
	return nil
}

// origin of the fact in that place.
func (s *said) origin(place int, by Signing) *wire.Origin {
	objectID := ""
	if len(s.signed.ObjectIds) > 0 {
		objectID = s.signed.ObjectIds[place]
	}
	if s.signed.Way == wayPushed {
		return &wire.Origin{Origin: &wire.Origin_PushedFacts{PushedFacts: &wire.PushedFacts{
			ChainId: s.signed.ChainId, Contract: s.signed.Contract, Issuer: s.signed.Issuer, System: s.signed.System,
			ObjectId: objectID, Rules: s.signed.Rules, Height: by.Height, Transaction: by.Transaction,
		}}}
	}
	return &wire.Origin{Origin: &wire.Origin_PulledFacts{PulledFacts: &wire.PulledFacts{
		ChainId: s.signed.ChainId, Contract: s.signed.Contract, Issuer: s.signed.Issuer, System: s.signed.System,
		ObjectId: objectID, Rules: s.signed.Rules, Height: by.Height, Transaction: by.Transaction,
	}}}
}

// factOf a message whose form was checked.
func factOf(message *wire.Fact) facts.Fact {
	return facts.Fact{
		FactID:         facts.Hash(message.FactId),
		Schema:         uint16(message.Schema),
		Kind:           facts.Kind(message.Kind),
		Category:       uint16(message.Category),
		Creditor:       facts.Hash(message.Creditor),
		Debtor:         facts.Hash(message.Debtor),
		Currency:       [currencyBytes]byte(message.Currency),
		Exponent:       uint8(message.Exponent),
		Net:            amountOf(message.Net),
		Tax:            amountOf(message.Tax),
		ServiceEnd:     message.ServiceEnd,
		DueDate:        message.DueDate,
		IssuerSequence: message.IssuerSequence,
		RelatedFact:    facts.Hash(message.RelatedFact),
		DocumentHash:   facts.Hash(message.DocumentHash),
	}
}

// AnswerMessages are the answers as every settlement ledger gives them.
func AnswerMessages(answers []facts.Answer) []*wire.FactAnswer {
	messages := make([]*wire.FactAnswer, 0, len(answers))
	for i := range answers {
		answer := &answers[i]
		messages = append(messages, &wire.FactAnswer{
			Status: uint32(answer.Status), LiabilityId: answer.LiabilityID[:], Sequence: answer.Sequence,
			HeadHash: answer.HeadHash[:], Code: uint32(answer.Code),
		})
	}
	return messages
}
