package ledger

import (
	"math/big"

	errorsmod "cosmossdk.io/errors"

	storetypes "github.com/cosmos/cosmos-sdk/store/v2/types"

	"interledger.example/cosmos/x/settlement/facts"
)

// LiabilityOfFact is nil if the fact is not recorded.
func (b Book) LiabilityOfFact(factID facts.Hash) *Liability {
	r := b.record(factID)
	if r == nil {
		return nil
	}
	return b.Liability(r.liabilityID)
}

// Liability is nil if there is none with that id.
func (b Book) Liability(liabilityID facts.Hash) *Liability {
	sequence := b.sequenceOf(liabilityID)
	if sequence == 0 {
		return nil
	}
	return b.liabilityAt(sequence)
}

// liabilityAt is nil if that entry of the log made none.
func (b Book) liabilityAt(sequence uint64) *Liability {
	var liability Liability
	switch made := b.entry(sequence).(type) {
	case factRecorded:
		liability = Liability{Fact: made.fact, FactHash: made.factHash, Origin: made.origin}
	case debtNovated:
		liability = made.liability()
	default:
		return nil
	}
	r := b.mustRecord(facts.LiabilityID(liability.Fact.FactID, liability.FactHash))
	liability.Amounts, liability.LiabilityID, liability.Head = r.amounts, r.liabilityID, Head{Sequence: sequence, Hash: r.headHash}
	return &liability
}

// Liabilities lists those with a sequence above after, in order, at most limit.
func (b Book) Liabilities(after uint64, limit int) []Liability {
	var liabilities []Liability
	last := b.Head().Sequence
	if after >= last {
		return nil
	}
	for sequence := after + 1; sequence <= last && len(liabilities) < limit; sequence++ {
		if liability := b.liabilityAt(sequence); liability != nil {
			liabilities = append(liabilities, *liability)
		}
	}
	return liabilities
}

// Parties in the order of their ids.
func (b Book) Parties() []Party {
	var parties []Party
	b.each(partyPrefix, func(_, value []byte) {
		if registered, ok := b.entry(decodeUint64(value)).(partyRegistered); ok {
			parties = append(parties, registered.party)
		}
	})
	return parties
}

// Agreements in force, in the order of creditor and debtor.
func (b Book) Agreements() []Agreement {
	var agreements []Agreement
	b.each(agreementPrefix, func(_, value []byte) {
		if recorded, ok := b.entry(decodeUint64(value)).(agreementRecorded); ok {
			agreements = append(agreements, recorded.agreement)
		}
	})
	return agreements
}

// Positions that were ever moved, in the order of debtor, creditor and currency.
func (b Book) Positions() []Position {
	const currencyAt, exponentAt = 2 * hashBytes, 2*hashBytes + 3
	var positions []Position
	b.each(openPrefix, func(suffix, value []byte) {
		positions = append(positions, Position{
			Debtor:   facts.Hash(suffix),
			Creditor: facts.Hash(suffix[hashBytes:]),
			Currency: string(suffix[currencyAt:exponentAt]),
			Exponent: uint32(suffix[exponentAt]),
			Open:     new(big.Int).SetBytes(value),
		})
	})
	return positions
}

// Export is the log from its first entry.
func (b Book) Export() [][]byte {
	var events [][]byte
	for sequence, last := uint64(1), b.Head().Sequence; sequence <= last; sequence++ {
		events = append(events, b.Entry(sequence))
	}
	return events
}

// Import replays a log into an empty store and compares the head.
func (b Book) Import(events [][]byte, expected facts.Hash) error {
	for i, raw := range events {
		next, err := decodeEvent(raw)
		if err != nil {
			return errorsmod.Wrapf(ErrDamagedLog, "entry %d: %s", i+1, err)
		}
		if _, err := b.replay(next); err != nil {
			return errorsmod.Wrapf(ErrDamagedLog, "entry %d: %s", i+1, err)
		}
	}
	if b.Head().Hash != expected {
		return errorsmod.Wrapf(ErrDamagedLog, "it ends at %x, expected %x", b.Head().Hash, expected)
	}
	return nil
}

func (b Book) each(prefix byte, visit func(suffix, value []byte)) {
	iterator := b.kv.Iterator([]byte{prefix}, storetypes.PrefixEndBytes([]byte{prefix}))
	defer iterator.Close()
	for ; iterator.Valid(); iterator.Next() {
		visit(iterator.Key()[1:], iterator.Value())
	}
}

// OCPIID of a party, or empty if it is not registered.
func (b Book) OCPIID(partyID facts.Hash) string {
	party, _ := b.party(partyID)
	if party == nil {
		return ""
	}
	return party.OCPIID
}
