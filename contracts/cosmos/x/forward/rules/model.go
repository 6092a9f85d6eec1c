// Package rules is what a hub does with a packet that is for another ledger, and with what comes back. It is pure: no store, no
// clock. relayer/forwarding of the project's Python decides the same, name by name, and both run the cases below
// tests/cases/forward.
package rules

import (
	wire "interledger.example/cosmos/wire/forwardv1"
	"interledger.example/cosmos/x/settlement/facts"
)

// RouteKey is what a route is found by. Without an OriginClient it is for facts through any client.
type RouteKey struct {
	Destination  string
	OriginClient string
}

// KeyOfRoute is what the route is found by.
func KeyOfRoute(route *wire.Route) RouteKey {
	return RouteKey{Destination: route.Destination, OriginClient: route.OriginClient}
}

// KeyOfForward is the route that the forward took, which may be gone by now.
func KeyOfForward(forward *wire.Forward) RouteKey {
	return RouteKey{Destination: forward.Destination, OriginClient: forward.OriginClient}
}

// Incoming is what is asked about a packet that has arrived and was proven.
type Incoming struct {
	InClient string
	// Timeout in Unix seconds.
	Timeout uint64
	// Destination is the chain id that the payload names: of facts the destination, of news the contract ledger.
	Destination string
	// Origin is the chain id that the payload's facts come from; empty: it says none, as news do.
	Origin string
}

// IsFor says whether the packet is for the ledger with that chain id, which it has reached.
func (i Incoming) IsFor(ownChainID string) bool {
	return i.Destination == "" || i.Destination == ownChainID
}

// ForwardReader is the hub's state that decisions are made of.
type ForwardReader interface {
	// Route with exactly this key, or nil.
	Route(key RouteKey) *wire.Route
	// OpenForwards of a route.
	OpenForwards(key RouteKey) uint32
	// OpenForwardsOf a route that came through one client.
	OpenForwardsOf(key RouteKey, inClient string) uint32
	// IsActive says whether the client can be used: it exists, and is neither frozen nor expired.
	IsActive(clientID string) bool
}

// Outcome is Here, SendOn or AnswerNow.
type Outcome interface{ isOutcome() }

// Here: the packet is for this ledger.
type Here struct{}

// SendOn: the packet is sent on by this route, with this timeout.
type SendOn struct {
	Route   *wire.Route
	Timeout uint64
}

// AnswerNow: the packet goes no further, everything in it is answered with this code.
type AnswerNow struct {
	Code facts.Code
}

func (Here) isOutcome()      {}
func (SendOn) isOutcome()    {}
func (AnswerNow) isOutcome() {}
