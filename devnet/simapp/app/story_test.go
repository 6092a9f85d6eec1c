package app_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	channeltypesv2 "github.com/cosmos/ibc-go/v11/modules/core/04-channel/v2/types"

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
		w.mustSend(w.receive(packet))
		written := w.written[len(w.written)-1].AppAcknowledgements[0]
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
	require.Equal(t, w.ClientID, trip.Origin.GetFactPacket().ClientId)
	require.Len(t, trip.Origin.GetFactPacket().Transaction, 64)

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

func TestOnlyOperatorsSetUpALedger(t *testing.T) {
	w := newWorld(t)
	first := commandOf(t, w.SetUp[0].Request)
	_, err := w.execute(0, first)
	require.ErrorContains(t, err, "neither as an operator")
	_, err = w.chain.SendMsgs(&settlementtypes.MsgSetOperators{Authority: w.sender(), Operators: []string{w.sender()}})
	require.ErrorContains(t, err, "authority")
	_, err = w.chain.SendMsgs(&settlementtypes.MsgExecute{Sender: w.sender()})
	require.ErrorContains(t, err, "neither as an operator")
	w.setUp()
	_, err = w.chain.SendMsgs(&settlementtypes.MsgExecute{Sender: w.sender()})
	require.ErrorContains(t, err, "a message is missing")
	_, err = w.chain.SendMsgs(&settlementtypes.MsgExecute{Sender: w.sender(), Command: &settlementv1.Command{RequestId: "1"}})
	require.ErrorContains(t, err, "no command")
	// The testing chain counts what an account has sent, refused or not, so this is one that sends nothing else.
	stranger := w.chain.SenderAccounts[strangerAccount]
	_, err = w.chain.SendMsgsWithSender(stranger, &settlementtypes.MsgExecute{Sender: w.sender(), Command: first})
	require.Error(t, err, "a signature of another account than the operator's")
	party := w.Business.Parties[debtor]
	w.mustSend(&settlementtypes.MsgBindAccount{Operator: w.sender(), Account: w.account(debtorAccount), PartyId: party})
	for _, step := range w.SetUp {
		command := commandOf(t, step.Request)
		command.RequestId, command.Actor = "as a party", party
		result, err := w.execute(debtorAccount, command)
		require.Error(t, err)
		refusal := uint32(8)
		if command.GetGrantMandate() != nil {
			refusal = 30 // Its own mandates are a creditor's to give; this one it gave already.
		}
		require.Equal(t, []any{"settlement", refusal}, []any{result.Codespace, result.Code})
	}
}

func TestAnAgreementInForceAndAConsentAreReported(t *testing.T) {
	w := newWorld(t)
	w.setUp()
	var agreements settlementv1.ListAgreementsResponse
	require.Zero(t, w.query("Agreements", &settlementv1.ListAgreementsRequest{}, &agreements))
	require.Len(t, agreements.Agreements, 2)
	for _, each := range agreements.Agreements {
		terms := commandOf(t, w.SetUp[each.Sequence-1].Request).GetRecordAgreement().GetAgreement()
		require.Equal(t, terms.String(), each.Agreement.String())
	}
	party := w.Business.Parties[debtor]
	request := &settlementv1.GetConsentRequest{PartyId: party}
	var consent settlementv1.ConsentInForce
	require.NotZero(t, w.query("Consent", request, &consent))
	const taken, superseded = 0, 30
	set := func(requestID string, replaces uint64) uint32 {
		result, _ := w.execute(0, &settlementv1.Command{RequestId: requestID, Command: &settlementv1.Command_SetConsent{
			SetConsent: &settlementv1.SetConsent{Party: party, Consent: settlementv1.Consent_CONSENT_GIVEN, Replaces: replaces},
		}})
		return result.Code
	}
	require.EqualValues(t, taken, set("first", 0))
	require.EqualValues(t, superseded, set("second", 0))
	require.Zero(t, w.query("Consent", request, &consent))
	require.Equal(t, &settlementv1.ConsentInForce{
		Party: party, Consent: settlementv1.Consent_CONSENT_GIVEN, Sequence: w.sequence(),
	}, &consent)
	require.EqualValues(t, taken, set("second", consent.Sequence))
}

func TestMalformedCommandsAreRefused(t *testing.T) {
	w := newWorld(t)
	w.setUp()
	head := w.head()
	party := func(change func(*settlementv1.Command, *settlementv1.RegisterParty)) func(*settlementtypes.MsgExecute) {
		return func(msg *settlementtypes.MsgExecute) {
			msg.Command = commandOf(t, w.SetUp[0].Request)
			change(msg.Command, msg.Command.GetRegisterParty())
		}
	}
	terms := func(change func(*settlementv1.Agreement)) func(*settlementtypes.MsgExecute) {
		return func(msg *settlementtypes.MsgExecute) {
			msg.Command = commandOf(t, w.SetUp[3].Request)
			change(msg.Command.GetRecordAgreement().Agreement)
		}
	}
	limit := func(text string) func(*settlementtypes.MsgExecute) {
		return terms(func(a *settlementv1.Agreement) { a.Currencies[0].OpenLimit = text })
	}
	for name, change := range map[string]func(*settlementtypes.MsgExecute){
		"no party": party(func(_ *settlementv1.Command, p *settlementv1.RegisterParty) { p.Party = nil }),
		"party id of 31 bytes": party(func(c *settlementv1.Command, p *settlementv1.RegisterParty) {
			c.RequestId, p.Party.PartyId = "new", p.Party.PartyId[1:]
		}),
		"no request id": party(func(c *settlementv1.Command, _ *settlementv1.RegisterParty) { c.RequestId = "" }),
		"sender in no form": func(msg *settlementtypes.MsgExecute) {
			msg.Command, msg.Sender = commandOf(t, w.SetUp[0].Request), "cosmos1"
		},
		"no agreement": func(msg *settlementtypes.MsgExecute) {
			msg.Command = commandOf(t, w.SetUp[3].Request)
			msg.Command.GetRecordAgreement().Agreement = nil
		},
		"debtor of 33 bytes":    terms(func(a *settlementv1.Agreement) { a.Debtor = append(a.Debtor, 0) }),
		"negative limit":        limit("-1"),
		"limit with a zero":     limit("01"),
		"limit in another base": limit("0x10"),
		"limit with a point":    limit("1.5"),
	} {
		t.Run(name, func(t *testing.T) {
			ctx := w.chain.GetContext()
			for _, number := range []int{0, 3} {
				w.executeIn(ctx, commandOf(t, w.SetUp[number].Request))
			}
			msg := &settlementtypes.MsgExecute{Sender: w.sender()}
			change(msg)
			_, err := w.app.SettlementKeeper.Execute(ctx, msg)
			require.Error(t, err)
			require.Equal(t, head, w.head())
		})
	}
}
