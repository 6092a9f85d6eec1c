"""The order in which a lane submits, and what becomes of what was submitted."""

from __future__ import annotations

from relayer.core.effects import SubmitReceive
from relayer.core.ids import Height
from relayer.engine.lane_queue import Age, LaneQueue, Pending
from relayer.engine.messages import PROOF_BYTES
from relayer.testing.factories import CONTRACTS, ROUTE, SETTLEMENT, a_packet

ROOM = 10**9


def an_effect(number: int, size: int = 10) -> SubmitReceive:
    packet = a_packet(number, value=bytes(size))
    return SubmitReceive(
        key=ROUTE.key(packet.sequence),
        submit_to=SETTLEMENT,
        prove_on=CONTRACTS,
        provable_from=Height(1),
        packet=packet,
    )


def a_queue(*, live: range = range(0), backlog: range = range(0)) -> LaneQueue:
    queue = LaneQueue()
    for number in live:
        queue.offer(an_effect(number), Age.LIVE)
    for number in backlog:
        queue.offer(an_effect(number), Age.BACKLOG)
    return queue


def numbers(chosen: list[Pending]) -> list[int]:
    return [pending.key.sequence for pending in chosen]


def test_live_goes_first_and_leaves_a_quarter_to_the_backlog() -> None:
    queue = a_queue(live=range(1, 21), backlog=range(101, 121))
    assert numbers(queue.choose(0, messages=8, size=ROOM)) == [1, 2, 3, 4, 5, 6, 101, 102]


def test_live_takes_all_the_room_when_there_is_no_backlog() -> None:
    assert numbers(a_queue(live=range(1, 21)).choose(0, messages=8, size=ROOM)) == list(range(1, 9))


def test_live_takes_what_the_backlog_leaves() -> None:
    queue = a_queue(live=range(1, 21), backlog=range(101, 102))
    assert numbers(queue.choose(0, messages=8, size=ROOM)) == [1, 2, 3, 4, 5, 6, 101, 7]


def test_the_backlog_takes_all_the_room_when_nothing_is_live() -> None:
    assert numbers(a_queue(backlog=range(1, 21)).choose(0, messages=8, size=ROOM)) == list(range(1, 9))


def test_bytes_bound_a_batch_and_one_message_always_fits() -> None:
    queue = a_queue(live=range(1, 5))
    assert len(queue.choose(0, messages=8, size=2 * (PROOF_BYTES + 10))) == 2
    assert len(queue.choose(0, messages=8, size=1)) == 1


def test_nothing_is_submitted_before_its_time() -> None:
    queue = LaneQueue()
    queue.offer(an_effect(1), Age.LIVE, not_before=50)
    assert queue.choose(49, messages=8, size=ROOM) == []
    assert queue.next_due() == 50
    assert numbers(queue.choose(50, messages=8, size=ROOM)) == [1]


def test_a_newer_effect_replaces_the_older_one() -> None:
    queue = a_queue(live=range(1, 2))
    (old,) = queue.choose(0, messages=8, size=ROOM)
    queue.offer(an_effect(1, size=99), Age.LIVE)
    assert not queue.holds(old)
    assert queue.counts() == (1, 0, 0)


def test_what_was_accepted_waits_for_its_fact_until_its_time() -> None:
    queue = a_queue(live=range(1, 3))
    first, second = queue.choose(0, messages=8, size=ROOM)
    queue.submitted(first, head=Height(7), confirm_by=10)
    assert queue.counts() == (1, 0, 1)
    assert numbers(queue.choose(0, messages=8, size=ROOM)) == [2]
    assert queue.overdue(9) == []
    (overdue,) = queue.overdue(10)
    queue.again(overdue)
    assert queue.counts() == (1, 1, 0)
    assert (overdue.rounds, overdue.first_head) == (1, 7)
    queue.submitted(overdue, head=Height(9), confirm_by=20)
    assert (overdue.rounds, overdue.first_head) == (2, 7)
    assert queue.holds(second)


def test_a_fact_closes_it_wherever_it_is() -> None:
    queue = a_queue(live=range(1, 2), backlog=range(2, 3))
    (pending,) = (one for one in queue.choose(0, messages=8, size=ROOM) if one.key.sequence == 1)
    queue.submitted(pending, head=None, confirm_by=10)
    for number in (1, 2):
        queue.withdraw(an_effect(number).key)
    assert len(queue) == 0
    assert queue.next_due() is None
    queue.submitted(pending, head=None, confirm_by=10)
    assert len(queue) == 0, "the answer came after the fact"


def test_a_ledger_that_is_not_read_gets_more_time() -> None:
    queue = a_queue(live=range(1, 2))
    (pending,) = queue.choose(0, messages=8, size=ROOM)
    queue.submitted(pending, head=None, confirm_by=10)
    queue.extend(queue.overdue(10), 30)
    assert queue.overdue(29) == []
    assert queue.next_due() == 30
