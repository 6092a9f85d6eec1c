package app

import (
	forwardkeeper "interledger.example/cosmos/x/forward/keeper"
	forwardtypes "interledger.example/cosmos/x/forward/types"
)

// HubAlone is the chain's hub as that of a chain that does not itself settle.
func (app *App) HubAlone() forwardkeeper.Keeper {
	return forwardkeeper.NewKeeper(app.store(forwardtypes.StoreKey), app.AccountKeeper.AddressCodec(), Authority(), forwardkeeper.IBC{
		Clients: app.IBCKeeper.ClientKeeper, Counterparties: app.IBCKeeper.ClientV2Keeper, Channels: app.IBCKeeper.ChannelKeeperV2,
	}, nil)
}
