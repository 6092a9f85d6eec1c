"""The machine over all channels: whose fact it is, what is deferred, what is kept, and plans that change nothing."""

from __future__ import annotations

from dataclasses import replace

import pytest

from relayer.core import events as ev
from relayer.core import states as st
from relayer.core.channels import ChannelEnd, routes_of
from relayer.core.effects import EffectKind, SubmitReceive, SubmitTimeout
from relayer.core.ids import ChannelId, ClientId
from relayer.core.machine import Limits, Machine
from relayer.core.packet import Packet, PacketKey
from relayer.core.policy import OPEN_POLICY, ChannelRules, PayloadType, Policy
from relayer.errors import InvalidInput, InvariantBroken
from relayer.facts.codec import ENCODING, FACT_VERSION, PORT
from relayer.testing.factories import (
    CHANNEL,
    CONTRACTS,
    ROUTE,
    ROUTE_BACK,
    SETTLEMENT,
    TIMEOUT,
    a_head,
    a_packet,
    acknowledged,
    answered,
    committed,
    received,
    timed_out,
)


def a_machine(**limits: int) -> Machine:
    return Machine((ROUTE, ROUTE_BACK), limits=Limits(**limits) if limits else None)


def tell(machine: Machine, *events: ev.Event, policy: Policy = OPEN_POLICY) -> list[object]:
    plan = machine.plan(events, policy)
    machine.apply(plan)
    return [effect for record in plan.records for effect in record.effects]


def test_a_plan_changes_nothing_until_it_is_applied() -> None:
    machine = a_machine()
    plan = machine.plan([committed(a_packet())], OPEN_POLICY)
    assert isinstance(machine.state(ROUTE.key(a_packet().sequence)), st.Unseen)
    machine.apply(plan)
    assert isinstance(machine.state(ROUTE.key(a_packet().sequence)), st.Committed)


def test_a_plan_made_from_another_state_is_a_bug() -> None:
    machine = a_machine()
    stale = machine.plan([committed(a_packet())], OPEN_POLICY)
    tell(machine, committed(a_packet()))
    with pytest.raises(InvariantBroken, match="another state"):
        machine.apply(stale)


def test_facts_of_one_batch_build_on_each_other() -> None:
    machine = a_machine()
    packet = a_packet()
    tell(machine, committed(packet), received(packet), answered(packet), acknowledged(packet))
    assert isinstance(machine.state(ROUTE.key(packet.sequence)), st.Acknowledged)
    assert machine.open_packets(ROUTE) == 0
    assert machine.closed(ROUTE) == (1, 0)


@pytest.mark.parametrize(
    "fact",
    [
        committed(replace(a_packet(), source_client=ClientId("client-9"))),
        committed(replace(a_packet(), destination_client=ClientId("poa-evm-9"))),
        received(replace(a_packet(), source_client=ClientId("client-9"))),
        replace(committed(a_packet()), ledger=SETTLEMENT),
        replace(received(a_packet()), ledger=CONTRACTS),
    ],
)
def test_facts_of_other_clients_are_no_business_of_ours(fact: ev.PacketFact) -> None:
    machine = a_machine()
    assert machine.plan([fact], OPEN_POLICY).records == ()


def test_the_two_routes_of_a_channel_are_apart() -> None:
    machine = a_machine()
    back = a_packet(route=ROUTE_BACK)
    tell(machine, committed(a_packet()), committed(back, route=ROUTE_BACK))
    assert machine.open_packets(ROUTE) == machine.open_packets(ROUTE_BACK) == 1


def test_repetitions_leave_no_record() -> None:
    machine = a_machine()
    packet = a_packet()
    tell(machine, committed(packet), answered(packet), acknowledged(packet))
    again = machine.plan([committed(packet), answered(packet), acknowledged(packet)], OPEN_POLICY)
    assert again.records == ()


def test_a_head_moves_every_packet_that_is_due_and_no_other() -> None:
    machine = a_machine()
    packets = [a_packet(number, timeout=TIMEOUT + number) for number in (1, 2, 3)]
    tell(machine, *map(committed, packets))
    effects = tell(machine, a_head(SETTLEMENT, timestamp=TIMEOUT + 2))
    assert [(type(effect), effect.key.sequence) for effect in effects] == [(SubmitTimeout, 1), (SubmitTimeout, 2)]


def test_a_head_in_the_same_batch_as_the_commitment_counts() -> None:
    machine = a_machine()
    effects = tell(machine, committed(a_packet()), a_head(SETTLEMENT, timestamp=TIMEOUT))
    assert isinstance(effects[-1], SubmitTimeout)


def test_a_commitment_after_its_time_expires_though_no_new_head_comes() -> None:
    machine = a_machine()
    tell(machine, a_head(SETTLEMENT, 77, timestamp=TIMEOUT))
    plan = machine.plan([committed(a_packet())], OPEN_POLICY)
    assert [type(record.event) for record in plan.records] == [ev.PacketCommitted, ev.HeadFinalised]
    machine.apply(plan)
    assert [(type(effect), effect.provable_from) for effect in machine.wanted()] == [(SubmitTimeout, 77)]


def test_an_older_head_is_ignored() -> None:
    machine = a_machine()
    tell(machine, committed(a_packet()), a_head(SETTLEMENT, 9))
    assert tell(machine, a_head(SETTLEMENT, 8, timestamp=TIMEOUT)) == []


class TestBounds:
    def test_a_packet_over_the_bound_is_deferred_with_its_height(self) -> None:
        machine = a_machine(open_packets_per_route=2)
        plan = machine.plan([committed(a_packet(number), height=10 + number) for number in (1, 2, 3, 4)], OPEN_POLICY)
        assert len(plan.records) == 2
        assert plan.deferred == {(CONTRACTS, ROUTE): 13}

    def test_large_packets_fill_a_route_by_their_bytes(self) -> None:
        machine = a_machine(open_bytes_per_route=250)
        plan = machine.plan([committed(a_packet(number, value=bytes(100))) for number in (1, 2, 3, 4)], OPEN_POLICY)
        assert len(plan.records) == 3
        machine.apply(plan)
        assert machine.open_bytes(ROUTE) == 300
        assert not machine.has_room(ROUTE)
        tell(machine, *(acknowledged(a_packet(number, value=bytes(100))) for number in (1, 2)))
        assert machine.open_bytes(ROUTE) == 100
        assert machine.has_room(ROUTE)

    def test_the_other_route_goes_on(self) -> None:
        machine = a_machine(open_packets_per_route=1)
        tell(machine, committed(a_packet()))
        plan = machine.plan([committed(a_packet(route=ROUTE_BACK), route=ROUTE_BACK)], OPEN_POLICY)
        assert plan.deferred == {}
        assert len(plan.records) == 1

    def test_facts_of_open_packets_are_always_taken(self) -> None:
        machine = a_machine(open_packets_per_route=1)
        tell(machine, committed(a_packet()))
        tell(machine, answered(a_packet()), acknowledged(a_packet()))
        assert machine.closed(ROUTE) == (1, 0)

    def test_a_recorded_event_is_never_deferred(self) -> None:
        machine = a_machine(open_packets_per_route=1)
        plan = machine.plan_recorded([committed(a_packet(1)), committed(a_packet(2))])
        assert len(plan.records) == 2


class TestPolicy:
    TYPE = PayloadType(source_port=PORT, destination_port=PORT, version=FACT_VERSION, encoding=ENCODING)

    def policy(self, reason: str | None) -> Policy:
        return Policy(channels={CHANNEL: ChannelRules(payloads={self.TYPE: lambda _payload: reason})})

    def test_a_refused_packet_is_set_aside_and_asks_for_nothing(self) -> None:
        machine = a_machine()
        tell(machine, committed(a_packet()), policy=self.policy("issuer unknown"))
        state = machine.state(ROUTE.key(a_packet().sequence))
        assert isinstance(state, st.Quarantined)
        assert (state.code, state.reason) == ("channel-rules", "issuer unknown")
        assert list(machine.wanted()) == []

    def test_it_times_out_all_the_same(self) -> None:
        machine = a_machine()
        tell(machine, committed(a_packet()), policy=self.policy("issuer unknown"))
        assert [type(effect) for effect in tell(machine, a_head(SETTLEMENT, timestamp=TIMEOUT))] == [SubmitTimeout]

    def test_an_allowed_packet_goes_on(self) -> None:
        assert [type(effect) for effect in tell(a_machine(), committed(a_packet()), policy=self.policy(None))] == [
            SubmitReceive
        ]

    def test_an_unknown_payload_type_is_refused(self) -> None:
        machine = a_machine()
        other = replace(self.TYPE, version="fact-0")
        rules = ChannelRules(payloads={other: lambda _payload: None})
        tell(machine, committed(a_packet()), policy=Policy(channels={CHANNEL: rules}))
        state = machine.state(ROUTE.key(a_packet().sequence))
        assert isinstance(state, st.Quarantined)
        assert "does not carry fact-1" in state.reason

    def test_a_packet_that_was_delivered_already_is_not_judged(self) -> None:
        machine = a_machine()
        tell(machine, answered(a_packet()), committed(a_packet()), policy=self.policy("issuer unknown"))
        assert isinstance(machine.state(ROUTE.key(a_packet().sequence)), st.Answered)


class TestStrangers:
    """Anyone may register an application on the source ledger and send through our client."""

    TYPE = PayloadType(source_port=PORT, destination_port=PORT, version=FACT_VERSION, encoding=ENCODING)
    OURS = Policy(channels={CHANNEL: ChannelRules(payloads={TYPE: lambda value: None if value.value == b"fact" else "no"})})

    def strangers(self, sequence: int, size: int = 100, **texts: str) -> Packet:
        packet = a_packet(sequence, value=bytes(size))
        return replace(packet, payloads=(replace(packet.payload, source_port="stranger", **texts),))

    def test_a_strangers_packet_takes_no_room_and_is_never_paid_for(self) -> None:
        machine = a_machine(open_packets_per_route=2, open_bytes_per_route=1_000)
        assert tell(machine, *(committed(self.strangers(each)) for each in range(1, 51)), policy=self.OURS) == []
        assert isinstance(machine.state(ROUTE.key(self.strangers(7).sequence)), st.PassedOver)
        assert (machine.open_packets(ROUTE), machine.open_bytes(ROUTE), machine.passed_over(ROUTE)) == (0, 0, 50)
        assert [type(each) for each in tell(machine, committed(a_packet(51)), policy=self.OURS)] == [SubmitReceive]
        tell(machine, acknowledged(a_packet(51)), policy=self.OURS)
        assert tell(machine, a_head(SETTLEMENT, timestamp=TIMEOUT + 10), policy=self.OURS) == []
        assert machine.missing(ROUTE, 1) == 0

    def test_a_strangers_own_relayer_opens_nothing_here(self) -> None:
        machine = a_machine()
        packet = self.strangers(1)
        plan = machine.plan([received(packet), answered(packet), committed(packet), acknowledged(packet)], self.OURS)
        assert [type(record.event) for record in plan.records] == [ev.PacketPassedOver]
        machine.apply(plan)
        assert machine.open_packets(ROUTE) == 0

    def test_what_is_kept_of_it_is_small_whatever_it_says(self) -> None:
        plan = a_machine().plan([committed(self.strangers(1, version="\x1b[2J" * 900))], self.OURS)
        (record,) = plan.records
        assert isinstance(record.event, ev.PacketPassedOver)
        assert len(record.event.reason) <= 160
        assert record.event.reason.isprintable()

    def test_memory_and_replay_know_it(self) -> None:
        machine = a_machine()
        plan = machine.plan([committed(self.strangers(1)), committed(self.strangers(2))], self.OURS)
        machine.apply(plan)
        again, restored = a_machine(), a_machine()
        again.apply(again.plan_recorded([record.event for record in plan.records]))
        restored.restore(machine.memory())
        assert again.memory() == restored.memory() == machine.memory()
        assert machine.memory().routes[0].passed_over == ((1, 2),)

    def test_an_invented_unreadable_packet_does_not_end_the_real_one(self) -> None:
        machine = a_machine()
        real = committed(a_packet(7))
        invented = ev.PacketPassedOver(
            ledger=CONTRACTS,
            height=real.height,
            transaction=real.transaction,
            source_client=ROUTE.source_client,
            sequence=real.packet.sequence,
            code="unreadable",
            reason="because",
        )
        assert tell(machine, invented, policy=self.OURS) == []
        assert [type(each) for each in tell(machine, real, policy=self.OURS)] == [SubmitReceive]
        assert (machine.passed_over(ROUTE), machine.open_packets(ROUTE)) == (0, 1)

    def test_refused_packets_of_our_own_port_have_a_room_of_their_own(self) -> None:
        machine = a_machine(open_packets_per_route=8, open_bytes_per_route=1_000)
        refused = [committed(a_packet(each, value=b"x")) for each in range(1, 6)]
        tell(machine, *refused, policy=self.OURS)
        assert machine.load(ROUTE).packets == 0
        assert (machine.load(ROUTE).refused, machine.passed_over(ROUTE)) == (2, 3)
        tell(machine, *(committed(a_packet(each)) for each in range(6, 14)), policy=self.OURS)
        assert machine.load(ROUTE).packets == 8
        assert len(tell(machine, a_head(SETTLEMENT, timestamp=TIMEOUT), policy=self.OURS)) == 10
        assert machine.load(ROUTE).refused == 0

    def test_what_was_open_before_the_rules_changed_goes_on(self) -> None:
        machine = a_machine()
        packet = self.strangers(1)
        tell(machine, committed(packet))
        tell(machine, answered(packet), policy=self.OURS)
        assert isinstance(machine.state(ROUTE.key(packet.sequence)), st.Answered)


class TestMemory:
    def test_a_restored_machine_knows_the_same(self) -> None:
        machine = a_machine()
        packets = [a_packet(number) for number in range(1, 8)]
        tell(machine, *map(committed, packets))
        tell(machine, answered(packets[0]), acknowledged(packets[0]), timed_out(packets[1]), received(packets[2]))
        tell(machine, answered(packets[3]), a_head(SETTLEMENT, timestamp=TIMEOUT))
        other = a_machine()
        other.restore(machine.memory())
        assert other.memory() == machine.memory()
        assert list(other.wanted()) == list(machine.wanted())
        assert other.highest_committed(ROUTE) == 7
        assert tell(other, committed(packets[0]), timed_out(packets[1])) == []

    def test_it_belongs_to_its_channels(self) -> None:
        memory = a_machine().memory()
        with pytest.raises(InvalidInput, match="another set of channels"):
            Machine((ROUTE,)).restore(memory)

    def test_ended_packets_cost_ranges_only(self) -> None:
        machine = a_machine()
        for number in range(1, 501):
            tell(machine, acknowledged(a_packet(number)))
        assert machine.memory().routes[0].acknowledged == ((1, 500),)
        assert machine.memory().packets == ()


def test_an_ended_packet_that_ends_otherwise_becomes_a_contradiction() -> None:
    machine = a_machine()
    tell(machine, acknowledged(a_packet()), timed_out(a_packet()))
    assert isinstance(machine.state(ROUTE.key(a_packet().sequence)), st.Contradicted)


def test_a_client_in_two_channels_is_refused() -> None:
    twice = routes_of(
        ChannelId("second"),
        ChannelEnd(ledger=CONTRACTS, client=ROUTE.source_client),
        ChannelEnd(ledger=SETTLEMENT, client=ClientId("poa-evm-1")),
    )
    with pytest.raises(InvalidInput, match="two channels"):
        Machine((ROUTE, ROUTE_BACK, *twice))


def test_an_unknown_name_is_refused() -> None:
    with pytest.raises(InvalidInput, match="no channel elsewhere"):
        a_machine().state(PacketKey("elsewhere", ROUTE.source, a_packet().sequence))


def test_a_late_rejection_after_a_fact_is_ignored() -> None:
    machine = a_machine()
    tell(machine, committed(a_packet()), received(a_packet()))
    late = ev.SubmissionRefused(
        key=ROUTE.key(a_packet().sequence), effect=EffectKind.RECEIVE, code="c", detail="d", retryable=False
    )
    assert machine.plan([late], OPEN_POLICY).records == ()
