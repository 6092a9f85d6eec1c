package ledger

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math/big"
	"strconv"
	"unicode/utf16"

	"interledger.example/cosmos/x/settlement/facts"
)

// Canonical JSON: keys in alphabetical order, no spaces, only ASCII, bytes as lower-case hexadecimal, amounts as plain
// integers. It is written by hand because the encoder of the standard library escapes other characters.

func (e partyRegistered) encode() []byte {
	party := e.party
	return fmt.Appendf(nil, `{"event":"party_registered","party":{"lei":%s,"name":%s,"ocpi_id":%s,"party_id":%s,"vat_id":%s},"request_id":%s}`,
		quoted(party.LEI), quoted(party.Name), quoted(party.OCPIID), hexed(party.PartyID[:]), quoted(party.VATID), quoted(e.requestID))
}

func (e agreementRecorded) encode() []byte {
	agreement := e.agreement
	out := fmt.Appendf(nil, `{"agreement":{"agreement_id":%s,"creditor":%s,"currencies":[`,
		quoted(agreement.AgreementID), hexed(agreement.Creditor[:]))
	for i, terms := range agreement.Currencies {
		limit := "null"
		if terms.OpenLimit != nil {
			limit = terms.OpenLimit.String()
		}
		out = fmt.Appendf(out, `%s[%s,%d,%s]`, comma(i), quoted(terms.Currency), terms.Exponent, limit)
	}
	out = fmt.Appendf(out, `],"debtor":%s`, hexed(agreement.Debtor[:]))
	// Agreements from before there was a choice keep their bytes.
	if len(agreement.NettingModes) != 0 && len(agreement.NettingModes) != len(allModes) {
		out = append(out, `,"netting_modes":[`...)
		for i, mode := range agreement.NettingModes {
			out = fmt.Appendf(out, `%s%s`, comma(i), quoted(string(mode)))
		}
		out = append(out, ']')
	}
	return fmt.Appendf(out, `},"event":"agreement_recorded","request_id":%s}`, quoted(e.requestID))
}

func (e periodClosed) encode() []byte {
	return fmt.Appendf(nil, `{"cut_off_seconds":%d,"event":"period_closed","request_id":%s}`, e.cutOffSeconds, quoted(e.requestID))
}

func (e factRecorded) encode() []byte {
	f, origin := e.fact, e.origin
	out := fmt.Appendf(nil, `{"amount":%s,"event":"fact_recorded","fact":[%s,%d,%d,%d,%s,%s,%s,%d,%s,%s,%d,%d,%d,%s,%s]`,
		e.amount, hexed(f.FactID[:]), f.Schema, f.Kind, f.Category, hexed(f.Creditor[:]), hexed(f.Debtor[:]),
		hexed(f.Currency[:]), f.Exponent, f.Net, f.Tax, f.ServiceEnd, f.DueDate, f.IssuerSequence,
		hexed(f.RelatedFact[:]), hexed(f.DocumentHash[:]))
	out = fmt.Appendf(out, `,"fact_hash":%s,"origin":[%s,%s,%s,%s,%d,%d,%s]`,
		hexed(e.factHash[:]), origin.ChainID, hexed(origin.Contract[:]), hexed(origin.Issuer[:]), quoted(origin.ClientID),
		origin.PacketSequence, origin.Height, quoted(origin.Transaction))
	if e.reduction == nil {
		return append(out, `,"reduction":null}`...)
	}
	return fmt.Appendf(out, `,"reduction":[%s,%s,%s]}`,
		quoted(string(e.reduction.kind)), hexed(e.reduction.factID[:]), e.reduction.amount)
}

func comma(index int) string {
	if index == 0 {
		return ""
	}
	return ","
}

func hexed(raw []byte) string { return `"` + hex.EncodeToString(raw) + `"` }

// quoted writes a JSON string in ASCII: what is not printable becomes an escape, beyond 16 bits a pair of them.
func quoted(text string) string {
	out := []byte{'"'}
	for _, r := range text {
		if short := shortEscapes[r]; short != 0 {
			out = append(out, '\\', short)
		} else {
			out = appendEscaped(out, r)
		}
	}
	return string(append(out, '"'))
}

func appendEscaped(out []byte, r rune) []byte {
	switch {
	case r >= ' ' && r <= '~':
		return append(out, byte(r))
	case r > 0xffff:
		high, low := utf16.EncodeRune(r)
		return fmt.Appendf(out, `\u%04x\u%04x`, high, low)
	default:
		return fmt.Appendf(out, `\u%04x`, r)
	}
}

var shortEscapes = map[rune]byte{'"': '"', '\\': '\\', '\n': 'n', '\r': 'r', '\t': 't', '\b': 'b', '\f': 'f'}

// jsonArray reads the elements of a decoded JSON array by position; the first that does not fit is remembered.
type jsonArray struct {
	items []any
	next  int
	isBad bool
}

func (a *jsonArray) item() any {
	if a.next >= len(a.items) {
		a.isBad = true
		return nil
	}
	a.next++
	return a.items[a.next-1]
}

func (a *jsonArray) text() string {
	text, ok := a.item().(string)
	a.isBad = a.isBad || !ok
	return text
}

func (a *jsonArray) raw(length int) []byte {
	raw, err := hex.DecodeString(a.text())
	if err != nil || len(raw) != length {
		a.isBad = true
		return make([]byte, length)
	}
	return raw
}

func (a *jsonArray) hash() facts.Hash { return facts.Hash(a.raw(len(facts.Hash{}))) }

func (a *jsonArray) integer(bits int) *big.Int {
	number, ok := a.item().(fmt.Stringer)
	if !ok {
		a.isBad = true
		return new(big.Int)
	}
	value, ok := new(big.Int).SetString(number.String(), decimal)
	if !ok || value.Sign() < 0 || value.BitLen() > bits {
		a.isBad = true
		return new(big.Int)
	}
	return value
}

func (a *jsonArray) unsigned(bits int) uint64 { return a.integer(bits).Uint64() }

// readRow reads a JSON array of scalars.
func readRow(raw []byte) (*jsonArray, error) {
	row := &jsonArray{}
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	err := decoder.Decode(&row.items)
	return row, err
}

// end refuses an array that was not read to its end, or not readable at all.
func (a *jsonArray) end(err error) error {
	if err == nil && (a.isBad || a.next != len(a.items)) {
		return errNotAnEvent
	}
	return err
}

const decimal = 10

// parseAmount reads an unsigned decimal of at most bits bits, without signs or leading zeros.
func parseAmount(text string, bits int) (*big.Int, error) {
	value, ok := new(big.Int).SetString(text, decimal)
	if !ok || value.Sign() < 0 || value.BitLen() > bits || value.String() != text {
		return nil, fmt.Errorf("%s is no unsigned decimal number of at most %d bits", strconv.Quote(text), bits)
	}
	return value, nil
}
