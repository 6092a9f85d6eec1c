"""News of liabilities leave for the contract ledgers: from a queue for each client into packets, and what was answered.

Everything is in the proven store, so a replay sends the same packets in the same blocks. A queue moves on in every block
that changes something; the answer to a packet is such a block, so a long queue drains as fast as it is answered. News are
never given up: what times out is queued again, and what a contract ledger could not take (the fact's own acknowledgement has
not arrived, the packet was refused as a whole or came back from a hub, the answer cannot be read) is tried again, a few
times at once and then after longer and longer waits (news_queue.py). It must never fail a block: a client that cannot be
used keeps its queue until it can.
"""

from __future__ import annotations

from collections.abc import Iterable

from relayer.codes.limits import MAXIMUM_NEWS_PACKETS, MAXIMUM_TIMEOUT_SECONDS, MAXIMUM_UPDATES
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
from relayer.ledgers.embedded.settlement.client_ports import port_of
from relayer.ledgers.embedded.settlement.news_queue import NewsQueue, QueuedUpdate, make_passed_due, queued_clients
from relayer.settlement.model.events import LogEntry
from relayer.settlement.model.facts import FactPacket
from relayer.settlement.model.news import NewsAnswer, NewsRequested
from relayer.settlement.news import news

_FAILED = {
    StatusAnswer.WRONG_STATE: NewsAnswer.WRONG_STATE,
    StatusAnswer.RETURNED: NewsAnswer.RETURNED,
    StatusAnswer.REFUSED: NewsAnswer.REFUSED,
}
"""Answers after which an update is sent again."""
_ANSWERS = b"settlementStatus/answers/"
_COUNTER_BYTES = 8
_AT_ONCE = MAXIMUM_NEWS_PACKETS * MAXIMUM_UPDATES


def enqueue_news(context: Context, entries: Iterable[LogEntry]) -> None:
    """Queues what the entries mean to other ledgers, and what they ask for again."""
    listed = list(entries)
    for destination, updates in news(context.settlement, listed).items():
        queue = NewsQueue(context, ClientId(destination.client_id))
        for update in updates:
            data = StatusPacketData(chain_id=destination.chain_id, contract=destination.contract, updates=(update,))
            queue.put(update.fact_id, encode_status_packet(data))
    for entry in listed:
        if isinstance(entry.event, NewsRequested):
            _make_due(context, entry.event.fact_id)


def send_queued(context: Context, host: PacketHost) -> None:
    """Queues what has waited long enough, then sends from the front of each queue. A day is the longest that a packet may
    take."""
    make_passed_due(context, _AT_ONCE)
    timeout = TimestampSeconds(context.block.time_seconds + MAXIMUM_TIMEOUT_SECONDS)
    for client in list(queued_clients(context)):
        for _ in range(MAXIMUM_NEWS_PACKETS):
            if not _send_first(context, host, client, timeout):
                break


def record_answer(context: Context, delivery: Delivery, acknowledgement: bytes) -> None:
    """Keeps the answer as it came, and what the contract ledger could not take for another attempt."""
    context.store.set(_packet_key(_ANSWERS, delivery.source_client, delivery.sequence), acknowledgement)
    data = decode_status_packet(delivery.payload.value)
    queue = NewsQueue(context, delivery.source_client)
    answers = _answers(data, acknowledgement)
    for place, update in enumerate(data.updates):
        failed = NewsAnswer.REFUSED if answers is None else _FAILED.get(answers[place])
        if failed is None:
            queue.settle(update.fact_id)
        else:
            queue.try_later(update.fact_id, _alone(data, update), failed)


def send_again(context: Context, delivery: Delivery) -> None:
    """After a timeout: to the end of the queue."""
    data = decode_status_packet(delivery.payload.value)
    queue = NewsQueue(context, delivery.source_client)
    for update in data.updates:
        queue.send_again(update.fact_id, _alone(data, update))


def recorded_answer(context: Context, client: ClientId, sequence: Sequence) -> bytes | None:
    """The contract ledger's acknowledgement of a packet of news, as it came."""
    return context.store.get(_packet_key(_ANSWERS, client, sequence))


def _send_first(context: Context, host: PacketHost, client: ClientId, timeout: TimestampSeconds) -> bool:
    """Whether there was something and it could be sent: as many updates for one contract as a packet holds."""
    queue = NewsQueue(context, client)
    taken, data = _front(queue)
    if data is None:
        return False
    payload = Payload(
        source_port=PORT,
        destination_port=port_of(context, client),
        version=STATUS_VERSION,
        encoding=ENCODING,
        value=encode_status_packet(data),
    )
    attempt = context.branch()
    try:
        host.send_own(attempt, client, timeout, payload)
    except MessageRefused:
        return False
    context.merge(attempt)
    for queued, update in zip(taken, data.updates, strict=True):
        queue.take(update.fact_id, queued.number)
    return True


def _front(queue: NewsQueue) -> tuple[list[QueuedUpdate], StatusPacketData | None]:
    taken: list[QueuedUpdate] = []
    data: StatusPacketData | None = None
    for queued in queue.front():
        one = decode_status_packet(queued.value)
        if data is None:
            data = one
        elif len(taken) == MAXIMUM_UPDATES or (one.chain_id, one.contract) != (data.chain_id, data.contract):
            break
        else:
            data = StatusPacketData(chain_id=data.chain_id, contract=data.contract, updates=(*data.updates, *one.updates))
        taken.append(queued)
    return taken, data


def _make_due(context: Context, fact_id: bytes) -> None:
    liability = context.settlement.liability_of_fact(fact_id)
    if liability is not None and isinstance(liability.origin, FactPacket):
        NewsQueue(context, ClientId(liability.origin.client_id)).make_due(fact_id)


def _answers(data: StatusPacketData, acknowledgement: bytes) -> tuple[StatusAnswer, ...] | None:
    """None: the packet was refused as a whole, or the answer has no form that means something."""
    try:
        answers = decode_status_answers(acknowledgement)
    except InvalidInput:
        return None
    return tuple(answers) if len(answers) == len(data.updates) else None


def _alone(data: StatusPacketData, update: StatusUpdate) -> bytes:
    return encode_status_packet(StatusPacketData(chain_id=data.chain_id, contract=data.contract, updates=(update,)))


def _packet_key(prefix: bytes, client: ClientId, sequence: Sequence) -> bytes:
    return prefix + client.encode() + b"/" + sequence.to_bytes(_COUNTER_BYTES, "big")
