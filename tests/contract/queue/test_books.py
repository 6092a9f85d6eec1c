"""Drift between what a real broker keeps and a settlement ledger: each kind is injected, found, and mended by the verb that
reconciliation names."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from relayer.business.books import compare_all
from relayer.business.reconcile import Finding, Reconciliation, Source
from relayer.business.remedies import remedy
from relayer.codes.facts import FactCode, FactStatus
from relayer.facts.codec import FactAnswer
from relayer.facts.schema import Fact
from relayer.queue.books import QueueBooks
from relayer.queue.broker import Broker, BrokerPlace, connected
from relayer.queue.consumer import Consumer, Retries, consume
from relayer.queue.dead_letters import DeadLetters
from relayer.queue.events import Answered, FactsEvent, Message, write_answer, write_facts
from relayer.queue.names import Names
from relayer.waiting import until_true
from tests.support.pushing import STRANGER, PushLedger
from tests.support.queueing import Recording, a_fact, an_event, signed

pytestmark = pytest.mark.node


class Queue:
    """A broker, and the ledger that its consumers record in."""

    def __init__(self, broker: Broker) -> None:
        self.broker = broker
        self.ledger = PushLedger()

    async def publish(self, event: FactsEvent) -> None:
        await self.broker.publish(self.broker.names.facts_of("booking"), write_facts(event))

    async def consumed(self, *events: FactsEvent) -> None:
        """Until nothing waits."""
        stopping = asyncio.Event()
        for event in events:
            await self.publish(event)
        consumer = Consumer(
            recorder=Recording(self.ledger),
            outlet=self.broker,
            names=self.broker.names,
            ledger="settlement-1",
            retries=Retries(attempts=1, first_seconds=0.05, longest_seconds=0.2),
        )
        task = asyncio.create_task(consume(consumer, await self.broker.puller(), stopping))

        async def is_empty() -> bool:
            depth = await self.broker.depth()
            return depth.waiting == depth.taken == 0

        try:
            await until_true(is_empty, "an empty queue")
        finally:
            stopping.set()
            await task

    async def buried(self, *facts: Fact, code: str = "invalid_input") -> None:
        """A dead letter, as a consumer writes it."""
        headers = {
            **write_facts(an_event(*facts)).headers,
            "dead-letter-code": code,
            "dead-letter-subject": self.broker.names.facts_of("booking"),
        }
        message = Message(headers=headers, body=write_facts(an_event(*facts)).body)
        await self.broker.publish(self.broker.names.dead_letters, message)

    async def answered(self, fact: Fact, **changes: object) -> None:
        """An answer for a fact that says something else than the ledger."""
        (known,) = [each for each in self.ledger.liabilities if each.fact_id == fact.fact_id] or self.ledger.liabilities[:1]
        answer = FactAnswer(
            status=FactStatus.ACCEPTED,
            liability_id=known.liability_id,
            sequence=known.sequence,
            head_hash=known.head_hash,
            code=FactCode.OK,
        )
        message = write_answer(an_event(fact), Answered(answers=(replace(answer, **changes),)), ledger="settlement-1")
        await self.broker.publish(self.broker.names.answers_to("booking"), message)

    async def reconcile(self) -> Reconciliation:
        books = QueueBooks(broker=self.broker, name="queue.yaml", ledger="settlement-1")
        service = Recording(self.ledger)
        (compared,) = await compare_all(service, [books], patience_seconds=0.0)  # type: ignore[arg-type]
        return compared.result

    async def found(self) -> list[tuple[Finding, str]]:
        return [(each.finding, remedy(Source.QUEUED, each)) for each in (await self.reconcile()).differences]

    async def letters(self, verb: str) -> None:
        """`queue dead-letters drive --all`, or `drop --all`; then what waits is consumed."""
        letters = DeadLetters(broker=self.broker)
        for letter in [each async for each in letters.all()]:
            await getattr(letters, verb)(letter)
        await self.consumed()


@asynccontextmanager
async def queue_at(place: BrokerPlace, names: Names) -> AsyncIterator[Queue]:
    async with connected(place, names) as broker:
        yield Queue(broker)


async def test_answers_and_liabilities_agree_and_what_waits_is_no_drift(place: BrokerPlace, names: Names) -> None:
    async with queue_at(place, names) as queue:
        assert (await queue.reconcile()).agrees
        await queue.consumed(an_event(a_fact(1), a_fact(2)), an_event(a_fact(3)))
        await queue.publish(an_event(a_fact(4)))
        await queue.broker.publish(names.answers_to("booking"), Message(headers={}, body=b"no answer"))
        result = await queue.reconcile()
        assert (result.agrees, result.matched) == (True, 3)


async def test_missing(place: BrokerPlace, names: Names) -> None:
    """A dead letter waits for a person; a fact that was recorded beside it is not missing."""
    async with queue_at(place, names) as queue:
        await queue.consumed(an_event(a_fact(1), a_fact(2, creditor="AT*ATX", debtor=STRANGER)))
        assert await queue.found() == [(Finding.LIABILITY_MISSING, "relayer queue dead-letters drive 1")]
        queue.ledger.register(STRANGER, creditor="AT*ATX")
        await queue.letters("drive")
        assert await queue.found() == []


async def test_an_answer_without_a_liability(place: BrokerPlace, names: Names) -> None:
    async with queue_at(place, names) as queue:
        await queue.consumed(an_event(a_fact(1)))
        await queue.answered(a_fact(2), liability_id=b"\xab" * 32)
        assert await queue.found() == [(Finding.LIABILITY_MISSING, "relayer facts deliver")]
        await queue.ledger.deliver(signed(a_fact(2)))
        assert {each for each, _ in await queue.found()} == {Finding.REFERENCE_DIFFERS}, "until that answer is a week old"


async def test_doubled(place: BrokerPlace, names: Names) -> None:
    """The producer lost its database and counted anew: the same trip under two sequences."""
    async with queue_at(place, names) as queue:
        await queue.consumed(an_event(a_fact(1)))
        await queue.consumed(replace(an_event(a_fact(2)), request=signed(a_fact(2), object_ids=["T-1"])))
        ((finding, told),) = await queue.found()
        assert finding is Finding.OBJECT_TWICE
        assert told.startswith("relayer settlement write-off 0x" + a_fact(2).fact_id.hex() + " 10.00")


@pytest.mark.parametrize(
    ("other", "finding"),
    [
        (a_fact(1, net=999), Finding.AMOUNT_DIFFERS),
        (a_fact(1, debtor="FR*BLV"), Finding.PARTIES_DIFFER),
        (replace(a_fact(1), due_date=a_fact(1).due_date + 1), Finding.HASH_DIFFERS),
    ],
    ids=["amount", "parties", "content"],
)
async def test_other_amount_parties_or_content(place: BrokerPlace, names: Names, other: Fact, finding: Finding) -> None:
    """The ledger has the fact with another content than the letter: no verb records it under this id."""
    async with queue_at(place, names) as queue:
        await queue.consumed(an_event(a_fact(1)), an_event(other, event_id="event-other"))
        assert await queue.found() == [(finding, "relayer queue dead-letters drop 1")]
        await queue.letters("drop")
        assert await queue.found() == []


async def test_no_reference(place: BrokerPlace, names: Names) -> None:
    """The ledger had recorded it before the consumer gave up: driven again, its answer names the first liability."""
    async with queue_at(place, names) as queue:
        await queue.ledger.deliver(signed(a_fact(1)))
        await queue.buried(a_fact(1))
        assert await queue.found() == [(Finding.REFERENCE_MISSING, "relayer queue dead-letters drive 1")]
        await queue.letters("drive")
        result = await queue.reconcile()
        assert (result.agrees, result.matched) == (True, 1)


@pytest.mark.parametrize("changes", [{"sequence": 7}, {"liability_id": b"\xab" * 32}, {"head_hash": b"\xab" * 32}])
async def test_a_wrong_reference(place: BrokerPlace, names: Names, changes: dict[str, object]) -> None:
    async with queue_at(place, names) as queue:
        await queue.ledger.deliver(signed(a_fact(1)))
        await queue.answered(a_fact(1), **changes)
        assert await queue.found() == [(Finding.REFERENCE_DIFFERS, "relayer facts deliver")]
