"""News of liabilities that wait, by client and liability: in a queue, for an answer, or for their next attempt.

At most one update of a liability waits: a newer one takes its place. While an update of a liability is under way, the next
one waits for its answer, so however often a liability changes, one packet at a time reports it. What a contract ledger
could not take is held and becomes due later, each time after twice the wait, and is never given up.

Keys lie in the proven store, so a replay comes to the same packets in the same blocks.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from relayer.codes.limits import MAXIMUM_NEWS_REPEATS, MAXIMUM_NEWS_WAIT_SECONDS, NEWS_WAIT_SECONDS
from relayer.core.ids import ClientId
from relayer.errors import InvariantBroken
from relayer.ledgers.embedded.host.context import Context
from relayer.settlement.model.news import NewsAnswer, NewsState, WaitingNews

_QUEUE = b"settlementStatus/queue/"
_NEXT = b"settlementStatus/next/"
_STATE = b"settlementStatus/state/"
_HELD = b"settlementStatus/held/"
_DUE = b"settlementStatus/due/"
_COUNTER_BYTES = 8
_FACT_ID_BYTES = 32
_BEHIND_SEPARATOR = b"0"
"""The byte after the slash."""
_MAXIMUM_ATTEMPTS = 255
_ANSWERS = tuple(NewsAnswer)
"""By the number under which they are stored."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Liability:
    """What is known of the news of one liability. Stored while something waits or is under way."""

    under_way: bool = False
    attempts: int = 0
    """How often a contract ledger could not take them."""
    number: int = 0
    """Place in the queue; 0: in none."""
    due_seconds: int = 0
    """When what is held is sent; 0: nothing is held for a time."""
    since_seconds: int = 0
    """Since when news of it have waited without a pause."""
    answer: NewsAnswer = NewsAnswer.NONE


@dataclass(frozen=True, slots=True, kw_only=True)
class QueuedUpdate:
    """The front of a queue. `value` is a status-1 payload with one update."""

    number: int
    value: bytes


class NewsQueue:
    """The waiting news of one client."""

    def __init__(self, context: Context, client: ClientId) -> None:
        self._store = context.store
        self._now = context.block.time_seconds
        self._client = client.encode() + b"/"

    def put(self, fact_id: bytes, value: bytes) -> None:
        """News of a liability, in the place of what waits."""
        state = self._state(fact_id)
        if state.number:
            self._store.set(self._queued(state.number), value)
        elif state.under_way or state.due_seconds:
            self._store.set(_HELD + self._client + fact_id, value)
        else:
            self._enqueue(fact_id, state, value)

    def front(self) -> Iterator[QueuedUpdate]:
        """In the order of the queue."""
        prefix = _QUEUE + self._client
        key = self._store.above(prefix)
        while key is not None and key.startswith(prefix):
            yield QueuedUpdate(number=_number(key), value=self._store.get(key) or b"")
            key = self._store.above(key + b"\x00")

    def take(self, fact_id: bytes, number: int) -> None:
        """The update was sent."""
        self._store.delete(self._queued(number))
        self._keep(fact_id, replace(self._state(fact_id), number=0, under_way=True))

    def settle(self, fact_id: bytes) -> None:
        """The contract ledger has an answer that no repeat would change. What became newer meanwhile is sent."""
        newer = self._release_held(fact_id)
        self._keep(fact_id, _Liability())
        if newer is not None:
            self._enqueue(fact_id, _Liability(), newer)

    def send_again(self, fact_id: bytes, value: bytes) -> None:
        """The packet was not delivered in time."""
        newer = self._release_held(fact_id)
        state = replace(self._state(fact_id), under_way=False, answer=NewsAnswer.TIMED_OUT)
        self._enqueue(fact_id, state, newer or value)

    def try_later(self, fact_id: bytes, value: bytes, answer: NewsAnswer) -> None:
        """The contract ledger could not take it. What is in the wrong state follows at once a few times; all else waits."""
        newer = self._release_held(fact_id)
        state = self._state(fact_id)
        tried = state.attempts if answer is NewsAnswer.WRONG_STATE else max(state.attempts, MAXIMUM_NEWS_REPEATS)
        attempts = min(tried + 1, _MAXIMUM_ATTEMPTS)
        state = replace(state, under_way=False, attempts=attempts, answer=answer)
        wait = _wait_seconds(attempts)
        if not wait:
            self._enqueue(fact_id, state, newer or value)
            return
        due = self._now + wait
        self._store.set(_HELD + self._client + fact_id, newer or value)
        self._store.set(self._due(due, fact_id), b"\x01")
        self._keep(fact_id, replace(state, due_seconds=due))

    def make_due(self, fact_id: bytes) -> None:
        """What is held for a time goes to the end of the queue; nothing else changes."""
        state = self._state(fact_id)
        if state.due_seconds:
            held = self._release_held(fact_id)
            self._enqueue(fact_id, replace(state, due_seconds=0), held or b"")

    def _release_held(self, fact_id: bytes) -> bytes | None:
        key = _HELD + self._client + fact_id
        held = self._store.get(key)
        if held is not None:
            self._store.delete(key)
        state = self._state(fact_id)
        if state.due_seconds:
            self._store.delete(self._due(state.due_seconds, fact_id))
            self._keep(fact_id, replace(state, due_seconds=0))
        return held

    def _enqueue(self, fact_id: bytes, state: _Liability, value: bytes) -> None:
        counter = _NEXT + self._client[:-1]
        number = int.from_bytes(self._store.get(counter) or b"", "big") + 1
        self._store.set(counter, number.to_bytes(_COUNTER_BYTES, "big"))
        self._store.set(self._queued(number), value)
        self._keep(fact_id, replace(state, number=number, since_seconds=state.since_seconds or self._now))

    def _state(self, fact_id: bytes) -> _Liability:
        raw = self._store.get(_STATE + self._client + fact_id)
        return _Liability() if raw is None else _decode(raw)

    def _keep(self, fact_id: bytes, state: _Liability) -> None:
        key = _STATE + self._client + fact_id
        if state == _Liability():
            if self._store.get(key) is not None:
                self._store.delete(key)
            return
        numbers = (state.number, state.due_seconds, state.since_seconds)
        encoded = b"".join(number.to_bytes(_COUNTER_BYTES, "big") for number in numbers)
        self._store.set(key, bytes([state.under_way, state.attempts, _ANSWERS.index(state.answer)]) + encoded)

    def _queued(self, number: int) -> bytes:
        return _QUEUE + self._client + number.to_bytes(_COUNTER_BYTES, "big")

    def _due(self, seconds: int, fact_id: bytes) -> bytes:
        return _DUE + seconds.to_bytes(_COUNTER_BYTES, "big") + self._client + fact_id


def waiting_news(context: Context, *, after: tuple[str, bytes], limit: int) -> list[WaitingNews]:
    """Behind that client and fact, in the order of both."""
    client, fact_id = after
    found: list[WaitingNews] = []
    key = context.store.above(_STATE + client.encode() + b"/" + fact_id + b"\x00" if client else _STATE)
    while key is not None and key.startswith(_STATE) and len(found) < limit:
        found.append(_waiting(context, key, _decode(context.store.get(key) or b"")))
        key = context.store.above(key + b"\x00")
    return found


def _waiting(context: Context, key: bytes, state: _Liability) -> WaitingNews:
    fact_id = key[-_FACT_ID_BYTES:]
    liability = context.settlement.liability_of_fact(fact_id)
    if liability is None:
        raise InvariantBroken(f"news of fact {fact_id.hex()}, which is no liability")
    waits = NewsState.QUEUED if state.number else NewsState.HELD if state.due_seconds else NewsState.UNDER_WAY
    return WaitingNews(
        client_id=key[len(_STATE) : -_FACT_ID_BYTES - 1].decode(),
        fact_id=fact_id,
        liability_id=liability.liability_id,
        state=waits,
        since_seconds=state.since_seconds,
        attempts=state.attempts,
        due_seconds=state.due_seconds,
        last_answer=state.answer,
    )


def _decode(raw: bytes) -> _Liability:
    numbers = [int.from_bytes(raw[at : at + _COUNTER_BYTES], "big") for at in range(3, len(raw), _COUNTER_BYTES)]
    return _Liability(
        under_way=bool(raw[0]),
        attempts=raw[1],
        answer=_ANSWERS[raw[2]],
        number=numbers[0],
        due_seconds=numbers[1],
        since_seconds=numbers[2],
    )


def queued_clients(context: Context) -> Iterator[ClientId]:
    """Those with a queue, in their order. It looks once at each, however long the queues are."""
    key = context.store.above(_QUEUE)
    while key is not None and key.startswith(_QUEUE):
        client = ClientId(key[len(_QUEUE) : -_COUNTER_BYTES - 1].decode())
        yield client
        key = context.store.above(_QUEUE + client.encode() + _BEHIND_SEPARATOR)


def make_passed_due(context: Context, limit: int) -> None:
    """Queues the first `limit` held updates whose time has come."""
    for _ in range(limit):
        found = _first_due(context)
        if found is None:
            return
        client, fact_id = found
        NewsQueue(context, client).make_due(fact_id)


def is_due(context: Context) -> bool:
    """Whether held news wait for nothing but a block."""
    return _first_due(context) is not None


def _first_due(context: Context) -> tuple[ClientId, bytes] | None:
    key = context.store.above(_DUE)
    if key is None or not key.startswith(_DUE):
        return None
    at = len(_DUE) + _COUNTER_BYTES
    if int.from_bytes(key[len(_DUE) : at], "big") > context.block.time_seconds:
        return None
    return ClientId(key[at : -_FACT_ID_BYTES - 1].decode()), key[-_FACT_ID_BYTES:]


def _number(key: bytes) -> int:
    return int.from_bytes(key[-_COUNTER_BYTES:], "big")


def _wait_seconds(attempts: int) -> int:
    if attempts <= MAXIMUM_NEWS_REPEATS:
        return 0
    doublings = min(attempts - MAXIMUM_NEWS_REPEATS - 1, 16)
    return min(NEWS_WAIT_SECONDS << doublings, MAXIMUM_NEWS_WAIT_SECONDS)
