package keeper

import (
	"context"
	"slices"

	wire "interledger.example/cosmos/wire/forwardv1"
	"interledger.example/cosmos/x/forward/rules"
	"interledger.example/cosmos/x/forward/types"

	sdk "github.com/cosmos/cosmos-sdk/types"
)

// Queries answers what the chain tells about the hub.
type Queries struct {
	keeper Keeper
}

var _ types.QueryServer = Queries{}

// NewQueries reads through the keeper.
func NewQueries(keeper Keeper) Queries { return Queries{keeper: keeper} }

// Routes of the table with their open forwards, and routes that were removed while forwards are open.
func (q Queries) Routes(ctx context.Context, _ *wire.ListRoutesRequest) (*wire.ListRoutesResponse, error) {
	current := q.keeper.state(sdk.UnwrapSDKContext(ctx))
	uses := map[rules.RouteKey]*wire.RouteUse{}
	for _, route := range q.keeper.routes(ctx) {
		uses[rules.KeyOfRoute(route)] = &wire.RouteUse{Route: route}
	}
	eachRecord(current.store, []byte{openPrefix}, func(key, value []byte) bool {
		slash := slices.Index(key, separator)
		found := rules.RouteKey{Destination: string(key[1:slash]), OriginClient: string(key[slash+1:])}
		if uses[found] == nil {
			uses[found] = &wire.RouteUse{Route: &wire.Route{Destination: found.Destination, OriginClient: found.OriginClient}}
		}
		uses[found].OpenForwards = decodeCounter(value)
		return true
	})
	response := &wire.ListRoutesResponse{}
	for _, use := range uses {
		response.Routes = append(response.Routes, use)
	}
	slices.SortFunc(response.Routes, func(a, b *wire.RouteUse) int {
		return slices.Compare(routeKey(rules.KeyOfRoute(a.Route)), routeKey(rules.KeyOfRoute(b.Route)))
	})
	return response, nil
}

// Forwards that are open, in pages.
func (q Queries) Forwards(ctx context.Context, request *wire.ListForwardsRequest) (*wire.ListForwardsResponse, error) {
	limit := int(request.GetLimit())
	if limit == 0 || limit > rules.MaximumListed {
		limit = rules.MaximumListed
	}
	return &wire.ListForwardsResponse{
		Forwards: q.keeper.forwards(ctx, request.GetAfterOutClient(), request.GetAfterOutSequence(), limit),
	}, nil
}

// BoundPort of a client; the applications' own for one that is bound to none.
func (q Queries) BoundPort(ctx context.Context, request *types.QueryBoundPortRequest) (*types.QueryBoundPortResponse, error) {
	return &types.QueryBoundPortResponse{Port: q.keeper.portOf(ctx, request.GetClientId())}, nil
}
