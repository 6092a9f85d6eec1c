"""News of liabilities on their way to the contract ledgers: a queue for each client, packets, and what was answered.

The queue is in the proven store, so a replay sends the same packets in the same blocks. It moves on in every block that
changes something; the answer to a packet is such a block, so a long queue drains as fast as it is answered. What times out
is queued again. What is refused as a whole, or answered in an unreadable way, is kept as an answer and not sent again. An
update in the wrong state is sent again a few times, because it may have overtaken the acknowledgement of its own fact.
It must never fail a block: a client that cannot be used keeps its queue until it can.
"""

from __future__ import annotations

from collections.abc import Iterable

from relayer.codes.limits import MAXIMUM_NEWS_PACKETS, MAXIMUM_NEWS_REPEATS, MAXIMUM_TIMEOUT_SECONDS, MAXIMUM_UPDATES
from relayer.codes.news import StatusAnswer
from relayer.core.ids import ClientId, Sequence, TimestampSeconds
from relayer.core.packet import Payload
from relayer.errors import InvalidInput
from relayer.facts.codec import ENCODING, PORT
from relayer.facts.status_codec import (
    STATUS_VERSION,
    StatusPacketData,
    StatusUpdate,
    decode_status_answers,
    decode_status_packet,
    encode_status_packet,
)
from relayer.ledgers.embedded.host.applications import Delivery
from relayer.ledgers.embedded.host.context import Context
from relayer.ledgers.embedded.host.host import PacketHost
from relayer.ledgers.embedded.host.refusals import MessageRefused
from relayer.settlement.model.events import LogEntry
from relayer.settlement.news import news

_QUEUE = b"settlementStatus/queue/"
_NEXT = b"settlementStatus/next/"
_REPEATS = b"settlementStatus/repeats/"
_ANSWERS = b"settlementStatus/answers/"
_COUNTER_BYTES = 8
_BEHIND_SEPARATOR = b"0"
"""The byte after the slash."""


def enqueue_news(context: Context, entries: Iterable[LogEntry]) -> None:
    """Queues what the entries mean to other ledgers, in packets that are as full as can be."""
    for destination, updates in news(context.settlement, entries).items():
        for start in range(0, len(updates), MAXIMUM_UPDATES):
            data = StatusPacketData(
                chain_id=destination.chain_id,
                contract=destination.contract,
                updates=tuple(updates[start : start + MAXIMUM_UPDATES]),
            )
            _enqueue(context, ClientId(destination.client_id), encode_status_packet(data), repeats=0)


def send_queued(context: Context, host: PacketHost) -> None:
    """Sends from the front of each queue. A day is the longest that a packet may take."""
    timeout = TimestampSeconds(context.block.time_seconds + MAXIMUM_TIMEOUT_SECONDS)
    key = context.store.above(_QUEUE)
    while key is not None and key.startswith(_QUEUE):
        client = _client_of(key)
        _send_first(context, host, client, timeout)
        key = context.store.above(_QUEUE + client.encode() + _BEHIND_SEPARATOR)


def record_answer(context: Context, delivery: Delivery, acknowledgement: bytes) -> None:
    """Keeps the answer as it came, and queues again what came too early."""
    repeats = _forget_repeats(context, delivery)
    context.store.set(_packet_key(_ANSWERS, delivery.source_client, delivery.sequence), acknowledgement)
    early = _early(decode_status_packet(delivery.payload.value), acknowledgement)
    if early is not None and repeats < MAXIMUM_NEWS_REPEATS:
        _enqueue(context, delivery.source_client, encode_status_packet(early), repeats=repeats + 1)


def send_again(context: Context, delivery: Delivery) -> None:
    """After a timeout: to the end of the queue."""
    repeats = _forget_repeats(context, delivery)
    _enqueue(context, delivery.source_client, delivery.payload.value, repeats=repeats)


def recorded_answer(context: Context, client: ClientId, sequence: Sequence) -> bytes | None:
    """The contract ledger's acknowledgement of a packet of news, as it came."""
    return context.store.get(_packet_key(_ANSWERS, client, sequence))


def _send_first(context: Context, host: PacketHost, client: ClientId, timeout: TimestampSeconds) -> None:
    for _ in range(MAXIMUM_NEWS_PACKETS):
        prefix = _QUEUE + client.encode() + b"/"
        key = context.store.above(prefix)
        if key is None or not key.startswith(prefix):
            return
        entry = context.store.get(key) or b""
        payload = Payload(
            source_port=PORT, destination_port=PORT, version=STATUS_VERSION, encoding=ENCODING, value=entry[1:]
        )
        attempt = context.branch()
        try:
            packet = host.send_own(attempt, client, timeout, payload)
        except MessageRefused:
            return
        context.merge(attempt)
        context.store.delete(key)
        if entry[0]:
            context.store.set(_packet_key(_REPEATS, client, packet.sequence), entry[:1])


def _enqueue(context: Context, client: ClientId, value: bytes, *, repeats: int) -> None:
    counter = _NEXT + client.encode()
    number = int.from_bytes(context.store.get(counter) or b"", "big")
    context.store.set(counter, (number + 1).to_bytes(_COUNTER_BYTES, "big"))
    context.store.set(_QUEUE + client.encode() + b"/" + number.to_bytes(_COUNTER_BYTES, "big"), bytes([repeats]) + value)


def _forget_repeats(context: Context, delivery: Delivery) -> int:
    """How often the packet's updates were sent before."""
    key = _packet_key(_REPEATS, delivery.source_client, delivery.sequence)
    stored = context.store.get(key)
    if stored is None:
        return 0
    context.store.delete(key)
    return stored[0]


def _early(data: StatusPacketData, acknowledgement: bytes) -> StatusPacketData | None:
    """The updates that were answered with WRONG_STATE, if any."""
    try:
        answers = decode_status_answers(acknowledgement)
    except InvalidInput:
        return None
    if len(answers) != len(data.updates):
        return None
    pairs = zip(data.updates, answers, strict=True)
    early: list[StatusUpdate] = [update for update, answer in pairs if answer is StatusAnswer.WRONG_STATE]
    return StatusPacketData(chain_id=data.chain_id, contract=data.contract, updates=tuple(early)) if early else None


def _client_of(key: bytes) -> ClientId:
    return ClientId(key[len(_QUEUE) : -_COUNTER_BYTES - 1].decode())


def _packet_key(prefix: bytes, client: ClientId, sequence: Sequence) -> bytes:
    return prefix + client.encode() + b"/" + sequence.to_bytes(_COUNTER_BYTES, "big")
