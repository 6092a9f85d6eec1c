"""The engine: recovery, then watchers, runner and lanes concurrently until it is stopped.

Order of a run: replay the journal, put every effect that no fact has completed back into its lane, read each ledger from its
cursor. Order of a stop: no new poll, no new submission; submissions in flight may finish; what was reported is journaled.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from random import Random

from relayer.core import states as st
from relayer.core.channels import Route
from relayer.core.events import PacketReleased
from relayer.core.ids import Height, LedgerId, TimestampSeconds
from relayer.core.machine import Limits
from relayer.core.packet import PacketKey
from relayer.core.policy import Policy
from relayer.engine.dispatcher import Dispatcher
from relayer.engine.ends import ReportedEnds
from relayer.engine.inbox import Inbox, Stop, Word
from relayer.engine.lane import Lane
from relayer.engine.links import LedgerLink
from relayer.engine.messages import kind_of
from relayer.engine.own_client import KindOf, OwnClient
from relayer.engine.recovery import recover
from relayer.engine.runner import RunBlocking, Runner
from relayer.engine.settings import EngineSettings
from relayer.engine.status import EngineSnapshot, LaneSnapshot, LedgerSnapshot, PacketsSnapshot, PendingSnapshot
from relayer.engine.watcher import Watcher
from relayer.errors import InvalidInput, InvariantBroken, RelayerError, error_kind
from relayer.logs import Log
from relayer.ports.clock import Clock
from relayer.ports.journal import Journal

_log = Log(__name__)


class Engine:
    """Constructed inside its event loop. The constructor recovers from the journal and raises what the journal raises."""

    def __init__(
        self,
        *,
        routes: Sequence[Route],
        links: Iterable[LedgerLink],
        journal: Journal,
        policy: Policy,
        clock: Clock,
        light_client: KindOf,
        blocking: RunBlocking,
        settings: EngineSettings | None = None,
        limits: Limits | None = None,
        seed: int | None = None,
    ) -> None:
        self.settings = settings or EngineSettings()
        self.machine = recover(journal, routes, limits=limits)
        self._clock = clock
        self._started_at = clock.now()
        self._links = {link.ledger_id: link for link in links}
        _require_ledgers(routes, self._links)
        cursors = journal.cursors()
        for link in self._links.values():
            link.start = max(link.origin, cursors.get(link.ledger_id, Height(0)))
        random = Random(seed)  # noqa: S311 - jitter, not secrets
        self._inbox: Inbox = asyncio.Queue(self.settings.inbox_items)
        ends = {route: self._ends(route, light_client, random) for route in self.machine.routes}
        self.watchers = {
            ledger: Watcher(
                link,
                self.machine,
                self._inbox,
                clock,
                ends={route: each for route, each in ends.items() if route.source == ledger},
                settings=self.settings,
                random=Random(random.random()),  # noqa: S311 - jitter, not secrets
            )
            for ledger, link in self._links.items()
        }
        self.dispatcher = Dispatcher(
            self._links, self.watchers, self.machine, self._inbox, clock, settings=self.settings, random=random
        )
        self._runner = Runner(
            self.machine,
            journal,
            policy=policy,
            inbox=self._inbox,
            watchers=self.watchers,
            dispatcher=self.dispatcher,
            clock=clock,
            settings=self.settings,
            blocking=blocking,
        )
        effects = list(self.machine.wanted())
        self.dispatcher.recover(effects)
        _log.info("recovered", row=self._runner.row, open=sum(1 for _ in self.machine.packets()), resumed=len(effects))

    async def run(self, stopping: asyncio.Event) -> None:
        """Runs until `stopping` is set, or until a bug of this program shows: that error is logged and raised."""
        loops = [watcher.run() for watcher in self.watchers.values()]
        loops += [watcher.follow_hints() for watcher in self.watchers.values()]
        loops += [ends.run() for watcher in self.watchers.values() for ends in watcher.ends.values()]
        lanes = [asyncio.create_task(lane.run()) for lane in self.dispatcher.lanes.values()]
        watches = [asyncio.create_task(loop) for loop in loops]
        runner = asyncio.create_task(self._runner.run())
        stop = asyncio.create_task(stopping.wait())
        try:
            await asyncio.wait([*lanes, *watches, runner, stop], return_when=asyncio.FIRST_COMPLETED)
            for task in (*lanes, *watches, runner):
                if task.done():
                    task.result()
            await _cancel(watches)
            await self._finish(lanes)
            last = asyncio.create_task(self._inbox.put(Stop()))
            await asyncio.wait([last, runner], return_when=asyncio.FIRST_COMPLETED)
            await runner
            for task in lanes:
                if task.done() and not task.cancelled():
                    task.result()
            _log.info("stopped", row=self._runner.row)
        except Exception as error:
            # A full disk is the operator's to fix and its message suffices; a bug needs its traceback.
            is_bug = isinstance(error, InvariantBroken) or not isinstance(error, RelayerError)
            _log.critical("engine_broken", error=str(error), kind=error_kind(error), exc_info=is_bug)
            raise
        finally:
            await _cancel([*lanes, *watches, runner, stop])
            for link in self._links.values():
                await link.ledger.close()

    async def release(self, key: PacketKey, operator: str) -> None:
        """Releases a packet from quarantine; done once it is journaled. Raises InvalidInput if it is not quarantined."""
        state = self.machine.state(key)
        if not isinstance(state, st.Quarantined):
            raise InvalidInput(f"packet {key} is {st.state_name(state)}, not quarantined: there is nothing to release")
        word = Word(events=(PacketReleased(key=key, operator=operator),))
        await self._inbox.put(word)
        await word.journaled.wait()

    def snapshot(self) -> EngineSnapshot:
        """A snapshot of the engine's status; quick, and safe at any time within the loop's thread."""
        return EngineSnapshot(
            now=self._clock.now(),
            started_at=self._started_at,
            journal_row=self._runner.row,
            ledgers=tuple(self._ledger_snapshot(ledger) for ledger in self._links),
            lanes=tuple(map(_lane_snapshot, self.dispatcher.lanes.values())),
            packets=self._packets_snapshot(),
            pending=self._pending_snapshot(),
        )

    def _ends(self, route: Route, light_client: KindOf, random: Random) -> ReportedEnds:
        source, destination = self._links[route.source], self._links[route.destination]
        return ReportedEnds(
            route,
            OwnClient(source, destination, route.destination_client, light_client),
            links=(source, destination),
            machine=self.machine,
            inbox=self._inbox,
            clock=self._clock,
            settings=self.settings,
            random=Random(random.random()),  # noqa: S311 - jitter, not secrets
        )

    def _ledger_snapshot(self, ledger: LedgerId) -> LedgerSnapshot:
        watcher, head = self.watchers[ledger], self.machine.head(ledger)
        ends = watcher.ends.values()
        return LedgerSnapshot(
            ledger=ledger,
            connected=self._links[ledger].connected.is_set(),
            cursor=watcher.cursor,
            height=head.height if head else Height(0),
            timestamp=head.timestamp if head else TimestampSeconds(0),
            error=watcher.health.error,
            error_kind=watcher.health.kind,
            error_since=watcher.health.since,
            errors=dict(sum((each.health.kinds for each in ends), watcher.health.kinds)),
            unproven_ends=sum(each.unproven for each in ends),
            unproven_error=next((each.health.error for each in ends if each.health.error), ""),
            disproved=tuple(lie for each in ends for lie in each.disproved),
            deferred_channels=tuple(dict.fromkeys(route.channel for route in watcher.deferred)),
        )

    def _packets_snapshot(self) -> tuple[PacketsSnapshot, ...]:
        counts: dict[tuple[Route, str], int] = {}
        for route in self.machine.routes:
            acknowledged, timed_out = self.machine.closed(route)
            counts[route, st.state_name(st.Acknowledged)] = acknowledged
            counts[route, st.state_name(st.TimedOut)] = timed_out
            counts[route, st.state_name(st.PassedOver)] = self.machine.passed_over(route)
        for state in self.machine.packets():
            place = (state.route, st.state_name(state))
            counts[place] = counts.get(place, 0) + 1
        return tuple(
            PacketsSnapshot(channel=route.channel, source_client=route.source_client, state=state, count=count)
            for (route, state), count in counts.items()
        )

    def _pending_snapshot(self) -> tuple[PendingSnapshot, ...]:
        found: dict[tuple[LedgerId, str], PendingSnapshot] = {}
        for effect in self.machine.wanted():
            kind = kind_of(effect)
            known = found.get((effect.submit_to, kind))
            found[effect.submit_to, kind] = PendingSnapshot(
                ledger=effect.submit_to,
                kind=kind,
                count=known.count + 1 if known else 1,
                oldest=known.oldest if known else effect.key,
            )
        return tuple(found.values())

    async def _finish(self, lanes: Sequence[asyncio.Task[None]]) -> None:
        """Gives submissions in flight a little time; their outcome would be found on the ledger in any case."""
        deadline = self._clock.now() + self.settings.stop_seconds
        places = list(zip(lanes, self.dispatcher.lanes.values(), strict=True))
        for _, lane in places:
            lane.stopping = True
        await _cancel([task for task, lane in places if not lane.submitting])
        while any(lane.submitting for _, lane in places) and self._clock.now() < deadline:
            await self._clock.sleep(0.05)
        await _cancel(lanes)


def _lane_snapshot(lane: Lane) -> LaneSnapshot:
    live, backlog, awaiting = lane.queue.counts()
    return LaneSnapshot(
        ledger=lane.key.ledger,
        client=lane.key.client,
        prove_on=lane.key.prove_on,
        live=live,
        backlog=backlog,
        awaiting=awaiting,
        submitting=lane.submitting,
        error=lane.health.error,
        error_kind=lane.health.kind,
        error_since=lane.health.since,
        errors=dict(lane.health.kinds),
        spent=lane.spent,
        client_status=lane.status,
    )


async def _cancel(tasks: Sequence[asyncio.Task[None]] | Sequence[asyncio.Task[object]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def _require_ledgers(routes: Sequence[Route], links: Mapping[LedgerId, LedgerLink]) -> None:
    for route in routes:
        for ledger in (route.source, route.destination):
            if ledger not in links:
                raise InvalidInput(f"channel {route.channel}: ledger {ledger} is not configured")
