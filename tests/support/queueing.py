"""For tests of the queue: signed requests, a recorder with the real rules, and a broker in memory."""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import sha256

from google.protobuf import json_format

from relayer.codes.facts import FactCategory, FactKind
from relayer.facts.codec import FactAnswer, fact_id
from relayer.facts.schema import SCHEMA, Fact, party_id
from relayer.facts.signing import SignedFacts, contract_of_system, sign_facts
from relayer.facts.ways import Way
from relayer.messages.signed_facts import request_to_message
from relayer.queue.consumer import Delivery
from relayer.queue.events import RECORD_FACTS, FactsEvent, Message, write_facts
from relayer.settlement.model.liabilities import Liability
from tests.support.pushing import CHAIN_ID, IDENTITY, ISSUER, KEY, NOW, SYSTEM, PushLedger

SOURCE = "urn:test:booking"


def a_fact(sequence: int, *, creditor: str = "DE*KCS", debtor: str = "DE*NBM", net: int = 1_000) -> Fact:
    return Fact(
        fact_id=fact_id(CHAIN_ID, contract_of_system(SYSTEM), ISSUER, sequence),
        schema=SCHEMA,
        kind=FactKind.TRIP_COMPLETED,
        category=FactCategory.FARE,
        creditor=party_id(creditor),
        debtor=party_id(debtor),
        currency=b"EUR",
        exponent=2,
        net=net,
        tax=0,
        service_end=NOW - 60,
        due_date=NOW + 86_400,
        issuer_sequence=sequence,
        related_fact=bytes(32),
        document_hash=bytes(32),
    )


def signed(*facts: Fact, identity: bytes = IDENTITY, object_ids: Sequence[str] = ()) -> SignedFacts:
    return sign_facts(
        KEY,
        identity,
        way=Way.PUSHED,
        chain_id=CHAIN_ID,
        contract=contract_of_system(SYSTEM),
        facts=facts,
        object_ids=object_ids or [f"T-{each.issuer_sequence}" for each in facts],
        system=SYSTEM,
    )


def an_event(*facts: Fact, event_id: str = "", reply_to: str = "", identity: bytes = IDENTITY) -> FactsEvent:
    request = signed(*facts, identity=identity)
    name = event_id or f"event-{facts[0].issuer_sequence}"
    return FactsEvent(event_id=name, source=SOURCE, reply_to=reply_to, request=request)


def write_facts_json(event: FactsEvent, *, structured: bool = True) -> Message:
    """As a producer in another language may send it: JSON, without a library for events."""
    attributes = {"specversion": "1.0", "id": event.event_id, "source": event.source, "type": RECORD_FACTS}
    if event.reply_to:
        attributes["replyto"] = event.reply_to
    data = json_format.MessageToDict(request_to_message(event.request))
    if structured:
        told = {**attributes, "datacontenttype": "application/json", "data": data}
        return Message(headers={"content-type": "application/cloudevents+json"}, body=json.dumps(told).encode())
    headers = {f"ce-{name}": value for name, value in attributes.items()}
    return Message(headers={"content-type": "application/json", **headers}, body=json.dumps(data).encode())


class Recording:
    """PushLedger as a settlement service."""

    def __init__(self, ledger: PushLedger) -> None:
        self.ledger = ledger

    async def identity(self) -> bytes:
        return await self.ledger.identity()

    async def record_facts(self, request: SignedFacts) -> Sequence[FactAnswer]:
        return await self.ledger.deliver(request)

    async def liabilities(self, *, after_sequence: int, limit: int) -> Sequence[Liability]:
        return [each for each in self.ledger.liabilities if each.sequence > after_sequence][:limit]


class Killed(BaseException):
    """The consumer's process ended here."""


@dataclass(slots=True)
class Letter:
    """What was buried."""

    message: Message
    subject: str
    code: str
    reason: str


@dataclass(slots=True)
class MemoryBroker:
    """Keeps a message until it is acknowledged, and delivers it again after that was missed. `kill_after`: so many steps,
    then the consumer dies; there is one before and one after each thing that the broker is asked for."""

    waiting: deque[tuple[str, Message, int]] = field(default_factory=deque)
    answers: list[tuple[str, Message, str]] = field(default_factory=list)
    letters: list[Letter] = field(default_factory=list)
    delays: list[float] = field(default_factory=list)
    acknowledged: int = 0
    kill_after: int | None = None

    def publish(self, event: FactsEvent | Message, *, subject: str = "interledger.facts.booking") -> None:
        message = event if isinstance(event, Message) else write_facts(event)
        self.waiting.append((subject, message, 0))

    def step(self, name: str) -> None:
        """Dies here if it is to."""
        if self.kill_after is None:
            return
        self.kill_after -= 1
        if self.kill_after < 0:
            self.kill_after = None
            raise Killed(name)

    async def answer(self, subject: str, message: Message, message_id: str) -> None:
        self.step("before answer")
        if all(known != message_id for _, _, known in self.answers):
            self.answers.append((subject, message, message_id))
        self.step("after answer")

    async def bury(self, delivery: Delivery, *, code: str, reason: str) -> None:
        self.step("before bury")
        self.letters.append(Letter(delivery.message, delivery.subject, code, reason))
        self.step("after bury")

    async def pull(self, most: int) -> Sequence[MemoryDelivery]:
        await asyncio.sleep(0)
        taken = [self.waiting.popleft() for _ in range(min(most, len(self.waiting)))]
        return [MemoryDelivery(self, subject, message, attempts + 1) for subject, message, attempts in taken]


@dataclass(slots=True)
class MemoryDelivery:
    """Of a MemoryBroker."""

    broker: MemoryBroker
    subject: str
    message: Message
    attempts: int
    is_done: bool = False

    @property
    def place(self) -> str:
        return sha256(self.message.body + self.message.headers.get("ce-id", "").encode()).hexdigest()

    async def acknowledge(self) -> None:
        self.broker.step("before acknowledge")
        self.is_done = True
        self.broker.acknowledged += 1
        self.broker.step("after acknowledge")

    async def give_back(self, delay_seconds: float) -> None:
        self.broker.delays.append(delay_seconds)
        self.is_done = True
        self.broker.waiting.append((self.subject, self.message, self.attempts))

    async def still_working(self) -> None:
        pass

    def missed(self) -> None:
        """Nobody said anything about it in time."""
        if not self.is_done:
            self.broker.waiting.appendleft((self.subject, self.message, self.attempts))
