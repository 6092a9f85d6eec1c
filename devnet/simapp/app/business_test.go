package app_test

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cosmos/gogoproto/proto"

	abci "github.com/cometbft/cometbft/abci/types"

	sdk "github.com/cosmos/cosmos-sdk/types"
	sdkaddress "github.com/cosmos/cosmos-sdk/types/address"

	clienttypes "github.com/cosmos/ibc-go/v11/modules/core/02-client/types"
	channeltypesv2 "github.com/cosmos/ibc-go/v11/modules/core/04-channel/v2/types"

	"interledger.example/cosmos/wire/settlementv1"
	"interledger.example/cosmos/x/settlement/facts"
	settlementkeeper "interledger.example/cosmos/x/settlement/keeper"
	settlementtypes "interledger.example/cosmos/x/settlement/types"
)

// Who sends what: the operator is the chain's first account.
const (
	debtorAccount   = 1
	creditorAccount = 2
	strangerAccount = 3

	debtor   = "DE*NBM"
	creditor = "DE*KCS"
)

func (w *world) account(number int) string {
	return w.chain.SenderAccounts[number].SenderAccount.GetAddress().String()
}

// received is a world in which all facts of the story are liabilities, and each party has an account.
func received(t *testing.T) *world {
	t.Helper()
	w := newWorld(t)
	w.setUp()
	w.mustSend(w.updateWith("Header", w.Headers[0].Message))
	for _, packet := range w.Packets {
		w.mustSend(w.receive(packet))
	}
	require.Equal(t, len(w.Business.FirstNews), len(w.sent))
	for i, value := range w.Business.FirstNews {
		require.Equal(t, hex.EncodeToString(value), hex.EncodeToString(w.sent[i].Payloads[0].Value))
	}
	for party, number := range map[string]int{debtor: debtorAccount, creditor: creditorAccount} {
		w.mustSend(&settlementtypes.MsgBindAccount{
			Operator: w.sender(), Account: w.account(number), PartyId: w.Business.Parties[party],
		})
	}
	return w
}

// execute sends a command from the account with that number.
func (w *world) execute(number int, command *settlementv1.Command) (*abci.ExecTxResult, error) {
	account := w.chain.SenderAccounts[number]
	if number == 0 {
		// The chain counts the transactions of its first account by itself.
		return w.chain.SendMsgs(&settlementtypes.MsgExecute{Sender: w.sender(), Command: command})
	}
	return w.chain.SendMsgsWithSender(account, &settlementtypes.MsgExecute{Sender: w.account(number), Command: command})
}

func (s *businessStep) account() int {
	return map[string]int{debtor: debtorAccount, creditor: creditorAccount}[s.Sender]
}

// run sends the story's steps and compares what they answer and tell.
func (w *world) run() {
	w.t.Helper()
	for i, step := range w.Business.Steps {
		w.compareAnswers(i)
		w.answerNewsOfTheSame(step.News)
		told := len(w.sent)
		before := w.head()
		result, err := w.execute(step.account(), commandOf(w.t, step.Request))
		require.Equal(w.t, step.Refusal, result.Code, "step %d: %v", i, err)
		if step.Refusal != 0 {
			require.Equal(w.t, "settlement", result.Codespace)
			require.Equal(w.t, before, w.head())
			require.Equal(w.t, told, len(w.sent))
			continue
		}
		var answer settlementtypes.MsgExecuteResponse
		require.NoError(w.t, proto.Unmarshal(answerOf(w.t, result), &answer))
		require.Equal(w.t, step.Sequence, answer.Head.Sequence)
		require.Equal(w.t, w.head(), answer.Head.HeadHash)
		require.Equal(w.t, told+len(step.News), len(w.sent), "step %d", i)
		for j, value := range step.News {
			packet := w.sent[told+j]
			require.Equal(w.t, hex.EncodeToString(value), hex.EncodeToString(packet.Payloads[0].Value), "step %d", i)
			require.Equal(w.t, channeltypesv2.NewPacket(uint64(told+j+1), w.ClientID, w.CounterpartyClientID, packet.TimeoutTimestamp,
				channeltypesv2.NewPayload(facts.Port, facts.Port, facts.StatusVersion, facts.Encoding, value)), packet)
		}
	}
}

// compareAnswers of the story's queries after that many steps.
func (w *world) compareAnswers(steps int) {
	w.t.Helper()
	for _, query := range w.Business.Queries {
		if query.AfterSteps != steps {
			continue
		}
		answer, err := w.app.Query(w.chain.GetContext(), &abci.RequestQuery{
			Path: "/interledger.settlement.chain.v1.Query/" + query.Method, Data: query.Request,
		})
		require.NoError(w.t, err)
		require.Zero(w.t, answer.Code, answer.Log)
		require.Equal(w.t, hex.EncodeToString(query.Response), hex.EncodeToString(answer.Value), "%s after %d steps", query.Method, steps)
	}
}

// answerOf the only message of a transaction.
func answerOf(t *testing.T, result *abci.ExecTxResult) []byte {
	t.Helper()
	var data sdk.TxMsgData
	require.NoError(t, proto.Unmarshal(result.Data, &data))
	require.Len(t, data.MsgResponses, 1)
	return data.MsgResponses[0].Value
}

// answerNewsOfTheSame debts that are under way, as the contract ledger does when it applies them: without an answer, newer news
// would wait. The packets stay open for the tests.
func (w *world) answerNewsOfTheSame(news []hexBytes) {
	w.t.Helper()
	changed := map[facts.Hash]bool{}
	for _, value := range news {
		data, err := facts.DecodeStatusPacket(value)
		require.NoError(w.t, err)
		for _, update := range data.Updates {
			changed[update.FactID] = true
		}
	}
	module := settlementkeeper.NewIBCModule(w.app.SettlementKeeper)
	for i, packet := range w.sent {
		updates := w.updatesIn(i + 1)
		if w.answered[packet.Sequence] || !slices.ContainsFunc(updates, func(u facts.StatusUpdate) bool { return changed[u.FactID] }) {
			continue
		}
		require.Len(w.t, updates, 1)
		applied := w.Business.Answers[0].Acknowledgement
		require.NoError(w.t, module.OnAcknowledgementPacket(
			w.chain.GetContext(), w.ClientID, w.CounterpartyClientID, packet.Sequence, applied, packet.Payloads[0], nil))
		w.answered[packet.Sequence] = true
	}
}

func (w *world) acknowledge(sequence uint64) {
	w.t.Helper()
	for _, answer := range w.Business.Answers {
		if answer.Sequence == sequence {
			w.mustSend(channeltypesv2.NewMsgAcknowledgement(
				w.sent[sequence-1], channeltypesv2.NewAcknowledgement(answer.Acknowledgement), answer.Proof,
				clienttypes.NewHeight(0, w.Headers[0].Height), w.sender(),
			))
			var stored settlementtypes.QueryNewsAnswerResponse
			require.Zero(w.t, w.query("NewsAnswer", &settlementtypes.QueryNewsAnswerRequest{
				ClientId: w.ClientID, PacketSequence: sequence,
			}, &stored))
			require.Equal(w.t, []byte(answer.Acknowledgement), stored.Acknowledgement)
			return
		}
	}
	w.t.Fatalf("the story has no answer to packet %d", sequence)
}

// updatesIn the payload of the packet with that sequence.
func (w *world) updatesIn(sequence int) []facts.StatusUpdate {
	w.t.Helper()
	data, err := facts.DecodeStatusPacket(w.sent[sequence-1].Payloads[0].Value)
	require.NoError(w.t, err)
	return data.Updates
}

func TestDebtsAreNettedDisputedAndPaidAndTheNewsGoOut(t *testing.T) {
	w := received(t)
	w.run()
	w.compareAnswers(len(w.Business.Steps))
	var list settlementv1.ListLiabilitiesResponse
	require.Zero(t, w.query("Liabilities", &settlementv1.ListLiabilitiesRequest{}, &list))
	for _, liability := range list.Liabilities {
		require.Equal(t, []string{"0", "0"}, []string{liability.Open, liability.Held})
	}
	trip := list.Liabilities[0]
	require.Equal(t, []string{"1190", "800", "200", "190"}, []string{trip.Amount, trip.Netted, trip.Paid, trip.Credited})

	require.Equal(t, 5, len(w.sent))
	w.acknowledge(1)
	require.Equal(t, 5, len(w.sent), "what was applied is not sent again")
	w.acknowledge(4)
	require.Equal(t, 6, len(w.sent))
	require.Equal(t, w.sent[3].Payloads, w.sent[5].Payloads)
	w.acknowledge(5)
	require.Equal(t, 7, len(w.sent))
	require.Equal(t, w.updatesIn(5)[1:], w.updatesIn(7), "only what was in the wrong state goes out again")
	w.acknowledge(6)
	require.Equal(t, 7, len(w.sent))
}

func TestAStatementAddsUpToTheLedger(t *testing.T) {
	w := received(t)
	afterFacts := uint64(w.coord.CurrentTime.Unix())
	w.run()
	ask := func(since uint64) *settlementv1.Statement {
		var statement settlementv1.Statement
		require.Zero(t, w.query("Statement", &settlementv1.GetStatementRequest{
			PartyId: w.Business.Parties[creditor], Currency: "EUR", Exponent: 2, SinceSeconds: since, UntilSeconds: afterFacts + 86_400,
		}, &statement))
		return &statement
	}
	whole := ask(0)
	require.Equal(t, &settlementv1.SideTotals{
		Opening: "0", Facts: "2380", Novated: "0", Netted: "800", Paid: "1390", Credited: "190",
	}, whole.Receivable)
	require.Equal(t, &settlementv1.SideTotals{
		Opening: "0", Facts: "800", Novated: "0", Netted: "800", Paid: "0", Credited: "0",
	}, whole.Payable)
	for _, line := range whole.Lines {
		require.GreaterOrEqual(t, line.AtSeconds, uint64(w.Headers[0].TimeSeconds))
		require.Equal(t, []byte(w.Business.Parties[debtor]), line.Counterparty)
	}
	later := ask(afterFacts)
	require.Equal(t, []string{"2190", "0", "0"}, []string{later.Receivable.Opening, later.Receivable.Facts, later.Receivable.Credited})
	require.Less(t, len(later.Lines), len(whole.Lines))
	var none settlementv1.Statement
	require.NotZero(t, w.query("Statement", &settlementv1.GetStatementRequest{PartyId: []byte{1}}, &none))
}

// waitingNewsOf that fact, out of pages of two.
func (w *world) waitingNewsOf(factID facts.Hash) (*settlementv1.WaitingNews, bool) {
	var found *settlementv1.WaitingNews
	request := &settlementv1.ListWaitingNewsRequest{Limit: 2}
	for {
		var page settlementv1.ListWaitingNewsResponse
		require.Zero(w.t, w.query("WaitingNews", request, &page))
		if len(page.News) == 0 {
			return found, found != nil
		}
		require.LessOrEqual(w.t, len(page.News), 2)
		for _, each := range page.News {
			if bytes.Equal(each.FactId, factID[:]) {
				require.Nil(w.t, found, "listed once")
				found = each
			}
		}
		last := page.News[len(page.News)-1]
		request.AfterClientId, request.AfterFactId = last.ClientId, last.FactId
	}
}

func TestNewsThatTimeOutAreSentAgain(t *testing.T) {
	w := received(t)
	w.run()
	for _, header := range w.Headers[1:] {
		w.goTo(header.TimeSeconds)
		w.mustSend(w.updateWith("Header", header.Message))
	}
	late := channeltypesv2.NewMsgTimeout(
		w.sent[w.Business.NotReceived.Sequence-1], w.Business.NotReceived.Proof,
		clienttypes.NewHeight(0, w.Headers[2].Height), w.sender(),
	)
	w.mustSend(late)
	require.Equal(t, 6, len(w.sent))
	require.Equal(t, w.sent[2].Payloads, w.sent[5].Payloads)
	again, ok := w.waitingNewsOf(w.updatesIn(6)[0].FactID)
	require.True(t, ok)
	require.Equal(t, settlementv1.NewsState_NEWS_STATE_UNDER_WAY, again.State)
	require.Equal(t, settlementv1.NewsAnswer_NEWS_ANSWER_TIMED_OUT, again.LastAnswer)
	w.mustSend(late)
	require.Equal(t, 6, len(w.sent), "a packet times out once")
}

func TestABlockEndsWhatHasPassedItsDeadlineAndTellsIt(t *testing.T) {
	w := received(t)
	told := len(w.sent)
	dispute := commandOf(t, w.Business.Steps[5].Request).GetOpenDispute()
	dispute.DeadlineSeconds = uint64(w.coord.CurrentTime.Unix()) + 60
	_, err := w.execute(0, &settlementv1.Command{
		RequestId: "open", Command: &settlementv1.Command_OpenDispute{OpenDispute: dispute},
	})
	require.NoError(t, err)
	require.Equal(t, told+1, len(w.sent))
	require.Equal(t, facts.Disputed, w.updatesIn(told + 1)[0].Status)
	w.answerNewsOfTheSame([]hexBytes{w.sent[told].Payloads[0].Value})
	w.goTo(int64(dispute.DeadlineSeconds) - 1)
	require.Equal(t, told+1, len(w.sent))
	w.goTo(int64(dispute.DeadlineSeconds))
	require.Equal(t, told+2, len(w.sent))
	require.Equal(t, facts.Released, w.updatesIn(told + 2)[0].Status)
	var list settlementv1.ListDisputesResponse
	require.Zero(t, w.query("Disputes", &settlementv1.ListDisputesRequest{}, &list))
	require.Equal(t, settlementv1.DisputeState_DISPUTE_STATE_LAPSED, list.Disputes[0].State)
}

func TestNewsInTheWrongStateAreNotSentForEver(t *testing.T) {
	w := received(t)
	w.run()
	ctx := w.chain.GetContext()
	module := settlementkeeper.NewIBCModule(w.app.SettlementKeeper)
	answer := w.Business.Answers[1].Acknowledgement
	payload := w.sent[3].Payloads[0]
	for sequence := uint64(4); len(w.sent) < 20; sequence = w.sent[len(w.sent)-1].Sequence {
		sent := len(w.sent)
		require.NoError(t, module.OnAcknowledgementPacket(ctx, w.ClientID, w.CounterpartyClientID, sequence, answer, payload, nil))
		w.chain.NextBlock()
		ctx = w.chain.GetContext()
		if len(w.sent) == sent {
			break
		}
		require.Equal(t, payload, w.sent[sent].Payloads[0])
	}
	const atFirst, repeats = 5, 3
	require.Equal(t, atFirst+repeats, len(w.sent))
	held, ok := w.waitingNewsOf(w.updatesIn(4)[0].FactID)
	require.True(t, ok)
	require.Equal(t, settlementv1.NewsState_NEWS_STATE_HELD, held.State)
	require.Equal(t, settlementv1.NewsAnswer_NEWS_ANSWER_WRONG_STATE, held.LastAnswer)
	require.Equal(t, uint32(1+repeats), held.Attempts)
	require.Greater(t, held.DueSeconds, held.SinceSeconds)
	require.NotZero(t, held.SinceSeconds)
	require.Len(t, held.LiabilityId, 32)
	// A relayer that delivers too early on purpose delays news; it destroys none.
	for _, wait := range []int64{60, 120, 240} {
		sent := len(w.sent)
		w.goTo(w.coord.CurrentTime.Unix() + wait - 10)
		require.Equal(t, sent, len(w.sent))
		w.goTo(w.coord.CurrentTime.Unix() + 20)
		require.Equal(t, sent+1, len(w.sent))
		require.Equal(t, payload, w.sent[sent].Payloads[0])
		ctx = w.chain.GetContext()
		sequence := w.sent[sent].Sequence
		require.NoError(t, module.OnAcknowledgementPacket(ctx, w.ClientID, w.CounterpartyClientID, sequence, answer, payload, nil))
	}
	sent := len(w.sent)
	resend := &settlementv1.ResendNews{FactId: w.updatesIn(4)[0].FactID[:]}
	_, err := w.execute(0, &settlementv1.Command{
		RequestId: "resend", Command: &settlementv1.Command_ResendNews{ResendNews: resend},
	})
	require.NoError(t, err)
	require.Equal(t, sent+1, len(w.sent))
	require.Equal(t, payload, w.sent[sent].Payloads[0])
}

func TestNewsOfAFactThatIsSettledForGoodEnd(t *testing.T) {
	w := received(t)
	w.run()
	module := settlementkeeper.NewIBCModule(w.app.SettlementKeeper)
	payload := w.sent[3].Payloads[0]
	// The answer of one update that is too early, and so of the same form.
	final := slices.Clone([]byte(w.Business.Answers[1].Acknowledgement))
	final[len(final)-1] = byte(facts.Final)
	require.NoError(t, module.OnAcknowledgementPacket(w.chain.GetContext(), w.ClientID, w.CounterpartyClientID, 4, final, payload, nil))
	w.chain.NextBlock()
	sent := len(w.sent)
	for range 5 {
		w.goTo(w.coord.CurrentTime.Unix() + 86_400)
	}
	require.Equal(t, sent, len(w.sent))
}

func TestADebtorWhoChangesOneDebtWithoutEndCausesOnePacketAtATime(t *testing.T) {
	w := received(t)
	told := len(w.sent)
	dispute := commandOf(t, w.Business.Steps[5].Request).GetOpenDispute()
	dispute.DeadlineSeconds = uint64(w.coord.CurrentTime.Unix()) + 3600
	for i := range 20 {
		dispute.DisputeId = fmt.Sprintf("D-%d", i)
		_, err := w.execute(0, &settlementv1.Command{
			RequestId: "open " + dispute.DisputeId, Command: &settlementv1.Command_OpenDispute{OpenDispute: dispute},
		})
		require.NoError(t, err)
		_, err = w.execute(0, &settlementv1.Command{
			RequestId: "release " + dispute.DisputeId,
			Command: &settlementv1.Command_ReleaseDispute{
				ReleaseDispute: &settlementv1.ReleaseDispute{DisputeId: dispute.DisputeId},
			},
		})
		require.NoError(t, err)
	}
	require.Equal(t, told+1, len(w.sent))
	w.answerNewsOfTheSame([]hexBytes{w.sent[told].Payloads[0].Value})
	w.chain.NextBlock()
	require.Equal(t, told+2, len(w.sent))
	require.Equal(t, facts.Released, w.updatesIn(told + 2)[0].Status)
}

func TestAClientThatCannotBeUsedKeepsItsNews(t *testing.T) {
	w := received(t)
	w.mustSend(w.updateWith("Misbehaviour", w.Misbehaviour))
	for _, step := range w.Business.Steps[:5] {
		_, _ = w.execute(step.account(), commandOf(t, step.Request))
	}
	require.Equal(t, len(w.Business.FirstNews), len(w.sent))
	genesis, err := w.app.SettlementKeeper.ExportGenesis(w.chain.GetContext())
	require.NoError(t, err)
	require.Len(t, genesis.Outbox.Queue, 1)
	require.Equal(t, uint64(14), genesis.Outbox.ToldSequence)
}

func TestOnlyTheApplicationSendsNews(t *testing.T) {
	w := received(t)
	w.run()
	payload := w.sent[0].Payloads[0]
	_, err := w.chain.SendMsgs(channeltypesv2.NewMsgSendPacket(w.ClientID, w.sent[0].TimeoutTimestamp, w.sender(), payload))
	require.ErrorContains(t, err, "its own news only")
	module := settlementkeeper.NewIBCModule(w.app.SettlementKeeper)
	other := payload
	other.Version = facts.Version
	self := sdk.AccAddress(sdkaddress.Module(settlementtypes.ModuleName))
	ctx := w.chain.GetContext()
	require.NoError(t, module.OnSendPacket(ctx, w.ClientID, w.CounterpartyClientID, 9, payload, self))
	require.ErrorIs(t, module.OnSendPacket(ctx, w.ClientID, w.CounterpartyClientID, 9, other, self), settlementkeeper.ErrSendsNewsOnly)
	require.ErrorIs(t, module.OnTimeoutPacket(ctx, w.ClientID, w.CounterpartyClientID, 9, other, nil), settlementkeeper.ErrSendsNewsOnly)
	require.ErrorIs(t,
		module.OnAcknowledgementPacket(ctx, w.ClientID, w.CounterpartyClientID, 9, nil, other, nil), settlementkeeper.ErrSendsNewsOnly)
}

func TestAnAccountActsForItsPartyAlone(t *testing.T) {
	proposal := func(w *world) *settlementv1.Command { return commandOf(w.t, w.Business.Steps[1].Request) }
	for name, try := range map[string]struct {
		account int
		change  func(w *world, command *settlementv1.Command)
		isTaken bool
	}{
		"its party":         {account: debtorAccount, isTaken: true},
		"an operator":       {account: 0, isTaken: true},
		"a stranger":        {account: strangerAccount},
		"another party":     {account: creditorAccount},
		"as an operator":    {account: debtorAccount, change: func(_ *world, c *settlementv1.Command) { c.Actor = nil }},
		"an empty stranger": {account: strangerAccount, change: func(_ *world, c *settlementv1.Command) { c.Actor = nil }},
		"no longer its party": {account: debtorAccount, change: func(w *world, _ *settlementv1.Command) {
			w.mustSend(&settlementtypes.MsgBindAccount{Operator: w.sender(), Account: w.account(debtorAccount)})
		}},
	} {
		t.Run(name, func(t *testing.T) {
			w := received(t)
			command := proposal(w)
			if try.change != nil {
				try.change(w, command)
			}
			before := w.head()
			result, err := w.execute(try.account, command)
			if try.isTaken {
				require.NoError(t, err)
				return
			}
			require.Equal(t, []any{"sdk", uint32(4)}, []any{result.Codespace, result.Code})
			require.Equal(t, before, w.head())
		})
	}
}
