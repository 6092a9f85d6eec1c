package keeper

import (
	"context"

	errorsmod "cosmossdk.io/errors"

	sdk "github.com/cosmos/cosmos-sdk/types"
	sdkerrors "github.com/cosmos/cosmos-sdk/types/errors"

	"interledger.example/cosmos/x/forward/rules"
	"interledger.example/cosmos/x/forward/types"
)

var _ types.MsgServer = Keeper{}

// Events of the route table, with AttributeDestination and these attributes.
const (
	EventTypeRouteSet     = "route_set"
	EventTypeRouteRemoved = "route_removed"

	AttributeOriginClient = "origin_client"
	AttributeClientID     = "client_id"
)

// SetRoute sets a route, in the place of the one with the same key.
func (k Keeper) SetRoute(ctx context.Context, msg *types.MsgSetRoute) (*types.MsgSetRouteResponse, error) {
	if err := k.requireOperator(ctx, msg.Operator); err != nil {
		return nil, err
	}
	sdkCtx := sdk.UnwrapSDKContext(ctx)
	if err := rules.CheckRoute(msg.Route, sdkCtx.ChainID()); err != nil {
		return nil, err
	}
	for _, clientID := range []string{msg.Route.ClientId, msg.Route.OriginClient} {
		if clientID == "" {
			continue
		}
		if _, found := k.ibc.Counterparties.GetClientCounterparty(sdkCtx, clientID); !found {
			return nil, errorsmod.Wrapf(rules.ErrClientNotFound, "client %s does not exist or has no counterparty", clientID)
		}
	}
	if k.state(sdkCtx).Route(rules.KeyOfRoute(msg.Route)) == nil {
		if err := rules.CheckRoom(len(k.routes(ctx))); err != nil {
			return nil, err
		}
	}
	k.setRoute(ctx, msg.Route)
	sdkCtx.EventManager().EmitEvent(sdk.NewEvent(EventTypeRouteSet,
		sdk.NewAttribute(AttributeDestination, msg.Route.Destination),
		sdk.NewAttribute(AttributeOriginClient, msg.Route.OriginClient),
		sdk.NewAttribute(AttributeClientID, msg.Route.ClientId)))
	return &types.MsgSetRouteResponse{}, nil
}

// RemoveRoute takes a route away. What was sent on by it still gets its answer.
func (k Keeper) RemoveRoute(ctx context.Context, msg *types.MsgRemoveRoute) (*types.MsgRemoveRouteResponse, error) {
	if err := k.requireOperator(ctx, msg.Operator); err != nil {
		return nil, err
	}
	key := rules.RouteKey{Destination: msg.Destination, OriginClient: msg.OriginClient}
	if k.state(sdk.UnwrapSDKContext(ctx)).Route(key) == nil {
		return nil, errorsmod.Wrapf(rules.ErrRouteNotFound, "there is no route to %.80q for packets through %.80q", msg.Destination, msg.OriginClient)
	}
	k.store(ctx).Delete(routeKey(key))
	sdk.UnwrapSDKContext(ctx).EventManager().EmitEvent(sdk.NewEvent(EventTypeRouteRemoved,
		sdk.NewAttribute(AttributeDestination, msg.Destination), sdk.NewAttribute(AttributeOriginClient, msg.OriginClient)))
	return &types.MsgRemoveRouteResponse{}, nil
}

// BindPort binds a client to a port; a repeat changes nothing.
func (k Keeper) BindPort(ctx context.Context, msg *types.MsgBindPort) (*types.MsgBindPortResponse, error) {
	if err := k.requireOperator(ctx, msg.Operator); err != nil {
		return nil, err
	}
	if k.settlement != nil {
		return nil, errorsmod.Wrap(rules.ErrInvalidRoute, "this chain settles as well, and its settlement application binds ports; send it the message")
	}
	if _, found := k.ibc.Counterparties.GetClientCounterparty(sdk.UnwrapSDKContext(ctx), msg.ClientId); !found {
		return nil, errorsmod.Wrapf(rules.ErrClientNotFound, "client %.80q does not exist or has no counterparty", msg.ClientId)
	}
	if err := k.bindPort(ctx, msg.ClientId, msg.Port); err != nil {
		return nil, err
	}
	return &types.MsgBindPortResponse{}, nil
}

func (k Keeper) requireOperator(ctx context.Context, operator string) error {
	account, err := k.addresses.StringToBytes(operator)
	if err != nil {
		return errorsmod.Wrapf(sdkerrors.ErrInvalidAddress, "operator %q: %s", operator, err)
	}
	if operator == k.authority || k.settlement != nil && k.settlement.IsOperator(ctx, account) {
		return nil
	}
	return errorsmod.Wrapf(sdkerrors.ErrUnauthorized, "%s is neither the chain's authority nor an operator of its settlement application", operator)
}
