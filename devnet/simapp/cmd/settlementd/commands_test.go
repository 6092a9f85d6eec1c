package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cosmos/cosmos-sdk/client"
	"github.com/cosmos/cosmos-sdk/server"

	"interledger.example/cosmos/x/settlement/facts"
	"interledger.example/simapp/app"
)

// written is the only message of the transaction that a command would send.
func written(t *testing.T, arguments ...string) (map[string]any, error) {
	t.Helper()
	root := newRootCommand()
	var out bytes.Buffer
	root.SetOut(&out)
	root.SetErr(&out)
	root.SilenceErrors = true
	root.PersistentFlags().String("home", t.TempDir(), "")
	root.SetArgs(append(append([]string{"tx", "settlement"}, arguments...),
		"--from", app.Authority(), "--generate-only", "--offline", "--account-number", "1", "--sequence", "1"))
	ctx := context.WithValue(context.Background(), client.ClientContextKey, &client.Context{})
	ctx = context.WithValue(ctx, server.ServerContextKey, server.NewDefaultContext())
	if err := root.ExecuteContext(ctx); err != nil {
		return nil, err
	}
	var transaction struct {
		Body struct {
			Messages []map[string]any `json:"messages"`
		} `json:"body"`
	}
	require.NoError(t, json.Unmarshal(out.Bytes(), &transaction), out.String())
	require.Len(t, transaction.Body.Messages, 1)
	return transaction.Body.Messages[0], nil
}

func inFile(t *testing.T, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file.json")
	require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
	return path
}

func TestCommandsWriteTheirMessages(t *testing.T) {
	partyID, ok := facts.PartyID("DE*KCS")
	require.True(t, ok)
	party := base64.StdEncoding.EncodeToString(partyID[:])
	agreement := inFile(t, `{"agreement_id":"a","creditor":"DE*KCS","debtor":"DE*NBM","netting_modes":["CYCLE"],
		"currencies":[{"currency":"EUR","exponent":2}]}`)
	consent := inFile(t, `{"request_id":"r","set_consent":{"party":"`+party+`","consent":"CONSENT_GIVEN"}}`)
	const prefix = "/interledger.settlement.chain.v1."
	for name, each := range map[string]struct {
		arguments []string
		kind      string
		holds     string
	}{
		"a party":         {[]string{"register-party", "r", "DE*KCS", "KiezCar", "--lei", "L"}, "MsgRegisterParty", `"lei":"L"`},
		"an agreement":    {[]string{"record-agreement", "r", agreement}, "MsgRecordAgreement", `"netting_modes":["NETTING_MODE_CYCLE"]`},
		"a period":        {[]string{"close-period", "r", "1700000000"}, "MsgClosePeriod", `"cut_off_seconds":"1700000000"`},
		"a binding":       {[]string{"bind-account", app.Authority(), "DE*KCS"}, "MsgBindAccount", `"party_id":"` + party + `"`},
		"a binding's end": {[]string{"bind-account", app.Authority(), "-"}, "MsgBindAccount", `"party_id":null`},
		"trust":           {[]string{"trust-client", "poa-evm-0"}, "MsgTrustClient", `"client_id":"poa-evm-0"`},
		"its end":         {[]string{"distrust-client", "poa-evm-0"}, "MsgDistrustClient", `"client_id":"poa-evm-0"`},
		"any step":        {[]string{"clear", consent, "--actor", "DE*KCS"}, "MsgClear", `"actor":"` + party + `"`},
		"pending":         {[]string{"mark-payment-pending", "r", "P-1"}, "MsgClear", `"mark_payment_pending":{"payment_id":"P-1"}`},
		"release":         {[]string{"release-dispute", "r", "D-1"}, "MsgClear", `"release_dispute":{"dispute_id":"D-1"}`},
		"verification":    {[]string{"verify-cycle", "r", "C-1", "00ff"}, "MsgClear", `"proof_hash":"AP8="`},
		"commit":          {[]string{"commit-cycle", "r", "C-1"}, "MsgClear", `"commit_cycle":{"cycle_id":"C-1"}`},
		"abort":           {[]string{"abort-cycle", "r", "C-1"}, "MsgClear", `"abort_cycle":{"cycle_id":"C-1"}`},
	} {
		t.Run(name, func(t *testing.T) {
			message, err := written(t, each.arguments...)
			require.NoError(t, err)
			require.Equal(t, prefix+each.kind, message["@type"])
			raw, err := json.Marshal(message)
			require.NoError(t, err)
			require.Contains(t, string(raw), each.holds)
		})
	}
}

func TestCommandsRefuseWhatTheyCannotRead(t *testing.T) {
	for name, arguments := range map[string][]string{
		"no party id":         {"register-party", "r", "KCS", "KiezCar"},
		"no such file":        {"record-agreement", "r", "/nowhere.json"},
		"no JSON":             {"record-agreement", "r", inFile(t, "{")},
		"no parties":          {"record-agreement", "r", inFile(t, `{"agreement_id":"a"}`)},
		"an unknown mode":     {"record-agreement", "r", inFile(t, `{"creditor":"DE*KCS","debtor":"DE*NBM","netting_modes":["ALL"]}`)},
		"no time":             {"close-period", "r", "yesterday"},
		"bound to no party":   {"bind-account", app.Authority(), "KCS"},
		"an unknown step":     {"clear", inFile(t, `{"request_id":"r","jump":{}}`)},
		"no file of a step":   {"clear", "/nowhere.json"},
		"an actor in no form": {"commit-cycle", "r", "C-1", "--actor", "KCS"},
		"no hash":             {"verify-cycle", "r", "C-1", "xyz"},
		"too few arguments":   {"commit-cycle", "r"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := written(t, arguments...)
			require.Error(t, err)
		})
	}
}
