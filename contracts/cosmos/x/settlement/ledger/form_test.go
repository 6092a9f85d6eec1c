package ledger

import (
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	wire "interledger.example/cosmos/wire/settlementv1"
)

// fieldsOf a generated message and all messages inside, as form names them.
func fieldsOf(kind reflect.Type, found map[string]reflect.Type) {
	for i := range kind.NumField() {
		declared := kind.Field(i)
		_, name, _ := strings.Cut(declared.Tag.Get("protobuf"), "name=")
		name, _, _ = strings.Cut(name, ",")
		if name == "" {
			continue
		}
		if _, isKnown := found[kind.Name()+"."+name]; isKnown {
			continue
		}
		found[kind.Name()+"."+name], found[name] = declared.Type, declared.Type
		inner := declared.Type
		for inner.Kind() == reflect.Slice || inner.Kind() == reflect.Pointer {
			inner = inner.Elem()
		}
		if inner.Kind() == reflect.Struct {
			fieldsOf(inner, found)
		}
	}
}

func TestTheFormNamesFieldsThatThereAre(t *testing.T) {
	found := map[string]reflect.Type{}
	oneofs := append(append((*wire.Command)(nil).XXX_OneofWrappers(), (*wire.LogEntry)(nil).XXX_OneofWrappers()...),
		(*wire.Origin)(nil).XXX_OneofWrappers()...)
	for _, wrapper := range oneofs {
		fieldsOf(reflect.TypeOf(wrapper).Elem().Field(0).Type.Elem(), found)
	}
	for _, message := range []any{
		wire.Command{}, wire.LogEntry{}, wire.Payment{}, wire.Dispute{}, wire.Cycle{}, wire.Liability{},
		wire.SignedFacts{}, wire.FactProof{}, wire.ContractInForce{},
	} {
		fieldsOf(reflect.TypeOf(message), found)
	}
	for name := range form.Numbers {
		require.Equal(t, reflect.TypeFor[string](), found[name], name)
	}
	for name := range form.MayBeAbsent {
		require.Contains(t, found, name)
	}
	for name := range form.Lengths {
		kind := found[name]
		if kind == reflect.TypeFor[[][]byte]() {
			kind = kind.Elem()
		}
		require.Equal(t, reflect.TypeFor[[]byte](), kind, name)
	}
	for name := range form.Widths {
		require.Equal(t, reflect.TypeFor[uint32](), found[name], name)
	}
}
