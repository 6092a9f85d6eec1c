package keeper

import (
	"context"

	errorsmod "cosmossdk.io/errors"

	sdk "github.com/cosmos/cosmos-sdk/types"

	host "github.com/cosmos/ibc-go/v11/modules/core/24-host"

	"interledger.example/cosmos/x/forward/rules"
	"interledger.example/cosmos/x/forward/types"
	"interledger.example/cosmos/x/settlement/facts"
)

// From which port of its counterparty packets through a client come, and to which port packets through it go. Anyone may register
// an application on the counterparty, so a client alone does not say whose packets they are. A chain that settles as well has one
// binding for both applications, the settlement application's. Otherwise a client is bound here: once, for good, by an operator or,
// to the applications' own port, by the first packet.

// portOf is the port that the client is bound to, or would be by its first packet.
func (k Keeper) portOf(ctx context.Context, clientID string) string {
	if k.settlement != nil {
		return k.settlement.PortOf(ctx, clientID)
	}
	if bound := k.store(ctx).Get(portKey(clientID)); bound != nil {
		return string(bound)
	}
	return facts.Port
}

// requireTrust says why facts of a chain may not come through a client: a ledger behind it would speak for a chain that is not
// there. A chain that settles as well trusts clients for named chains. Otherwise the route table says where a chain is: its facts
// come only from where the news of them go.
func (k Keeper) requireTrust(ctx sdk.Context, incoming rules.Incoming) error {
	switch {
	case incoming.Origin == "":
		return nil
	case k.settlement != nil:
		return k.settlement.RequireTrust(ctx, incoming.InClient, incoming.Origin)
	case k.state(ctx).leadsTo(incoming.Origin, incoming.InClient):
		return nil
	default:
		return errorsmod.Wrapf(rules.ErrInvalidRoute, "facts of chain %s through client %s, through which no route leads to that chain",
			incoming.Origin, incoming.InClient)
	}
}

// takePort refuses a packet from another port than the client's, and binds a client that is bound to none.
func (k Keeper) takePort(ctx context.Context, clientID, port string) error {
	if expected := k.portOf(ctx, clientID); port != expected {
		return errorsmod.Wrapf(rules.ErrInvalidRoute, "a packet through client %s from port %.128s; expected %s", clientID, port, expected)
	}
	if k.settlement != nil {
		return k.settlement.TakePort(ctx, clientID, port)
	}
	return k.bindPort(ctx, clientID, port)
}

func (k Keeper) bindPort(ctx context.Context, clientID, port string) error {
	if err := host.PortIdentifierValidator(port); err != nil {
		return errorsmod.Wrap(rules.ErrInvalidRoute, err.Error())
	}
	switch bound := string(k.store(ctx).Get(portKey(clientID))); bound {
	case port:
	case "":
		k.store(ctx).Set(portKey(clientID), []byte(port))
		sdk.UnwrapSDKContext(ctx).EventManager().EmitEvent(sdk.NewEvent("port_bound",
			sdk.NewAttribute("client_id", clientID), sdk.NewAttribute("port", port)))
	default:
		return errorsmod.Wrapf(rules.ErrInvalidRoute,
			"client %s is bound to port %s for good; open another channel for port %s", clientID, bound, port)
	}
	return nil
}

func (k Keeper) clientPorts(ctx context.Context) []*types.ClientPort {
	var ports []*types.ClientPort
	eachRecord(k.store(ctx), []byte{portPrefix}, func(key, value []byte) bool {
		ports = append(ports, &types.ClientPort{ClientId: string(key[1:]), Port: string(value)})
		return true
	})
	return ports
}

func portKey(clientID string) []byte { return append([]byte{portPrefix}, clientID...) }
