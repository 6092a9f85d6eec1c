package keeper

import (
	"context"

	errorsmod "cosmossdk.io/errors"

	storetypes "github.com/cosmos/cosmos-sdk/store/v2/types"
	sdk "github.com/cosmos/cosmos-sdk/types"
	sdkerrors "github.com/cosmos/cosmos-sdk/types/errors"

	wire "interledger.example/cosmos/wire/settlementv1"
	"interledger.example/cosmos/x/settlement/facts"
	"interledger.example/cosmos/x/settlement/ledger"
	"interledger.example/cosmos/x/settlement/types"
)

// Which account may do what. Operators register parties, record agreements and may act for anyone; an account that they bound
// to a party may act for that party alone, until the log says that the account was revoked. The log says who acted and not with
// which key.

// Keys of the store, outside of the ledger's own. outbox.go has the others.
const (
	operatorPrefix = 0x20 // account -> 1
	bindingPrefix  = 0x40 // account -> party id
	trustedPrefix  = 0x41 // client id -> chain ids, with a comma between them
	portPrefix     = 0x49 // client id -> port of the counterparty's application
)

// EventTypeAccountBound says that an account may act for a party from now on, or for none.
const EventTypeAccountBound = "account_bound"

// Attributes of EventTypeAccountBound. The party is empty if the account acts for no party any more.
const (
	AttributeAccount = "account"
	AttributePartyID = "party_id"
)

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

// BindAccount lets an account act for a party; a binding that it had before is replaced. One that was revoked is never bound again.
func (k Keeper) BindAccount(ctx context.Context, msg *types.MsgBindAccount) (*types.MsgBindAccountResponse, error) {
	if err := k.requireOperator(ctx, msg.Operator); err != nil {
		return nil, err
	}
	account, err := k.account("account", msg.Account)
	if err != nil {
		return nil, err
	}
	if k.isRevoked(ctx, account) {
		return nil, errorsmod.Wrapf(ledger.ErrWrongState, "account %s was revoked; bind another account", msg.Account)
	}
	if len(msg.PartyId) == 0 {
		k.store(ctx).Delete(bindingKey(account))
	} else if err := k.bind(ctx, account, msg.PartyId); err != nil {
		return nil, err
	}
	sdk.UnwrapSDKContext(ctx).EventManager().EmitEvent(sdk.NewEvent(EventTypeAccountBound,
		sdk.NewAttribute(AttributeAccount, msg.Account), sdk.NewAttribute(AttributePartyID, hexed(msg.PartyId))))
	return &types.MsgBindAccountResponse{}, nil
}

func (k Keeper) bind(ctx context.Context, account, rawPartyID []byte) error {
	partyID, err := toHash("party id", rawPartyID)
	if err != nil {
		return err
	}
	if k.book(ctx).OCPIID(partyID) == "" {
		return errorsmod.Wrapf(ledger.ErrNotFound, "party %x is not registered; register it first", partyID)
	}
	k.store(ctx).Set(bindingKey(account), partyID[:])
	return nil
}

// mayActFor says whether an account may act for a party; an empty party is the operator.
func (k Keeper) mayActFor(ctx context.Context, account, party []byte) bool {
	if k.IsOperator(ctx, account) {
		return true
	}
	bound := k.store(ctx).Get(bindingKey(account))
	if bound == nil || string(bound) != string(party) {
		return false
	}
	return !k.isRevoked(ctx, account)
}

func (k Keeper) isRevoked(ctx context.Context, account []byte) bool {
	text, err := k.addresses.BytesToString(account)
	return err != nil || k.book(ctx).IsRevoked(text)
}

// checkRevocation refuses to revoke what is no account of this chain, in the form in which the chain writes it.
func (k Keeper) checkRevocation(command *wire.Command) error {
	asked := command.GetRevokeAccount()
	if asked == nil {
		return nil
	}
	account, err := k.account("account", asked.Account)
	if err != nil {
		return err
	}
	if text, err := k.addresses.BytesToString(account); err != nil || text != asked.Account {
		return errorsmod.Wrapf(ledger.ErrInvalidCommand, "account %q: write it as %s", asked.Account, text)
	}
	return nil
}

func (k Keeper) requireOperator(ctx context.Context, operator string) error {
	account, err := k.account("operator", operator)
	if err != nil {
		return err
	}
	if !k.IsOperator(ctx, account) {
		return errorsmod.Wrapf(sdkerrors.ErrUnauthorized, "%s is not an operator of the settlement ledger; the chain's authority names them", operator)
	}
	return nil
}

func (k Keeper) account(what, text string) ([]byte, error) {
	account, err := k.addresses.StringToBytes(text)
	if err != nil {
		return nil, errorsmod.Wrapf(sdkerrors.ErrInvalidAddress, "%s %q: %s", what, text, err)
	}
	return account, nil
}

// IsOperator says whether an account may change parties and agreements, and act for any party.
func (k Keeper) IsOperator(ctx context.Context, account []byte) bool {
	return k.store(ctx).Has(operatorKey(account))
}

func (k Keeper) operators(ctx context.Context) [][]byte {
	iterator := k.store(ctx).Iterator([]byte{operatorPrefix}, []byte{operatorPrefix + 1})
	defer iterator.Close()
	var operators [][]byte
	for ; iterator.Valid(); iterator.Next() {
		operators = append(operators, iterator.Key()[1:])
	}
	return operators
}

func (k Keeper) setOperators(ctx context.Context, operators [][]byte) {
	store := k.store(ctx)
	for _, former := range k.operators(ctx) {
		store.Delete(operatorKey(former))
	}
	for _, operator := range operators {
		store.Set(operatorKey(operator), []byte{1})
	}
}

// bindings behind an account, in the order of the accounts' bytes, at most limit; 0 means all.
func (k Keeper) bindings(ctx context.Context, after []byte, limit int) ([]*types.AccountBinding, error) {
	from := bindingKey(after)
	if len(after) > 0 {
		from = append(from, 0)
	}
	iterator := k.store(ctx).Iterator(from, storetypes.PrefixEndBytes([]byte{bindingPrefix}))
	defer iterator.Close()
	var bindings []*types.AccountBinding
	for ; iterator.Valid() && (limit == 0 || len(bindings) < limit); iterator.Next() {
		text, err := k.addresses.BytesToString(iterator.Key()[1:])
		if err != nil {
			return nil, err
		}
		bindings = append(bindings, &types.AccountBinding{Account: text, PartyId: iterator.Value()})
	}
	return bindings, nil
}

func operatorKey(operator []byte) []byte { return append([]byte{operatorPrefix}, operator...) }

func bindingKey(account []byte) []byte { return append([]byte{bindingPrefix}, account...) }

func toHash(what string, raw []byte) (facts.Hash, error) {
	var hash facts.Hash
	if len(raw) != len(hash) {
		return hash, errorsmod.Wrapf(ledger.ErrInvalidCommand, "%s of %d bytes, expected %d", what, len(raw), len(hash))
	}
	return facts.Hash(raw), nil
}
