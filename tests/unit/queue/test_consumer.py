"""A consumer under everything that can go wrong: nothing lost, nothing doubled, and each refusal where it belongs."""

from __future__ import annotations

import asyncio
import random
from contextlib import suppress

import pytest

from relayer.codes.facts import FactCode
from relayer.codes.settlement import RefusalCode
from relayer.errors import AccessDenied
from relayer.facts.signing import ledger_identity
from relayer.queue.consumer import Consumer, Retries, consume
from relayer.queue.events import MAXIMUM_MESSAGE_BYTES, Message, read_answer, write_facts
from relayer.queue.names import Names
from tests.support.pushing import STRANGER, PushLedger
from tests.support.queueing import Killed, MemoryBroker, Recording, a_fact, an_event


def a_consumer(broker: MemoryBroker, ledger: PushLedger, *, attempts: int = 3) -> Consumer:
    return Consumer(
        recorder=Recording(ledger),
        outlet=broker,
        names=Names(),
        ledger="settlement-1",
        retries=Retries(attempts=attempts),
    )


async def handle_all(broker: MemoryBroker, consumer: Consumer) -> None:
    """Until nothing waits; a consumer that dies starts again, and its messages come back."""
    while broker.waiting:
        (delivery,) = await broker.pull(1)
        with suppress(Killed):
            await consumer.handle(delivery)
        delivery.missed()


async def test_a_fact_is_recorded_answered_and_acknowledged() -> None:
    broker, ledger = MemoryBroker(), PushLedger()
    broker.publish(an_event(a_fact(1), reply_to="interledger.answers.me"))
    await handle_all(broker, a_consumer(broker, ledger))
    ((subject, message, _),) = broker.answers
    request_id, answered = read_answer(message)
    (liability,) = ledger.liabilities
    assert (subject, request_id) == ("interledger.answers.me", "event-1")
    assert [(each.liability_id, each.sequence) for each in answered.answers] == [
        (liability.liability_id, liability.sequence)
    ]
    assert (broker.acknowledged, broker.letters) == (1, [])


async def test_the_same_message_twice_is_one_liability_and_one_answer() -> None:
    broker, ledger = MemoryBroker(), PushLedger()
    for _ in range(2):
        broker.publish(an_event(a_fact(1)))
    await handle_all(broker, a_consumer(broker, ledger))
    assert len(ledger.liabilities) == 1
    assert len(broker.answers) == 1
    assert broker.acknowledged == 2


async def test_a_poison_message_in_the_middle_stops_nobody() -> None:
    broker, ledger = MemoryBroker(), PushLedger()
    broker.publish(an_event(a_fact(1)))
    broker.publish(Message(headers={}, body=b"poison"))
    broker.publish(an_event(a_fact(2)))
    await handle_all(broker, a_consumer(broker, ledger))
    assert len(ledger.liabilities) == 2
    assert [(each.code, each.message.body) for each in broker.letters] == [("unreadable", b"poison")]
    assert broker.acknowledged == 3


@pytest.mark.parametrize("attacker", ["signed for another ledger", "changed on the way"])
async def test_a_wrong_signature_is_a_dead_letter_and_an_answer(attacker: str) -> None:
    broker, ledger = MemoryBroker(), PushLedger()
    if attacker == "changed on the way":
        message = write_facts(an_event(a_fact(1, net=1_000)))
        more = write_facts(an_event(a_fact(1, net=9_000)))
        # The signature of the one with the facts of the other: both end with it.
        broker.publish(Message(headers=message.headers, body=more.body[:-67] + message.body[-67:]))
    else:
        broker.publish(an_event(a_fact(1), identity=ledger_identity("settlement-2", bytes(32))))
    await handle_all(broker, a_consumer(broker, ledger))
    assert ledger.liabilities == []
    assert [each.code for each in broker.letters] == [f"settlement/{RefusalCode.BAD_SIGNATURE}"]
    assert read_answer(broker.answers[0][1])[1].code == f"settlement/{RefusalCode.BAD_SIGNATURE}"


async def test_facts_of_a_revoked_issuer_are_a_dead_letter_and_an_answer() -> None:
    """The attacker has the key of an issuer that has ended, and a password of the broker."""
    broker, ledger = MemoryBroker(), PushLedger()
    ledger.end_issuer(last_sequence=5)
    broker.publish(an_event(a_fact(1)))
    await handle_all(broker, a_consumer(broker, ledger, attempts=2))
    assert ledger.liabilities == []
    assert [each.reason for each in broker.letters] == ["fact 1: issuer_not_authorised"]
    assert [FactCode(each.code) for each in read_answer(broker.answers[0][1])[1].answers] == [FactCode.ISSUER_NOT_AUTHORISED]


@pytest.mark.parametrize("bad", ["2 MB", "of a newer version"])
async def test_what_cannot_be_taken_in_the_middle_stops_nobody(bad: str) -> None:
    newer = write_facts(an_event(a_fact(9)))
    broker, ledger = MemoryBroker(), PushLedger()
    broker.publish(an_event(a_fact(1)))
    if bad == "2 MB":
        broker.publish(Message(headers=newer.headers, body=bytes(MAXIMUM_MESSAGE_BYTES + 1)))
    else:
        headers = {**newer.headers, "ce-type": "interledger.settlement.v2.RecordFacts"}
        broker.publish(Message(headers=headers, body=newer.body))
    broker.publish(an_event(a_fact(2)))
    await handle_all(broker, a_consumer(broker, ledger))
    assert len(ledger.liabilities) == 2
    (letter,) = broker.letters
    assert letter.code == "unreadable"
    assert ("at most" if bad == "2 MB" else "upgrade the consumers") in letter.reason


async def test_a_rejection_that_may_pass_is_tried_again_and_then_buried_with_each_facts_code() -> None:
    broker, ledger = MemoryBroker(), PushLedger()
    broker.publish(an_event(a_fact(1), a_fact(2, debtor=STRANGER)))
    await handle_all(broker, a_consumer(broker, ledger, attempts=3))
    (letter,) = broker.letters
    assert (letter.code, letter.reason) == ("rejected", "fact 2: unknown_party")
    assert broker.delays == [1.0, 2.0]
    (_, answered) = read_answer(broker.answers[0][1])
    assert [FactCode(each.code) for each in answered.answers] == [FactCode.DUPLICATE, FactCode.UNKNOWN_PARTY]
    assert len(ledger.liabilities) == 1


async def test_trouble_of_the_ledger_buries_nothing_however_long_it_takes() -> None:
    broker, ledger = MemoryBroker(), PushLedger()
    broker.publish(an_event(a_fact(1)))
    consumer = a_consumer(broker, ledger, attempts=2)
    ledger.is_down = True
    for _ in range(20):
        (delivery,) = await broker.pull(1)
        await consumer.handle(delivery)
    ledger.is_down = False
    await handle_all(broker, consumer)
    assert max(broker.delays) == consumer.retries.longest_seconds
    assert (len(ledger.liabilities), broker.letters) == (1, [])


async def test_deliveries_while_the_ledger_was_down_are_no_rejections() -> None:
    """The fault: after an outage the first rejection that may pass made a dead letter at once."""
    broker, ledger = MemoryBroker(), PushLedger()
    broker.publish(an_event(a_fact(1, creditor="AT*ATX", debtor=STRANGER)))
    consumer = a_consumer(broker, ledger, attempts=3)
    ledger.is_down = True
    for _ in range(10):
        (delivery,) = await broker.pull(1)
        await consumer.handle(delivery)
    ledger.is_down = False
    (delivery,) = await broker.pull(1)
    await consumer.handle(delivery)
    ledger.register(STRANGER, creditor="AT*ATX")
    await handle_all(broker, consumer)
    assert (len(ledger.liabilities), broker.letters) == (1, [])


async def test_a_producer_does_not_choose_what_a_consumer_publishes_where() -> None:
    broker, ledger = MemoryBroker(), PushLedger()
    for number, place in enumerate(
        (
            "$JS.API.STREAM.DELETE.interledger-facts",
            "interledger.facts.x",
            "interledger.answers.>",
            # No stream has these, so the answer would be tried again for ever.
            "interledger.answers.",
            "interledger.answers.a..b",
            "interledger.answers.\xfc",
            "interledger.answers." + "a" * 300,
        ),
        1,
    ):
        broker.publish(an_event(a_fact(number), reply_to=place))
    await handle_all(broker, a_consumer(broker, ledger))
    assert {subject for subject, _, _ in broker.answers} == {"interledger.answers.booking"}


async def test_without_rights_it_stops_and_acknowledges_nothing() -> None:
    class Closed(Recording):
        async def record_facts(self, request: object) -> list[object]:
            raise AccessDenied("the token is wrong")

    broker = MemoryBroker()
    broker.publish(an_event(a_fact(1)))
    consumer = Consumer(recorder=Closed(PushLedger()), outlet=broker, names=Names(), ledger="settlement-1")
    with pytest.raises(AccessDenied):
        await consume(consumer, broker.pull, asyncio.Event())
    assert (broker.acknowledged, broker.letters) == (0, [])


async def test_what_was_taken_is_finished_before_a_consumer_leaves() -> None:
    broker, ledger = MemoryBroker(), PushLedger()
    for number in range(1, 31):
        broker.publish(an_event(a_fact(number)))
    stopping = asyncio.Event()
    ledger.committed = stopping.set
    await consume(a_consumer(broker, ledger), broker.pull, stopping, side_by_side=10)
    assert broker.acknowledged == len(ledger.liabilities) == 30 - len(broker.waiting)


@pytest.mark.parametrize("seed", range(10))
async def test_twenty_kills_anywhere_lose_and_double_nothing(seed: int) -> None:
    chance = random.Random(seed)
    broker, ledger = MemoryBroker(), PushLedger()
    events = [an_event(a_fact(2 * number + 1), a_fact(2 * number + 2)) for number in range(15)]
    bad = [Message(headers={}, body=f"poison {number}".encode()) for number in range(3)]
    published = [*events, *events, *bad]
    chance.shuffle(published)
    for each in published:
        broker.publish(each)
    killed = 0
    consumer = a_consumer(broker, ledger)
    while broker.waiting:
        if broker.kill_after is None and killed < 20:
            broker.kill_after = chance.randrange(4)
        (delivery,) = await broker.pull(1)
        try:
            await consumer.handle(delivery)
        except Killed:
            killed += 1
        delivery.missed()
    assert killed == 20
    assert len(ledger.liabilities) == 30
    assert {read_answer(message)[0] for _, message, _ in broker.answers} == {each.event_id for each in events}
    assert {each.message.body for each in broker.letters} == {each.body for each in bad}
