package keeper

import (
	"bytes"
	"context"
	"encoding/binary"

	storetypes "github.com/cosmos/cosmos-sdk/store/v2/types"
	sdk "github.com/cosmos/cosmos-sdk/types"

	channeltypesv2 "github.com/cosmos/ibc-go/v11/modules/core/04-channel/v2/types"
	"github.com/cosmos/ibc-go/v11/modules/core/exported"

	"interledger.example/cosmos/x/settlement/facts"
)

// News of liabilities on their way to the contract ledgers: a queue for each client, packets, and what was answered. What the
// log's new entries mean is queued at the end of each block, and the front of each queue is sent in as many packets as a block
// may have. What times out is queued again. What is refused as a whole, or answered in an unreadable way, is kept as an answer
// and not sent again. An update in the wrong state is sent again a few times, because it may have overtaken the
// acknowledgement of its own fact. A client that cannot be used keeps its queue until it can.

// maximumToldEntries of the log in one block; the rest follows in the next.
const maximumToldEntries = 1000

// Keys of the store.
const (
	toldKey       = 0x42 // the log's last entry whose news were queued
	queuePrefix   = 0x43 // client id, '/', number -> repeats, payload
	nextPrefix    = 0x44 // client id -> number of the next one in its queue
	repeatsPrefix = 0x45 // client id, '/', packet sequence -> repeats
	answerPrefix  = 0x46 // client id, '/', packet sequence -> acknowledgement
)

const counterBytes = 8

// PacketSender is the part of core IBC that sends packets. Its channel keeper is one.
type PacketSender interface {
	SendPacket(ctx context.Context, msg *channeltypesv2.MsgSendPacket) (*channeltypesv2.MsgSendPacketResponse, error)
}

// queueNews queues what new entries of the log mean, in packets that are as full as can be.
func (k Keeper) queueNews(ctx context.Context) {
	store, book := k.store(ctx), k.book(ctx)
	told := decodeCounter(store.Get([]byte{toldKey}))
	until := min(book.Head().Sequence, told+maximumToldEntries)
	if until == told {
		return
	}
	for _, tidings := range book.News(told, until) {
		for start := 0; start < len(tidings.Updates); start += facts.MaximumUpdates {
			end := min(start+facts.MaximumUpdates, len(tidings.Updates))
			data := facts.StatusPacketData{
				ChainID: tidings.ChainID, Contract: tidings.Contract, Updates: tidings.Updates[start:end],
			}
			k.enqueue(ctx, tidings.ClientID, facts.EncodeStatusPacket(&data), 0)
		}
	}
	store.Set([]byte{toldKey}, encodeCounter(until))
}

// sendQueued sends from the front of each queue. A day is the longest that a packet may take.
func (k Keeper) sendQueued(ctx context.Context) {
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

// sendFirst says whether there was something and it could be sent.
func (k Keeper) sendFirst(ctx context.Context, clientID string, timeout uint64) bool {
	at, queued := k.first(ctx, clientID)
	if at == nil {
		return false
	}
	payload := channeltypesv2.NewPayload(facts.Port, facts.Port, facts.StatusVersion, facts.Encoding, queued.value)
	attempt, write := sdk.UnwrapSDKContext(ctx).CacheContext()
	sent, err := k.packets.SendPacket(attempt, channeltypesv2.NewMsgSendPacket(clientID, timeout, k.self, payload))
	if err != nil {
		return false
	}
	write()
	store := k.store(ctx)
	store.Delete(at)
	if queued.repeats > 0 {
		store.Set(packetKey(repeatsPrefix, clientID, sent.Sequence), []byte{queued.repeats})
	}
	return true
}

// recordAnswer keeps the answer as it came, and queues again what came too early.
func (k Keeper) recordAnswer(ctx context.Context, clientID string, sequence uint64, value, acknowledgement []byte) error {
	repeats := k.forgetRepeats(ctx, clientID, sequence)
	k.store(ctx).Set(packetKey(answerPrefix, clientID, sequence), acknowledgement)
	data, err := facts.DecodeStatusPacket(value)
	if err != nil {
		return err
	}
	if early := earlyUpdates(data, acknowledgement); early != nil && repeats < maximumNewsRepeats {
		k.enqueue(ctx, clientID, facts.EncodeStatusPacket(early), repeats+1)
	}
	return nil
}

// answer is what the contract ledger made of a packet, or nil.
func (k Keeper) answer(ctx context.Context, clientID string, sequence uint64) []byte {
	return k.store(ctx).Get(packetKey(answerPrefix, clientID, sequence))
}

// sendAgain puts what timed out at the end of the queue.
func (k Keeper) sendAgain(ctx context.Context, clientID string, sequence uint64, value []byte) {
	k.enqueue(ctx, clientID, value, k.forgetRepeats(ctx, clientID, sequence))
}

// earlyUpdates are those that were answered with WrongState, or nil.
func earlyUpdates(data *facts.StatusPacketData, acknowledgement []byte) *facts.StatusPacketData {
	answers, err := facts.DecodeStatusAnswers(acknowledgement)
	if err != nil || len(answers) != len(data.Updates) {
		return nil
	}
	early := &facts.StatusPacketData{ChainID: data.ChainID, Contract: data.Contract}
	for i, answer := range answers {
		if answer == facts.WrongState {
			early.Updates = append(early.Updates, data.Updates[i])
		}
	}
	if len(early.Updates) == 0 {
		return nil
	}
	return early
}

// queuedNews is one payload that waits to be sent.
type queuedNews struct {
	repeats uint8
	value   []byte
}

func (k Keeper) enqueue(ctx context.Context, clientID string, value []byte, repeats uint8) {
	store := k.store(ctx)
	counter := append([]byte{nextPrefix}, clientID...)
	number := decodeCounter(store.Get(counter))
	store.Set(counter, encodeCounter(number+1))
	store.Set(packetKey(queuePrefix, clientID, number), append([]byte{repeats}, value...))
}

// first of a client's queue; the key is nil if the queue is empty.
func (k Keeper) first(ctx context.Context, clientID string) ([]byte, queuedNews) {
	prefix := append(append([]byte{queuePrefix}, clientID...), '/')
	iterator := k.store(ctx).Iterator(prefix, storetypes.PrefixEndBytes(prefix))
	defer iterator.Close()
	if !iterator.Valid() {
		return nil, queuedNews{}
	}
	value := iterator.Value()
	return iterator.Key(), queuedNews{repeats: value[0], value: value[1:]}
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

// forgetRepeats says how often the packet's updates were sent before.
func (k Keeper) forgetRepeats(ctx context.Context, clientID string, sequence uint64) uint8 {
	store, at := k.store(ctx), packetKey(repeatsPrefix, clientID, sequence)
	stored := store.Get(at)
	if stored == nil {
		return 0
	}
	store.Delete(at)
	return stored[0]
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
