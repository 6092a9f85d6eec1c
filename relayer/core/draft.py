"""Plans: what a few events would do to the machine, computed without changing it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, assert_never

from relayer.core import events as ev
from relayer.core import states as st
from relayer.core.channels import Route
from relayer.core.commitment import packet_commitment
from relayer.core.effects import Effect
from relayer.core.ids import Height, LedgerId, TimestampSeconds
from relayer.core.lifecycle import contradicts, gives_way, step
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
    doubtful: tuple[ev.PacketFact | ev.ReportedPassedOver, ...] = ()
    """Left out until they are proven: facts that contradict what was reported before, because one of the two is a lie, and
    packets that are never to be carried, because a packet of the channel may be shown like that."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What takes a route's room: packets and bytes of payloads, and apart from them what the channel's rules refuse."""

    packets: int = 0
    bytes: int = 0
    refused: int = 0
    refused_bytes: int = 0

    def __add__(self, other: Load) -> Load:
        return Load(
            packets=self.packets + other.packets,
            bytes=self.bytes + other.bytes,
            refused=self.refused + other.refused,
            refused_bytes=self.refused_bytes + other.refused_bytes,
        )


class Known(Protocol):
    """What a draft needs of the machine."""

    @property
    def limits(self) -> _Limits:
        """The limits of open packets and bytes per route."""
        ...

    def state(self, key: PacketKey) -> State:
        """The packet's state; Unseen if nothing is known of it."""
        ...

    def route_of(self, fact: ev.LedgerFact) -> Route | None:
        """The route that a ledger's fact is about, or None if it belongs to no configured route."""
        ...

    def knows(self, key: PacketKey) -> bool:
        """Whether the packet's route is configured."""
        ...

    def head(self, ledger: LedgerId) -> ev.HeadFinalised | None:
        """The newest head that the ledger reported."""
        ...

    def load(self, route: Route) -> Load:
        """What the route's open packets take."""
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

    def __init__(
        self,
        known: Known,
        policy: Policy | None,
        *,
        proven: Collection[ev.Event] | None = None,
        read_until: Mapping[LedgerId, Height] | None = None,
    ) -> None:
        """Without a policy the events are recorded ones: no rule is evaluated and no limit applied. `proven`: the
        facts that may contradict others; None: all of them. `read_until`: facts up to there are repetitions; None: all."""
        self._known = known
        self._policy = policy
        self._proven = proven
        self._read_until = read_until
        self._doubtful: list[ev.PacketFact | ev.ReportedPassedOver] = []
        self._touched: dict[PacketKey, State] = {}
        self._opened: dict[Route, Load] = {}
        self._records: list[Record] = []
        self._heads: dict[LedgerId, ev.HeadFinalised] = {}
        self._committed: dict[Route, int] = {}
        self._deferred: dict[tuple[LedgerId, Route], Height] = {}

    def draw(self, events: Iterable[ev.Event]) -> Plan:
        """Raises InvariantBroken if an event shows a bug of this program."""
        for event in events:
            self._take(event)
        return Plan(
            records=tuple(self._records),
            heads=self._heads,
            committed=self._committed,
            deferred=self._deferred,
            doubtful=tuple(self._doubtful),
        )

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
            case ev.PacketPassedOver():
                route = self._known.route_of(event)
                if route is not None:
                    self._pass_over(route, event)
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
        is_new = isinstance(before, st.Unseen | st.PassedOver)
        if self._policy is not None and is_new and not self._has_place(self._policy, route, fact):
            return
        if self._policy is not None and not self._is_believed(before, fact):
            return
        self._record(fact, (key,))
        if isinstance(fact, ev.PacketCommitted):
            self._committed[route] = max(fact.packet.sequence, self._committed.get(route, 0))
            if is_new or gives_way(before, fact):
                self._follow_commitment(route, key, fact)

    def _is_believed(self, before: State, fact: ev.PacketFact) -> bool:
        """Whether the fact may be recorded: one that denies earlier reports waits for its proof."""
        if type(before) in st.CLOSED and isinstance(fact, ev.PacketCommitted) and gives_way(before, fact):
            # Facts are read again after a restart; only one that was never read before can deny the end.
            if self._proven is not None and fact in self._proven:
                return True
            if self._read_until is not None and fact.height > self._read_until.get(fact.ledger, 0):
                self._doubtful.append(fact)
            return False
        if self._proven is not None and contradicts(before, fact) and fact not in self._proven:
            self._doubtful.append(fact)
            return False
        return True

    def _has_place(self, policy: Policy, route: Route, fact: ev.PacketFact) -> bool:
        """Whether a packet that is new to us is taken in, rather than passed over or deferred."""
        is_commitment = isinstance(fact, ev.PacketCommitted)
        foreign = policy.foreign(route, fact.packet)
        if foreign is not None:
            if is_commitment:
                self._pass_over(route, _passed_over(fact, "foreign-port", foreign))
            return False
        refusal = policy.refusal(route, fact.packet) if is_commitment else None
        if refusal is not None:
            if self._is_full_of_refused(route):
                self._pass_over(route, _passed_over(fact, st.REFUSED_BY_RULES, refusal))
                return False
            return True
        if self._is_full(route):
            place = (fact.ledger, route)
            self._deferred[place] = min(fact.height, self._deferred.get(place, fact.height))
            return False
        return True

    def _pass_over(self, route: Route, event: ev.PacketPassedOver) -> None:
        if isinstance(event, ev.ReportedPassedOver):
            if self._policy is not None and self._proven is not None:
                self._doubt_passing_over(route, event)
                return
            event = event.proven()
        self._record(event, (route.key(event.sequence),))
        self._committed[route] = max(event.sequence, self._committed.get(route, 0))

    def _doubt_passing_over(self, route: Route, event: ev.ReportedPassedOver) -> None:
        before = self._state(route.key(event.sequence))
        is_news = self._read_until is None or event.height > self._read_until.get(event.ledger, 0)
        if isinstance(before, st.Unseen) or (isinstance(before, st.PassedOver) and is_news):
            self._doubtful.append(event)

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
            if (isinstance(before, st.Unseen) or type(before) in st.CLOSED) and type(made.state) not in st.CLOSED:
                self._open(before.route, Load(packets=1, bytes=payload_bytes(made.state)))
            if st.is_refused(made.state) and not st.is_refused(before):
                size = payload_bytes(made.state)
                self._open(before.route, Load(packets=-1, bytes=-size, refused=1, refused_bytes=size))
            transitions.append(PlannedTransition(key=key, before=before, after=made.state, effects=made.effects))
        if transitions:
            self._records.append(Record(event=event, transitions=tuple(transitions)))

    def _state(self, key: PacketKey) -> State:
        return self._touched.get(key) or self._known.state(key)

    def _open(self, route: Route, load: Load) -> None:
        self._opened[route] = self._opened.get(route, Load()) + load

    def _load(self, route: Route) -> Load:
        return self._known.load(route) + self._opened.get(route, Load())

    def _is_full(self, route: Route) -> bool:
        load, limits = self._load(route), self._known.limits
        return load.packets >= limits.open_packets_per_route or load.bytes >= limits.open_bytes_per_route

    def _is_full_of_refused(self, route: Route) -> bool:
        load, limits = self._load(route), self._known.limits
        return load.refused * 4 >= limits.open_packets_per_route or load.refused_bytes * 4 >= limits.open_bytes_per_route


def _passed_over(fact: ev.PacketFact, code: str, reason: str) -> ev.ReportedPassedOver:
    return ev.ReportedPassedOver(
        ledger=fact.ledger,
        height=fact.height,
        transaction=fact.transaction,
        source_client=fact.packet.source_client,
        sequence=fact.packet.sequence,
        code=code,
        reason=reason,
        commitment=packet_commitment(fact.packet),
    )
