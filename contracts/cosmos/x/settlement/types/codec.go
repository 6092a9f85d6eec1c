// Package types is what the settlement application says on the wire of a Cosmos SDK chain: its messages, queries and
// genesis, generated from proto/, and how they are registered. It decides nothing.
package types

import (
	"fmt"

	protov2 "google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"cosmossdk.io/core/address"

	codectypes "github.com/cosmos/cosmos-sdk/codec/types"
	"github.com/cosmos/cosmos-sdk/types/msgservice"
	"github.com/cosmos/cosmos-sdk/x/tx/signing"
)

const (
	// ModuleName is also the IBC port and the error codespace.
	ModuleName = "settlement"
	// StoreKey names the store that the liabilities are proven in.
	StoreKey = ModuleName

	// MaximumOperators bounds the accounts that may change parties, agreements and periods.
	MaximumOperators = 32
	// MaximumTrustedClients bounds what the news of a block can be sent through.
	MaximumTrustedClients = 256
)

// RegisterInterfaces makes the messages known as transactions.
func RegisterInterfaces(registry codectypes.InterfaceRegistry) {
	msgservice.RegisterMsgServiceDesc(registry, &_Msg_serviceDesc)
}

// DefineSigners names the signer of each message. An app must call it for the options of its interface registry: the
// .proto files import nothing of the SDK, so they do not carry the annotation that it looks for.
func DefineSigners(options *signing.Options) {
	const prefix = "interledger.settlement.chain.v1."
	for message, field := range map[protoreflect.FullName]protoreflect.Name{
		"MsgBindAccount":    "operator",
		"MsgExecute":        "sender",
		"MsgRecordFacts":    "sender",
		"MsgTrustClient":    "operator",
		"MsgBindPort":       "operator",
		"MsgDistrustClient": "operator",
		"MsgSetOperators":   "authority",
	} {
		options.DefineCustomGetSigners(prefix+message, signerIn(field, options.AddressCodec))
	}
}

func signerIn(field protoreflect.Name, addresses address.Codec) signing.GetSignersFunc {
	return func(message protov2.Message) ([][]byte, error) {
		reflected := message.ProtoReflect()
		descriptor := reflected.Descriptor().Fields().ByName(field)
		if descriptor == nil {
			return nil, fmt.Errorf("%s has no field %s", reflected.Descriptor().FullName(), field)
		}
		signer, err := addresses.StringToBytes(reflected.Get(descriptor).String())
		if err != nil {
			return nil, fmt.Errorf("%s: %w", field, err)
		}
		return [][]byte{signer}, nil
	}
}
