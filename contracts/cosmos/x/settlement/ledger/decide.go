package ledger

import (
	"bytes"
	"crypto/sha256"
	"fmt"

	errorsmod "cosmossdk.io/errors"

	wire "interledger.example/cosmos/wire/settlementv1"
	"interledger.example/cosmos/x/settlement/ledger/canonical"
)

// The two doors: every command is decided in Execute, every entry of the log changes the state in apply.

// decision is one command under examination.
type decision struct {
	book Book
	// actor is a party id, or empty for an operator, who may act wherever a party may.
	actor []byte
	// now is the block's time in Unix seconds.
	now uint64
	// known is the reference of an entry that says the same already; the command then needs none of its own.
	known *Head
}

// Execute decides a command at block time nowSeconds and writes its entries. The head is that of its first entry. A repeated
// request of the same actor gets the first result and no new entry. Whoever delivers the command vouches for its actor.
func (b Book) Execute(command *wire.Command, nowSeconds uint64) (Head, error) {
	if err := checkForm(command); err != nil {
		return Head{}, err
	}
	if err := checkText("request id", command.RequestId, true); err != nil {
		return Head{}, err
	}
	digest := sha256.Sum256(canonical.Encode(command))
	act := &wire.Act{RequestId: command.RequestId, RequestDigest: digest[:], Actor: command.Actor}
	if stored := b.kv.Get(requestKey(act)); stored != nil {
		if !bytes.Equal(stored[:hashBytes], digest[:]) {
			return Head{}, errorsmod.Wrapf(ErrIDReused, "%q; use a new id", command.RequestId)
		}
		return decodeHead(stored[hashBytes:]), nil
	}
	d := decision{book: b, actor: command.Actor, now: nowSeconds}
	decided, err := d.decide(command)
	if err != nil {
		return Head{}, err
	}
	if d.known != nil {
		return *d.known, nil
	}
	decided[0].Act = act
	return d.write(decided), nil
}

// write appends entries and gives the head of the first.
func (d *decision) write(decided []*wire.LogEntry) Head {
	var first Head
	for i, entry := range decided {
		entry.AtSeconds = d.now
		if head := d.book.append(entry); i == 0 {
			first = head
		}
	}
	return first
}

// decide gives the entries that a command leads to, or the first rule that it breaks. Each concept knows its own commands.
func (d *decision) decide(command *wire.Command) ([]*wire.LogEntry, error) {
	concepts := []func(*wire.Command) ([]*wire.LogEntry, error){
		d.decideParty, d.decideIssuer, d.decidePayment, d.decideDispute, d.decideCycle, d.decideRate, d.decideNews,
	}
	for _, concept := range concepts {
		if decided, err := concept(command); decided != nil || err != nil {
			return decided, err
		}
	}
	if d.known == nil {
		return nil, errorsmod.Wrapf(ErrInvalidCommand, "a %T is not a command of this version", command.Command)
	}
	return nil, nil
}

// apply changes the state as an entry says. No rule is asked here: what the log says has happened. An entry that does not fit
// to the state comes from a damaged log.
func (b Book) apply(entry *wire.LogEntry, head Head) error {
	switch event := entry.Event.(type) {
	case *wire.LogEntry_PartyRegistered:
		return b.applyPartyRegistered(event.PartyRegistered, head)
	case *wire.LogEntry_AgreementRecorded:
		return b.applyAgreementRecorded(event.AgreementRecorded, head)
	case *wire.LogEntry_PeriodClosed:
		return b.applyPeriodClosed(event.PeriodClosed)
	case *wire.LogEntry_ConsentSet:
		return b.applyConsentSet(event.ConsentSet, head)
	case *wire.LogEntry_AccountRevoked:
		b.kv.Set(key(revokedPrefix, []byte(event.AccountRevoked.Account)), encodeUint64(head.Sequence))
		return nil
	case *wire.LogEntry_IssuerBound:
		return b.applyIssuerBound(event.IssuerBound, head)
	case *wire.LogEntry_IssuerRemoved:
		return b.applyIssuerRemoved(event.IssuerRemoved, head)
	case *wire.LogEntry_MandateGranted:
		return b.applyMandate(event.MandateGranted.Creditor, event.MandateGranted.Issuer, head)
	case *wire.LogEntry_MandateRevoked:
		return b.applyMandate(event.MandateRevoked.Creditor, event.MandateRevoked.Issuer, head)
	case *wire.LogEntry_ContractBound:
		return b.applyContract(event.ContractBound.ClientId, event.ContractBound.Contract, head)
	case *wire.LogEntry_ContractReleased:
		return b.applyContract(event.ContractReleased.ClientId, event.ContractReleased.Contract, head)
	case *wire.LogEntry_FactRecorded:
		return b.applyFactRecorded(event.FactRecorded, head)
	case *wire.LogEntry_PaymentInstructed:
		return b.applyPaymentInstructed(event.PaymentInstructed, head)
	case *wire.LogEntry_PaymentMoved:
		return b.applyPaymentMoved(event.PaymentMoved, head)
	case *wire.LogEntry_DisputeOpened:
		return b.applyDisputeOpened(event.DisputeOpened, head)
	case *wire.LogEntry_DisputeClosed:
		return b.applyDisputeClosed(event.DisputeClosed, head)
	case *wire.LogEntry_WrittenOff:
		return b.post(writtenOffPostings(event.WrittenOff))
	case *wire.LogEntry_CycleProposed:
		return b.applyCycleProposed(event.CycleProposed, head)
	case *wire.LogEntry_CycleMoved:
		return b.applyCycleMoved(event.CycleMoved, head)
	case *wire.LogEntry_DebtNovated:
		return b.applyDebtNovated(event.DebtNovated, head)
	case *wire.LogEntry_RateLimitsSet:
		b.kv.Set([]byte{rateLimitsKey}, encodeUint64(head.Sequence))
		return nil
	case *wire.LogEntry_NewsRequested:
		return nil
	default:
		return fmt.Errorf("a %T is not an event of this version", event)
	}
}
