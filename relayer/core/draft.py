"""Plans: what a few events would do to the machine, computed without changing it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, assert_never

from relayer.core import events as ev
from relayer.core import states as st
from relayer.core.channels import Route
from relayer.core.effects import Effect
from relayer.core.ids import Height, LedgerId, TimestampSeconds
from relayer.core.lifecycle import step
from relayer.core.packet import PacketKey
from relayer.core.policy import Policy
from relayer.core.states import State, payload_bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedTransition:
    """One packet's step."""

    key: PacketKey
    before: State
    after: State
    effects: tuple[Effect, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One event that changes something, for the journal. A head may move many packets, any other event one."""

    event: ev.Event
    transitions: tuple[PlannedTransition, ...]

    @property
    def effects(self) -> tuple[Effect, ...]:
        """The effects that follow from the event."""
        return tuple(effect for transition in self.transitions for effect in transition.effects)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The transitions of a batch of events. Events that change nothing are left out."""

    records: tuple[Record, ...]
    heads: Mapping[LedgerId, ev.HeadFinalised]
    committed: Mapping[Route, int]
    """Per route, the highest sequence among the commitments."""
    deferred: Mapping[tuple[LedgerId, Route], Height]
    """Facts over the limit of their route, by the lowest height: read again when there is room."""


class Known(Protocol):
    """What a draft needs of the machine."""

    @property
    def limits(self) -> _Limits:
        """The limits of open packets and bytes per route."""
        ...

    def state(self, key: PacketKey) -> State:
        """The packet's state; Unseen if nothing is known of it."""
        ...

    def route_of(self, fact: ev.PacketFact) -> Route | None:
        """The route that a ledger's fact is about, or None if it belongs to no configured route."""
        ...

    def knows(self, key: PacketKey) -> bool:
        """Whether the packet's route is configured."""
        ...

    def head(self, ledger: LedgerId) -> ev.HeadFinalised | None:
        """The newest head that the ledger reported."""
        ...

    def open_packets(self, route: Route) -> int:
        """The number of open packets of the route."""
        ...

    def open_bytes(self, route: Route) -> int:
        """The bytes of the payloads of the route's open packets."""
        ...

    def due(self, ledger: LedgerId, timestamp: TimestampSeconds) -> Sequence[PacketKey]:
        """Undelivered packets to `ledger` whose timeout is at or before `timestamp`."""
        ...


class _Limits(Protocol):
    @property
    def open_packets_per_route(self) -> int: ...
    @property
    def open_bytes_per_route(self) -> int: ...


class Draft:
    """A plan under construction for one batch of events; discarded once the plan is made."""

    def __init__(self, known: Known, policy: Policy | None) -> None:
        """Without a policy the events are recorded ones: no rule is evaluated and no limit applied."""
        self._known = known
        self._policy = policy
        self._touched: dict[PacketKey, State] = {}
        self._opened: dict[Route, tuple[int, int]] = {}
        self._records: list[Record] = []
        self._heads: dict[LedgerId, ev.HeadFinalised] = {}
        self._committed: dict[Route, int] = {}
        self._deferred: dict[tuple[LedgerId, Route], Height] = {}

    def draw(self, events: Iterable[ev.Event]) -> Plan:
        """Raises InvariantBroken if an event shows a bug of this program."""
        for event in events:
            self._take(event)
        return Plan(records=tuple(self._records), heads=self._heads, committed=self._committed, deferred=self._deferred)

    def _take(self, event: ev.Event) -> None:
        match event:
            case (
                ev.PacketCommitted()
                | ev.ReceiptWritten()
                | ev.AcknowledgementWritten()
                | ev.PacketAcknowledged()
                | ev.PacketTimedOut()
            ):
                self._take_fact(event)
            case ev.HeadFinalised():
                self._take_head(event)
            case ev.SubmissionRefused() | ev.PacketRefused() | ev.PacketReleased():
                # A journal may hold rows of a channel that is no longer configured.
                if self._policy is not None or self._known.knows(event.key):
                    self._record(event, (event.key,))
            case _:
                assert_never(event)

    def _take_fact(self, fact: ev.PacketFact) -> None:
        route = self._known.route_of(fact)
        if route is None:
            return
        key = route.key(fact.packet.sequence)
        before = self._state(key)
        if self._policy is not None and isinstance(before, st.Unseen) and self._is_full(route):
            place = (fact.ledger, route)
            self._deferred[place] = min(fact.height, self._deferred.get(place, fact.height))
            return
        self._record(fact, (key,))
        if isinstance(fact, ev.PacketCommitted):
            self._committed[route] = max(fact.packet.sequence, self._committed.get(route, 0))
        if isinstance(before, st.Unseen) and isinstance(fact, ev.PacketCommitted):
            self._follow_commitment(route, key, fact)

    def _follow_commitment(self, route: Route, key: PacketKey, fact: ev.PacketCommitted) -> None:
        """Applies the channel's rules and the time of the destination's last head: it may never report a newer one."""
        if self._policy is None or not isinstance(self._state(key), st.Committed):
            return
        reason = self._policy.refusal(route, fact.packet)
        if reason is not None:
            self._record(ev.PacketRefused(key=key, reason=reason), (key,))
        head = self._heads.get(route.destination) or self._known.head(route.destination)
        if head is not None and head.timestamp >= fact.packet.timeout_timestamp:
            self._record(head, (key,))

    def _take_head(self, head: ev.HeadFinalised) -> None:
        known = self._heads.get(head.ledger) or self._known.head(head.ledger)
        if known is not None and head.height < known.height:
            return
        self._heads[head.ledger] = head
        due = dict.fromkeys(self._known.due(head.ledger, head.timestamp))
        # Packets of this very batch are not yet in the machine's list of deadlines.
        due |= dict.fromkeys(key for key, state in self._touched.items() if state.route.destination == head.ledger)
        self._record(head, tuple(due))

    def _record(self, event: ev.Event, keys: tuple[PacketKey, ...]) -> None:
        transitions = []
        for key in keys:
            before = self._state(key)
            made = step(before, event)
            if made.state == before:
                continue
            self._touched[key] = made.state
            if isinstance(before, st.Unseen) and not isinstance(made.state, st.Acknowledged | st.TimedOut):
                packets, size = self._opened.get(before.route, (0, 0))
                self._opened[before.route] = (packets + 1, size + payload_bytes(made.state))
            transitions.append(PlannedTransition(key=key, before=before, after=made.state, effects=made.effects))
        if transitions:
            self._records.append(Record(event=event, transitions=tuple(transitions)))

    def _state(self, key: PacketKey) -> State:
        return self._touched.get(key) or self._known.state(key)

    def _is_full(self, route: Route) -> bool:
        packets, size = self._opened.get(route, (0, 0))
        limits = self._known.limits
        return (
            self._known.open_packets(route) + packets >= limits.open_packets_per_route
            or self._known.open_bytes(route) + size >= limits.open_bytes_per_route
        )
