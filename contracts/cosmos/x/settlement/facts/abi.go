package facts

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/big"
	"unicode/utf8"
)

const (
	wordBytes    = 32
	factWords    = 15
	answerWords  = 5
	packetHead   = 6
	uint128Bytes = 16
	uint64Bytes  = 8

	// lastAnswered is the last code that a ledger gives; those behind it are the contract's own.
	lastAnswered = FarRefused

	// maximumPacketBytes is what 64 facts with the longest destination take, and some room.
	maximumPacketBytes = wordBytes*10 + MaximumDestinationBytes + MaximumFacts*(factWords+1)*wordBytes
)

var errNotCanonical = errors.New("not the canonical ABI form; encode it with abi.encode")

// EncodePacketData is abi.encode(FactPacketData).
func EncodePacketData(data *PacketData) []byte {
	text := paddedLength(len(data.Destination))
	factsAt := packetHead*wordBytes + wordBytes + text
	hashesAt := factsAt + wordBytes + len(data.Facts)*factWords*wordBytes
	var w writer
	w.unsigned(wordBytes)
	w.integer(data.ChainID)
	w.address(data.Contract)
	w.address(data.Issuer)
	w.unsigned(packetHead * wordBytes)
	w.unsigned(uint64(factsAt))
	w.unsigned(uint64(hashesAt))
	w.text(data.Destination)
	w.unsigned(uint64(len(data.Facts)))
	for i := range data.Facts {
		w.fact(&data.Facts[i])
	}
	w.unsigned(uint64(len(data.FactHashes)))
	for _, hash := range data.FactHashes {
		w.hash(hash)
	}
	return w.bytes
}

// DecodePacketData refuses anything but what EncodePacketData makes.
func DecodePacketData(value []byte) (*PacketData, error) {
	if len(value) > maximumPacketBytes {
		return nil, fmt.Errorf("fact packet of %d bytes: at most %d", len(value), maximumPacketBytes)
	}
	r := reader{rest: value}
	r.expect(wordBytes)
	data := PacketData{ChainID: r.integer(wordBytes), Contract: r.address(), Issuer: r.address()}
	r.expect(packetHead * wordBytes)
	factsAt, hashesAt := r.unsigned(uint64Bytes), r.unsigned(uint64Bytes)
	data.Destination = r.text(MaximumDestinationBytes)
	r.isBad = r.isBad || factsAt != uint64(len(value)-len(r.rest)-wordBytes)
	data.Facts = make([]Fact, r.count(MaximumFacts))
	for i := range data.Facts {
		data.Facts[i] = r.fact()
	}
	r.isBad = r.isBad || hashesAt != uint64(len(value)-len(r.rest)-wordBytes)
	data.FactHashes = make([]Hash, r.count(MaximumFacts))
	for i := range data.FactHashes {
		data.FactHashes[i] = r.hash()
	}
	if r.isBad || len(r.rest) != 0 {
		return nil, fmt.Errorf("fact packet: %w", errNotCanonical)
	}
	if len(data.Facts) == 0 || len(data.Facts) != len(data.FactHashes) {
		return nil, fmt.Errorf("fact packet: expected 1 to %d facts and as many hashes", MaximumFacts)
	}
	return &data, nil
}

// EncodeAnswers is abi.encode(FactAnswer[]).
func EncodeAnswers(answers []Answer) []byte {
	w := writer{bytes: make([]byte, 0, (2+answerWords*len(answers))*wordBytes)}
	w.unsigned(wordBytes)
	w.unsigned(uint64(len(answers)))
	for _, answer := range answers {
		w.unsigned(uint64(answer.Status))
		w.hash(answer.LiabilityID)
		w.unsigned(answer.Sequence)
		w.hash(answer.HeadHash)
		w.unsigned(uint64(answer.Code))
	}
	return w.bytes
}

// DecodeAnswers refuses anything but what EncodeAnswers makes of answers that a settlement ledger or a hub gives.
func DecodeAnswers(value []byte) ([]Answer, error) {
	const oneByte, twoBytes = 1, 2
	r := reader{rest: value}
	r.expect(wordBytes)
	answers := make([]Answer, r.count(MaximumFacts))
	for i := range answers {
		answers[i] = Answer{
			Status: Status(r.unsigned(oneByte)), LiabilityID: r.hash(), Sequence: r.unsigned(uint64Bytes), HeadHash: r.hash(),
			Code: Code(r.unsigned(twoBytes)),
		}
		isKnown := answers[i].Status == Accepted || answers[i].Status == Rejected
		r.isBad = r.isBad || !isKnown || answers[i].Code > lastAnswered
	}
	if r.isBad || len(r.rest) != 0 {
		return nil, fmt.Errorf("fact answers: %w", errNotCanonical)
	}
	return answers, nil
}

// writer appends 32-byte words.
type writer struct {
	bytes []byte
}

func (w *writer) unsigned(value uint64) {
	var word [wordBytes]byte
	binary.BigEndian.PutUint64(word[wordBytes-uint64Bytes:], value)
	w.bytes = append(w.bytes, word[:]...)
}

// integer writes a number of at most 256 bits, which every decoder and check here guarantees.
func (w *writer) integer(value *big.Int) {
	var word [wordBytes]byte
	w.bytes = append(w.bytes, value.FillBytes(word[:])...)
}

func (w *writer) hash(value Hash) { w.bytes = append(w.bytes, value[:]...) }

func (w *writer) address(value Address) {
	w.bytes = append(w.bytes, make([]byte, wordBytes-len(value))...)
	w.bytes = append(w.bytes, value[:]...)
}

func (w *writer) text(value string) {
	w.unsigned(uint64(len(value)))
	w.bytes = append(w.bytes, value...)
	w.bytes = append(w.bytes, make([]byte, paddedLength(len(value))-len(value))...)
}

func (w *writer) fact(fact *Fact) {
	w.hash(fact.FactID)
	w.unsigned(uint64(fact.Schema))
	w.unsigned(uint64(fact.Kind))
	w.unsigned(uint64(fact.Category))
	w.hash(fact.Creditor)
	w.hash(fact.Debtor)
	w.bytes = append(w.bytes, fact.Currency[:]...)
	w.bytes = append(w.bytes, make([]byte, wordBytes-len(fact.Currency))...)
	w.unsigned(uint64(fact.Exponent))
	w.integer(fact.Net)
	w.integer(fact.Tax)
	w.unsigned(fact.ServiceEnd)
	w.unsigned(fact.DueDate)
	w.unsigned(fact.IssuerSequence)
	w.hash(fact.RelatedFact)
	w.hash(fact.DocumentHash)
}

// reader takes 32-byte words from the front. After a word that does not fit it is bad and gives zeros, so that one look
// at the end suffices.
type reader struct {
	rest  []byte
	isBad bool
}

func (r *reader) word() []byte {
	if len(r.rest) < wordBytes {
		r.isBad = true
		r.rest = nil
		return make([]byte, wordBytes)
	}
	word := r.rest[:wordBytes]
	r.rest = r.rest[wordBytes:]
	return word
}

// right gives the last bytes of a word whose other bytes must be zero.
func (r *reader) right(length int) []byte {
	word := r.word()
	r.isBad = r.isBad || !isZero(word[:wordBytes-length])
	return word[wordBytes-length:]
}

func (r *reader) integer(length int) *big.Int { return new(big.Int).SetBytes(r.right(length)) }

func (r *reader) unsigned(length int) uint64 {
	var value uint64
	for _, b := range r.right(length) {
		value = value<<8 | uint64(b)
	}
	return value
}

func (r *reader) hash() Hash { return Hash(r.word()) }

func (r *reader) address() Address {
	const length = 20
	return Address(r.right(length))
}

func (r *reader) expect(value uint64) {
	if r.unsigned(uint64Bytes) != value {
		r.isBad = true
	}
}

// count reads the length of an array, which must not be above maximum.
func (r *reader) count(maximum uint64) uint64 {
	value := r.unsigned(uint64Bytes)
	if r.isBad || value > maximum {
		r.isBad = true
		return 0
	}
	return value
}

func (r *reader) text(maximum uint64) string {
	length := int(r.count(maximum))
	padded := paddedLength(length)
	if len(r.rest) < padded {
		r.isBad = true
		return ""
	}
	text := r.rest[:length]
	r.isBad = r.isBad || !isZero(r.rest[length:padded]) || !utf8.Valid(text)
	r.rest = r.rest[padded:]
	return string(text)
}

func (r *reader) fact() Fact {
	const twoBytes, oneByte, currencyBytes = 2, 1, 3
	fact := Fact{
		FactID:   r.hash(),
		Schema:   uint16(r.unsigned(twoBytes)),
		Kind:     Kind(r.unsigned(twoBytes)),
		Category: uint16(r.unsigned(twoBytes)),
		Creditor: r.hash(),
		Debtor:   r.hash(),
	}
	currency := r.word()
	r.isBad = r.isBad || !isZero(currency[currencyBytes:])
	fact.Currency = [currencyBytes]byte(currency)
	fact.Exponent = uint8(r.unsigned(oneByte))
	fact.Net = r.integer(uint128Bytes)
	fact.Tax = r.integer(uint128Bytes)
	fact.ServiceEnd = r.unsigned(uint64Bytes)
	fact.DueDate = r.unsigned(uint64Bytes)
	fact.IssuerSequence = r.unsigned(uint64Bytes)
	fact.RelatedFact = r.hash()
	fact.DocumentHash = r.hash()
	return fact
}

func paddedLength(length int) int { return (length + wordBytes - 1) / wordBytes * wordBytes }

func isZero(raw []byte) bool {
	for _, b := range raw {
		if b != 0 {
			return false
		}
	}
	return true
}
