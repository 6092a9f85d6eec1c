package types

import (
	"bytes"
	"fmt"
	"math"
	"regexp"

	"cosmossdk.io/core/address"

	host "github.com/cosmos/ibc-go/v11/modules/core/24-host"

	"interledger.example/cosmos/wire/settlementv1"
	"interledger.example/cosmos/x/settlement/facts"
	"interledger.example/cosmos/x/settlement/ledger"
)

var (
	// contractChainForm is that of EIP-155 ids in decimal.
	contractChainForm = regexp.MustCompile(`^[1-9][0-9]{0,77}$`)
	// chainIDForm is that of CometBFT's chain ids as well.
	chainIDForm = regexp.MustCompile(`^[A-Za-z0-9._-]{1,78}$`)
)

// DefaultGenesis has no operators and an empty log. The chain's authority can name operators later.
func DefaultGenesis() *GenesisState { return &GenesisState{} }

// Validate looks at what can be seen without replaying the log, which happens at the chain's start.
func (g *GenesisState) Validate() error {
	const hashBytes = 32
	if len(g.Operators) > MaximumOperators {
		return fmt.Errorf("settlement genesis: %d operators, at most %d", len(g.Operators), MaximumOperators)
	}
	if len(g.Events) == 0 && len(g.HeadHash) != 0 || len(g.Events) > 0 && len(g.HeadHash) != hashBytes {
		return fmt.Errorf("settlement genesis: a log has a head hash of %d bytes, an empty one has none", hashBytes)
	}
	if len(g.TrustedClients) > MaximumTrustedClients {
		return fmt.Errorf("settlement genesis: %d trusted clients, at most %d", len(g.TrustedClients), MaximumTrustedClients)
	}
	for _, trusted := range g.TrustedClients {
		if err := trusted.validate(); err != nil {
			return fmt.Errorf("settlement genesis: trusted client %q: %w", trusted.ClientId, err)
		}
	}
	for _, bound := range g.ClientPorts {
		if err := bound.validate(); err != nil {
			return err
		}
	}
	return g.Outbox.validate(uint64(len(g.Events)))
}

func (c *TrustedClient) validate() error {
	if err := host.ClientIdentifierValidator(c.ClientId); err != nil {
		return err
	}
	if len(c.Chains) == 1 && chainIDForm.MatchString(c.Chains[0]) {
		return nil // the chain that the client itself follows
	}
	return CheckChains(c.Chains)
}

// CheckChains refuses anything but a list of 1 to 256 EIP-155 ids, ascending and each once. There is no wildcard.
func CheckChains(chains []string) error {
	if len(chains) == 0 || len(chains) > ledger.MaximumTrustedChains {
		return fmt.Errorf("%d chains, expected 1 to %d", len(chains), ledger.MaximumTrustedChains)
	}
	for i, chainID := range chains {
		if !contractChainForm.MatchString(chainID) {
			return fmt.Errorf("chain %.80q: expected the chain id of a contract ledger, decimal; there is no wildcard", chainID)
		}
		if i > 0 && !isBelow(chains[i-1], chainID) {
			return fmt.Errorf("chain %s follows %s; name each once, in ascending order", chainID, chains[i-1])
		}
	}
	return nil
}

// isBelow compares decimal numbers without leading zeros.
func isBelow(a, b string) bool { return len(a) < len(b) || len(a) == len(b) && a < b }

func (p *ClientPort) validate() error {
	if err := host.ClientIdentifierValidator(p.ClientId); err != nil {
		return fmt.Errorf("settlement genesis: client of a port: %w", err)
	}
	if err := host.PortIdentifierValidator(p.Port); err != nil {
		return fmt.Errorf("settlement genesis: port of client %s: %w", p.ClientId, err)
	}
	return nil
}

// validate checks what the outbox of a log of that many entries names.
func (o *Outbox) validate(entries uint64) error {
	if o == nil {
		return nil
	}
	if o.ToldSequence > entries {
		return fmt.Errorf("settlement genesis: news of entry %d of a log of %d", o.ToldSequence, entries)
	}
	for _, queued := range o.Queue {
		if err := validateNews(queued.ClientId, 0); err != nil {
			return err
		}
		if err := validateUpdate(queued.Value, nil); err != nil {
			return err
		}
	}
	for _, state := range o.States {
		if err := state.validate(); err != nil {
			return err
		}
	}
	for _, answered := range o.Answers {
		if err := validateNews(answered.ClientId, 0); err != nil {
			return err
		}
	}
	return nil
}

func (s *NewsState) validate() error {
	if err := validateNews(s.ClientId, s.Attempts); err != nil {
		return err
	}
	if len(s.FactId) != len(facts.Hash{}) {
		return fmt.Errorf("settlement genesis: news of a fact id of %d bytes", len(s.FactId))
	}
	if settlementv1.NewsAnswer_name[int32(s.LastAnswer)] == "" {
		return fmt.Errorf("settlement genesis: news of fact %x with the unknown answer %d", s.FactId, s.LastAnswer)
	}
	if len(s.Held) == 0 {
		if s.DueSeconds != 0 {
			return fmt.Errorf("settlement genesis: no news of fact %x are held until %d", s.FactId, s.DueSeconds)
		}
		return nil
	}
	if s.DueSeconds == 0 && !s.UnderWay {
		return fmt.Errorf("settlement genesis: news of fact %x wait for nothing", s.FactId)
	}
	return validateUpdate(s.Held, s.FactId)
}

// validateUpdate demands one update, of the fact with that id unless it is nil.
func validateUpdate(value, factID []byte) error {
	data, err := facts.DecodeStatusPacket(value)
	if err != nil {
		return fmt.Errorf("settlement genesis: queued news: %w", err)
	}
	if len(data.Updates) != 1 || factID != nil && !bytes.Equal(data.Updates[0].FactID[:], factID) {
		return fmt.Errorf("settlement genesis: queued news with %d updates, expected one of fact %x", len(data.Updates), factID)
	}
	return nil
}

func validateNews(clientID string, repeats uint32) error {
	if err := host.ClientIdentifierValidator(clientID); err != nil {
		return fmt.Errorf("settlement genesis: client of news: %w", err)
	}
	if repeats > math.MaxUint8 {
		return fmt.Errorf("settlement genesis: news sent %d times", repeats)
	}
	return nil
}

// DecodeOperators refuses bad and repeated addresses.
func DecodeOperators(addresses address.Codec, operators []string) ([][]byte, error) {
	if len(operators) > MaximumOperators {
		return nil, fmt.Errorf("%d operators, at most %d", len(operators), MaximumOperators)
	}
	decoded := make([][]byte, 0, len(operators))
	seen := map[string]bool{}
	for _, operator := range operators {
		raw, err := addresses.StringToBytes(operator)
		if err != nil {
			return nil, fmt.Errorf("operator %q: %w", operator, err)
		}
		if seen[string(raw)] {
			return nil, fmt.Errorf("operator %q is there twice", operator)
		}
		seen[string(raw)] = true
		decoded = append(decoded, raw)
	}
	return decoded, nil
}
