"""A state machine over the core: two honest ledgers told in any interleaving, with repeats, deaths and competitors."""

from __future__ import annotations

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from relayer.core import events as ev
from relayer.core import states
from relayer.core.effects import SubmitAcknowledgement, SubmitReceive, SubmitTimeout
from relayer.core.ids import Height
from relayer.core.invariants import (
    an_open_packet_has_not_ended,
    effects_go_to_the_right_ledger,
    every_effect_has_its_fact,
    no_expiry_is_overlooked,
    open_packets_are_counted,
)
from relayer.core.lifecycle import wanted
from relayer.core.machine import Machine
from relayer.core.packet import Acknowledgement, Packet
from relayer.core.policy import OPEN_POLICY
from relayer.engine.messages import kind_of
from relayer.testing.factories import (
    ROUTE,
    ROUTE_BACK,
    SETTLEMENT,
    a_head,
    a_packet,
    acknowledged,
    answered,
    committed,
    received,
    timed_out,
)


class HonestLedgers(RuleBasedStateMachine):
    """The ledgers' own truth, two logs of facts, and a machine that hears prefixes of them in any interleaving."""

    def __init__(self) -> None:
        super().__init__()
        self.machine = Machine((ROUTE, ROUTE_BACK))
        self.source: list[ev.PacketFact] = []
        self.destination: list[ev.PacketFact | ev.HeadFinalised] = []
        self.heard_source = self.heard_destination = 0
        self.time = 1_000
        self.received: set[int] = set()
        self.ended: dict[int, str] = {}
        self.packets: dict[int, Packet] = {}
        self.journal: list[ev.Event] = []
        self.last_destination_height = 1

    def tell(self, *events: ev.Event) -> None:
        plan = self.machine.plan(events, OPEN_POLICY)
        self.journal += [record.event for record in plan.records]
        self.machine.apply(plan)

    def acknowledgement(self, sequence: int) -> Acknowledgement:
        return Acknowledgement(app_acknowledgements=(f"ack {sequence}".encode(),))

    # The ledgers.

    @rule(lifetime=st.integers(1, 40))
    def send(self, lifetime: int) -> None:
        packet = a_packet(len(self.packets) + 1, timeout=self.time + lifetime)
        self.packets[packet.sequence] = packet
        self.source.append(committed(packet, height=len(self.source) + 1))

    @rule(pick=st.randoms(use_true_random=False))
    def somebody_delivers(self, pick: object) -> None:
        open_packets = [
            packet
            for packet in self.packets.values()
            if packet.sequence not in self.received
            and packet.timeout_timestamp > self.time
            and packet.sequence not in self.ended
        ]
        if open_packets:
            packet = pick.choice(open_packets)  # type: ignore[attr-defined]
            self.deliver(packet)

    def deliver(self, packet: Packet) -> None:
        self.received.add(packet.sequence)
        height = self.last_destination_height = self.last_destination_height + 1
        self.destination.append(received(packet, height=height))
        self.destination.append(answered(packet, height=height, acknowledgement=self.acknowledgement(packet.sequence)))

    @rule(seconds=st.integers(1, 30))
    def time_passes(self, seconds: int) -> None:
        self.time += seconds
        self.last_destination_height += 1
        self.destination.append(a_head(SETTLEMENT, self.last_destination_height, timestamp=self.time))

    @rule(pick=st.randoms(use_true_random=False))
    def somebody_ends(self, pick: object) -> None:
        ready = [packet for packet in self.packets.values() if packet.sequence not in self.ended]
        if not ready:
            return
        packet = pick.choice(ready)  # type: ignore[attr-defined]
        if packet.sequence in self.received:
            self.end(packet, "acknowledged")
        elif packet.timeout_timestamp <= self.time:
            self.end(packet, "timed out")

    def end(self, packet: Packet, how: str) -> None:
        self.ended[packet.sequence] = how
        fact = acknowledged if how == "acknowledged" else timed_out
        self.source.append(fact(packet, height=len(self.source) + 1))

    # The relayer.

    @rule(count=st.integers(1, 5))
    def hears_the_source(self, count: int) -> None:
        facts = self.source[self.heard_source : self.heard_source + count]
        self.heard_source += len(facts)
        self.tell(*facts)

    @rule(count=st.integers(1, 5))
    def hears_the_destination(self, count: int) -> None:
        facts = self.destination[self.heard_destination : self.heard_destination + count]
        self.heard_destination += len(facts)
        self.tell(*facts)

    @rule(back=st.integers(0, 6))
    def dies_and_reads_again(self, back: int) -> None:
        """Memory is the fold of the journal; the ledgers are read again from a little earlier."""
        again = Machine((ROUTE, ROUTE_BACK))
        for event in self.journal:
            again.apply(again.plan_recorded([event]))
        assert again.memory() == self.machine.memory()
        self.machine = again
        self.heard_source = max(0, self.heard_source - back)
        self.heard_destination = max(0, self.heard_destination - back)

    @precondition(lambda self: any(True for _ in self.machine.wanted()))
    @rule(pick=st.randoms(use_true_random=False), retryable=st.booleans())
    def is_rejected(self, pick: object, retryable: bool) -> None:
        effect = pick.choice(list(self.machine.wanted()))  # type: ignore[attr-defined]
        self.tell(ev.SubmissionRefused(key=effect.key, effect=kind_of(effect), code="c", detail="d", retryable=retryable))

    @rule()
    def submits_what_is_wanted(self) -> None:
        """The ledgers apply their own rules: what they accept becomes a fact of theirs."""
        for effect in list(self.machine.wanted()):
            packet = effect.packet
            match effect:
                case SubmitReceive():
                    if packet.sequence not in self.received | set(self.ended) and packet.timeout_timestamp > self.time:
                        self.deliver(packet)
                case SubmitAcknowledgement():
                    assert packet.sequence in self.received, "only a written acknowledgement is brought back"
                    assert effect.acknowledgement == self.acknowledgement(packet.sequence)
                    if packet.sequence not in self.ended:
                        self.end(packet, "acknowledged")
                case SubmitTimeout():
                    assert packet.sequence not in self.received, "a received packet is never timed out"
                    assert packet.timeout_timestamp <= self.time, "nothing is timed out before the destination's time"
                    if packet.sequence not in self.ended:
                        self.end(packet, "timed out")

    @rule()
    def an_operator_releases_everything(self) -> None:
        aside = [packet.key for packet in self.machine.packets() if isinstance(packet, states.Quarantined)]
        self.tell(*(ev.PacketReleased(key=key, operator="ops") for key in aside))

    # What always holds.

    @invariant()
    def named_invariants_hold(self) -> None:
        an_open_packet_has_not_ended(self.machine)
        open_packets_are_counted(self.machine)
        every_effect_has_its_fact(self.machine)
        effects_go_to_the_right_ledger(self.machine)
        no_expiry_is_overlooked(self.machine)

    @invariant()
    def honest_ledgers_are_never_accused(self) -> None:
        for state in self.machine.packets():
            assert not isinstance(state, states.Contradicted), state

    @invariant()
    def an_end_is_the_ledgers_end(self) -> None:
        for sequence, packet in self.packets.items():
            match self.machine.state(ROUTE.key(packet.sequence)):
                case states.Acknowledged():
                    assert self.ended[sequence] == "acknowledged"
                case states.TimedOut():
                    assert self.ended[sequence] == "timed out"
                case _:
                    pass

    def teardown(self) -> None:
        """Progress: told everything, with time, every packet ends or an operator is asked."""
        self.an_operator_releases_everything()
        self.time += 100
        self.last_destination_height += 1
        self.destination.append(a_head(SETTLEMENT, self.last_destination_height, timestamp=self.time))
        for _ in range(4):
            self.hears_the_source(10**6)
            self.hears_the_destination(10**6)
            self.submits_what_is_wanted()
        self.hears_the_source(10**6)
        self.hears_the_destination(10**6)
        for packet in self.packets.values():
            state = self.machine.state(ROUTE.key(packet.sequence))
            assert isinstance(state, states.Acknowledged | states.TimedOut), (state, wanted(state))
        assert self.machine.highest_committed(ROUTE) == len(self.packets)
        assert self.machine.missing(ROUTE, 1) == 0
        assert Height(0) <= self.last_destination_height


HonestLedgers.TestCase.settings = settings(
    max_examples=150, stateful_step_count=40, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
TestHonestLedgers = HonestLedgers.TestCase
