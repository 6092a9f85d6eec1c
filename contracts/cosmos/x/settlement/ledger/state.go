package ledger

import (
	"encoding/binary"

	storetypes "github.com/cosmos/cosmos-sdk/store/v2/types"

	wire "interledger.example/cosmos/wire/settlementv1"
	"interledger.example/cosmos/x/settlement/facts"
)

// Keys of the store. What an entry of the log says is read from the log; the rest are indexes into it and the amounts.
const (
	headKey         = 0x01 // sequence, hash
	cutOffKey       = 0x02 // unix seconds
	issuerPrefix    = 0x0d // chain id, account -> sequences of the entries that bound it and that changed it last
	contractPrefix  = 0x05 // client id, 0, contract -> sequence of what the operators said last
	mandatePrefix   = 0x0e // creditor, chain id, account -> sequence of what it said last
	rateLimitsKey   = 0x03 // sequence of the limits in force
	ratePrefix      = 0x0c // kind, party id -> hour, how often the party asked in it
	deadlinePrefix  = 0x0f // unix seconds, rank, id -> what ends then
	logPrefix       = 0x10 // sequence -> entry
	partyPrefix     = 0x11 // party id -> sequence
	agreementPrefix = 0x12 // creditor, debtor -> sequence of the terms in force
	pairPrefix      = 0x13 // agreement id -> creditor, debtor
	factPrefix      = 0x14 // fact id -> liability id
	liabilityPrefix = 0x15 // liability id -> sequence
	openPrefix      = 0x16 // debtor, creditor, currency, exponent -> sum of what is open
	requestPrefix   = 0x17 // actor with its length, request id -> digest, sequence, hash
	accountPrefix   = 0x18 // sequence of a liability -> what a posting must know of it
	freePrefix      = 0x19 // currency, exponent, debtor, creditor, sequence -> what may be cleared; only while there is something
	paymentPrefix   = 0x1a // payment id -> its entries
	disputePrefix   = 0x1b // dispute id -> its entries
	cyclePrefix     = 0x1c // cycle id -> its entries
	unitPrefix      = 0x1d // currency, exponent -> newest cut-off, running cycle
	consentPrefix   = 0x1e // party id -> sequence of the consent in force, 1 while it is given
	revokedPrefix   = 0x04 // account -> sequence
	evidencePrefix  = 0x1f // debtor, creditor, kind, reference -> payment id
)

// Book is the state of one settlement ledger in a store of its own.
type Book struct {
	kv storetypes.KVStore
}

// Open gives the state that is stored in kv.
func Open(kv storetypes.KVStore) Book { return Book{kv: kv} }

// Head of the log.
func (b Book) Head() Head { return decodeHead(b.kv.Get([]byte{headKey})) }

// remember what a request led to: its first entry, which is the only one with its act.
func (b Book) remember(entry *wire.LogEntry, head Head) {
	if entry.Act == nil {
		return
	}
	b.kv.Set(requestKey(entry.Act), append(append([]byte{}, entry.Act.RequestDigest...), encodeHead(head)...))
}

// requestKey scopes request ids to the actor.
func requestKey(act *wire.Act) []byte {
	scope := binary.AppendUvarint([]byte{requestPrefix}, uint64(len(act.Actor)))
	return append(append(scope, act.Actor...), act.RequestId...)
}

// headAt is the head after an entry that a request led to.
func (b Book) headAt(sequence uint64) Head {
	act := b.entry(sequence).Act
	if act == nil {
		return Head{Sequence: sequence}
	}
	return decodeHead(b.kv.Get(requestKey(act))[hashBytes:])
}

// entries say where in the log a payment, a dispute or a cycle is.
type entries struct {
	// made is the order, the claim or the plan.
	made uint64
	// moved brought the state.
	moved uint64
	// proved is the newest evidence, or the verification; 0 if there is none.
	proved uint64
}

func idKey(prefix byte, id string) []byte { return key(prefix, []byte(id)) }

// entries is nil if nothing is stored under the id.
func (b Book) entries(prefix byte, id string) *entries {
	raw := b.kv.Get(idKey(prefix, id))
	if raw == nil {
		return nil
	}
	const size = 8
	return &entries{made: decodeUint64(raw), moved: decodeUint64(raw[size:]), proved: decodeUint64(raw[2*size:])}
}

func (b Book) setEntries(prefix byte, id string, at entries) {
	b.kv.Set(idKey(prefix, id), append(append(encodeUint64(at.made), encodeUint64(at.moved)...), encodeUint64(at.proved)...))
}

// listed reads records in the order of their ids from behind after, at most limit.
func listed[Kind any](b Book, prefix byte, after string, limit int, read func(id string) *Kind) []*Kind {
	start := []byte{prefix}
	if after != "" {
		start = append(idKey(prefix, after), 0)
	}
	iterator := b.kv.Iterator(start, storetypes.PrefixEndBytes([]byte{prefix}))
	defer iterator.Close()
	var list []*Kind
	for ; iterator.Valid() && len(list) < limit; iterator.Next() {
		list = append(list, read(string(iterator.Key()[1:])))
	}
	return list
}

func (b Book) each(prefix byte, visit func(suffix, value []byte)) {
	iterator := b.kv.Iterator([]byte{prefix}, storetypes.PrefixEndBytes([]byte{prefix}))
	defer iterator.Close()
	for ; iterator.Valid(); iterator.Next() {
		visit(iterator.Key()[1:], iterator.Value())
	}
}

func key(prefix byte, suffix []byte) []byte {
	return append(append(make([]byte, 0, 1+len(suffix)), prefix), suffix...)
}

func logKey(sequence uint64) []byte { return key(logPrefix, encodeUint64(sequence)) }

func encodeUint64(value uint64) []byte { return binary.BigEndian.AppendUint64(nil, value) }

func decodeUint64(raw []byte) uint64 {
	if raw == nil {
		return 0
	}
	return binary.BigEndian.Uint64(raw)
}

func encodeHead(head Head) []byte { return append(encodeUint64(head.Sequence), head.Hash[:]...) }

func decodeHead(raw []byte) Head {
	if raw == nil {
		return Head{}
	}
	return Head{Sequence: binary.BigEndian.Uint64(raw), Hash: facts.Hash(raw[8:])}
}
