package ledger

import (
	"bytes"

	errorsmod "cosmossdk.io/errors"

	wire "interledger.example/cosmos/wire/settlementv1"
)

// Rates: how often one party may ask for what costs the others. A proposal is stored by everybody and checked in time linear in
// the debts; an abort undoes the proposal of another; a dispute becomes news that a relayer pays for. They are counted for each
// party by block time, so every ledger and every replay comes to the same counts. The operator is not limited, so no party can
// abort all that is proposed.

const maximumRate = 1_000_000

// rateKind is what is counted for each party.
type rateKind byte

const (
	proposalRate rateKind = 1
	disputeRate  rateKind = 2
	abortRate    rateKind = 3
)

func (k rateKind) String() string {
	return [...]string{proposalRate: "proposal", disputeRate: "dispute", abortRate: "abort"}[k]
}

// limit of one kind: a party may abort as many proposals of others as it may make itself.
func (k rateKind) limit(limits *wire.RateLimits) uint32 {
	if k == disputeRate {
		return limits.DisputesPerHour
	}
	return limits.ProposalsPerHour
}

// decideRate gives nothing for commands of other concepts.
func (d *decision) decideRate(command *wire.Command) ([]*wire.LogEntry, error) {
	asked, ok := command.Command.(*wire.Command_SetRateLimits)
	if !ok {
		return nil, nil
	}
	if err := d.requireOperator("set rate limits"); err != nil {
		return nil, err
	}
	limits := asked.SetRateLimits.Limits
	for _, kind := range []rateKind{proposalRate, disputeRate} {
		if limit := kind.limit(limits); limit > maximumRate {
			return nil, errorsmod.Wrapf(ErrInvalidCommand, "%d %ss per hour: expected 0 to %d", limit, kind, maximumRate)
		}
	}
	inForce, sequence := d.book.rateLimits()
	if sequence > 0 && *inForce == *limits {
		head := d.book.headAt(sequence)
		d.known = &head
		return nil, nil
	}
	return []*wire.LogEntry{{Event: &wire.LogEntry_RateLimitsSet{RateLimitsSet: &wire.RateLimitsSet{Limits: limits}}}}, nil
}

// requireRate refuses a party that has asked as often as it may within this hour.
func (d *decision) requireRate(kind rateKind) error {
	if d.isOperator() {
		return nil
	}
	limits, _ := d.book.rateLimits()
	hour := d.now / rateWindowSeconds
	if limit := kind.limit(limits); d.book.rateUsed(kind, d.actor, hour) >= uint64(limit) {
		return errorsmod.Wrapf(ErrRateExceeded,
			"party %x has asked for %d %ss within this hour; wait until block time %d, or ask an operator for a higher rate",
			d.actor, limit, kind, (hour+1)*rateWindowSeconds)
	}
	return nil
}

// countRate counts an entry that a party asked for.
func (b Book) countRate(entry *wire.LogEntry) {
	var kind rateKind
	switch event := entry.Event.(type) {
	case *wire.LogEntry_CycleProposed:
		kind = proposalRate
	case *wire.LogEntry_DisputeOpened:
		kind = disputeRate
	case *wire.LogEntry_CycleMoved:
		moved := event.CycleMoved
		if moved.State != cycleAborted || bytes.Equal(b.proposer(moved.CycleId), entry.GetAct().GetActor()) {
			return
		}
		kind = abortRate
	default:
		return
	}
	if party := entry.GetAct().GetActor(); len(party) > 0 {
		hour := entry.AtSeconds / rateWindowSeconds
		used := b.rateUsed(kind, party, hour) + 1
		b.kv.Set(rateKey(kind, party), append(encodeUint64(hour), encodeUint64(used)...))
	}
}

// rateUsed is how often the party has asked within that hour.
func (b Book) rateUsed(kind rateKind, party []byte, hour uint64) uint64 {
	raw := b.kv.Get(rateKey(kind, party))
	if raw == nil || !bytes.Equal(raw[:8], encodeUint64(hour)) {
		return 0
	}
	return decodeUint64(raw[8:])
}

// rateLimits in force and the entry that set them; 0: the defaults are in force.
func (b Book) rateLimits() (*wire.RateLimits, uint64) {
	sequence := decodeUint64(b.kv.Get([]byte{rateLimitsKey}))
	if sequence == 0 {
		return &wire.RateLimits{ProposalsPerHour: defaultProposalsPerHour, DisputesPerHour: defaultDisputesPerHour}, 0
	}
	return b.entry(sequence).GetRateLimitsSet().Limits, sequence
}

func rateKey(kind rateKind, party []byte) []byte {
	return append([]byte{ratePrefix, byte(kind)}, party...)
}
