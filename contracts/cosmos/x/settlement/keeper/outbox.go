package keeper

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"math/big"

	storetypes "github.com/cosmos/cosmos-sdk/store/v2/types"
	sdk "github.com/cosmos/cosmos-sdk/types"

	channeltypesv2 "github.com/cosmos/ibc-go/v11/modules/core/04-channel/v2/types"
	"github.com/cosmos/ibc-go/v11/modules/core/exported"

	settlementv1 "interledger.example/cosmos/wire/settlementv1"
	"interledger.example/cosmos/x/settlement/facts"
)

// News of liabilities leave for the contract ledgers: from a queue for each client into packets, and what was answered. What the
// log's new entries mean is queued at the end of each block, and the front of each queue is sent in as many packets as a block
// may have. News are never given up: what times out is queued again, and what a contract ledger could not take (the fact's own
// acknowledgement has not arrived, the packet was refused as a whole or came back from a hub, the answer cannot be read) is tried again, a few times at
// once and then after longer and longer waits (news_queue.go). A client that cannot be used keeps its queue until it can.

// maximumToldEntries of the log in one block; the rest follows in the next.
const maximumToldEntries = 1000

// Keys of the store.
const (
	toldKey      = 0x42 // the log's last entry whose news were queued
	queuePrefix  = 0x43 // client id, '/', number -> payload with one update
	nextPrefix   = 0x44 // client id -> number of the last one in its queue
	statePrefix  = 0x45 // client id, '/', fact id -> under way, attempts, number in the queue, due
	answerPrefix = 0x46 // client id, '/', packet sequence -> acknowledgement
	heldPrefix   = 0x47 // client id, '/', fact id -> payload with one update
	duePrefix    = 0x48 // unix seconds, client id, '/', fact id -> 1
)

const counterBytes = 8

// PacketSender is the part of core IBC that sends packets. Its channel keeper is one.
type PacketSender interface {
	SendPacket(ctx context.Context, msg *channeltypesv2.MsgSendPacket) (*channeltypesv2.MsgSendPacketResponse, error)
}

// queueNews queues what new entries of the log mean, and what they ask for again.
func (k Keeper) queueNews(ctx context.Context) {
	store, book := k.store(ctx), k.book(ctx)
	told := decodeCounter(store.Get([]byte{toldKey}))
	until := min(book.Head().Sequence, told+maximumToldEntries)
	if until == told {
		return
	}
	for _, tidings := range book.News(told, until) {
		queue := k.newsQueue(ctx, tidings.ClientID)
		for _, update := range tidings.Updates {
			queue.put(update.FactID, alone(tidings.ChainID, tidings.Contract, update))
		}
	}
	for _, asked := range book.NewsRequests(told, until) {
		k.newsQueue(ctx, asked.ClientID).makeDue(asked.FactID)
	}
	store.Set([]byte{toldKey}, encodeCounter(until))
}

// alone is a payload with one update.
func alone(chainID *big.Int, contract facts.Address, update facts.StatusUpdate) []byte {
	return facts.EncodeStatusPacket(&facts.StatusPacketData{
		ChainID: chainID, Contract: contract, Updates: []facts.StatusUpdate{update},
	})
}

// sendQueued queues what has waited long enough, then sends from the front of each queue. A day is the longest that a packet may
// take.
func (k Keeper) sendQueued(ctx context.Context) {
	k.makePassedDue(ctx, maximumNewsPackets*facts.MaximumUpdates)
	timeout := blockSeconds(ctx) + uint64(channeltypesv2.MaxTimeoutDelta.Seconds())
	for _, clientID := range k.queuedClients(ctx) {
		if k.clients.GetClientStatus(sdk.UnwrapSDKContext(ctx), clientID) != exported.Active {
			continue
		}
		for range maximumNewsPackets {
			if !k.sendFirst(ctx, clientID, timeout) {
				break
			}
		}
	}
}

// sendFirst says whether there was something and it could be sent: as many updates for one contract as a packet holds.
func (k Keeper) sendFirst(ctx context.Context, clientID string, timeout uint64) bool {
	queue := k.newsQueue(ctx, clientID)
	taken, data := joined(queue.front(facts.MaximumUpdates))
	if data == nil {
		return false
	}
	value := facts.EncodeStatusPacket(data)
	payload := channeltypesv2.NewPayload(facts.Port, k.PortOf(ctx, clientID), facts.StatusVersion, facts.Encoding, value)
	attempt, write := sdk.UnwrapSDKContext(ctx).CacheContext()
	if _, err := k.packets.SendPacket(attempt, channeltypesv2.NewMsgSendPacket(clientID, timeout, k.self, payload)); err != nil {
		return false
	}
	write()
	for i, update := range data.Updates {
		queue.take(update.FactID, taken[i].number)
	}
	return true
}

// joined are the first of the queued updates that are for one contract, and a packet of them; nil if there are none.
func joined(queued []queuedUpdate) ([]queuedUpdate, *facts.StatusPacketData) {
	var data *facts.StatusPacketData
	for i, each := range queued {
		one, err := facts.DecodeStatusPacket(each.value)
		if err != nil {
			panic(fmt.Errorf("settlement: queued news are damaged: %w", err))
		}
		switch {
		case data == nil:
			data = one
		case one.ChainID.Cmp(data.ChainID) != 0 || one.Contract != data.Contract:
			return queued[:i], data
		default:
			data.Updates = append(data.Updates, one.Updates...)
		}
	}
	return queued, data
}

// failedAnswers are those after which an update is sent again.
var failedAnswers = map[facts.StatusAnswer]settlementv1.NewsAnswer{
	facts.WrongState: settlementv1.NewsAnswer_NEWS_ANSWER_WRONG_STATE,
	facts.Returned:   settlementv1.NewsAnswer_NEWS_ANSWER_RETURNED,
	facts.Refused:    settlementv1.NewsAnswer_NEWS_ANSWER_REFUSED,
}

// recordAnswer keeps the answer as it came, and what the contract ledger could not take for another attempt.
func (k Keeper) recordAnswer(ctx context.Context, clientID string, sequence uint64, value, acknowledgement []byte) error {
	k.store(ctx).Set(packetKey(answerPrefix, clientID, sequence), acknowledgement)
	data, err := facts.DecodeStatusPacket(value)
	if err != nil {
		return err
	}
	answers, err := facts.DecodeStatusAnswers(acknowledgement)
	isReadable := err == nil && len(answers) == len(data.Updates)
	queue := k.newsQueue(ctx, clientID)
	for i, update := range data.Updates {
		failed := settlementv1.NewsAnswer_NEWS_ANSWER_REFUSED
		if isReadable {
			failed = failedAnswers[answers[i]]
		}
		if failed == settlementv1.NewsAnswer_NEWS_ANSWER_UNSPECIFIED {
			queue.settle(update.FactID)
		} else {
			queue.tryLater(update.FactID, alone(data.ChainID, data.Contract, update), failed)
		}
	}
	return nil
}

// answer is what the contract ledger made of a packet, or nil.
func (k Keeper) answer(ctx context.Context, clientID string, sequence uint64) []byte {
	return k.store(ctx).Get(packetKey(answerPrefix, clientID, sequence))
}

// sendAgain puts what timed out at the end of the queue.
func (k Keeper) sendAgain(ctx context.Context, clientID string, value []byte) error {
	data, err := facts.DecodeStatusPacket(value)
	if err != nil {
		return err
	}
	queue := k.newsQueue(ctx, clientID)
	for _, update := range data.Updates {
		queue.sendAgain(update.FactID, alone(data.ChainID, data.Contract, update))
	}
	return nil
}

// queuedClients are those with a queue, in their order. It looks once at each, however long the queues are.
func (k Keeper) queuedClients(ctx context.Context) []string {
	store, end := k.store(ctx), storetypes.PrefixEndBytes([]byte{queuePrefix})
	var clients []string
	for from := []byte{queuePrefix}; ; {
		iterator := store.Iterator(from, end)
		if !iterator.Valid() {
			iterator.Close()
			return clients
		}
		clientID, _ := splitPacketKey(iterator.Key())
		iterator.Close()
		clients = append(clients, clientID)
		from = append(append([]byte{queuePrefix}, clientID...), '/'+1)
	}
}

// packetKey has no other key as its beginning, because a client id has no slash.
func packetKey(prefix byte, clientID string, number uint64) []byte {
	return binary.BigEndian.AppendUint64(append(append([]byte{prefix}, clientID...), '/'), number)
}

func splitPacketKey(raw []byte) (clientID string, number uint64) {
	slash := bytes.IndexByte(raw, '/')
	return string(raw[1:slash]), decodeCounter(raw[slash+1:])
}

func encodeCounter(value uint64) []byte { return binary.BigEndian.AppendUint64(nil, value) }

func decodeCounter(raw []byte) uint64 {
	if raw == nil {
		return 0
	}
	return binary.BigEndian.Uint64(raw[:counterBytes])
}
