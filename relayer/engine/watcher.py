"""Watches one ledger: hints and polling, page by page from the cursor, with gaps found by packet sequence.

It must report a head only after every fact up to it, and must never interpret a fact. Ends of packets alone are held back
until they are proven: the packets are those that this ledger sent, to which its own time means nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from random import Random

from relayer.core.channels import Route
from relayer.core.events import (
    AcknowledgementWritten,
    HeadFinalised,
    LedgerFact,
    PacketAcknowledged,
    PacketCommitted,
    PacketFact,
    PacketPassedOver,
    PacketTimedOut,
    ReceiptWritten,
    ReportedPassedOver,
)
from relayer.core.ids import Height
from relayer.core.machine import Machine
from relayer.core.packet import PacketKey
from relayer.engine.ends import ReportedEnds
from relayer.engine.inbox import Inbox, Page
from relayer.engine.links import LedgerLink
from relayer.engine.settings import EngineSettings
from relayer.engine.waiting import OUR_OWN, Backoff, Health, wait_for
from relayer.errors import LedgerUnavailable, RelayerError, error_kind
from relayer.logs import Log
from relayer.ports.clock import Clock
from relayer.ports.ledger import Head
from relayer.recurrence import Recurrence

_log = Log(__name__)
_UNAVAILABLE = "ledger_unavailable"


class Watcher:
    """One per ledger. `defer`, `lift`, `settle` and `floor` are for the runner, `request_rescan` and `reports_end` for
    lanes. `ends`: what waits for its proof, by the route of the packets that this ledger sent."""

    def __init__(
        self,
        link: LedgerLink,
        machine: Machine,
        inbox: Inbox,
        clock: Clock,
        *,
        ends: Mapping[Route, ReportedEnds],
        settings: EngineSettings,
        random: Random,
    ) -> None:
        self.health = Health()
        self.cursor = link.start
        self.old_until = link.start
        """Facts up to here were history when they were read: their effects queue behind live ones."""
        self.ends = ends
        self._link = link
        self._ledger = link.ledger
        self._machine = machine
        self._inbox = inbox
        self._clock = clock
        self._settings = settings
        self._backoff = Backoff(settings, random)
        self._recurrence = Recurrence()
        self._kick = asyncio.Event()
        self._told: Height | None = None
        self._behind = True
        self._routes = tuple(route for route in machine.routes if route.source == link.ledger_id)
        self._last = {route: (int(machine.highest_committed(route)), link.start) for route in self._routes}
        self._suspicious = {route: link.origin for route in self._routes if machine.missing(route, link.first_sequence)}
        self._suspicion_due = 0.0
        self._suspicion_seconds = settings.poll_seconds
        self._rescan_after: Height | None = None
        self._page_blocks = settings.page_blocks
        self._deferred: dict[Route, Height] = {}

    async def follow_hints(self) -> None:
        """Turns hints into polls. Hints may be lost and may end: polling continues."""
        while True:
            await self._link.connected.wait()
            try:
                async for _ in self._ledger.head_hints():
                    self._kick.set()
            except OUR_OWN:
                raise
            except RelayerError as error:
                self._note("hints_ended", error_kind(error), error=str(error))
            await self._clock.sleep(self._settings.backoff_last_seconds)

    async def run(self) -> None:
        """Polls, and backs off while the ledger does not answer."""
        while True:
            try:
                await self._look()
            except OUR_OWN:
                raise
            except RelayerError as error:
                self._note(_UNAVAILABLE, error_kind(error), error=str(error))
                self.health.fail(error, self._clock.now())
                await self._clock.sleep(self._backoff.after(error))
                continue
            if self._recurrence.ended(_UNAVAILABLE):
                _log.info("ledger_available", ledger=self._link.ledger_id)
            if self.health.failures:
                self._link.tell_return()
            self.health.ok()
            self._backoff.reset()
            await wait_for(self._kick, self._clock, self._settings.poll_seconds)
            self._kick.clear()

    def _note(self, event: str, state: str, **words: object) -> None:
        """Logs what may go on for days: at its start, then at growing intervals."""
        unlogged = self._recurrence.met(event, state, self._clock.now())
        if unlogged is not None:
            _log.warning(event, ledger=self._link.ledger_id, **words, not_logged=unlogged)

    def request_rescan(self, after: Height) -> None:
        """Requests that facts above `after` are read again: an expected one did not appear."""
        known = self._rescan_after
        self._rescan_after = after if known is None else min(known, after)
        self._kick.set()

    def defer(self, route: Route, height: Height) -> None:
        """The route is full; its facts from `height` on are read again when there is room."""
        self._deferred[route] = min(height, self._deferred.get(route, height))

    def lift(self, route: Route) -> None:
        """The deferred facts have been read again and passed on."""
        self._deferred.pop(route, None)

    def settle(self, facts: Iterable[LedgerFact]) -> None:
        """Ends of packets that were proven are being journaled."""
        for fact in facts:
            for ends in self.ends.values():
                ends.settle(fact)

    def doubt(self, fact: PacketFact | ReportedPassedOver) -> None:
        """A fact of this ledger contradicts what was reported before, or shows a foreign packet. It is journaled
        if it is proven."""
        if isinstance(fact, ReportedPassedOver):
            ends = self._ends_of(fact)
            if ends is not None:
                ends.doubt(fact)
            return
        for route, reports in self.ends.items():
            is_destination = isinstance(fact, ReceiptWritten | AcknowledgementWritten)
            if route.source_client == (fact.packet.destination_client if is_destination else fact.packet.source_client):
                reports.doubt(fact)

    def reports_end(self, key: PacketKey) -> bool:
        """Whether the node reported an end of the packet that is not proven yet."""
        return any(ends.reports(key) for ends in self.ends.values())

    def floor(self) -> Height | None:
        """No cursor may be journaled above this: facts beyond it are not journaled yet."""
        floors = [floor for ends in self.ends.values() if (floor := ends.floor()) is not None]
        floors += [Height(height - 1) for height in self._deferred.values()]
        return min(floors, default=None)

    @property
    def is_current(self) -> bool:
        """Whether everything final has been read: a fact that has not appeared is then missing."""
        return not self.health.failures and not self._behind

    @property
    def deferred(self) -> Sequence[Route]:
        """The routes whose facts wait until there is room."""
        return tuple(self._deferred)

    async def _look(self) -> None:
        if not self._link.connected.is_set():
            await self._ledger.connect()
            self._link.connected.set()
        head = await self._ledger.head()
        if head.height < self.cursor:
            raise LedgerUnavailable(
                f"ledger {self._link.ledger_id}: the node is at height {head.height}, below {self.cursor} that was read "
                "before; it is still syncing, or it serves a ledger that was restarted from genesis"
            )
        self._behind = self._behind or head.height > self.cursor + self._settings.page_blocks
        if self._behind:
            self.old_until = head.height
        # First what is new: a range that cannot be read again must hold up nothing.
        await self._advance(head)
        self._behind = False
        await self._read_again()

    async def _advance(self, head: Head) -> None:
        told = HeadFinalised(ledger=self._link.ledger_id, height=head.height, timestamp=head.timestamp)
        while self.cursor < head.height:
            until = Height(min(self.cursor + self._page_blocks, head.height))
            facts = await self._read(self.cursor, until)
            await self._hand(facts, until=until, head=told if until == head.height else None)
            self.cursor = until
            self._fit_page(facts)
        if self._told != head.height:
            await self._hand((), until=self.cursor, head=told)

    async def _hand(self, facts: Sequence[LedgerFact], *, until: Height, head: HeadFinalised | None) -> None:
        others = await self._without_ends(facts)
        await self._inbox.put(Page(ledger=self._link.ledger_id, facts=others, until=until, head=head))
        if head is not None:
            self._told = head.height

    async def _without_ends(self, facts: Sequence[LedgerFact]) -> Sequence[LedgerFact]:
        """The facts that can be journaled at once; the others wait for their proof."""
        others = []
        for fact in facts:
            if isinstance(fact, PacketAcknowledged | PacketTimedOut):
                ends = self._ends_of(fact)
                if ends is not None and await ends.take(fact):
                    continue
            others.append(fact)
        return others

    def _ends_of(self, fact: LedgerFact) -> ReportedEnds | None:
        route = self._machine.route_of(fact)
        return None if route is None else self.ends.get(route)

    def _fit_page(self, facts: Sequence[LedgerFact]) -> None:
        """Strangers may fill blocks: pages are as long as memory for what is in them allows."""
        size = sum(len(fact.packet.payload.value) for fact in facts if not isinstance(fact, PacketPassedOver))
        if size > self._settings.page_bytes:
            self._page_blocks = max(1, self._page_blocks // 2)
        elif size * 4 < self._settings.page_bytes:
            self._page_blocks = min(self._settings.page_blocks, self._page_blocks * 2)

    async def _read(self, after: Height, until: Height) -> Sequence[LedgerFact]:
        """Reads one page; a gap in the sequences is read again from the last commitment before it, if that is near."""
        facts = await self._ledger.events(after=after, until=until)
        for attempt in range(self._settings.gap_retries):
            holes = self._holes(facts)
            if not holes:
                break
            self._note("facts_missing", "", after=min(holes.values()), until=until)
            await self._clock.sleep(self._settings.backoff_first_seconds * 2**attempt)
            start = max(min(after, *holes.values()), min(after, until - self._page_blocks))
            facts = await self._ledger.events(after=Height(start), until=until)
        self._suspicious |= self._holes(facts)
        for sequence, height, route in self._commitments(facts):
            if sequence > self._last[route][0]:
                self._last[route] = (sequence, height)
        return facts

    def _commitments(self, facts: Sequence[LedgerFact]) -> list[tuple[int, Height, Route]]:
        """Sequence and height of each commitment, of those that cannot be read as well: they are no gaps."""
        found: list[tuple[int, Height, Route]] = []
        for fact in facts:
            if isinstance(fact, PacketCommitted | PacketPassedOver):
                route = self._machine.route_of(fact)
                sequence = fact.sequence if isinstance(fact, PacketPassedOver) else fact.packet.sequence
                if route is not None:
                    found.append((sequence, fact.height, route))
        return found

    def _holes(self, facts: Sequence[LedgerFact]) -> dict[Route, Height]:
        """Routes with a missing sequence, by the height above which it must have been committed."""
        last, holes = dict(self._last), dict[Route, Height]()
        for sequence, height, route in self._commitments(facts):
            known, before = last[route]
            unknown_beginning = known == 0 and self._link.first_sequence is None
            if sequence > known + 1 and not unknown_beginning:
                holes.setdefault(route, Height(max(before - 1, self._link.origin)))
            if sequence > known:
                last[route] = (sequence, height)
        return holes

    async def _read_again(self) -> None:
        self._suspect()
        lifted = tuple(route for route in self._deferred if self._machine.has_room(route))
        starts = [Height(self._deferred[route] - 1) for route in lifted]
        if self._rescan_after is not None:
            starts.append(self._rescan_after)
        if not starts:
            return
        at = max(min(starts), self._link.origin)
        while at < self.cursor:
            until = Height(min(at + self._page_blocks, self.cursor))
            facts = await self._ledger.events(after=at, until=until)
            await self._inbox.put(Page(ledger=self._link.ledger_id, facts=await self._without_ends(facts)))
            at = until
            if self._rescan_after is not None:
                self._rescan_after = max(self._rescan_after, at)  # after an error it goes on from here
            self._fit_page(facts)
        await self._inbox.put(Page(ledger=self._link.ledger_id, facts=(), lifted=lifted))
        self._rescan_after = None

    def _suspect(self) -> None:
        """A gap that remains is read again at growing intervals, until the facts are there."""
        first = self._link.first_sequence
        self._suspicious = {
            route: height for route, height in self._suspicious.items() if self._machine.missing(route, first)
        }
        for route, ends in self.ends.items():
            unread = ends.unread()
            if unread is not None:
                self._suspicious[route] = min(Height(unread - 1), self._suspicious.get(route, unread))
        now = self._clock.now()
        if not self._suspicious:
            self._suspicion_seconds = self._settings.poll_seconds
        elif now >= self._suspicion_due:
            self.request_rescan(min(self._suspicious.values()))
            self._suspicion_due = now + self._suspicion_seconds
            self._suspicion_seconds = min(self._suspicion_seconds * 2, 10 * self._settings.backoff_last_seconds)
