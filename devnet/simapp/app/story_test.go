package app_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cosmos/gogoproto/proto"

	channeltypesv2 "github.com/cosmos/ibc-go/v11/modules/core/04-channel/v2/types"
	ibctesting "github.com/cosmos/ibc-go/v11/testing"

	"interledger.example/cosmos/light-clients/poaevm"
	"interledger.example/cosmos/wire/settlementv1"
	"interledger.example/cosmos/x/settlement/facts"
	settlementtypes "interledger.example/cosmos/x/settlement/types"
)

// codesIn reads the codes of an acknowledgement, which are the last words of each answer.
func codesIn(acknowledgement []byte) []int {
	const headWords, answerWords, word = 2, 5, 32
	var codes []int
	for at := headWords * word; at < len(acknowledgement); at += answerWords * word {
		last := acknowledgement[at+answerWords*word-2:]
		codes = append(codes, int(last[0])<<8|int(last[1]))
	}
	return codes
}

func TestFactsOfAnEVMLedgerBecomeLiabilities(t *testing.T) {
	w := newWorld(t)
	w.setUp()
	first := w.Headers[0]
	w.mustSend(w.updateWith("Header", first.Message))
	for _, packet := range w.Packets {
		before := w.head()
		result := w.mustSend(w.receive(packet))
		raw, err := ibctesting.ParseAckV2FromEvents(result.Events)
		require.NoError(t, err)
		var acknowledgement channeltypesv2.Acknowledgement
		require.NoError(t, proto.Unmarshal(raw, &acknowledgement))
		written := acknowledgement.AppAcknowledgements[0]
		if packet.Codes == nil {
			require.Equal(t, channeltypesv2.ErrorAcknowledgement[:], written, "packet %d", packet.Sequence)
			require.Equal(t, before, w.head())
			continue
		}
		require.Equal(t, packet.Codes, codesIn(written), "packet %d", packet.Sequence)
	}
	var list settlementv1.ListLiabilitiesResponse
	require.Zero(t, w.query("Liabilities", &settlementv1.ListLiabilitiesRequest{}, &list))
	require.Len(t, list.Liabilities, 4)
	trip := list.Liabilities[0]
	require.Equal(t, []string{"1190", "1000", "190"}, []string{trip.Amount, trip.Open, trip.Credited})
	require.Equal(t, w.ClientID, trip.Origin.ClientId)
	require.Len(t, trip.Origin.Transaction, 64)

	var one settlementv1.Liability
	require.Zero(t, w.query("Liability", &settlementv1.GetLiabilityRequest{
		Key: &settlementv1.GetLiabilityRequest_FactId{FactId: trip.FactId},
	}, &one))
	require.Equal(t, trip.String(), one.String())
	require.NotZero(t, w.query("Liability", &settlementv1.GetLiabilityRequest{
		Key: &settlementv1.GetLiabilityRequest_LiabilityId{LiabilityId: make([]byte, 32)},
	}, &one))
	var positions settlementv1.ListPositionsResponse
	require.Zero(t, w.query("Positions", &settlementv1.ListPositionsRequest{}, &positions))
	require.Len(t, positions.Positions, 2)
}

func TestAReceivedPacketIsNotReceivedTwice(t *testing.T) {
	w := newWorld(t)
	w.setUp()
	w.mustSend(w.updateWith("Header", w.Headers[0].Message))
	w.mustSend(w.receive(w.Packets[0]))
	head := w.head()
	_, err := w.chain.SendMsgs(w.receive(w.Packets[0]))
	require.NoError(t, err)
	require.Equal(t, head, w.head())
}

func TestAPacketWithoutItsProofIsRefused(t *testing.T) {
	w := newWorld(t)
	w.setUp()
	_, err := w.chain.SendMsgs(w.receive(w.Packets[0]))
	require.ErrorContains(t, err, string(poaevm.UnknownHeight))
	w.mustSend(w.updateWith("Header", w.Headers[0].Message))
	swapped := w.Packets[0]
	swapped.Proof = w.Packets[1].Proof
	_, err = w.chain.SendMsgs(w.receive(swapped))
	require.ErrorContains(t, err, string(poaevm.NodeHash))
	changed := w.Packets[0]
	changed.Value = append(hexBytes{}, changed.Value...)
	changed.Value[len(changed.Value)-1] ^= 1
	_, err = w.chain.SendMsgs(w.receive(changed))
	require.ErrorContains(t, err, string(poaevm.ProofValue))
}

func TestNobodySendsInTheNameOfTheApplication(t *testing.T) {
	w := newWorld(t)
	w.mustSend(w.updateWith("Header", w.Headers[0].Message))
	_, err := w.chain.SendMsgs(channeltypesv2.NewMsgSendPacket(
		w.ClientID, w.Packets[0].TimeoutTimestamp, w.sender(),
		channeltypesv2.NewPayload(facts.Port, facts.Port, facts.Version, facts.Encoding, w.Packets[0].Value),
	))
	require.ErrorContains(t, err, "its own news only")
}

func TestOnlyOperatorsSendCommands(t *testing.T) {
	w := newWorld(t)
	step := w.SetUp[0]
	_, err := w.chain.SendMsgs(step.message(t, w.sender()))
	require.ErrorContains(t, err, "no operator")
	_, err = w.chain.SendMsgs(&settlementtypes.MsgSetOperators{Authority: w.sender(), Operators: []string{w.sender()}})
	require.ErrorContains(t, err, "authority")
	_, err = w.chain.SendMsgs(&settlementtypes.MsgClear{Sender: w.sender()})
	require.ErrorContains(t, err, "neither as an operator")
	w.setUp()
	_, err = w.chain.SendMsgs(&settlementtypes.MsgClear{Sender: w.sender()})
	require.ErrorContains(t, err, "without a command")
	other := w.chain.SenderAccounts[1]
	_, err = w.chain.SendMsgsWithSender(other, step.message(t, w.sender()))
	require.Error(t, err, "a signature of another account than the operator's")
}

func TestMalformedCommandsAreRefused(t *testing.T) {
	w := newWorld(t)
	w.setUp()
	head := w.head()
	for name, change := range map[string]func(party *settlementtypes.MsgRegisterParty, agreement *settlementtypes.MsgRecordAgreement){
		"no party": func(p *settlementtypes.MsgRegisterParty, _ *settlementtypes.MsgRecordAgreement) { p.Party = nil },
		"party id of 31 bytes": func(p *settlementtypes.MsgRegisterParty, _ *settlementtypes.MsgRecordAgreement) {
			p.Party.PartyId = p.Party.PartyId[1:]
		},
		"operator in no form": func(p *settlementtypes.MsgRegisterParty, _ *settlementtypes.MsgRecordAgreement) {
			p.Operator = "cosmos1"
		},
		"no request id": func(p *settlementtypes.MsgRegisterParty, _ *settlementtypes.MsgRecordAgreement) { p.RequestId = "" },
		"no agreement":  func(_ *settlementtypes.MsgRegisterParty, a *settlementtypes.MsgRecordAgreement) { a.Agreement = nil },
		"debtor of 33 bytes": func(_ *settlementtypes.MsgRegisterParty, a *settlementtypes.MsgRecordAgreement) {
			a.Agreement.Debtor = append(a.Agreement.Debtor, 0)
		},
		"negative limit": func(_ *settlementtypes.MsgRegisterParty, a *settlementtypes.MsgRecordAgreement) {
			a.Agreement.Currencies[0].OpenLimit = "-1"
		},
		"limit with a zero": func(_ *settlementtypes.MsgRegisterParty, a *settlementtypes.MsgRecordAgreement) {
			a.Agreement.Currencies[0].OpenLimit = "01"
		},
		"limit in another base": func(_ *settlementtypes.MsgRegisterParty, a *settlementtypes.MsgRecordAgreement) {
			a.Agreement.Currencies[0].OpenLimit = "0x10"
		},
		"limit with a point": func(_ *settlementtypes.MsgRegisterParty, a *settlementtypes.MsgRecordAgreement) {
			a.Agreement.Currencies[0].OpenLimit = "1.5"
		},
	} {
		t.Run(name, func(t *testing.T) {
			party, ok := w.SetUp[0].message(t, w.sender()).(*settlementtypes.MsgRegisterParty)
			require.True(t, ok)
			agreement, ok := w.SetUp[3].message(t, w.sender()).(*settlementtypes.MsgRecordAgreement)
			require.True(t, ok)
			ctx := w.chain.GetContext()
			_, err := w.app.SettlementKeeper.RegisterParty(ctx, party)
			require.NoError(t, err)
			_, err = w.app.SettlementKeeper.RecordAgreement(ctx, agreement)
			require.NoError(t, err)
			change(party, agreement)
			_, partyErr := w.app.SettlementKeeper.RegisterParty(ctx, party)
			_, agreementErr := w.app.SettlementKeeper.RecordAgreement(ctx, agreement)
			require.NotEqual(t, partyErr == nil, agreementErr == nil)
			require.Equal(t, head, w.head())
		})
	}
}
