package rules

import (
	errorsmod "cosmossdk.io/errors"

	host "github.com/cosmos/ibc-go/v11/modules/core/24-host"

	wire "interledger.example/cosmos/wire/forwardv1"
	"interledger.example/cosmos/x/settlement/facts"
)

// The order of the checks is part of the protocol: an answer's code says what its sender, or an operator, can do about it.
//
// Time is the hop limit: every forward ends a margin earlier than the packet that it answers, and needs another margin for the
// next leg, so a packet in a loop runs out of time. Nothing is sent back through the client that it came from.

// Decide says what becomes of a packet. A destination that is empty or this ledger's own chain id means here.
func Decide(state ForwardReader, incoming Incoming, ownChainID string, nowSeconds uint64) Outcome {
	if incoming.IsFor(ownChainID) {
		return Here{}
	}
	route := FindRoute(state, incoming)
	if route == nil || incoming.Destination == incoming.Origin || !isUsable(state, route, incoming.InClient) {
		return AnswerNow{Code: facts.NoRoute}
	}
	// Without going below zero, in which nothing is left either.
	timeout := incoming.Timeout - min(incoming.Timeout, route.MarginSeconds)
	timeout = min(timeout, nowSeconds+MaximumTimeoutSeconds)
	if timeout <= nowSeconds+route.MarginSeconds {
		return AnswerNow{Code: facts.NoTimeLeft}
	}
	if isFull(state, route, incoming.InClient) {
		return AnswerNow{Code: facts.RouteFull}
	}
	return SendOn{Route: route, Timeout: timeout}
}

func isUsable(state ForwardReader, route *wire.Route, inClient string) bool {
	return route.ClientId != inClient && state.IsActive(route.ClientId)
}

func isFull(state ForwardReader, route *wire.Route, inClient string) bool {
	key := KeyOfRoute(route)
	return state.OpenForwards(key) >= route.Quota || state.OpenForwardsOf(key, inClient) >= route.OriginQuota
}

// FindRoute is the route for packets through this client, else the one for packets through any, else nil.
//
// News take a route for their own client alone: a payload does not say which ledger they are of, so an operator says from which
// clients a contract ledger takes them. Else every ledger behind the hub could report another's debts as settled.
func FindRoute(state ForwardReader, incoming Incoming) *wire.Route {
	own := state.Route(RouteKey{Destination: incoming.Destination, OriginClient: incoming.InClient})
	if own != nil || incoming.Origin == "" {
		return own
	}
	return state.Route(RouteKey{Destination: incoming.Destination})
}

// CheckRoute refuses a route with a field that breaks a bound. Whether its clients exist, the host knows.
func CheckRoute(route *wire.Route, ownChainID string) error {
	if route == nil {
		return errorsmod.Wrap(ErrInvalidRoute, "there is none in the message")
	}
	if !isChainID(route.Destination) {
		return errorsmod.Wrapf(ErrInvalidRoute, "destination %.80q: expected a chain id of 1 to %d letters, digits and ._-",
			route.Destination, MaximumDestinationBytes)
	}
	if route.Destination == ownChainID {
		return errorsmod.Wrapf(ErrInvalidRoute, "destination %s: it is this ledger itself, which needs no route", route.Destination)
	}
	if err := host.ClientIdentifierValidator(route.ClientId); err != nil {
		return errorsmod.Wrapf(ErrInvalidRoute, "client %.80q: %s", route.ClientId, err)
	}
	if err := host.ClientIdentifierValidator(route.OriginClient); err != nil && route.OriginClient != "" {
		return errorsmod.Wrapf(ErrInvalidRoute, "origin client %.80q: %s", route.OriginClient, err)
	}
	if route.ClientId == route.OriginClient {
		return errorsmod.Wrapf(ErrInvalidRoute, "client %s: nothing is sent back through the client that it came from", route.ClientId)
	}
	if route.OriginQuota < 1 || route.OriginQuota > route.Quota || route.Quota > MaximumForwardQuota {
		return errorsmod.Wrapf(ErrInvalidRoute,
			"quota %d and, for each client, %d: both are 1 to %d, and that for each client is not the larger one",
			route.Quota, route.OriginQuota, MaximumForwardQuota)
	}
	if route.MarginSeconds < MinimumMarginSeconds || route.MarginSeconds > MaximumMarginSeconds {
		return errorsmod.Wrapf(ErrInvalidRoute, "margin of %d seconds: expected %d to %d",
			route.MarginSeconds, MinimumMarginSeconds, MaximumMarginSeconds)
	}
	return nil
}

// CheckRoom refuses a new route beside so many.
func CheckRoom(routes int) error {
	if routes >= MaximumRoutes {
		return errorsmod.Wrapf(ErrTooManyRoutes, "the table has %d routes, which is the most; remove one first", routes)
	}
	return nil
}

func isChainID(text string) bool {
	if len(text) < 1 || len(text) > MaximumDestinationBytes {
		return false
	}
	for _, c := range []byte(text) {
		isLetter := 'A' <= c && c <= 'Z' || 'a' <= c && c <= 'z'
		isDigit := '0' <= c && c <= '9'
		if !isLetter && !isDigit && c != '.' && c != '_' && c != '-' {
			return false
		}
	}
	return true
}
