package ledger

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"

	"interledger.example/cosmos/x/settlement/facts"
)

// wireEvent has the keys of all events; which of them are there follows from Event.
type wireEvent struct {
	Event         string         `json:"event"`
	RequestID     string         `json:"request_id"`
	Party         *wireParty     `json:"party"`
	Agreement     *wireAgreement `json:"agreement"`
	CutOffSeconds uint64         `json:"cut_off_seconds"`
	Amount        json.Number    `json:"amount"`
	Fact          []any          `json:"fact"`
	FactHash      wireHash       `json:"fact_hash"`
	Origin        []any          `json:"origin"`
	Reduction     []any          `json:"reduction"`
}

type wireParty struct {
	PartyID wireHash `json:"party_id"`
	OCPIID  string   `json:"ocpi_id"`
	Name    string   `json:"name"`
	LEI     string   `json:"lei"`
	VATID   string   `json:"vat_id"`
}

type wireAgreement struct {
	AgreementID string   `json:"agreement_id"`
	Creditor    wireHash `json:"creditor"`
	Debtor      wireHash `json:"debtor"`
	Currencies  [][]any  `json:"currencies"`
	// NettingModes stand there only where some are left out.
	NettingModes []NettingMode `json:"netting_modes"`
}

type wireHash facts.Hash

// UnmarshalText reads exactly 32 bytes in hexadecimal.
func (h *wireHash) UnmarshalText(text []byte) error {
	if hex.DecodedLen(len(text)) != len(h) {
		return errNotAnEvent
	}
	_, err := hex.Decode(h[:], text)
	return err
}

var errNotAnEvent = errors.New("not the canonical form of a known event")

const (
	amountBits  = 128
	integerBits = 256
)

// decodeEvent reads one entry of the log and refuses everything that encode would not have written.
func decodeEvent(raw []byte) (event, error) {
	decoded, err := readAny(raw)
	if err != nil {
		return nil, errors.Join(errNotAnEvent, err)
	}
	if !bytes.Equal(decoded.encode(), raw) {
		return nil, errNotAnEvent
	}
	return decoded, nil
}

func readAny(raw []byte) (event, error) {
	var named struct {
		Event string `json:"event"`
	}
	if err := json.Unmarshal(raw, &named); err != nil {
		return nil, err
	}
	if clearing, err := readClearing(named.Event, raw); clearing != nil || err != nil {
		return clearing, err
	}
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	var wire wireEvent
	if err := decoder.Decode(&wire); err != nil {
		return nil, err
	}
	decoded, ok := wire.event()
	if !ok {
		return nil, errNotAnEvent
	}
	return decoded, nil
}

func (w *wireEvent) event() (event, bool) {
	switch {
	case w.Event == "party_registered" && w.Party != nil:
		return partyRegistered{requestID: w.RequestID, party: Party{
			PartyID: facts.Hash(w.Party.PartyID), OCPIID: w.Party.OCPIID, Name: w.Party.Name, LEI: w.Party.LEI, VATID: w.Party.VATID,
		}}, true
	case w.Event == "agreement_recorded" && w.Agreement != nil:
		return w.agreementRecorded()
	case w.Event == "period_closed":
		return periodClosed{requestID: w.RequestID, cutOffSeconds: w.CutOffSeconds}, true
	case w.Event == "fact_recorded":
		return w.factRecorded()
	default:
		return nil, false
	}
}

func (w *wireEvent) agreementRecorded() (event, bool) {
	agreement := Agreement{
		AgreementID: w.Agreement.AgreementID,
		Creditor:    facts.Hash(w.Agreement.Creditor),
		Debtor:      facts.Hash(w.Agreement.Debtor),
	}
	const exponentBits, limitAt = 32, 2
	for _, items := range w.Agreement.Currencies {
		array := jsonArray{items: items}
		terms := CurrencyTerms{Currency: array.text(), Exponent: uint32(array.unsigned(exponentBits))}
		if len(items) > limitAt && items[limitAt] != nil {
			terms.OpenLimit = array.integer(integerBits)
		}
		if array.isBad {
			return nil, false
		}
		agreement.Currencies = append(agreement.Currencies, terms)
	}
	agreement.NettingModes = w.Agreement.NettingModes
	return agreementRecorded{requestID: w.RequestID, agreement: agreement}, areModes(agreement.NettingModes)
}

func (w *wireEvent) factRecorded() (event, bool) {
	fact, origin := jsonArray{items: w.Fact}, jsonArray{items: w.Origin}
	amount := jsonArray{items: []any{w.Amount}}
	recorded := factRecorded{
		fact:     fact.fact(),
		factHash: facts.Hash(w.FactHash),
		origin: Origin{
			ChainID:        origin.integer(integerBits),
			Contract:       origin.address(),
			Issuer:         origin.address(),
			ClientID:       origin.text(),
			PacketSequence: origin.unsigned(64),
			Height:         origin.unsigned(64),
			Transaction:    origin.text(),
		},
		amount: amount.integer(amountBits),
	}
	if w.Reduction != nil {
		array := jsonArray{items: w.Reduction}
		recorded.reduction = &reduction{kind: reductionKind(array.text()), factID: array.hash(), amount: array.integer(amountBits)}
		isKnown := recorded.reduction.kind == creditReduction || recorded.reduction.kind == paymentReduction
		if array.isBad || !isKnown {
			return nil, false
		}
	}
	return recorded, !fact.isBad && !origin.isBad && !amount.isBad
}

func (a *jsonArray) address() facts.Address { return facts.Address(a.raw(len(facts.Address{}))) }

func (a *jsonArray) fact() facts.Fact {
	const currencyBytes = 3
	return facts.Fact{
		FactID:         a.hash(),
		Schema:         uint16(a.unsigned(16)),
		Kind:           facts.Kind(a.unsigned(16)),
		Category:       uint16(a.unsigned(16)),
		Creditor:       a.hash(),
		Debtor:         a.hash(),
		Currency:       [currencyBytes]byte(a.raw(currencyBytes)),
		Exponent:       uint8(a.unsigned(8)),
		Net:            a.integer(amountBits),
		Tax:            a.integer(amountBits),
		ServiceEnd:     a.unsigned(64),
		DueDate:        a.unsigned(64),
		IssuerSequence: a.unsigned(64),
		RelatedFact:    a.hash(),
		DocumentHash:   a.hash(),
	}
}
