package keeper

import (
	"fmt"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"interledger.example/cosmos/x/forward/rules"
	"interledger.example/cosmos/x/forward/types"
)

// InitGenesis must come after core IBC's, which brings the packets that open forwards answer.
func (k Keeper) InitGenesis(ctx sdk.Context, genesis *types.GenesisState) error {
	if err := genesis.Validate(); err != nil {
		return err
	}
	for _, route := range genesis.Routes {
		if err := rules.CheckRoute(route, ctx.ChainID()); err != nil {
			return fmt.Errorf("forward genesis: %w", err)
		}
		k.setRoute(ctx, route)
	}
	for _, forward := range genesis.Forwards {
		if _, found := k.ibc.Channels.GetAsyncPacket(ctx, forward.InClient, forward.InSequence); !found {
			return fmt.Errorf("forward genesis: core IBC has no open packet %s/%d, which a forward answers", forward.InClient, forward.InSequence)
		}
		k.open(ctx, forward)
	}
	for _, bound := range genesis.ClientPorts {
		if err := k.bindPort(ctx, bound.ClientId, bound.Port); err != nil {
			return fmt.Errorf("forward genesis: %w", err)
		}
	}
	return nil
}

// ExportGenesis gives what InitGenesis needs to reach the same state.
func (k Keeper) ExportGenesis(ctx sdk.Context) *types.GenesisState {
	return &types.GenesisState{
		Routes: k.routes(ctx), Forwards: k.forwards(ctx, "", 0, 0), ClientPorts: k.clientPorts(ctx),
	}
}
