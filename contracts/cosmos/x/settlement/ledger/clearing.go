package ledger

import (
	"bytes"
	"crypto/sha256"

	errorsmod "cosmossdk.io/errors"
)

// What happens to debts that stand: payments, disputes, write-offs, consent, and netting cycles with their certificates. Money
// never moves here: a payment is recorded with its evidence. Whatever is promised to one of these is held on the liability
// first, so that nothing can be paid, netted, credited or disputed twice.
//
// payments.go, disputes.go and cycles.go hold the rules, clearing_effects.go what an event changes.

// Clear decides one step at block time nowSeconds and writes its entries. The head is that of the step's first entry. A
// repeated request gets the first result and no new entry.
func (b Book) Clear(command ClearingCommand, nowSeconds uint64) (Head, error) {
	if err := checkText("request id", command.RequestID, true); err != nil {
		return Head{}, err
	}
	digest := sha256.Sum256(canonicalCommand(command))
	if stored := b.kv.Get(key(requestPrefix, []byte(command.RequestID))); stored != nil {
		if !bytes.Equal(stored[:hashBytes], digest[:]) {
			return Head{}, errorsmod.Wrapf(ErrIDReused, "%q; use a new id", command.RequestID)
		}
		return decodeHead(stored[hashBytes:]), nil
	}
	act := Act{Actor: command.Actor, AtSeconds: nowSeconds, RequestDigest: digest[:], RequestID: command.RequestID}
	events, err := command.Step.decide(b, act)
	if err != nil {
		return Head{}, err
	}
	first := b.append(events[0])
	for _, next := range events[1:] {
		b.append(next)
	}
	return first, nil
}
