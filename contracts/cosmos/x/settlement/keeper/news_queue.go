package keeper

import (
	"context"

	storetypes "github.com/cosmos/cosmos-sdk/store/v2/types"

	"interledger.example/cosmos/wire/settlementv1"
	"interledger.example/cosmos/x/settlement/facts"
)

// News of liabilities that wait, by client and liability: in a queue, for an answer, or for their next attempt.
//
// At most one update of a liability waits: a newer one takes its place. While an update of a liability is under way, the next one
// waits for its answer, so however often a liability changes, one packet at a time reports it. What a contract ledger could not
// take is held and becomes due later, each time after twice the wait, and is never given up.

// newsQueue is the waiting news of one client.
type newsQueue struct {
	store    storetypes.KVStore
	now      uint64
	clientID string
}

// newsState is what is known of the news of one liability. It is stored while something waits or is under way.
type newsState struct {
	isUnderWay bool
	// attempts count how often a contract ledger could not take them.
	attempts uint8
	// number is the place in the queue; 0: in none.
	number uint64
	// due is when what is held is sent; 0: nothing is held for a time.
	due uint64
	// since is the block time from which news of it have waited without a pause.
	since uint64
	// answer is what became of the last packet that carried them; 0: none was answered.
	answer settlementv1.NewsAnswer
}

func (k Keeper) newsQueue(ctx context.Context, clientID string) newsQueue {
	return newsQueue{store: k.store(ctx), now: blockSeconds(ctx), clientID: clientID}
}

// put takes news of a liability, in the place of what waits.
func (q newsQueue) put(factID facts.Hash, value []byte) {
	state := q.state(factID)
	switch {
	case state.number != 0:
		q.store.Set(packetKey(queuePrefix, q.clientID, state.number), value)
	case state.isUnderWay || state.due != 0:
		q.store.Set(newsKey(heldPrefix, q.clientID, factID), value)
	default:
		q.enqueue(factID, state, value)
	}
}

// queuedUpdate is a payload with one update and its place in the queue.
type queuedUpdate struct {
	number uint64
	value  []byte
}

// front gives the first updates of the queue, at most limit.
func (q newsQueue) front(limit int) []queuedUpdate {
	prefix := append(append([]byte{queuePrefix}, q.clientID...), '/')
	iterator := q.store.Iterator(prefix, storetypes.PrefixEndBytes(prefix))
	defer iterator.Close()
	var found []queuedUpdate
	for ; iterator.Valid() && len(found) < limit; iterator.Next() {
		_, number := splitPacketKey(iterator.Key())
		found = append(found, queuedUpdate{number: number, value: iterator.Value()})
	}
	return found
}

// take says that the update was sent.
func (q newsQueue) take(factID facts.Hash, number uint64) {
	q.store.Delete(packetKey(queuePrefix, q.clientID, number))
	state := q.state(factID)
	state.number, state.isUnderWay = 0, true
	q.keep(factID, state)
}

// settle says that the contract ledger has an answer that no repeat would change. What became newer meanwhile is sent.
func (q newsQueue) settle(factID facts.Hash) {
	newer := q.releaseHeld(factID)
	q.keep(factID, newsState{})
	if newer != nil {
		q.enqueue(factID, newsState{}, newer)
	}
}

// sendAgain says that the packet was not delivered in time.
func (q newsQueue) sendAgain(factID facts.Hash, value []byte) {
	if newer := q.releaseHeld(factID); newer != nil {
		value = newer
	}
	state := q.state(factID)
	state.isUnderWay, state.answer = false, settlementv1.NewsAnswer_NEWS_ANSWER_TIMED_OUT
	q.enqueue(factID, state, value)
}

// tryLater says that the contract ledger could not take it. What is in the wrong state follows at once a few times; all else
// waits.
func (q newsQueue) tryLater(factID facts.Hash, value []byte, answer settlementv1.NewsAnswer) {
	if newer := q.releaseHeld(factID); newer != nil {
		value = newer
	}
	state := q.state(factID)
	state.answer = answer
	if answer != settlementv1.NewsAnswer_NEWS_ANSWER_WRONG_STATE {
		state.attempts = max(state.attempts, maximumNewsRepeats)
	}
	if state.attempts < 255 {
		state.attempts++
	}
	state.isUnderWay = false
	wait := waitSeconds(state.attempts)
	if wait == 0 {
		q.enqueue(factID, state, value)
		return
	}
	state.due = q.now + wait
	q.hold(factID, state, value)
}

// hold keeps news until their time, or until the answer to what is under way.
func (q newsQueue) hold(factID facts.Hash, state newsState, value []byte) {
	q.store.Set(newsKey(heldPrefix, q.clientID, factID), value)
	if state.due != 0 {
		q.store.Set(dueKey(state.due, q.clientID, factID), []byte{1})
	}
	q.keep(factID, state)
}

// makeDue puts what is held for a time at the end of the queue; nothing else changes.
func (q newsQueue) makeDue(factID facts.Hash) {
	state := q.state(factID)
	if state.due == 0 {
		return
	}
	held := q.releaseHeld(factID)
	state.due = 0
	q.enqueue(factID, state, held)
}

func (q newsQueue) releaseHeld(factID facts.Hash) []byte {
	at := newsKey(heldPrefix, q.clientID, factID)
	held := q.store.Get(at)
	if held != nil {
		q.store.Delete(at)
	}
	if state := q.state(factID); state.due != 0 {
		q.store.Delete(dueKey(state.due, q.clientID, factID))
		state.due = 0
		q.keep(factID, state)
	}
	return held
}

func (q newsQueue) enqueue(factID facts.Hash, state newsState, value []byte) {
	counter := append([]byte{nextPrefix}, q.clientID...)
	state.number = decodeCounter(q.store.Get(counter)) + 1
	q.store.Set(counter, encodeCounter(state.number))
	q.store.Set(packetKey(queuePrefix, q.clientID, state.number), value)
	if state.since == 0 {
		state.since = q.now
	}
	q.keep(factID, state)
}

func (q newsQueue) state(factID facts.Hash) newsState {
	return decodeNewsState(q.store.Get(newsKey(statePrefix, q.clientID, factID)))
}

func (q newsQueue) keep(factID facts.Hash, state newsState) {
	at := newsKey(statePrefix, q.clientID, factID)
	if state == (newsState{}) {
		q.store.Delete(at)
		return
	}
	flag := byte(0)
	if state.isUnderWay {
		flag = 1
	}
	encoded := []byte{flag, state.attempts, byte(state.answer)}
	for _, counter := range []uint64{state.number, state.due, state.since} {
		encoded = append(encoded, encodeCounter(counter)...)
	}
	q.store.Set(at, encoded)
}

func decodeNewsState(raw []byte) newsState {
	if raw == nil {
		return newsState{}
	}
	counters := raw[3:]
	return newsState{
		isUnderWay: raw[0] == 1, attempts: raw[1], answer: settlementv1.NewsAnswer(raw[2]),
		number: decodeCounter(counters), due: decodeCounter(counters[counterBytes:]),
		since: decodeCounter(counters[2*counterBytes:]),
	}
}

// waitingNews lists news behind that client and fact, in the order of both.
func (k Keeper) waitingNews(ctx context.Context, afterClient string, afterFact []byte, limit int) []*settlementv1.WaitingNews {
	start := []byte{statePrefix}
	if afterClient != "" {
		start = append(append(append(start, afterClient...), '/'), append(append([]byte{}, afterFact...), 0)...)
	}
	iterator := k.store(ctx).Iterator(start, storetypes.PrefixEndBytes([]byte{statePrefix}))
	defer iterator.Close()
	var found []*settlementv1.WaitingNews
	for ; iterator.Valid() && len(found) < limit; iterator.Next() {
		name := iterator.Key()[1:]
		slash := len(name) - len(facts.Hash{}) - 1
		factID := facts.Hash(name[slash+1:])
		state := decodeNewsState(iterator.Value())
		found = append(found, &settlementv1.WaitingNews{
			ClientId: string(name[:slash]), FactId: factID[:], LiabilityId: k.book(ctx).LiabilityOfFact(factID).GetLiabilityId(),
			State: state.waits(), SinceSeconds: state.since, Attempts: uint32(state.attempts), DueSeconds: state.due,
			LastAnswer: max(state.answer, settlementv1.NewsAnswer_NEWS_ANSWER_NONE),
		})
	}
	return found
}

// waits says for what.
func (s newsState) waits() settlementv1.NewsState {
	switch {
	case s.number != 0:
		return settlementv1.NewsState_NEWS_STATE_QUEUED
	case s.due != 0:
		return settlementv1.NewsState_NEWS_STATE_HELD
	default:
		return settlementv1.NewsState_NEWS_STATE_UNDER_WAY
	}
}

// makePassedDue queues the first held updates whose time has come, at most limit.
func (k Keeper) makePassedDue(ctx context.Context, limit int) {
	type passed struct {
		clientID string
		factID   facts.Hash
	}
	var found []passed
	iterator := k.store(ctx).Iterator([]byte{duePrefix}, append([]byte{duePrefix}, encodeCounter(blockSeconds(ctx)+1)...))
	for ; iterator.Valid() && len(found) < limit; iterator.Next() {
		name := iterator.Key()[1+counterBytes:]
		slash := len(name) - len(facts.Hash{}) - 1
		found = append(found, passed{clientID: string(name[:slash]), factID: facts.Hash(name[slash+1:])})
	}
	iterator.Close()
	for _, each := range found {
		k.newsQueue(ctx, each.clientID).makeDue(each.factID)
	}
}

// waitSeconds before the attempt after that many that failed.
func waitSeconds(attempts uint8) uint64 {
	if attempts <= maximumNewsRepeats {
		return 0
	}
	const mostDoublings = 16
	doublings := min(attempts-maximumNewsRepeats-1, mostDoublings)
	return min(uint64(newsWaitSeconds)<<doublings, maximumNewsWaitSeconds)
}

func newsKey(prefix byte, clientID string, factID facts.Hash) []byte {
	return append(append(append([]byte{prefix}, clientID...), '/'), factID[:]...)
}

func dueKey(seconds uint64, clientID string, factID facts.Hash) []byte {
	return append(append([]byte{duePrefix}, encodeCounter(seconds)...), newsKey(duePrefix, clientID, factID)[1:]...)
}
