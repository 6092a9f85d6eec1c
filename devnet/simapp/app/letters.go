package app

import (
	"bytes"

	sdk "github.com/cosmos/cosmos-sdk/types"

	channeltypesv2 "github.com/cosmos/ibc-go/v11/modules/core/04-channel/v2/types"
	ibcapi "github.com/cosmos/ibc-go/v11/modules/core/api"
)

// LettersPort is where tests send packets of any content, in both directions, with stock messages of core IBC.
const LettersPort = "letters"

var (
	letterAnswer  = []byte("read: ")
	refusedLetter = []byte("refuse")
)

// letters lets anybody send, and answers what it gets with its content; it refuses a letter that asks for it.
type letters struct{}

var _ ibcapi.IBCModule = letters{}

func (letters) OnSendPacket(sdk.Context, string, string, uint64, channeltypesv2.Payload, sdk.AccAddress) error {
	return nil
}

func (letters) OnRecvPacket(
	_ sdk.Context, _, _ string, _ uint64, payload channeltypesv2.Payload, _ sdk.AccAddress,
) channeltypesv2.RecvPacketResult {
	if bytes.Equal(payload.Value, refusedLetter) {
		return channeltypesv2.RecvPacketResult{Status: channeltypesv2.PacketStatus_Failure}
	}
	return channeltypesv2.RecvPacketResult{
		Status:          channeltypesv2.PacketStatus_Success,
		Acknowledgement: append(bytes.Clone(letterAnswer), payload.Value...),
	}
}

func (letters) OnTimeoutPacket(sdk.Context, string, string, uint64, channeltypesv2.Payload, sdk.AccAddress) error {
	return nil
}

func (letters) OnAcknowledgementPacket(
	sdk.Context, string, string, uint64, []byte, channeltypesv2.Payload, sdk.AccAddress,
) error {
	return nil
}
