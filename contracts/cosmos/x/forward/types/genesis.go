package types

import (
	"errors"
	"fmt"

	host "github.com/cosmos/ibc-go/v11/modules/core/24-host"

	wire "interledger.example/cosmos/wire/forwardv1"
	"interledger.example/cosmos/x/forward/rules"
)

// DefaultGenesis has no routes: everything for another ledger is answered with no_route.
func DefaultGenesis() *GenesisState { return &GenesisState{} }

// Validate looks at what can be seen without core IBC's state. The chain id decides whether a route leads here; it is looked at
// when the chain starts.
func (g *GenesisState) Validate() error {
	if len(g.Routes) > rules.MaximumRoutes {
		return fmt.Errorf("forward genesis: %d routes, at most %d", len(g.Routes), rules.MaximumRoutes)
	}
	seen := map[rules.RouteKey]bool{}
	for _, route := range g.Routes {
		if err := rules.CheckRoute(route, ""); err != nil {
			return fmt.Errorf("forward genesis: %w", err)
		}
		if seen[rules.KeyOfRoute(route)] {
			return fmt.Errorf("forward genesis: the route to %s is there twice", route.Destination)
		}
		seen[rules.KeyOfRoute(route)] = true
	}
	open, answers := map[packetID]bool{}, map[packetID]bool{}
	for _, forward := range g.Forwards {
		if err := validateForward(forward); err != nil {
			return fmt.Errorf("forward genesis: forward %s/%d: %w", forward.OutClient, forward.OutSequence, err)
		}
		sent, received := packetID{forward.OutClient, forward.OutSequence}, packetID{forward.InClient, forward.InSequence}
		if open[sent] || answers[received] {
			return fmt.Errorf("forward genesis: forward %s/%d is there twice, or another one answers the same packet", sent.clientID, sent.sequence)
		}
		open[sent], answers[received] = true, true
	}
	for _, bound := range g.ClientPorts {
		if err := bound.validate(); err != nil {
			return fmt.Errorf("forward genesis: port of client %s: %w", bound.ClientId, err)
		}
	}
	return nil
}

type packetID struct {
	clientID string
	sequence uint64
}

func validateForward(forward *wire.Forward) error {
	for _, clientID := range []string{forward.InClient, forward.OutClient} {
		if err := host.ClientIdentifierValidator(clientID); err != nil {
			return err
		}
	}
	if forward.OriginClient != "" && forward.OriginClient != forward.InClient {
		return fmt.Errorf("a packet through %s went by a route for %s", forward.InClient, forward.OriginClient)
	}
	if forward.InSequence == 0 || forward.OutSequence == 0 || forward.InClient == forward.OutClient {
		return errors.New("it has no sequence, or goes back to where it came from")
	}
	if forward.OutTimeout >= forward.InTimeout {
		return fmt.Errorf("it ends at %d, not before the packet that it answers, %d", forward.OutTimeout, forward.InTimeout)
	}
	return nil
}

func (p *ClientPort) validate() error {
	if err := host.ClientIdentifierValidator(p.ClientId); err != nil {
		return err
	}
	return host.PortIdentifierValidator(p.Port)
}
