package app_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	clienttypes "github.com/cosmos/ibc-go/v11/modules/core/02-client/types"
	"github.com/cosmos/ibc-go/v11/modules/core/exported"

	"interledger.example/cosmos/light-clients/poaevm"
	"interledger.example/simapp/app"
)

func TestEvidenceFreezesAndTheAuthorityRecovers(t *testing.T) {
	w := newWorld(t)
	w.mustSend(w.updateWith("Header", w.Headers[0].Message))
	w.mustSend(w.updateWith("Misbehaviour", w.Misbehaviour))
	require.Equal(t, exported.Frozen, w.status(w.ClientID))
	_, err := w.chain.SendMsgs(w.receive(w.Packets[0]))
	require.ErrorContains(t, err, "Frozen")
	_, err = w.chain.SendMsgs(w.updateWith("Header", w.Headers[0].Message))
	require.ErrorContains(t, err, "Frozen")

	w.goTo(w.Headers[2].TimeSeconds)
	substitute := w.createClient(w.SubstituteClientState, w.SubstituteConsensusState)
	recovery := clienttypes.NewMsgRecoverClient(w.sender(), w.ClientID, substitute)
	_, err = w.chain.SendMsgs(recovery)
	require.Error(t, err, "an account that is not the chain's authority")
	recovery.Signer = app.Authority()
	_, err = w.app.IBCKeeper.RecoverClient(w.chain.GetContext(), recovery)
	require.NoError(t, err)
	w.chain.NextBlock()
	require.Equal(t, exported.Active, w.status(w.ClientID))
	_, found := w.app.IBCKeeper.ClientKeeper.GetClientConsensusState(w.chain.GetContext(), w.ClientID, clienttypes.NewHeight(0, 11))
	require.False(t, found, "what was learnt before the recovery is not trusted any more")
}

func TestAuthoritiesHandOverWhilePacketsFlow(t *testing.T) {
	w := newWorld(t)
	w.setUp()
	w.mustSend(w.updateWith("Header", w.Headers[0].Message))
	w.mustSend(w.receive(w.Packets[0]))
	w.mustSend(w.updateWith("AuthorityRotation", w.Rotation))
	require.Equal(t, exported.Active, w.status(w.ClientID))
	w.mustSend(w.receive(w.Packets[1]))
	_, err := w.chain.SendMsgs(w.updateWith("Header", w.Headers[1].Message))
	require.ErrorContains(t, err, string(poaevm.UnknownSigner), "those who handed over do not vouch any more")
	_, err = w.chain.SendMsgs(w.updateWith("AuthorityRotation", w.Rotation))
	require.ErrorContains(t, err, string(poaevm.BadGeneration), "the same rotation again")
	w.mustSend(w.updateWith("Header", w.RotatedHeader))
	w.mustSend(w.receive(w.Packets[3]))
	w.mustSend(w.updateWith("Misbehaviour", w.RetiredMisbehaviour))
	require.Equal(t, exported.Frozen, w.status(w.ClientID), "evidence about a block of their time still counts")
	_, err = w.chain.SendMsgs(w.updateWith("AuthorityRotation", w.Rotation))
	require.ErrorContains(t, err, "Frozen")
}

func TestAClientExpiresUnlessItIsUpdatedAndForgetsWhatIsTooOld(t *testing.T) {
	w := newWorld(t)
	has := func(height uint64) bool {
		_, found := w.app.IBCKeeper.ClientKeeper.GetClientConsensusState(w.chain.GetContext(), w.ClientID, clienttypes.NewHeight(0, height))
		return found
	}
	for i, header := range w.Headers {
		if i > 0 {
			w.goTo(header.TimeSeconds)
		}
		w.mustSend(w.updateWith("Header", header.Message))
		w.mustSend(w.updateWith("Header", header.Message))
		require.True(t, has(header.Height))
	}
	require.False(t, has(10))
	require.False(t, has(11))
	require.True(t, has(20_000))
	w.goTo(w.Headers[2].TimeSeconds + 86_400)
	require.Equal(t, exported.Expired, w.status(w.ClientID))
	_, err := w.chain.SendMsgs(w.updateWith("Header", w.Headers[2].Message))
	require.ErrorContains(t, err, "Expired")
}
