package keeper

import (
	"context"

	errorsmod "cosmossdk.io/errors"

	storetypes "github.com/cosmos/cosmos-sdk/store/v2/types"
	sdk "github.com/cosmos/cosmos-sdk/types"

	host "github.com/cosmos/ibc-go/v11/modules/core/24-host"

	"interledger.example/cosmos/x/settlement/facts"
	"interledger.example/cosmos/x/settlement/ledger"
	"interledger.example/cosmos/x/settlement/types"
)

// From which port of its counterparty facts through a client come, and where the news of them go. Anyone may register an
// application on the counterparty, so a client alone does not say whose facts they are. An operator binds it once; the first
// facts bind a client that no operator bound, to this application's own port. A binding never changes: facts that are on their way,
// and news of earlier ones, would meet another application.

// Event of a binding, and its attribute beside AttributeClientID.
const (
	EventTypePortBound = "port_bound"

	AttributePort = "port"
)

// BindPort binds a client to a port; a repeat changes nothing.
func (k Keeper) BindPort(ctx context.Context, msg *types.MsgBindPort) (*types.MsgBindPortResponse, error) {
	if err := k.requireOperator(ctx, msg.Operator); err != nil {
		return nil, err
	}
	if _, found := k.clients.GetClientState(sdk.UnwrapSDKContext(ctx), msg.ClientId); !found {
		return nil, errorsmod.Wrapf(ledger.ErrNotFound, "there is no client %q", msg.ClientId)
	}
	if err := k.TakePort(ctx, msg.ClientId, msg.Port); err != nil {
		return nil, err
	}
	return &types.MsgBindPortResponse{}, nil
}

// TakePort binds a client that is bound to no port yet, and refuses another port than the bound one.
func (k Keeper) TakePort(ctx context.Context, clientID, port string) error {
	if err := host.PortIdentifierValidator(port); err != nil {
		return errorsmod.Wrap(ledger.ErrInvalidCommand, err.Error())
	}
	switch bound := string(k.store(ctx).Get(portKey(clientID))); bound {
	case port:
	case "":
		k.store(ctx).Set(portKey(clientID), []byte(port))
		emit(ctx, EventTypePortBound, sdk.NewAttribute(AttributeClientID, clientID), sdk.NewAttribute(AttributePort, port))
	default:
		return errorsmod.Wrapf(ledger.ErrWrongState,
			"client %s is bound to port %s for good; open another channel for port %s", clientID, bound, port)
	}
	return nil
}

// PortOf is the port that the client is bound to, or would be by its first facts.
func (k Keeper) PortOf(ctx context.Context, clientID string) string {
	if bound := k.store(ctx).Get(portKey(clientID)); bound != nil {
		return string(bound)
	}
	return facts.Port
}

func (k Keeper) clientPorts(ctx context.Context) []*types.ClientPort {
	iterator := k.store(ctx).Iterator([]byte{portPrefix}, storetypes.PrefixEndBytes([]byte{portPrefix}))
	defer iterator.Close()
	var ports []*types.ClientPort
	for ; iterator.Valid(); iterator.Next() {
		ports = append(ports, &types.ClientPort{ClientId: string(iterator.Key()[1:]), Port: string(iterator.Value())})
	}
	return ports
}

func portKey(clientID string) []byte { return append([]byte{portPrefix}, clientID...) }
