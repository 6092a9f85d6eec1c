package keeper

import (
	"context"

	errorsmod "cosmossdk.io/errors"

	sdkerrors "github.com/cosmos/cosmos-sdk/types/errors"

	"interledger.example/cosmos/wire/settlementv1"
	"interledger.example/cosmos/x/settlement/facts"
	"interledger.example/cosmos/x/settlement/ledger"
	"interledger.example/cosmos/x/settlement/types"
)

var _ types.MsgServer = Keeper{}

// SetOperators replaces the operators; only the chain's authority may.
func (k Keeper) SetOperators(ctx context.Context, msg *types.MsgSetOperators) (*types.MsgSetOperatorsResponse, error) {
	if msg.Authority != k.authority {
		return nil, errorsmod.Wrapf(sdkerrors.ErrUnauthorized, "expected the chain's authority %s, got %s", k.authority, msg.Authority)
	}
	operators, err := types.DecodeOperators(k.addresses, msg.Operators)
	if err != nil {
		return nil, errorsmod.Wrap(ledger.ErrInvalidCommand, err.Error())
	}
	if len(operators) == 0 {
		return nil, errorsmod.Wrap(ledger.ErrInvalidCommand, "at least one operator is needed")
	}
	k.setOperators(ctx, operators)
	return &types.MsgSetOperatorsResponse{}, nil
}

// RegisterParty adds a party.
func (k Keeper) RegisterParty(ctx context.Context, msg *types.MsgRegisterParty) (*types.MsgRegisterPartyResponse, error) {
	if err := k.requireOperator(ctx, msg.Operator); err != nil {
		return nil, err
	}
	partyID, err := toHash("party id", msg.Party.GetPartyId())
	if err != nil {
		return nil, err
	}
	head, err := k.book(ctx).RegisterParty(msg.RequestId, ledger.Party{
		PartyID: partyID,
		OCPIID:  msg.Party.OcpiId,
		Name:    msg.Party.Name,
		LEI:     msg.Party.Lei,
		VATID:   msg.Party.VatId,
	})
	if err != nil {
		return nil, err
	}
	return &types.MsgRegisterPartyResponse{Sequence: head.Sequence, HeadHash: head.Hash[:]}, nil
}

// RecordAgreement sets the terms of one debtor towards one creditor.
func (k Keeper) RecordAgreement(ctx context.Context, msg *types.MsgRecordAgreement) (*types.MsgRecordAgreementResponse, error) {
	if err := k.requireOperator(ctx, msg.Operator); err != nil {
		return nil, err
	}
	agreement, err := toAgreement(msg.Agreement)
	if err != nil {
		return nil, err
	}
	head, err := k.book(ctx).RecordAgreement(msg.RequestId, agreement)
	if err != nil {
		return nil, err
	}
	return &types.MsgRecordAgreementResponse{Sequence: head.Sequence, HeadHash: head.Hash[:]}, nil
}

// ClosePeriod moves the cut-off forward.
func (k Keeper) ClosePeriod(ctx context.Context, msg *types.MsgClosePeriod) (*types.MsgClosePeriodResponse, error) {
	if err := k.requireOperator(ctx, msg.Operator); err != nil {
		return nil, err
	}
	head, err := k.book(ctx).ClosePeriod(msg.RequestId, msg.CutOffSeconds)
	if err != nil {
		return nil, err
	}
	return &types.MsgClosePeriodResponse{Sequence: head.Sequence, HeadHash: head.Hash[:]}, nil
}

func toAgreement(wire *settlementv1.Agreement) (ledger.Agreement, error) {
	creditor, err := toHash("creditor", wire.GetCreditor())
	if err != nil {
		return ledger.Agreement{}, err
	}
	debtor, err := toHash("debtor", wire.GetDebtor())
	if err != nil {
		return ledger.Agreement{}, err
	}
	modes, err := toModes(wire.NettingModes)
	if err != nil {
		return ledger.Agreement{}, err
	}
	agreement := ledger.Agreement{AgreementID: wire.AgreementId, Creditor: creditor, Debtor: debtor, NettingModes: modes}
	for _, terms := range wire.Currencies {
		limit, err := ledger.ParseLimit(terms.OpenLimit)
		if err != nil {
			return ledger.Agreement{}, err
		}
		agreement.Currencies = append(agreement.Currencies, ledger.CurrencyTerms{
			Currency: terms.Currency, Exponent: terms.Exponent, OpenLimit: limit,
		})
	}
	return agreement, nil
}

func toHash(what string, raw []byte) (facts.Hash, error) {
	var hash facts.Hash
	if len(raw) != len(hash) {
		return hash, errorsmod.Wrapf(ledger.ErrInvalidCommand, "%s of %d bytes, expected %d", what, len(raw), len(hash))
	}
	return facts.Hash(raw), nil
}
