"""All packets of all channels: which packet a fact is about, and what each event changes.

The machine decides in two halves, so that the journal can be written between them: `plan` computes what events would do and
changes nothing; `apply` applies the plan. It must never do I/O, and never keep more of a finished packet than its
sequence.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from relayer.core import events as ev
from relayer.core import states as st
from relayer.core.channels import Route
from relayer.core.closed import SequenceRange, SequenceSet
from relayer.core.draft import Draft, Load, Plan, PlannedTransition, Record
from relayer.core.effects import Effect
from relayer.core.ids import ClientId, Height, LedgerId, TimestampSeconds
from relayer.core.ids import Sequence as PacketSequence
from relayer.core.invariants import check_transition
from relayer.core.lifecycle import wanted
from relayer.core.packet import PacketKey
from relayer.core.policy import Policy
from relayer.core.states import CLOSED, State, is_refused, payload_bytes
from relayer.errors import InvalidInput, InvariantBroken

__all__ = ["Limits", "Machine", "Memory", "Plan", "PlannedTransition", "Record", "RouteMemory"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Limits of the machine. A packet over its channel's limit is deferred: read again when there is room.

    Packets that the channel's rules refuse take none of that room. They have a quarter as much of their own, and are passed
    over beyond it.
    """

    open_packets_per_route: int = 10_000
    open_bytes_per_route: int = 64 * 1024 * 1024
    """Of payloads."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteMemory:
    """What is kept of one route: finished sequences as ranges, and the highest committed sequence."""

    route: Route
    acknowledged: tuple[SequenceRange, ...]
    timed_out: tuple[SequenceRange, ...]
    passed_over: tuple[SequenceRange, ...]
    highest_committed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """Everything that a machine knows, for a checkpoint: never more than the open packets and a few ranges."""

    routes: tuple[RouteMemory, ...]
    packets: tuple[State, ...]


@dataclass(slots=True)
class _Book:
    acknowledged: SequenceSet = field(default_factory=SequenceSet)
    timed_out: SequenceSet = field(default_factory=SequenceSet)
    passed_over: SequenceSet = field(default_factory=SequenceSet)
    highest_committed: int = 0
    open: int = 0
    bytes: int = 0
    refused: int = 0
    refused_bytes: int = 0

    def ended(self, state: State) -> SequenceSet:
        match state:
            case st.Acknowledged():
                return self.acknowledged
            case st.TimedOut():
                return self.timed_out
            case _:
                return self.passed_over


class Machine:
    """The fold of all events. One writer; every method is synchronous and free of input and output."""

    def __init__(self, routes: Iterable[Route], *, limits: Limits | None = None) -> None:
        """Raises InvalidInput if two routes share a client of a ledger: a fact must belong to one route."""
        self.routes = tuple(routes)
        self.limits = limits or Limits()
        self._books = {route: _Book() for route in self.routes}
        self._sources: dict[tuple[LedgerId, ClientId], Route] = {}
        self._destinations: dict[tuple[LedgerId, ClientId], Route] = {}
        for route in self.routes:
            if route.source == route.destination:
                raise InvalidInput(f"channel {route.channel}: both ends are on ledger {route.source}; it takes two ledgers")
            _register(self._sources, route.source, route.source_client, route)
            _register(self._destinations, route.destination, route.destination_client, route)
        self._packets: dict[PacketKey, State] = {}
        self._by_name: dict[tuple[str, LedgerId], Route] = {(route.channel, route.source): route for route in self.routes}
        self._deadlines: dict[LedgerId, list[tuple[int, PacketKey]]] = {route.destination: [] for route in self.routes}
        self._heads: dict[LedgerId, ev.HeadFinalised] = {}

    # Deciding.

    def plan(
        self,
        events: Iterable[ev.Event],
        policy: Policy,
        *,
        proven: Collection[ev.Event] | None = None,
        read_until: Mapping[LedgerId, Height] | None = None,
    ) -> Plan:
        """What these new events would do, with the channel's rules and the time already known applied at once. Only those
        that are `proven` may contradict what was reported before, or pass a packet over; None: all of them. A commitment of
        an ended packet is a repetition, unless it is above the height that its ledger was `read_until`."""
        return Draft(self, policy, proven=proven, read_until=read_until).draw(events)

    def plan_recorded(self, events: Iterable[ev.Event]) -> Plan:
        """What journaled events did: refusals are journaled too, so no rule is evaluated and no limit applied."""
        return Draft(self, None).draw(events)

    def apply(self, plan: Plan) -> None:
        """Applies a plan. Raises InvariantBroken if it was made from another state."""
        for record in plan.records:
            for transition in record.transitions:
                if self.state(transition.key) != transition.before:
                    raise InvariantBroken(f"packet {transition.key}: the plan was made from another state")
                check_transition(transition.before, transition.after)
                self._set(transition.before, transition.after)
        for route, sequence in plan.committed.items():
            book = self._books[route]
            book.highest_committed = max(book.highest_committed, sequence)
        self._heads.update(plan.heads)

    # Queries.

    def state(self, key: PacketKey) -> State:
        """Raises InvalidInput if no route has this name."""
        known = self._packets.get(key)
        if known is not None:
            return known
        route = self.route(key)
        book = self._books[route]
        if key.sequence in book.acknowledged:
            return st.Acknowledged(route=route, sequence=key.sequence)
        if key.sequence in book.timed_out:
            return st.TimedOut(route=route, sequence=key.sequence)
        if key.sequence in book.passed_over:
            return st.PassedOver(route=route, sequence=key.sequence)
        return st.Unseen(route=route, sequence=key.sequence)

    def knows(self, key: PacketKey) -> bool:
        """Whether a configured route has this name."""
        return (key.channel, key.source) in self._by_name

    def route(self, key: PacketKey) -> Route:
        """Raises InvalidInput if no route has this name."""
        route = self._by_name.get((key.channel, key.source))
        if route is None:
            raise InvalidInput(f"packet {key}: no channel {key.channel} with source ledger {key.source} is configured")
        return route

    def route_of(self, fact: ev.LedgerFact) -> Route | None:
        """The route that a ledger's fact is about, or None if it belongs to no configured route."""
        if isinstance(fact, ev.PacketPassedOver):
            return self._sources.get((fact.ledger, fact.source_client))
        packet = fact.packet
        match fact:
            case ev.ReceiptWritten() | ev.AcknowledgementWritten():
                route = self._destinations.get((fact.ledger, packet.destination_client))
                return route if route is not None and route.source_client == packet.source_client else None
            case _:
                route = self._sources.get((fact.ledger, packet.source_client))
                return route if route is not None and route.destination_client == packet.destination_client else None

    def head(self, ledger: LedgerId) -> ev.HeadFinalised | None:
        """The newest head that was reported."""
        return self._heads.get(ledger)

    def packets(self) -> Iterator[State]:
        """Every open packet, in the order in which it was first seen."""
        return iter(self._packets.values())

    def wanted(self) -> Iterator[Effect]:
        """Every effect that no fact has completed."""
        return (effect for state in self._packets.values() if (effect := wanted(state)) is not None)

    @property
    def open_everywhere(self) -> int:
        """The number of open packets of all routes."""
        return len(self._packets)

    def open_packets(self, route: Route) -> int:
        """The number of open packets of the route, all that are quarantined included."""
        return self._books[route].open

    def open_bytes(self, route: Route) -> int:
        """The bytes of their payloads together."""
        return self._books[route].bytes

    def load(self, route: Route) -> Load:
        """What the route's open packets take of its room, and those that the channel's rules refuse of theirs."""
        book = self._books[route]
        return Load(
            packets=book.open - book.refused,
            bytes=book.bytes - book.refused_bytes,
            refused=book.refused,
            refused_bytes=book.refused_bytes,
        )

    def has_room(self, route: Route) -> bool:
        """Whether deferred packets may be read again: a fifth of each limit is free."""
        load, limits = self.load(route), self.limits
        return load.packets * 5 <= limits.open_packets_per_route * 4 and load.bytes * 5 <= limits.open_bytes_per_route * 4

    def closed(self, route: Route) -> tuple[int, int]:
        """The number of the route's acknowledged packets, and of those that timed out."""
        book = self._books[route]
        return len(book.acknowledged), len(book.timed_out)

    def passed_over(self, route: Route) -> int:
        """The number of the route's packets that are never paid for."""
        return len(self._books[route].passed_over)

    def highest_committed(self, route: Route) -> PacketSequence:
        """The highest committed sequence of the route; 0 if none was seen."""
        return PacketSequence(self._books[route].highest_committed)

    def missing(self, route: Route, first: int | None) -> int:
        """How many sequences from `first` (None: the lowest known) to the highest committed were never reported."""
        book = self._books[route]
        highest = book.highest_committed
        known = {state.sequence for state in self._packets.values() if state.route == route and state.sequence <= highest}
        sets = (book.acknowledged, book.timed_out, book.passed_over)
        known = {number for number in known if not any(number in each for each in sets)}
        ranges = tuple(each for ended in sets for each in ended.ranges())
        ended = sum(min(last, highest) - low + 1 for low, last in ranges if low <= highest)
        lowest = first if first is not None else min((*known, *(low for low, _ in ranges)), default=highest + 1)
        return max(0, highest - lowest + 1 - ended - len(known))

    def due(self, ledger: LedgerId, timestamp: TimestampSeconds) -> Sequence[PacketKey]:
        """Undelivered packets to `ledger` whose timeout is at or before `timestamp`."""
        deadlines = self._deadlines.get(ledger, [])
        return [key for _, key in deadlines[: bisect_right(deadlines, int(timestamp), key=lambda entry: entry[0])]]

    # Checkpoints.

    def memory(self) -> Memory:
        """Everything known except heads: the ledgers report those again."""
        return Memory(
            routes=tuple(
                RouteMemory(
                    route=route,
                    acknowledged=tuple(book.acknowledged.ranges()),
                    timed_out=tuple(book.timed_out.ranges()),
                    passed_over=tuple(book.passed_over.ranges()),
                    highest_committed=book.highest_committed,
                )
                for route, book in self._books.items()
            ),
            packets=tuple(self._packets.values()),
        )

    def restore(self, memory: Memory) -> None:
        """Loads a checkpoint into a new machine with the same routes. Raises InvalidInput otherwise."""
        if self._packets or {known.route for known in memory.routes} != set(self.routes):
            raise InvalidInput("checkpoint: it belongs to another set of channels")
        for known in memory.routes:
            self._books[known.route] = _Book(
                acknowledged=SequenceSet(known.acknowledged),
                timed_out=SequenceSet(known.timed_out),
                passed_over=SequenceSet(known.passed_over),
                highest_committed=known.highest_committed,
            )
        for state in memory.packets:
            self._set(st.Unseen(route=state.route, sequence=state.sequence), state)

    # Bookkeeping.

    def _set(self, before: State, after: State) -> None:
        key = after.key
        book = self._books[after.route]
        self._forget_deadline(before)
        if type(before) in CLOSED:
            book.ended(before).discard(before.sequence)
        book.bytes += payload_bytes(after) - payload_bytes(before)
        book.refused += is_refused(after) - is_refused(before)
        book.refused_bytes += is_refused(after) * payload_bytes(after) - is_refused(before) * payload_bytes(before)
        if type(after) in CLOSED:
            book.ended(after).add(after.sequence)
            book.open -= self._packets.pop(key, None) is not None
            return
        book.open += key not in self._packets
        self._packets[key] = after
        deadline = _deadline(after)
        if deadline is not None:
            insort(self._deadlines[after.route.destination], (deadline, key))

    def _forget_deadline(self, before: State) -> None:
        deadline = _deadline(before)
        if deadline is not None:
            deadlines = self._deadlines[before.route.destination]
            del deadlines[bisect_left(deadlines, (deadline, before.key))]


def _register(ends: dict[tuple[LedgerId, ClientId], Route], ledger: LedgerId, client: ClientId, route: Route) -> None:
    if (ledger, client) in ends:
        raise InvalidInput(f"client {client} of ledger {ledger} is used by two channels: give each channel its own")
    ends[ledger, client] = route


def _deadline(state: State) -> int | None:
    """When time would change the state: the timeout of a packet that was not received."""
    held = state.held if isinstance(state, st.Quarantined) else state
    return held.packet.timeout_timestamp if isinstance(held, st.Committed) else None
