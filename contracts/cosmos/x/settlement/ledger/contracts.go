package ledger

import (
	"fmt"
	"regexp"

	errorsmod "cosmossdk.io/errors"

	wire "interledger.example/cosmos/wire/settlementv1"
)

// Contracts whose facts may be proven through a light client. Whoever owns a contract decides what its storage says, so a client
// alone is not enough: an operator binds each contract.

// clientIDs are as ICS-24 has them, of those that a ledger makes: a type, a dash and a number.
var clientIDs = regexp.MustCompile(`^[a-z0-9-]{9,64}$`)

func (d *decision) bindContract(asked *wire.BindContract) ([]*wire.LogEntry, error) {
	if err := d.checkContract("bind contracts", asked.ClientId, asked.Contract, false); err != nil {
		return nil, err
	}
	bound := &wire.ContractBound{ClientId: asked.ClientId, Contract: asked.Contract}
	return []*wire.LogEntry{{Event: &wire.LogEntry_ContractBound{ContractBound: bound}}}, nil
}

func (d *decision) releaseContract(asked *wire.ReleaseContract) ([]*wire.LogEntry, error) {
	if err := d.checkContract("release contracts", asked.ClientId, asked.Contract, true); err != nil {
		return nil, err
	}
	released := &wire.ContractReleased{ClientId: asked.ClientId, Contract: asked.Contract}
	return []*wire.LogEntry{{Event: &wire.LogEntry_ContractReleased{ContractReleased: released}}}, nil
}

func (d *decision) checkContract(verb, clientID string, contract []byte, expected bool) error {
	if err := d.requireOperator(verb); err != nil {
		return err
	}
	if !clientIDs.MatchString(clientID) || len(contract) != addressBytes {
		return errorsmod.Wrapf(ErrInvalidCommand, "contract of client %.64q: expected the client's id and the contract's address (%d bytes)",
			clientID, addressBytes)
	}
	if d.book.isBound(clientID, contract) == expected {
		return nil
	}
	now := "is bound already"
	if expected {
		now = "is not bound"
	}
	return errorsmod.Wrapf(ErrWrongState, "contract 0x%x behind client %s %s", contract, clientID, now)
}

func (b Book) applyContract(clientID string, contract []byte, head Head) error {
	b.kv.Set(contractKey(clientID, contract), encodeUint64(head.Sequence))
	return nil
}

// contractKey orders by client id, then contract: no client id has a zero byte.
func contractKey(clientID string, contract []byte) []byte {
	return append(append(key(contractPrefix, []byte(clientID)), 0), contract...)
}

func (b Book) isBound(clientID string, contract []byte) bool {
	stored := b.kv.Get(contractKey(clientID, contract))
	return stored != nil && b.contractAt(decodeUint64(stored)).State == issuingActive
}

func (b Book) contractAt(sequence uint64) *wire.ContractInForce {
	entry := b.entry(sequence)
	if released := entry.GetContractReleased(); released != nil {
		return &wire.ContractInForce{
			ClientId: released.ClientId, Contract: released.Contract, State: issuingEnded, Sequence: sequence,
		}
	}
	bound := entry.GetContractBound()
	if bound == nil {
		panic(damaged(fmt.Errorf("no contract is bound or released there"), sequence))
	}
	return &wire.ContractInForce{ClientId: bound.ClientId, Contract: bound.Contract, State: issuingActive, Sequence: sequence}
}

// Contracts in the order of client id and contract, those that were released among them.
func (b Book) Contracts() []*wire.ContractInForce {
	var contracts []*wire.ContractInForce
	b.each(contractPrefix, func(_, value []byte) { contracts = append(contracts, b.contractAt(decodeUint64(value))) })
	return contracts
}
