"""The lifecycle: every pair of state and event stands in one table, and each rule that the tables cannot show."""

from __future__ import annotations

from dataclasses import replace

import pytest

from relayer.core import events as ev
from relayer.core import states as st
from relayer.core.diagram import lifecycle_diagram
from relayer.core.effects import EffectKind, SubmitAcknowledgement, SubmitReceive, SubmitTimeout
from relayer.core.ids import Height, Sequence, TransactionId
from relayer.core.lifecycle import EVENTS, IGNORED, MAXIMUM_REFUSALS, TRANSITIONS, VIOLATIONS, Blame, step, wanted
from relayer.core.machine import Machine
from relayer.core.packet import Acknowledgement
from relayer.core.policy import OPEN_POLICY
from relayer.errors import InvariantBroken
from relayer.testing.factories import (
    ACKNOWLEDGEMENT,
    ROUTE,
    TIMEOUT,
    a_head,
    a_packet,
    acknowledged,
    answered,
    committed,
    received,
    timed_out,
)

PACKET = a_packet()
KEY = ROUTE.key(PACKET.sequence)
COMMITTED = st.Committed(route=ROUTE, packet=PACKET, height=Height(10))
EXPIRED = st.Expired(route=ROUTE, packet=PACKET, provable_from=Height(25))
ANSWERED = st.Answered(route=ROUTE, packet=PACKET, acknowledgement=ACKNOWLEDGEMENT, provable_from=Height(20))
SAMPLES: dict[type[st.State], st.State] = {
    st.Unseen: st.Unseen(route=ROUTE, sequence=Sequence(1)),
    st.Committed: COMMITTED,
    st.Expired: EXPIRED,
    st.ReceivedEarly: st.ReceivedEarly(route=ROUTE, packet=PACKET),
    st.AnsweredEarly: st.AnsweredEarly(
        route=ROUTE, packet=PACKET, acknowledgement=ACKNOWLEDGEMENT, provable_from=Height(20)
    ),
    st.Received: st.Received(route=ROUTE, packet=PACKET),
    st.Answered: ANSWERED,
    st.Quarantined: st.Quarantined(held=COMMITTED, code="refused", reason="because"),
    st.Acknowledged: st.Acknowledged(route=ROUTE, sequence=Sequence(1)),
    st.TimedOut: st.TimedOut(route=ROUTE, sequence=Sequence(1)),
    st.PassedOver: st.PassedOver(route=ROUTE, sequence=Sequence(1)),
    st.Contradicted: st.Contradicted(route=ROUTE, sequence=Sequence(1), reason="because"),
}
FACTS: dict[type[ev.Event], ev.Event] = {
    ev.PacketCommitted: committed(PACKET),
    ev.ReceiptWritten: received(PACKET),
    ev.AcknowledgementWritten: answered(PACKET),
    ev.PacketAcknowledged: acknowledged(PACKET),
    ev.PacketTimedOut: timed_out(PACKET),
    ev.PacketPassedOver: ev.PacketPassedOver(
        ledger=ROUTE.source,
        height=Height(10),
        transaction=TransactionId("0xc0"),
        source_client=ROUTE.source_client,
        sequence=Sequence(1),
        code="foreign-port",
        reason="because",
    ),
    ev.HeadFinalised: a_head(ROUTE.destination, timestamp=TIMEOUT),
    ev.SubmissionRefused: ev.SubmissionRefused(
        key=KEY, effect=EffectKind.RECEIVE, code="refused", detail="because", retryable=False
    ),
    ev.PacketRefused: ev.PacketRefused(key=KEY, reason="because"),
    ev.PacketReleased: ev.PacketReleased(key=KEY, operator="ops"),
}
ONLY_TOLD = (COMMITTED, EXPIRED, SAMPLES[st.Quarantined])
"""Nothing but reports of the source's node stands behind these."""
PAIRS = [(state, event) for state in st.STATES for event in EVENTS]


def rejection(effect: EffectKind, *, retryable: bool = False) -> ev.SubmissionRefused:
    return ev.SubmissionRefused(key=KEY, effect=effect, code="refused", detail="because", retryable=retryable)


@pytest.mark.parametrize(("state", "event"), PAIRS, ids=lambda part: part.__name__)
def test_every_pair_stands_in_exactly_one_table(state: type[st.State], event: type[ev.Event]) -> None:
    pair = (state, event)
    assert [pair in TRANSITIONS, pair in IGNORED, pair in VIOLATIONS].count(True) == 1


@pytest.mark.parametrize(("state", "event"), PAIRS, ids=lambda part: part.__name__)
def test_every_pair_does_what_its_table_says(state: type[st.State], event: type[ev.Event]) -> None:
    before, told = SAMPLES[state], FACTS[event]
    pair = (state, event)
    if VIOLATIONS.get(pair) is Blame.RELAYER:
        with pytest.raises(InvariantBroken, match=event.__name__):
            step(before, told)
        return
    after = step(before, told)
    if pair in TRANSITIONS:
        assert type(after.state) in TRANSITIONS[pair].to
    elif pair in IGNORED:
        assert after.state == before
        assert after.effects == ()
    else:
        assert isinstance(after.state, st.Contradicted)
        assert event.__name__ in after.state.reason
    assert after == step(before, told), "the same pair gives the same step"


def test_the_tables_name_nothing_else() -> None:
    assert {*TRANSITIONS, *IGNORED, *VIOLATIONS} == set(PAIRS)
    assert set(st.STATES) == set(SAMPLES)
    assert set(EVENTS) == set(FACTS)


def test_a_packet_goes_through_its_whole_life() -> None:
    unseen = SAMPLES[st.Unseen]
    sent = step(unseen, committed(PACKET))
    assert [type(effect) for effect in sent.effects] == [SubmitReceive]
    assert step(sent.state, received(PACKET)).effects == ()
    told = step(step(sent.state, received(PACKET)).state, answered(PACKET))
    assert [type(effect) for effect in told.effects] == [SubmitAcknowledgement]
    assert told.effects[0].provable_from == 20
    ended = step(told.state, acknowledged(PACKET))
    assert ended.state == SAMPLES[st.Acknowledged]
    assert ended.effects == ()


@pytest.mark.parametrize("order", ["crad", "crda", "radc", "arcd", "card", "rcad", "acrd", "dcra"])
def test_any_interleaving_of_the_two_ledgers_ends_acknowledged(order: str) -> None:
    facts = {"c": committed(PACKET), "r": received(PACKET), "a": answered(PACKET), "d": acknowledged(PACKET)}
    machine = Machine((ROUTE,))
    for name in order:
        for told in (facts[name], facts[name]):  # every fact twice: a restart repeats them
            machine.apply(machine.plan([told], OPEN_POLICY))
    assert machine.state(KEY) == SAMPLES[st.Acknowledged]


class TestTime:
    @pytest.mark.parametrize(("timestamp", "expires"), [(TIMEOUT - 1, False), (TIMEOUT, True), (TIMEOUT + 1, True)])
    def test_a_packet_expires_at_its_timeout_and_not_before(self, timestamp: int, expires: bool) -> None:
        after = step(COMMITTED, a_head(ROUTE.destination, 25, timestamp=timestamp))
        assert isinstance(after.state, st.Expired) is expires
        assert [effect.provable_from for effect in after.effects] == ([25] if expires else [])

    def test_the_sources_time_does_not_count(self) -> None:
        assert step(COMMITTED, a_head(ROUTE.source, timestamp=TIMEOUT + 1)).state is COMMITTED

    @pytest.mark.parametrize("state", [st.Received, st.Answered])
    def test_a_received_packet_never_expires(self, state: type[st.State]) -> None:
        assert step(SAMPLES[state], a_head(ROUTE.destination, timestamp=TIMEOUT + 1)).state == SAMPLES[state]

    def test_a_packet_in_quarantine_still_expires(self) -> None:
        after = step(SAMPLES[st.Quarantined], a_head(ROUTE.destination, timestamp=TIMEOUT))
        assert isinstance(after.state, st.Expired)
        assert [type(effect) for effect in after.effects] == [SubmitTimeout]

    def test_a_receipt_that_a_node_held_back_stops_the_timeout(self) -> None:
        assert isinstance(step(EXPIRED, received(PACKET)).state, st.Received)


class TestRejections:
    @pytest.mark.parametrize(
        ("state", "effect"),
        [(COMMITTED, EffectKind.RECEIVE), (EXPIRED, EffectKind.TIMEOUT), (ANSWERED, EffectKind.ACKNOWLEDGE)],
    )
    def test_a_final_rejection_sets_the_packet_aside_with_its_reason(self, state: st.State, effect: EffectKind) -> None:
        after = step(state, rejection(effect)).state
        assert after == st.Quarantined(held=state, code="refused", reason="because")
        assert wanted(after) is None

    @pytest.mark.parametrize(
        ("state", "effect"),
        [(COMMITTED, EffectKind.RECEIVE), (EXPIRED, EffectKind.TIMEOUT), (ANSWERED, EffectKind.ACKNOWLEDGE)],
    )
    def test_a_passing_rejection_asks_again_until_the_bound(self, state: st.State, effect: EffectKind) -> None:
        first = state
        for _ in range(MAXIMUM_REFUSALS - 1):
            after = step(state, rejection(effect, retryable=True))
            assert after.effects == (wanted(first),)
            state = after.state
        last = step(state, rejection(effect, retryable=True)).state
        assert last == st.Quarantined(held=first, code="refused", reason="because")

    def test_the_answer_to_an_earlier_question_is_ignored(self) -> None:
        assert step(ANSWERED, rejection(EffectKind.RECEIVE)).state is ANSWERED

    def test_an_operator_lets_it_out_and_it_asks_again(self) -> None:
        after = step(SAMPLES[st.Quarantined], FACTS[ev.PacketReleased])
        assert after.state == COMMITTED
        assert after.effects == (wanted(COMMITTED),)

    @pytest.mark.parametrize(
        ("fact", "state"),
        [
            (received(PACKET), st.Received),
            (answered(PACKET), st.Answered),
            (acknowledged(PACKET), st.Acknowledged),
            (timed_out(PACKET), st.TimedOut),
        ],
    )
    def test_a_competitors_delivery_lets_it_out(self, fact: ev.Event, state: type[st.State]) -> None:
        assert isinstance(step(SAMPLES[st.Quarantined], fact).state, state)

    def test_a_repeated_fact_does_not_let_it_out(self) -> None:
        aside = st.Quarantined(held=ANSWERED, code="refused", reason="because")
        assert step(aside, answered(PACKET)).state is aside
        assert step(aside, received(PACKET)).state is aside

    def test_a_timeout_of_an_answered_packet_in_quarantine_is_a_contradiction(self) -> None:
        aside = st.Quarantined(held=ANSWERED, code="refused", reason="because")
        assert isinstance(step(aside, timed_out(PACKET)).state, st.Contradicted)


class TestContradictions:
    @pytest.mark.parametrize(
        ("state", "event"),
        [
            (state, event)
            for state in (*ONLY_TOLD, ANSWERED, SAMPLES[st.ReceivedEarly])
            for event in EVENTS[:5]
            if event is not ev.PacketCommitted or state not in ONLY_TOLD
        ],
    )
    def test_another_content_under_the_same_name(self, state: st.State, event: type[ev.Event]) -> None:
        other = replace(FACTS[event], packet=a_packet(value=b"other"))
        assert isinstance(step(state, other).state, st.Contradicted)

    @pytest.mark.parametrize("state", [*ONLY_TOLD, SAMPLES[st.Acknowledged], SAMPLES[st.TimedOut]])
    def test_what_one_node_invented_before_the_packet_was_sent_gives_way_to_its_commitment(self, state: st.State) -> None:
        told = replace(FACTS[ev.PacketCommitted], packet=a_packet(value=b"other"))
        made = step(state, told)
        assert made.state == st.Committed(route=ROUTE, packet=told.packet, height=told.height)
        assert [type(effect) for effect in made.effects] == [SubmitReceive]

    def test_two_acknowledgements(self) -> None:
        other = answered(PACKET, acknowledgement=Acknowledgement(app_acknowledgements=(b"other",)))
        assert isinstance(step(ANSWERED, other).state, st.Contradicted)
        assert isinstance(step(SAMPLES[st.AnsweredEarly], other).state, st.Contradicted)


def test_the_diagram_shows_every_move_of_the_tables_and_no_other() -> None:
    lines = lifecycle_diagram().splitlines()
    drawn = set()
    for line in lines:
        if ": " in line:
            ends, told = line.strip().split(": ")
            before, after = ends.split(" --> ")
            drawn |= {(before, event, after) for event in told.split(", ")}
    moves = {
        (before.__name__, event.__name__, after.__name__)
        for (before, event), transition in TRANSITIONS.items()
        for after in transition.to
        if after is not before
    }
    violations = {
        (before.__name__, event.__name__, "Contradicted")
        for (before, event), blame in VIOLATIONS.items()
        if blame is Blame.LEDGER
    }
    assert drawn == moves | violations
    assert lines[0] == "stateDiagram-v2"
    assert {line.strip() for line in lines if line.endswith("[*]")} == {
        "Acknowledged --> [*]",
        "TimedOut --> [*]",
        "PassedOver --> [*]",
        "Contradicted --> [*]",
    }
