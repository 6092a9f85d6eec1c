// Package types is what the forwarding application says on the wire of a Cosmos SDK chain: its messages, queries and genesis,
// generated from proto/, and how they are registered. It decides nothing.
package types

import (
	"fmt"

	protov2 "google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	codectypes "github.com/cosmos/cosmos-sdk/codec/types"
	"github.com/cosmos/cosmos-sdk/types/msgservice"
	"github.com/cosmos/cosmos-sdk/x/tx/signing"
)

const (
	// ModuleName is also the error codespace.
	ModuleName = "forward"
	// StoreKey names the store of routes and open forwards.
	StoreKey = ModuleName
)

// RegisterInterfaces makes the messages known as transactions.
func RegisterInterfaces(registry codectypes.InterfaceRegistry) {
	msgservice.RegisterMsgServiceDesc(registry, &_Msg_serviceDesc)
}

// DefineSigners names the operator as the signer of each message. An app must call it for the options of its interface registry:
// the .proto files import nothing of the SDK, so they do not carry the annotation that it looks for.
func DefineSigners(options *signing.Options) {
	signer := func(message protov2.Message) ([][]byte, error) {
		reflected := message.ProtoReflect()
		descriptor := reflected.Descriptor().Fields().ByName("operator")
		if descriptor == nil {
			return nil, fmt.Errorf("%s has no field operator", reflected.Descriptor().FullName())
		}
		operator, err := options.AddressCodec.StringToBytes(reflected.Get(descriptor).String())
		if err != nil {
			return nil, fmt.Errorf("operator: %w", err)
		}
		return [][]byte{operator}, nil
	}
	for _, message := range []protoreflect.FullName{"MsgSetRoute", "MsgRemoveRoute", "MsgBindPort"} {
		options.DefineCustomGetSigners("interledger.forward.chain.v1."+message, signer)
	}
}
