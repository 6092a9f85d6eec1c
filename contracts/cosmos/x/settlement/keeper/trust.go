package keeper

import (
	"context"

	errorsmod "cosmossdk.io/errors"

	storetypes "github.com/cosmos/cosmos-sdk/store/v2/types"
	sdk "github.com/cosmos/cosmos-sdk/types"

	"interledger.example/cosmos/x/settlement/ledger"
	"interledger.example/cosmos/x/settlement/types"
)

// Which clients facts may come through. On this chain anyone may create a client, with authorities of their own choice who
// vouch for whatever they like, so a client counts for nothing before an operator has looked at it.

// Events of trust, and their attribute.
const (
	EventTypeClientTrusted    = "client_trusted"
	EventTypeClientDistrusted = "client_distrusted"

	AttributeClientID = "client_id"
)

// TrustClient lets facts through a client become liabilities.
func (k Keeper) TrustClient(ctx context.Context, msg *types.MsgTrustClient) (*types.MsgTrustClientResponse, error) {
	if err := k.requireOperator(ctx, msg.Operator); err != nil {
		return nil, err
	}
	if _, found := k.clients.GetClientState(sdk.UnwrapSDKContext(ctx), msg.ClientId); !found {
		return nil, errorsmod.Wrapf(ledger.ErrNotFound, "there is no client %q", msg.ClientId)
	}
	if err := k.trust(ctx, msg.ClientId); err != nil {
		return nil, err
	}
	emit(ctx, EventTypeClientTrusted, sdk.NewAttribute(AttributeClientID, msg.ClientId))
	return &types.MsgTrustClientResponse{}, nil
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

func (k Keeper) trust(ctx context.Context, clientID string) error {
	if !k.isTrusted(ctx, clientID) && len(k.trustedClients(ctx)) >= types.MaximumTrustedClients {
		return errorsmod.Wrapf(ledger.ErrInvalidCommand, "%d clients are trusted already; distrust one first", types.MaximumTrustedClients)
	}
	k.store(ctx).Set(trustedKey(clientID), []byte{1})
	return nil
}

func (k Keeper) isTrusted(ctx context.Context, clientID string) bool {
	return k.store(ctx).Has(trustedKey(clientID))
}

func (k Keeper) trustedClients(ctx context.Context) []string {
	iterator := k.store(ctx).Iterator([]byte{trustedPrefix}, storetypes.PrefixEndBytes([]byte{trustedPrefix}))
	defer iterator.Close()
	var clients []string
	for ; iterator.Valid(); iterator.Next() {
		clients = append(clients, string(iterator.Key()[1:]))
	}
	return clients
}

func trustedKey(clientID string) []byte { return append([]byte{trustedPrefix}, clientID...) }

func emit(ctx context.Context, kind string, attributes ...sdk.Attribute) {
	sdk.UnwrapSDKContext(ctx).EventManager().EmitEvent(sdk.NewEvent(kind, attributes...))
}
