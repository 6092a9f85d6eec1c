"""Consumers on a real NATS server: killed brokers, several consumers, dead letters, a producer that waits."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from relayer.codes.facts import FactCode
from relayer.devnet.broker import MessageBroker
from relayer.errors import InvalidInput, LedgerRefused
from relayer.facts.signing import ledger_identity
from relayer.queue.broker import Broker, BrokerPlace, connected
from relayer.queue.consumer import Consumer, Retries, consume
from relayer.queue.dead_letters import DeadLetters
from relayer.queue.errors import BrokerUnavailable
from relayer.queue.events import MAXIMUM_MESSAGE_BYTES, Message, read_answer, write_facts
from relayer.queue.names import Names
from relayer.queue.publisher import QueueTarget
from relayer.waiting import until_true
from tests.support.pushing import IDENTITY, STRANGER, PushLedger
from tests.support.queueing import SOURCE, Recording, a_fact, an_event, signed

pytestmark = pytest.mark.node


@asynccontextmanager
async def consuming(queue: Broker, ledger: PushLedger, *, consumers: int = 1, attempts: int = 1) -> AsyncIterator[None]:
    stopping = asyncio.Event()
    one = Consumer(
        recorder=Recording(ledger),
        outlet=queue,
        names=queue.names,
        ledger="settlement-1",
        retries=Retries(attempts=attempts, first_seconds=0.05, longest_seconds=0.2),
    )
    async with asyncio.TaskGroup() as group:
        for _ in range(consumers):
            group.create_task(consume(one, await queue.puller(), stopping))
        yield
        stopping.set()


async def depth_is(queue: Broker, what: str, wanted: Callable[..., bool]) -> None:
    async def reached() -> bool:
        try:
            return wanted(await queue.depth())
        except BrokerUnavailable:
            return False

    await until_true(reached, what)


async def test_two_consumers_and_everything_twice_is_each_fact_once(place: BrokerPlace, names: Names) -> None:
    ledger = PushLedger()
    messages = [write_facts(an_event(a_fact(number))) for number in range(1, 41)] * 2
    random.Random(7).shuffle(messages)
    async with connected(place, names) as queue, connected(place, names) as other:
        for message in messages:
            await queue.publish(names.facts_of("booking"), message)
        async with consuming(queue, ledger), consuming(other, ledger):
            await depth_is(queue, "an empty queue", lambda depth: depth.waiting == depth.taken == 0)
        depth = await queue.depth()
    assert len(ledger.liabilities) == 40
    assert (depth.answers, depth.dead_letters) == (40, 0)


async def test_a_broker_that_is_killed_keeps_what_it_has_stored(tmp_path: Path, names: Names) -> None:
    ledger = PushLedger()
    server = MessageBroker(tmp_path)
    place = BrokerPlace(servers=(server.server,), timeout_seconds=5.0)
    async with connected(place, names) as queue:
        for number in range(1, 31):
            await queue.publish(names.facts_of("booking"), write_facts(an_event(a_fact(number))))
        ledger.is_down = True
        async with consuming(queue, ledger, attempts=1):
            await depth_is(queue, "messages that a consumer has", lambda depth: depth.taken > 0)
            server.kill()
            ledger.is_down = False
            with MessageBroker(tmp_path, port=server.port):
                await depth_is(queue, "an empty queue", lambda depth: depth.waiting == depth.taken == 0)
    assert len(ledger.liabilities) == 30


async def test_a_dead_letter_is_shown_and_driven_once_its_cause_is_mended(place: BrokerPlace, names: Names) -> None:
    ledger = PushLedger()
    async with connected(place, names) as queue:
        letters = DeadLetters(broker=queue)
        await queue.publish(names.facts_of("booking"), Message(headers={}, body=b"poison"))
        await queue.publish(names.facts_of("booking"), write_facts(an_event(a_fact(1, creditor="AT*ATX", debtor=STRANGER))))
        async with consuming(queue, ledger):
            await depth_is(queue, "two dead letters", lambda depth: depth.dead_letters == 2)
            found = {letter.code: letter async for letter in letters.all()}
            assert found["unreadable"].message.body == b"poison"
            assert (found["rejected"].event_id, found["rejected"].reason) == ("event-1", "fact 1: unknown_party")
            ledger.register(STRANGER, creditor="AT*ATX")
            await letters.drive(found["rejected"])
            await letters.drop(found["unreadable"])
            await depth_is(queue, "no dead letters", lambda depth: depth.waiting == depth.taken == depth.dead_letters == 0)
        with pytest.raises(InvalidInput, match="no dead letter"):
            await letters.get(found["rejected"].number)
    assert len(ledger.liabilities) == 1


async def test_a_producer_gets_its_answers_and_refusals(place: BrokerPlace, names: Names) -> None:
    ledger = PushLedger()
    async with connected(place, names) as queue, connected(place, names) as producer:
        await queue.tell_identity(await ledger.identity())
        target = QueueTarget(broker=producer, source=SOURCE)
        assert await target.identity() == IDENTITY
        async with consuming(queue, ledger):
            first = await target.deliver(signed(a_fact(1)))
            again = await target.deliver(signed(a_fact(1)))
            assert [FactCode(each.code) for each in (*first, *again)] == [FactCode.OK, FactCode.DUPLICATE]
            assert first[0].liability_id == again[0].liability_id
            with pytest.raises(LedgerRefused, match="signature"):
                await target.deliver(signed(a_fact(2), identity=ledger_identity("settlement-2", bytes(32))))


async def test_a_producer_is_told_that_nobody_consumes(place: BrokerPlace, names: Names) -> None:
    async with connected(place, names) as queue:
        target = QueueTarget(broker=queue, source=SOURCE, timeout_seconds=0.3)
        with pytest.raises(BrokerUnavailable, match="relayer queue serve"):
            await target.identity()
        with pytest.raises(BrokerUnavailable, match="in the queue"):
            await target.deliver(signed(a_fact(1)))
        assert (await queue.depth()).waiting == 1


async def test_a_message_that_is_too_large_is_refused_to_the_producer(place: BrokerPlace, names: Names) -> None:
    async with connected(place, names) as queue:
        large = Message(headers={}, body=bytes(MAXIMUM_MESSAGE_BYTES + 1))
        with pytest.raises(BrokerUnavailable, match="size"):
            await queue.publish(names.facts_of("booking"), large)


async def test_answers_stay_for_a_producer_that_was_away(place: BrokerPlace, names: Names) -> None:
    ledger = PushLedger()
    async with connected(place, names) as queue:
        await queue.publish(names.facts_of("booking"), write_facts(an_event(a_fact(1))))
        async with consuming(queue, ledger):
            await depth_is(queue, "an answer", lambda depth: depth.answers == 1)
        subscription = await queue.jetstream.pull_subscribe(names.answers, durable="producer", stream=names.answers_stream)
        (taken,) = await subscription.fetch(1)
        _, answered = read_answer(Message(headers=taken.headers or {}, body=taken.data))
        assert [each.liability_id for each in answered.answers] == [each.liability_id for each in ledger.liabilities]


@pytest.mark.parametrize("most", [1, 64])
async def test_an_empty_queue_is_no_trouble(place: BrokerPlace, names: Names, most: int) -> None:
    async with connected(place, names) as queue:
        pull = await queue.puller()
        assert [await pull(most) for _ in range(2)] == [(), ()]


async def test_an_absent_broker_is_named(names: Names) -> None:
    nowhere = BrokerPlace(servers=("nats://127.0.0.1:9",), timeout_seconds=1.0)
    with pytest.raises(BrokerUnavailable, match=r"127\.0\.0\.1:9 cannot be used"):
        async with connected(nowhere, names):
            pass
