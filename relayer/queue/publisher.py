"""For producers: a queue as the place where a push outbox delivers to (relayer.push.PushTarget)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from hashlib import sha256

import nats.errors
from nats.aio.msg import Msg

from relayer.errors import InvalidInput, LedgerRefused
from relayer.facts.codec import FactAnswer
from relayer.facts.signing import SignedFacts, checked_identity
from relayer.queue.broker import Broker, lower
from relayer.queue.errors import BrokerUnavailable
from relayer.queue.events import Answered, FactsEvent, Message, read_answer, write_facts


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueTarget:
    """Publishes batches and waits for their answers. A batch whose answer does not come is published again, and the
    ledger answers it with the same references."""

    broker: Broker
    source: str
    """URI of the business system, as CloudEvents wants it."""
    timeout_seconds: float = 20.0

    async def identity(self) -> bytes:
        """Which ledger the consumers record in. Raises BrokerUnavailable if none of them runs."""
        try:
            told = await self.broker.client.request(self.broker.names.identity, timeout=self.timeout_seconds)
        except (nats.errors.Error, OSError, TimeoutError) as error:
            raise BrokerUnavailable("no consumer says which ledger to sign for; start `relayer queue serve`") from error
        try:
            return checked_identity(told.data)
        except InvalidInput as error:
            raise BrokerUnavailable(f"what answers for the settlement ledger is no consumer: {error}") from error

    async def deliver(self, batch: SignedFacts) -> Sequence[FactAnswer]:
        """See PushTarget.deliver."""
        async with self._answers() as (inbox, answers):
            event = FactsEvent(event_id=event_id(batch), source=self.source, reply_to=inbox, request=batch)
            await self.broker.publish(self.broker.names.facts_of(batch.system), write_facts(event))
            try:
                while True:
                    message = await asyncio.wait_for(answers.get(), self.timeout_seconds)
                    request_id, answered = _read(message)
                    if request_id == event.event_id:
                        break
            except TimeoutError:
                raise BrokerUnavailable("the facts are in the queue, and no consumer has answered yet") from None
        if answered.code == "invalid_input":
            raise InvalidInput(answered.reason)
        if answered.code:
            raise LedgerRefused(answered.code, answered.reason)
        return answered.answers

    async def close(self) -> None:
        """Nothing: whoever connected to the broker ends the connection."""

    @asynccontextmanager
    async def _answers(self) -> AsyncIterator[tuple[str, asyncio.Queue[Message]]]:
        inbox = self.broker.client.new_inbox()
        found: asyncio.Queue[Message] = asyncio.Queue()

        async def told(message: Msg) -> None:
            found.put_nowait(Message(headers=lower(message.headers or {}), body=message.data))

        subscription = await self.broker.client.subscribe(inbox, cb=told)
        try:
            yield inbox, found
        finally:
            await subscription.unsubscribe()


def event_id(batch: SignedFacts) -> str:
    """The same for the same facts under the same signature."""
    return sha256(batch.signature).hexdigest()[:32]


def _read(message: Message) -> tuple[str, Answered]:
    """An answer that cannot be read says nothing against the facts, which may be recorded."""
    try:
        return read_answer(message)
    except InvalidInput as error:
        raise BrokerUnavailable(f"{error}; if the consumers are newer than this program, upgrade it") from error
