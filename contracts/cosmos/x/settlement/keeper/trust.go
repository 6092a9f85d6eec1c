package keeper

import (
	"context"
	"fmt"
	"slices"
	"strings"

	errorsmod "cosmossdk.io/errors"

	storetypes "github.com/cosmos/cosmos-sdk/store/v2/types"
	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/cosmos/ibc-go/v11/modules/core/exported"
	ibctm "github.com/cosmos/ibc-go/v11/modules/light-clients/07-tendermint"

	"interledger.example/cosmos/x/settlement/ledger"
	"interledger.example/cosmos/x/settlement/types"
)

// Which clients facts may come through, and of which chains. On this chain anyone may create a client, with authorities of their
// own choice who vouch for whatever they like, so a client counts for nothing before an operator has looked at it. A client of a
// contract ledger brings that ledger's facts and no others; a client of a hub brings those of the chains that an operator names.

// Events of trust, and their attributes.
const (
	EventTypeClientTrusted    = "client_trusted"
	EventTypeClientDistrusted = "client_distrusted"

	AttributeClientID = "client_id"
	AttributeChains   = "chains"
)

const chainSeparator = ","

// chainFollower is a client state that names the contract ledger behind it.
type chainFollower interface {
	FollowedChainID() string
}

// TrustClient lets facts of these chains through a client become liabilities.
func (k Keeper) TrustClient(ctx context.Context, msg *types.MsgTrustClient) (*types.MsgTrustClientResponse, error) {
	if err := k.requireOperator(ctx, msg.Operator); err != nil {
		return nil, err
	}
	client, found := k.clients.GetClientState(sdk.UnwrapSDKContext(ctx), msg.ClientId)
	if !found {
		return nil, errorsmod.Wrapf(ledger.ErrNotFound, "there is no client %q", msg.ClientId)
	}
	chains, err := spokenFor(client, msg.Chains)
	if err != nil {
		return nil, errorsmod.Wrapf(ledger.ErrInvalidCommand, "client %s: %s", msg.ClientId, err)
	}
	if err := k.trust(ctx, msg.ClientId, chains); err != nil {
		return nil, err
	}
	emit(ctx, EventTypeClientTrusted, sdk.NewAttribute(AttributeClientID, msg.ClientId),
		sdk.NewAttribute(AttributeChains, strings.Join(chains, chainSeparator)))
	return &types.MsgTrustClientResponse{}, nil
}

// spokenFor are the chains that the client may speak for: those that were asked for, or the one that it follows. A client that
// follows a contract ledger proves nothing of another one.
func spokenFor(client exported.ClientState, asked []string) ([]string, error) {
	if follower, isDirect := client.(chainFollower); isDirect {
		followed := []string{follower.FollowedChainID()}
		if len(asked) > 0 && !slices.Equal(asked, followed) {
			return nil, fmt.Errorf("it follows chain %s and speaks for no other", followed[0])
		}
		return followed, nil
	}
	if len(asked) > 0 {
		return asked, types.CheckChains(asked)
	}
	if tendermint, ok := client.(*ibctm.ClientState); ok {
		return []string{tendermint.ChainId}, nil
	}
	return nil, fmt.Errorf("a client of type %s does not say which chain it follows; name the chains that it may speak for", client.ClientType())
}

// DistrustClient refuses facts through a client from now on. What came before stays, and its news are still sent.
func (k Keeper) DistrustClient(ctx context.Context, msg *types.MsgDistrustClient) (*types.MsgDistrustClientResponse, error) {
	if err := k.requireOperator(ctx, msg.Operator); err != nil {
		return nil, err
	}
	if !k.isTrusted(ctx, msg.ClientId) {
		return nil, errorsmod.Wrapf(ledger.ErrNotFound, "client %q is not trusted", msg.ClientId)
	}
	k.store(ctx).Delete(trustedKey(msg.ClientId))
	emit(ctx, EventTypeClientDistrusted, sdk.NewAttribute(AttributeClientID, msg.ClientId))
	return &types.MsgDistrustClientResponse{}, nil
}

func (k Keeper) trust(ctx context.Context, clientID string, chains []string) error {
	if !k.isTrusted(ctx, clientID) && len(k.trustedClients(ctx)) >= types.MaximumTrustedClients {
		return errorsmod.Wrapf(ledger.ErrInvalidCommand, "%d clients are trusted already; distrust one first", types.MaximumTrustedClients)
	}
	k.store(ctx).Set(trustedKey(clientID), []byte(strings.Join(chains, chainSeparator)))
	return nil
}

func (k Keeper) isTrusted(ctx context.Context, clientID string) bool {
	return k.store(ctx).Has(trustedKey(clientID))
}

// RequireTrust says why facts of a chain may not come through a client.
func (k Keeper) RequireTrust(ctx context.Context, clientID, chainID string) error {
	stored := k.store(ctx).Get(trustedKey(clientID))
	if stored == nil {
		return fmt.Errorf("no operator trusts the client %s", clientID)
	}
	if chains := strings.Split(string(stored), chainSeparator); !slices.Contains(chains, chainID) {
		return fmt.Errorf("facts of chain %s through client %s, which may speak for %s", chainID, clientID, strings.Join(chains, ", "))
	}
	return nil
}

func (k Keeper) trustedClients(ctx context.Context) []*types.TrustedClient {
	iterator := k.store(ctx).Iterator([]byte{trustedPrefix}, storetypes.PrefixEndBytes([]byte{trustedPrefix}))
	defer iterator.Close()
	var clients []*types.TrustedClient
	for ; iterator.Valid(); iterator.Next() {
		clients = append(clients, &types.TrustedClient{
			ClientId: string(iterator.Key()[1:]), Chains: strings.Split(string(iterator.Value()), chainSeparator),
		})
	}
	return clients
}

func trustedKey(clientID string) []byte { return append([]byte{trustedPrefix}, clientID...) }

func emit(ctx context.Context, kind string, attributes ...sdk.Attribute) {
	sdk.UnwrapSDKContext(ctx).EventManager().EmitEvent(sdk.NewEvent(kind, attributes...))
}
