package keeper

import (
	"context"
	"fmt"

	"interledger.example/cosmos/x/settlement/facts"
	"interledger.example/cosmos/x/settlement/types"
)

// InitGenesis replays the log of the genesis state and names the operators.
func (k Keeper) InitGenesis(ctx context.Context, genesis *types.GenesisState) error {
	if err := genesis.Validate(); err != nil {
		return err
	}
	operators, err := types.DecodeOperators(k.addresses, genesis.Operators)
	if err != nil {
		return fmt.Errorf("settlement genesis: %w", err)
	}
	k.setOperators(ctx, operators)
	if len(genesis.Events) > 0 {
		if err := k.book(ctx).Import(genesis.Events, facts.Hash(genesis.HeadHash)); err != nil {
			return err
		}
	}
	for _, binding := range genesis.Bindings {
		account, err := k.account("bound account", binding.Account)
		if err != nil {
			return fmt.Errorf("settlement genesis: %w", err)
		}
		if err := k.bind(ctx, account, binding.PartyId); err != nil {
			return fmt.Errorf("settlement genesis: account %s: %w", binding.Account, err)
		}
	}
	for _, trusted := range genesis.TrustedClients {
		if err := k.trust(ctx, trusted.ClientId, trusted.Chains); err != nil {
			return fmt.Errorf("settlement genesis: %w", err)
		}
	}
	for _, bound := range genesis.ClientPorts {
		if err := k.TakePort(ctx, bound.ClientId, bound.Port); err != nil {
			return fmt.Errorf("settlement genesis: %w", err)
		}
	}
	k.importOutbox(ctx, genesis.Outbox)
	return nil
}

// ExportGenesis gives what InitGenesis needs to reach the same state.
func (k Keeper) ExportGenesis(ctx context.Context) (*types.GenesisState, error) {
	operators, err := k.operatorTexts(ctx)
	if err != nil {
		return nil, err
	}
	book := k.book(ctx)
	bindings, err := k.bindings(ctx, nil, 0)
	if err != nil {
		return nil, err
	}
	genesis := &types.GenesisState{
		Operators: operators, Events: book.Export(), Bindings: bindings, TrustedClients: k.trustedClients(ctx),
		Outbox: k.exportOutbox(ctx), ClientPorts: k.clientPorts(ctx),
	}
	if head := book.Head(); head.Sequence > 0 {
		genesis.HeadHash = head.Hash[:]
	}
	return genesis, nil
}

func (k Keeper) operatorTexts(ctx context.Context) ([]string, error) {
	var texts []string
	for _, operator := range k.operators(ctx) {
		text, err := k.addresses.BytesToString(operator)
		if err != nil {
			return nil, err
		}
		texts = append(texts, text)
	}
	return texts, nil
}
