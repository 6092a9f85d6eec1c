"""Each invariant notices the machine that breaks it: a valid baseline and one mutation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from relayer.core import states as st
from relayer.core.events import HeadFinalised
from relayer.core.ids import Height, Sequence, TimestampSeconds
from relayer.core.invariants import (
    INVARIANTS,
    an_open_packet_has_not_ended,
    check_transition,
    effects_go_to_the_right_ledger,
    every_effect_has_its_fact,
    no_expiry_is_overlooked,
    open_packets_are_counted,
)
from relayer.core.machine import Machine
from relayer.core.policy import OPEN_POLICY
from relayer.errors import InvariantBroken
from relayer.testing.factories import ROUTE, ROUTE_BACK, SETTLEMENT, TIMEOUT, a_packet, answered, committed

KEY = ROUTE.key(Sequence(1))
COMMITTED = st.Committed(route=ROUTE, packet=a_packet(), height=Height(10))
ENDED = st.Acknowledged(route=ROUTE, sequence=Sequence(1))


def a_machine() -> Machine:
    machine = Machine((ROUTE, ROUTE_BACK))
    machine.apply(machine.plan([committed(a_packet(1)), committed(a_packet(2)), answered(a_packet(2))], OPEN_POLICY))
    return machine


@pytest.mark.parametrize("invariant", INVARIANTS, ids=lambda predicate: predicate.__name__)
def test_a_sound_machine_passes(invariant: Callable[[Machine], None]) -> None:
    invariant(a_machine())


def keep_an_ended_packet(machine: Machine) -> None:
    machine._packets[KEY] = ENDED


def lose_a_packet(machine: Machine) -> None:
    del machine._packets[KEY]


def forget_an_effect(machine: Machine) -> None:
    machine.wanted = lambda: iter(())  # type: ignore[method-assign]


def misdirect_an_effect(machine: Machine) -> None:
    effects = [replace(effect, submit_to=effect.prove_on) for effect in machine.wanted()]
    machine.wanted = lambda: iter(effects)  # type: ignore[method-assign]


def overlook_the_time(machine: Machine) -> None:
    machine._heads[SETTLEMENT] = HeadFinalised(ledger=SETTLEMENT, height=Height(99), timestamp=TimestampSeconds(TIMEOUT))


@pytest.mark.parametrize(
    ("invariant", "damage"),
    [
        (an_open_packet_has_not_ended, keep_an_ended_packet),
        (open_packets_are_counted, lose_a_packet),
        (every_effect_has_its_fact, forget_an_effect),
        (effects_go_to_the_right_ledger, misdirect_an_effect),
        (no_expiry_is_overlooked, overlook_the_time),
    ],
    ids=lambda part: part.__name__,
)
def test_a_damaged_machine_is_noticed(invariant: Callable[[Machine], None], damage: Callable[[Machine], None]) -> None:
    machine = a_machine()
    damage(machine)
    with pytest.raises(InvariantBroken):
        invariant(machine)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (COMMITTED, replace(COMMITTED, packet=a_packet(2))),
        (ENDED, st.Expired(route=ROUTE, packet=a_packet(), provable_from=Height(25))),
        (st.TimedOut(route=ROUTE, sequence=Sequence(1)), ENDED),
        (st.Contradicted(route=ROUTE, sequence=Sequence(1), reason="r"), ENDED),
        (COMMITTED, st.Unseen(route=ROUTE, sequence=Sequence(1))),
    ],
)
def test_a_step_that_must_not_be_is_noticed(before: st.State, after: st.State) -> None:
    with pytest.raises(InvariantBroken):
        check_transition(before, after)


def test_a_contradiction_may_be_added_to_an_end_and_its_commitment_may_open_it() -> None:
    check_transition(ENDED, st.Contradicted(route=ROUTE, sequence=Sequence(1), reason="r"))
    check_transition(ENDED, COMMITTED)
