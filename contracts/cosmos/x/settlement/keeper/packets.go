package keeper

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"

	errorsmod "cosmossdk.io/errors"

	sdk "github.com/cosmos/cosmos-sdk/types"
	sdkaddress "github.com/cosmos/cosmos-sdk/types/address"

	channeltypesv2 "github.com/cosmos/ibc-go/v11/modules/core/04-channel/v2/types"
	ibcapi "github.com/cosmos/ibc-go/v11/modules/core/api"

	"interledger.example/cosmos/x/settlement/facts"
	"interledger.example/cosmos/x/settlement/ledger"
	"interledger.example/cosmos/x/settlement/types"
)

// ErrSendsNewsOnly refuses packets in the name of this application, and answers to what it never sent.
var ErrSendsNewsOnly = errorsmod.Register(ledger.Codespace, 101, "port settlement takes facts and sends its own news only")

// Event of each answered fact, and its attributes.
const (
	EventTypeFactAnswered = "fact_answered"

	AttributeFactID      = "fact_id"
	AttributeStatus      = "status"
	AttributeCode        = "code"
	AttributeLiabilityID = "liability_id"
	AttributeSequence    = "settlement_sequence"
	AttributeHeadHash    = "head_hash"
)

// IBCModule is the IBC v2 application on port settlement (ICS-26).
type IBCModule struct {
	keeper Keeper
}

var _ ibcapi.IBCModule = IBCModule{}

// NewIBCModule is what an app adds to its IBC v2 router under facts.Port.
func NewIBCModule(keeper Keeper) IBCModule { return IBCModule{keeper: keeper} }

// OnSendPacket refuses all but the application itself.
func (m IBCModule) OnSendPacket(
	ctx sdk.Context, sourceClient, _ string, _ uint64, payload channeltypesv2.Payload, signer sdk.AccAddress,
) error {
	if !bytes.Equal(signer, sdkaddress.Module(types.ModuleName)) {
		return ErrSendsNewsOnly
	}
	return m.keeper.requireNews(ctx, sourceClient, payload)
}

// OnRecvPacket records the facts of a fact-1 payload. A payload that is not exactly what its version says is refused as a
// whole, which core IBC answers with the universal error; what a single fact says is answered with a code.
func (m IBCModule) OnRecvPacket(
	ctx sdk.Context, _, destinationClient string, sequence uint64, payload channeltypesv2.Payload, _ sdk.AccAddress,
) channeltypesv2.RecvPacketResult {
	data, err := m.keeper.acceptedPayload(ctx, destinationClient, payload)
	if err == nil {
		err = m.keeper.TakePort(ctx, destinationClient, payload.SourcePort)
	}
	if err != nil {
		ctx.EventManager().EmitEvent(sdk.NewEvent("facts_refused", sdk.NewAttribute("reason", err.Error())))
		return channeltypesv2.RecvPacketResult{Status: channeltypesv2.PacketStatus_Failure}
	}
	answers := m.keeper.book(ctx).RecordFacts(data, ledger.Delivery{
		ClientID:       destinationClient,
		PacketSequence: sequence,
		Height:         uint64(ctx.BlockHeight()),
		Transaction:    transactionHash(ctx),
	}, blockSeconds(ctx))
	for i, answer := range answers {
		ctx.EventManager().EmitEvent(factAnswered(data.Facts[i].FactID, answer))
	}
	return channeltypesv2.RecvPacketResult{
		Status:          channeltypesv2.PacketStatus_Success,
		Acknowledgement: facts.EncodeAnswers(answers),
	}
}

// OnTimeoutPacket sends news again that was not delivered in time.
func (m IBCModule) OnTimeoutPacket(
	ctx sdk.Context, sourceClient, _ string, _ uint64, payload channeltypesv2.Payload, _ sdk.AccAddress,
) error {
	if err := m.keeper.requireNews(ctx, sourceClient, payload); err != nil {
		return err
	}
	return m.keeper.sendAgain(ctx, sourceClient, payload.Value)
}

// OnAcknowledgementPacket keeps what a contract ledger made of news.
func (m IBCModule) OnAcknowledgementPacket(
	ctx sdk.Context, sourceClient, _ string, sequence uint64, acknowledgement []byte, payload channeltypesv2.Payload,
	_ sdk.AccAddress,
) error {
	if err := m.keeper.requireNews(ctx, sourceClient, payload); err != nil {
		return err
	}
	return m.keeper.recordAnswer(ctx, sourceClient, sequence, payload.Value, acknowledgement)
}

func (k Keeper) requireNews(ctx sdk.Context, clientID string, payload channeltypesv2.Payload) error {
	isNews := payload.Version == facts.StatusVersion && payload.Encoding == facts.Encoding
	if !isNews || payload.DestinationPort != k.PortOf(ctx, clientID) {
		return ErrSendsNewsOnly
	}
	return nil
}

// acceptedPayload decodes a payload that is meant for this ledger and whose client may speak for the chain that its facts name.
func (k Keeper) acceptedPayload(ctx sdk.Context, clientID string, payload channeltypesv2.Payload) (*facts.PacketData, error) {
	port := k.PortOf(ctx, clientID)
	if payload.SourcePort != port || payload.Version != facts.Version || payload.Encoding != facts.Encoding {
		return nil, fmt.Errorf("expected %s in %s from port %s", facts.Version, facts.Encoding, port)
	}
	data, err := facts.DecodePacketData(payload.Value)
	if err != nil {
		return nil, err
	}
	if err := k.RequireTrust(ctx, clientID, data.ChainID.String()); err != nil {
		return nil, err
	}
	if data.Destination != "" && data.Destination != ctx.ChainID() {
		return nil, fmt.Errorf("facts for the ledger %q; this one forwards nothing", data.Destination)
	}
	return data, nil
}

func factAnswered(factID facts.Hash, answer facts.Answer) sdk.Event {
	return sdk.NewEvent(EventTypeFactAnswered,
		sdk.NewAttribute(AttributeFactID, hexed(factID[:])),
		sdk.NewAttribute(AttributeStatus, strconv.Itoa(int(answer.Status))),
		sdk.NewAttribute(AttributeCode, strconv.Itoa(int(answer.Code))),
		sdk.NewAttribute(AttributeLiabilityID, hexed(answer.LiabilityID[:])),
		sdk.NewAttribute(AttributeSequence, strconv.FormatUint(answer.Sequence, 10)),
		sdk.NewAttribute(AttributeHeadHash, hexed(answer.HeadHash[:])),
	)
}

func hexed(raw []byte) string { return hex.EncodeToString(raw) }

// transactionHash is how CometBFT prints the transaction that is being run.
func transactionHash(ctx sdk.Context) string {
	digest := sha256.Sum256(ctx.TxBytes())
	return strings.ToUpper(hexed(digest[:]))
}
