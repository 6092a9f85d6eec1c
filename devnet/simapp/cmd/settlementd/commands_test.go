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
	return writtenBy(t, "settlement", arguments...)
}

func writtenBy(t *testing.T, module string, arguments ...string) (map[string]any, error) {
	t.Helper()
	root := newRootCommand()
	var out bytes.Buffer
	root.SetOut(&out)
	root.SetErr(&out)
	root.SilenceErrors = true
	root.PersistentFlags().String("home", t.TempDir(), "")
	root.SetArgs(append(append([]string{"tx", module}, arguments...),
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
	registration := inFile(t, `{"request_id":"r","register_party":{"party":{"party_id":"`+party+`","ocpi_id":"DE*KCS","lei":"L"}}}`)
	agreement := inFile(t, `{"request_id":"r","record_agreement":{"replaces":"7","agreement":{"agreement_id":"a","creditor":"`+party+`",
		"netting_modes":["NETTING_MODE_CYCLE"],"currencies":[{"currency":"EUR","exponent":2}]}}}`)
	period := inFile(t, `{"request_id":"r","close_period":{"cut_off_seconds":"1700000000"}}`)
	consent := inFile(t, `{"request_id":"r","set_consent":{"party":"`+party+`","consent":"CONSENT_GIVEN"}}`)
	const prefix = "/interledger.settlement.chain.v1."
	for name, each := range map[string]struct {
		arguments []string
		kind      string
		holds     string
	}{
		"a party":          {[]string{"execute", registration}, "MsgExecute", `"lei":"L"`},
		"an agreement":     {[]string{"execute", agreement}, "MsgExecute", `"netting_modes":["NETTING_MODE_CYCLE"]`},
		"what it replaces": {[]string{"execute", agreement}, "MsgExecute", `"replaces":"7"`},
		"a period":         {[]string{"execute", period}, "MsgExecute", `"cut_off_seconds":"1700000000"`},
		"a binding":        {[]string{"bind-account", app.Authority(), "DE*KCS"}, "MsgBindAccount", `"party_id":"` + party + `"`},
		"a binding's end":  {[]string{"bind-account", app.Authority(), "-"}, "MsgBindAccount", `"party_id":null`},
		"trust":            {[]string{"trust-client", "poa-evm-0"}, "MsgTrustClient", `"client_id":"poa-evm-0"`},
		"trust in a hub":   {[]string{"trust-client", "07-tendermint-0", "--chains", "1337,1338"}, "MsgTrustClient", `"chains":["1337","1338"]`},
		"a port":           {[]string{"bind-port", "poa-evm-0", "facts-7"}, "MsgBindPort", `"port":"facts-7"`},
		"its end":          {[]string{"distrust-client", "poa-evm-0"}, "MsgDistrustClient", `"client_id":"poa-evm-0"`},
		"an actor":         {[]string{"execute", consent, "--actor", "DE*KCS"}, "MsgExecute", `"actor":"` + party + `"`},
		"no actor":         {[]string{"execute", consent}, "MsgExecute", `"actor":null`},
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

func TestCommandsOfAHubWriteTheirMessages(t *testing.T) {
	for name, each := range map[string]struct {
		arguments []string
		kind      string
		holds     string
	}{
		"a route":            {[]string{"set-route", "settle-1", "07-tendermint-3"}, "MsgSetRoute", `"destination":"settle-1","margin_seconds":"600"`},
		"its quotas":         {[]string{"set-route", "1", "x-0", "--quota", "7", "--origin-quota", "5"}, "MsgSetRoute", `"origin_quota":5,"quota":7`},
		"a route of news":    {[]string{"set-route", "1", "x-0", "--origin-client", "y-0"}, "MsgSetRoute", `"origin_client":"y-0"`},
		"the end of a route": {[]string{"remove-route", "settle-1"}, "MsgRemoveRoute", `"destination":"settle-1"`},
		"a port":             {[]string{"bind-port", "poa-evm-0", "facts-7"}, "MsgBindPort", `"port":"facts-7"`},
	} {
		t.Run(name, func(t *testing.T) {
			message, err := writtenBy(t, "forward", each.arguments...)
			require.NoError(t, err)
			require.Equal(t, "/interledger.forward.chain.v1."+each.kind, message["@type"])
			raw, err := json.Marshal(message)
			require.NoError(t, err)
			require.Contains(t, string(raw), each.holds)
		})
	}
	_, err := writtenBy(t, "forward", "set-route", "settle-1")
	require.Error(t, err)
}

func TestCommandsRefuseWhatTheyCannotRead(t *testing.T) {
	for name, arguments := range map[string][]string{
		"no such file":        {"execute", "/nowhere.json"},
		"not JSON":            {"execute", inFile(t, "{")},
		"an unknown mode":     {"execute", inFile(t, `{"record_agreement":{"agreement":{"netting_modes":["ALL"]}}}`)},
		"not a time":          {"execute", inFile(t, `{"close_period":{"cut_off_seconds":"yesterday"}}`)},
		"an unknown command":  {"execute", inFile(t, `{"request_id":"r","jump":{}}`)},
		"an actor in no form": {"execute", inFile(t, `{"request_id":"r"}`), "--actor", "KCS"},
		"too few arguments":   {"execute"},
		"bound to no party":   {"bind-account", app.Authority(), "KCS"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := written(t, arguments...)
			require.Error(t, err)
		})
	}
}
