"""Deadlines end by themselves: all of them, in one order, nothing too early, and as if somebody had said so."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from relayer.settlement.decide import end_deadlines
from relayer.settlement.model.acts import OPERATOR, UnitKey
from relayer.settlement.model.cycles import CycleState, ExpireCycle
from relayer.settlement.model.deadlines import Deadline, DeadlineKind, deadline_of
from relayer.settlement.model.disputes import DisputeState, LapseDispute, OpenDispute
from relayer.settlement.model.events import Event
from relayer.settlement.model.payments import ExpirePayment, InstructPayment, PaymentState
from relayer.settlement.state import Overlay
from relayer.settlement.state_hash import state_hash
from tests.support.settlement_bench import EUR, PARTIES, START, SettlementBench

UNITS = (EUR, UnitKey("JPY", 0), UnitKey("KWD", 3))
HORIZON = 200

unhurried = settings(deadline=None, max_examples=60)
waits = st.lists(st.integers(1, HORIZON), max_size=6)


def a_bench(payments: list[int], disputes: list[int], cycles: list[int]) -> SettlementBench:
    """Each number is how long one of the kind lasts; cycles run in units of their own."""
    bench = SettlementBench()
    for unit, wait in zip(UNITS, cycles, strict=False):
        bench.owe("ROL", "VLT", 50, unit=unit)
        bench.owe("VLT", "ROL", 30, unit=unit)
        bench.execute(replace(bench.proposal(f"C-{unit.currency}", unit=unit), expires_at_seconds=START + wait))
    owed = bench.owe("NBM", "KCS", 10_000)
    for number, wait in enumerate(payments):
        bench.execute(
            InstructPayment(
                request_id=bench.request(),
                actor=PARTIES["NBM"],
                payment_id=f"P-{number}",
                debtor=PARTIES["NBM"],
                creditor=PARTIES["KCS"],
                currency="EUR",
                exponent=2,
                amount=7,
                cycle_id="",
                expires_at_seconds=START + wait,
            )
        )
    for number, wait in enumerate(disputes):
        bench.execute(
            OpenDispute(
                request_id=bench.request(),
                actor=PARTIES["NBM"],
                dispute_id=f"D-{number}",
                fact_id=owed.fact_id,
                amount=11,
                reason="contested",
                deadline_seconds=START + wait,
            )
        )
    return bench


benches = st.builds(a_bench, waits, waits, st.lists(st.integers(1, HORIZON), max_size=3))


def standing(state: Overlay) -> list[Deadline]:
    """By looking at every record."""
    records = (*state.payments.values(), *state.disputes.values(), *state.cycles.values())
    return sorted(found for each in records if (found := deadline_of(each)) is not None)


def sweep(bench: SettlementBench, *, limit: int = 64) -> list[Event]:
    entries = end_deadlines(bench.state, now_seconds=bench.now, limit=limit)
    for entry in entries:
        bench.state.apply(entry)
    return [entry.event for entry in entries]


@unhurried
@given(benches, st.integers(0, HORIZON + 1))
def test_exactly_what_is_over_ends_and_everything_it_held_is_free_again(bench: SettlementBench, wait: int) -> None:
    before = standing(bench.state)
    bench.now = START + wait
    sweep(bench)
    assert standing(bench.state) == [each for each in before if each.at_seconds > bench.now]
    assert {each.state for each in bench.state.payments.values()} <= {PaymentState.INSTRUCTED, PaymentState.EXPIRED}
    assert {each.state for each in bench.state.disputes.values()} <= {DisputeState.OPEN, DisputeState.LAPSED}
    assert {each.state for each in bench.state.cycles.values()} <= {CycleState.PROPOSED, CycleState.EXPIRED}
    bench.check()
    if wait > HORIZON:
        assert {each.held for each in bench.state.liabilities.values()} == {0}


@unhurried
@given(benches, st.integers(1, 5))
def test_a_block_ends_a_bounded_number_and_the_blocks_together_all_of_it(bench: SettlementBench, limit: int) -> None:
    expected = standing(bench.state)
    bench.now = START + HORIZON
    ended: list[Deadline] = []
    while True:
        waiting = standing(bench.state)
        events = sweep(bench, limit=limit)
        assert len(events) == min(limit, len(waiting))
        if not events:
            break
        ended += waiting[: len(events)]
        assert standing(bench.state) == waiting[len(events) :]
    assert ended == expected


@unhurried
@given(benches)
def test_it_leaves_the_amounts_and_events_that_commands_would_have_left(bench: SettlementBench) -> None:
    by_command = SettlementBench()
    by_command.state = Overlay(bench.state)
    by_command.now = bench.now = START + HORIZON
    commands = {DeadlineKind.PAYMENT: ExpirePayment, DeadlineKind.DISPUTE: LapseDispute, DeadlineKind.CYCLE: ExpireCycle}
    said = []
    for each in standing(bench.state):
        command = commands[each.kind](request_id=f"end {each.name}", actor=OPERATOR, **{f"{each.kind.value}_id": each.name})
        said += [entry.event for entry in by_command.execute(command).entries]
    assert said == sweep(bench)
    amounts = {key: replace(each, head_hash=b"") for key, each in bench.state.liabilities.items()}
    changed = {key: replace(each, head_hash=b"") for key, each in by_command.state.liabilities.items()}
    assert amounts | changed == amounts


@unhurried
@given(benches, st.integers(0, HORIZON), st.integers(1, 4))
def test_a_branch_of_the_state_sees_the_same_deadlines(bench: SettlementBench, wait: int, limit: int) -> None:
    branch = Overlay(bench.state)
    for entry in end_deadlines(branch, now_seconds=START + wait, limit=limit):
        branch.apply(entry)
    seen = branch.deadlines(START + HORIZON, limit)
    branch.merge_into(bench.state)
    assert seen == bench.state.deadlines(START + HORIZON, limit) == standing(bench.state)[:limit]


@unhurried
@given(benches)
def test_nothing_is_remembered_as_a_request(bench: SettlementBench) -> None:
    before = dict(bench.state.requests)
    bench.now = START + HORIZON
    sweep(bench)
    assert bench.state.requests == before


@given(st.permutations([1, 2, 3]))
def test_the_same_state_ends_the_same_way(order: list[int]) -> None:
    """Whatever order the records were read in."""
    hashes = set()
    for listing in (order, order[::-1]):
        bench = a_bench([5, 5, 5], [5], [5])
        bench.state.payments = {f"P-{number - 1}": bench.state.payments[f"P-{number - 1}"] for number in listing}
        bench.now = START + 5
        sweep(bench, limit=3)
        hashes.add(state_hash(bench.state))
    assert len(hashes) == 1
