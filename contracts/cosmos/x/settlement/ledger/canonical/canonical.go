// Package canonical is the one encoding of the settlement ledger's messages that is stored, hashed and compared: fields in
// ascending order, no default values, no unknown fields, no maps. Reading encodes again what was read and refuses bytes that
// differ; it never repairs an encoding.
//
// It also checks what a protobuf type cannot say, from the generated structs themselves, so that a new field needs no code
// here: text is UTF-8, enumerations have a known value, messages are there, and numbers in text are plain.
package canonical

import (
	"bytes"
	"errors"
	"fmt"
	"math/big"
	"reflect"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/cosmos/gogoproto/proto"
)

// Message is a generated one.
type Message interface {
	proto.Message
	Marshal() ([]byte, error)
	Unmarshal(raw []byte) error
}

// ErrNotCanonical refuses bytes that are not the one encoding of a message of this type.
var ErrNotCanonical = errors.New("not the canonical encoding")

// Encode gives the canonical bytes of a message.
func Encode(message Message) []byte {
	encoded, err := message.Marshal()
	if err != nil {
		panic(fmt.Errorf("a message has no encoding: %w", err))
	}
	return encoded
}

// Decode reads into message what raw is the canonical encoding of.
func Decode(raw []byte, message Message) error {
	if err := message.Unmarshal(raw); err != nil {
		return errors.Join(ErrNotCanonical, err)
	}
	if !bytes.Equal(Encode(message), raw) {
		return ErrNotCanonical
	}
	return nil
}

// Form is what the types of a package's messages do not say. Fields have the names of the .proto files, for all messages
// that have one of that name, or with the message ahead as in "Payment.evidence".
type Form struct {
	// Numbers are text fields that hold an unsigned decimal number, with the most bits that a stored one may have.
	Numbers map[string]int
	// MayBeAbsent are messages, and numbers as empty text, that a message need not have.
	MayBeAbsent map[string]bool
	// Lengths that stored bytes may have where it is not that of a hash; an empty list: any.
	Lengths map[string][]int
	// Widths in bits of stored integers that are smaller than their type.
	Widths map[string]int
}

// CheckRequest refuses what has no meaning in any state. How large numbers and how long bytes may be is left to the rules,
// which have a refusal of their own for that.
func (f *Form) CheckRequest(message Message) error {
	return f.message(reflect.ValueOf(message), false)
}

// CheckStored also refuses numbers and bytes that no rule lets into the store.
func (f *Form) CheckStored(message Message) error {
	return f.message(reflect.ValueOf(message), true)
}

// message of a pointer to a generated struct.
func (f *Form) message(pointer reflect.Value, isStored bool) error {
	if pointer.IsNil() {
		return errors.New("a message is missing")
	}
	value := pointer.Elem()
	for i := range value.NumField() {
		inside, declared := value.Field(i), value.Type().Field(i)
		if declared.Tag.Get("protobuf_oneof") != "" {
			if inside.IsNil() {
				return fmt.Errorf("%s: no %s, or one that this version does not know",
					value.Type().Name(), declared.Tag.Get("protobuf_oneof"))
			}
			chosen := inside.Elem().Elem()
			inside, declared = chosen.Field(0), chosen.Type().Field(0)
		}
		at := fieldOf(value.Type().Name(), declared.Tag.Get("protobuf"))
		if err := f.field(at, inside, isStored); err != nil {
			return err
		}
	}
	return nil
}

// field of a message by its name in the .proto file.
type field struct {
	message string
	name    string
	enum    string
}

func (at *field) String() string { return at.message + "." + at.name }

// fieldOf reads the struct tag of a generated field.
func fieldOf(message, tag string) *field {
	at := &field{message: message}
	for part := range strings.SplitSeq(tag, ",") {
		if name, ok := strings.CutPrefix(part, "name="); ok {
			at.name = name
		}
		if enum, ok := strings.CutPrefix(part, "enum="); ok {
			at.enum = enum
		}
	}
	return at
}

func (f *Form) field(at *field, value reflect.Value, isStored bool) error {
	switch value.Kind() {
	case reflect.Pointer:
		if value.IsNil() {
			if f.MayBeAbsent[at.String()] {
				return nil
			}
			return fmt.Errorf("%s is missing", at)
		}
		return f.message(value, isStored)
	case reflect.String:
		return f.text(at, value.String(), isStored)
	case reflect.Uint32:
		if width, isNarrow := f.Widths[at.String()]; isStored && isNarrow && value.Uint()>>width != 0 {
			return fmt.Errorf("%s: %d has more than %d bits", at, value.Uint(), width)
		}
	case reflect.Int32:
		name := value.Interface().(fmt.Stringer).String()
		if proto.EnumValueMap(at.enum)[name] == 0 {
			return fmt.Errorf("%s: %s is not a value of this version", at, name)
		}
	case reflect.Slice:
		if value.Type().Elem().Kind() == reflect.Uint8 {
			return f.raw(at, value.Bytes(), isStored)
		}
		for i := range value.Len() {
			if err := f.field(at, value.Index(i), isStored); err != nil {
				return err
			}
		}
	}
	return nil
}

const (
	// maximumDigits bounds the work before a number's range is known; one of 256 bits has 78.
	maximumDigits = 80
	hashBytes     = 32
)

func (f *Form) text(at *field, text string, isStored bool) error {
	if !utf8.ValidString(text) {
		return fmt.Errorf("%s: expected UTF-8", at)
	}
	bits, isNumber := f.Numbers[at.name]
	if !isNumber || text == "" && f.MayBeAbsent[at.String()] {
		return nil
	}
	number := Number(text)
	if number == nil {
		return fmt.Errorf("%s %.80q: expected a plain decimal number", at, text)
	}
	if isStored && number.BitLen() > bits {
		return fmt.Errorf("%s: %s has more than %d bits", at, text, bits)
	}
	return nil
}

// Number is nil for text that is not a plain decimal number from zero up, of at most 80 digits.
func Number(text string) *big.Int {
	const decimal = 10
	if len(text) > maximumDigits {
		return nil
	}
	number, ok := new(big.Int).SetString(text, decimal)
	if !ok || number.Sign() < 0 || number.String() != text {
		return nil
	}
	return number
}

func (f *Form) raw(at *field, raw []byte, isStored bool) error {
	lengths, isListed := f.Lengths[at.String()]
	if !isListed {
		lengths = []int{hashBytes}
	}
	if isStored && len(lengths) > 0 && !slices.Contains(lengths, len(raw)) {
		return fmt.Errorf("%s of %d bytes, expected %v", at, len(raw), lengths)
	}
	return nil
}
