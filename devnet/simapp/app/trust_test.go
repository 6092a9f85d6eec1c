package app_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cosmos/gogoproto/proto"

	errorsmod "cosmossdk.io/errors"

	sdk "github.com/cosmos/cosmos-sdk/types"

	channeltypesv2 "github.com/cosmos/ibc-go/v11/modules/core/04-channel/v2/types"
	ibctesting "github.com/cosmos/ibc-go/v11/testing"

	settlementv1 "interledger.example/cosmos/wire/settlementv1"
	settlementtypes "interledger.example/cosmos/x/settlement/types"
)

func TestFactsThroughAClientThatNobodyTrustsAreRefused(t *testing.T) {
	w := newWorld(t)
	w.setUp()
	w.mustSend(w.updateWith("Header", w.Headers[0].Message))
	w.mustSend(&settlementtypes.MsgDistrustClient{Operator: w.sender(), ClientId: w.ClientID})
	head := w.head()
	result := w.mustSend(w.receive(w.Packets[0]))
	raw, err := ibctesting.ParseAckV2FromEvents(result.Events)
	require.NoError(t, err)
	var acknowledgement channeltypesv2.Acknowledgement
	require.NoError(t, proto.Unmarshal(raw, &acknowledgement))
	require.Equal(t, [][]byte{channeltypesv2.ErrorAcknowledgement[:]}, acknowledgement.AppAcknowledgements)
	require.Equal(t, head, w.head())

	w.mustSend(&settlementtypes.MsgTrustClient{Operator: w.sender(), ClientId: w.ClientID})
	w.mustSend(w.receive(w.Packets[6]))
	require.NotEqual(t, head, w.head())
}

func TestOnlyOperatorsSayWhoMayDoWhat(t *testing.T) {
	w := newWorld(t)
	w.setUp()
	operator, stranger := w.sender(), w.account(strangerAccount)
	party := w.Business.Parties[debtor]
	keeper := w.app.SettlementKeeper
	for name, try := range map[string]struct {
		send    func(ctx sdk.Context) error
		refusal []any
	}{
		"trust": {send: func(ctx sdk.Context) error {
			_, err := keeper.TrustClient(ctx, &settlementtypes.MsgTrustClient{Operator: operator, ClientId: w.ClientID})
			return err
		}},
		"trust by a stranger": {send: func(ctx sdk.Context) error {
			_, err := keeper.TrustClient(ctx, &settlementtypes.MsgTrustClient{Operator: stranger, ClientId: w.ClientID})
			return err
		}, refusal: []any{"sdk", uint32(4)}},
		"trust in no client": {send: func(ctx sdk.Context) error {
			_, err := keeper.TrustClient(ctx, &settlementtypes.MsgTrustClient{Operator: operator, ClientId: "poa-evm-9"})
			return err
		}, refusal: []any{"settlement", uint32(9)}},
		"trust for the chain that it follows": {send: func(ctx sdk.Context) error {
			_, err := keeper.TrustClient(ctx, &settlementtypes.MsgTrustClient{Operator: operator, ClientId: w.ClientID, Chains: []string{"1337"}})
			return err
		}},
		"trust for another chain than it follows": {send: func(ctx sdk.Context) error {
			_, err := keeper.TrustClient(ctx, &settlementtypes.MsgTrustClient{Operator: operator, ClientId: w.ClientID, Chains: []string{"1337", "1338"}})
			return err
		}, refusal: []any{"settlement", uint32(3)}},
		"distrust by a stranger": {send: func(ctx sdk.Context) error {
			_, err := keeper.DistrustClient(ctx, &settlementtypes.MsgDistrustClient{Operator: stranger, ClientId: w.ClientID})
			return err
		}, refusal: []any{"sdk", uint32(4)}},
		"distrust in no client": {send: func(ctx sdk.Context) error {
			_, err := keeper.DistrustClient(ctx, &settlementtypes.MsgDistrustClient{Operator: operator, ClientId: "poa-evm-9"})
			return err
		}, refusal: []any{"settlement", uint32(9)}},
		"binding": {send: func(ctx sdk.Context) error {
			_, err := keeper.BindAccount(ctx, &settlementtypes.MsgBindAccount{Operator: operator, Account: stranger, PartyId: party})
			return err
		}},
		"binding by a stranger": {send: func(ctx sdk.Context) error {
			_, err := keeper.BindAccount(ctx, &settlementtypes.MsgBindAccount{Operator: stranger, Account: stranger, PartyId: party})
			return err
		}, refusal: []any{"sdk", uint32(4)}},
		"binding to no party": {send: func(ctx sdk.Context) error {
			_, err := keeper.BindAccount(ctx, &settlementtypes.MsgBindAccount{Operator: operator, Account: stranger, PartyId: make([]byte, 32)})
			return err
		}, refusal: []any{"settlement", uint32(9)}},
		"binding to half a party": {send: func(ctx sdk.Context) error {
			_, err := keeper.BindAccount(ctx, &settlementtypes.MsgBindAccount{Operator: operator, Account: stranger, PartyId: party[1:]})
			return err
		}, refusal: []any{"settlement", uint32(3)}},
		"binding of no account": {send: func(ctx sdk.Context) error {
			_, err := keeper.BindAccount(ctx, &settlementtypes.MsgBindAccount{Operator: operator, Account: "cosmos1", PartyId: party})
			return err
		}, refusal: []any{"sdk", uint32(7)}},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, _ := w.chain.GetContext().CacheContext()
			err := try.send(ctx)
			if try.refusal == nil {
				require.NoError(t, err)
				return
			}
			codespace, code, _ := errorsmod.ABCIInfo(err, true)
			require.Equal(t, try.refusal, []any{codespace, code}, "%v", err)
		})
	}
}

func TestTheThiefOfARevokedAccountActsForNoParty(t *testing.T) {
	w := newWorld(t)
	w.setUp()
	ctx, keeper, operator := w.chain.GetContext(), w.app.SettlementKeeper, w.sender()
	stolen, party := w.account(debtorAccount), w.Business.Parties[debtor]
	execute := func(sender, requestID string, actor []byte, command *settlementv1.Command) error {
		command.RequestId, command.Actor = requestID, actor
		_, err := keeper.Execute(ctx, &settlementtypes.MsgExecute{Sender: sender, Command: command})
		return err
	}
	consent := func(requestID string) error {
		given := &settlementv1.SetConsent{Party: party, Consent: settlementv1.Consent_CONSENT_GIVEN}
		return execute(stolen, requestID, party, &settlementv1.Command{Command: &settlementv1.Command_SetConsent{SetConsent: given}})
	}
	revoke := func(sender, account string) error {
		revoked := &settlementv1.RevokeAccount{Account: account}
		return execute(sender, "revoke "+account, nil, &settlementv1.Command{Command: &settlementv1.Command_RevokeAccount{RevokeAccount: revoked}})
	}
	bind := func() error {
		_, err := keeper.BindAccount(ctx, &settlementtypes.MsgBindAccount{Operator: operator, Account: stolen, PartyId: party})
		return err
	}
	require.NoError(t, bind())
	require.NoError(t, consent("owner"))
	for account, refusal := range map[string][]any{
		"cosmos1": {"sdk", uint32(7)}, strings.ToUpper(stolen): {"settlement", uint32(3)},
	} {
		codespace, code, _ := errorsmod.ABCIInfo(revoke(operator, account), true)
		require.Equal(t, refusal, []any{codespace, code}, account)
	}
	require.ErrorContains(t, revoke(stolen, stolen), "acts neither as an operator")
	require.NoError(t, revoke(operator, stolen))
	require.ErrorContains(t, consent("thief"), "acts neither as an operator")
	require.ErrorContains(t, bind(), "bind another account")
}

func TestTrustedClientsAreBounded(t *testing.T) {
	w := newWorld(t)
	w.setUp()
	ctx := w.chain.GetContext()
	genesis, err := w.app.SettlementKeeper.ExportGenesis(ctx)
	require.NoError(t, err)
	for i := range settlementtypes.MaximumTrustedClients - 1 {
		genesis.TrustedClients = append(genesis.TrustedClients, trusted(fmt.Sprintf("other-%d", i), "1337"))
	}
	again := newWorld(t)
	ctx = again.chain.GetContext()
	require.NoError(t, again.app.SettlementKeeper.InitGenesis(ctx, genesis))
	trust := func(clientID string) error {
		_, err := again.app.SettlementKeeper.TrustClient(ctx, &settlementtypes.MsgTrustClient{Operator: genesis.Operators[0], ClientId: clientID})
		return err
	}
	require.NoError(t, trust(again.ClientID), "a client that is trusted already")
	other := again.createClient(again.ClientState, again.ConsensusState)
	require.ErrorContains(t, trust(other), "distrust one first")
}

func TestBoundAccountsAreListedInPages(t *testing.T) {
	w := newWorld(t)
	w.setUp()
	const accounts = 5
	for number := range accounts {
		w.mustSend(&settlementtypes.MsgBindAccount{Operator: w.sender(), Account: w.account(number), PartyId: w.Business.Parties[debtor]})
	}
	seen := map[string]bool{}
	for after := ""; ; {
		var page settlementtypes.QueryBoundAccountsResponse
		require.Zero(t, w.query("BoundAccounts", &settlementtypes.QueryBoundAccountsRequest{AfterAccount: after, Limit: 2}, &page))
		if len(page.Bindings) == 0 {
			break
		}
		require.LessOrEqual(t, len(page.Bindings), 2)
		for _, binding := range page.Bindings {
			require.False(t, seen[binding.Account])
			seen[binding.Account] = true
			require.Equal(t, []byte(w.Business.Parties[debtor]), binding.PartyId)
			after = binding.Account
		}
	}
	require.Len(t, seen, accounts)
	var none settlementtypes.QueryBoundAccountsResponse
	require.NotZero(t, w.query("BoundAccounts", &settlementtypes.QueryBoundAccountsRequest{AfterAccount: "cosmos1"}, &none))
}
