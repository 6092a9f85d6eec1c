"""The single consumer: journal first, then memory, then the lanes.

Nothing is applied and nothing is sent before its row is on the disk. The only `except Exception` of the product is at the
top of the engine, never here.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Protocol, TypeVar

from relayer.core import events as ev
from relayer.core.draft import Plan, PlannedTransition
from relayer.core.ids import Height, LedgerId
from relayer.core.machine import Machine
from relayer.core.policy import Policy
from relayer.core.states import state_name
from relayer.engine.dispatcher import Dispatcher
from relayer.engine.inbox import Inbox, Item, Page, Stop, Word
from relayer.engine.settings import EngineSettings
from relayer.engine.watcher import Watcher
from relayer.facts.answers import answers_in
from relayer.logs import Log
from relayer.ports.clock import Clock
from relayer.ports.journal import Entry, Journal
from relayer.recurrence import Recurrence

_log = Log(__name__)
_T = TypeVar("_T")


class RunBlocking(Protocol):
    """Runs one blocking call beside the event loop; never two at a time."""

    def __call__(self, call: Callable[[], _T]) -> Awaitable[_T]: ...


class Runner:
    """Owns the machine and the journal while the engine runs."""

    def __init__(
        self,
        machine: Machine,
        journal: Journal,
        *,
        policy: Policy,
        inbox: Inbox,
        watchers: Mapping[LedgerId, Watcher],
        dispatcher: Dispatcher,
        clock: Clock,
        settings: EngineSettings,
        blocking: RunBlocking,
    ) -> None:
        self.row = journal.head().row
        self._machine = machine
        self._journal = journal
        self._policy = policy
        self._inbox = inbox
        self._watchers = watchers
        self._dispatcher = dispatcher
        self._clock = clock
        self._settings = settings
        self._blocking = blocking
        self._seen: dict[LedgerId, Height] = {}
        self._saved: dict[LedgerId, Height] = dict(journal.cursors())
        self._checkpoint_row = self.row
        self._full = Recurrence()

    async def run(self) -> None:
        """Processes the queue, one transaction at a time, until it is stopped; never interrupted between disk and memory."""
        stopping = False
        while not stopping:
            items = await self._gather()
            stopping = any(isinstance(item, Stop) for item in items)
            await self._take([item for item in items if not isinstance(item, Stop)])
        await self._settle()

    async def _settle(self) -> None:
        """Writes cursors and a checkpoint, for a quick start."""
        cursors = self._cursors()
        if cursors != self._saved:
            await self._blocking(lambda: self._journal.append((), recorded_at_ms=self._now_ms(), cursors=cursors))
        if self.row:
            memory = self._machine.memory()
            await self._blocking(lambda: self._journal.save_checkpoint(memory))

    async def _gather(self) -> list[Item]:
        items = [await self._inbox.get()]
        weight = _weight(items[0])
        while weight < self._settings.transaction_events and not self._inbox.empty():
            items.append(self._inbox.get_nowait())
            weight += _weight(items[-1])
        return items

    async def _take(self, items: Sequence[Page | Word]) -> None:
        proven = [fact for item in items if isinstance(item, Page) and item.proven for fact in item.facts]
        events = [event for item in items for event in _events(item)]
        plan = self._machine.plan(events, self._policy, proven=proven, read_until=self._seen)
        for fact in plan.doubtful:
            self._watchers[fact.ledger].doubt(fact)
        self._place_cursors(items, plan)
        cursors = self._cursors()
        if plan.records or self._is_worth_saving(cursors):
            entries = await self._blocking(
                lambda: self._journal.append(plan.records, recorded_at_ms=self._now_ms(), cursors=cursors)
            )
            self._saved = cursors
            self.row += len(entries)
        else:
            entries = ()
        self._machine.apply(plan)
        self._dispatcher.follow(plan)
        for item in items:
            if isinstance(item, Word):
                item.journaled.set()
        for record, entry in zip(plan.records, entries, strict=True):
            for transition in record.transitions:
                _tell(entry, transition)
        if self.row - self._checkpoint_row >= max(self._settings.checkpoint_rows, self._machine.open_everywhere):
            self._checkpoint_row = self.row
            memory = self._machine.memory()
            await self._blocking(lambda: self._journal.save_checkpoint(memory))

    def _place_cursors(self, items: Sequence[Page | Word], plan: Plan) -> None:
        for item in items:
            if isinstance(item, Page):
                if item.proven:
                    self._watchers[item.ledger].settle(item.facts)
                for route in item.lifted:
                    self._watchers[item.ledger].lift(route)
                if item.until is not None:
                    self._seen[item.ledger] = item.until
        for (ledger, route), height in plan.deferred.items():
            unlogged = self._full.met(route, "", self._clock.now())
            if unlogged is not None:
                _log.warning("channel_full", channel=route.channel, ledger=ledger, deferred_from=height, not_logged=unlogged)
            self._watchers[ledger].defer(route, height)

    def _cursors(self) -> dict[LedgerId, Height]:
        cursors = dict(self._saved)
        for ledger, seen in self._seen.items():
            floor = self._watchers[ledger].floor()
            cursors[ledger] = seen if floor is None else min(seen, floor)
        return cursors

    def _is_worth_saving(self, cursors: Mapping[LedgerId, Height]) -> bool:
        for ledger, height in cursors.items():
            saved = self._saved.get(ledger, Height(0))
            # A cursor that moves back must be on the disk at once: facts above it are not journaled.
            if height < saved or height - saved >= self._settings.cursor_blocks:
                return True
        return False

    def _now_ms(self) -> int:
        return int(self._clock.now() * 1000)


def _weight(item: Item) -> int:
    match item:
        case Page():
            return 1 + len(item.facts)
        case Word():
            return 1 + len(item.events)
        case Stop():
            return 1


def _events(item: Page | Word) -> Sequence[ev.Event]:
    if isinstance(item, Word):
        return item.events
    return (*item.facts, item.head) if item.head is not None else item.facts


_NAMES: dict[type[Any], str] = {
    ev.PacketCommitted: "packet_committed",
    ev.ReceiptWritten: "receipt_written",
    ev.AcknowledgementWritten: "acknowledgement_written",
    ev.PacketAcknowledged: "packet_acknowledged",
    ev.PacketTimedOut: "packet_timed_out",
    ev.PacketPassedOver: "packet_passed_over",
    ev.HeadFinalised: "packet_expired",
    ev.SubmissionRefused: "submission_refused",
    ev.PacketRefused: "packet_refused",
    ev.PacketReleased: "packet_released",
}


def _tell(entry: Entry, transition: PlannedTransition) -> None:
    event = entry.event
    words: dict[str, object] = {
        "row": entry.row,
        "packet": str(transition.key),
        "before": state_name(transition.before),
        "after": state_name(transition.after),
    }
    if isinstance(event, ev.SubmissionRefused):
        words |= {"effect": event.effect.value, "code": event.code, "detail": event.detail, "retryable": event.retryable}
    elif isinstance(event, ev.PacketRefused):
        words["reason"] = event.reason
    elif isinstance(event, ev.PacketReleased):
        words["operator"] = event.operator
    else:
        words |= {"ledger": event.ledger, "height": event.height}
    if isinstance(event, ev.PacketPassedOver):
        words |= {"code": event.code, "reason": event.reason}
    if not isinstance(event, ev.AcknowledgementWritten):
        _log.info(_NAMES[type(event)], **words)
        return
    answers = answers_in(event.packet, event.acknowledgement)
    rejected = [each for each in answers if not each.accepted]
    _log.info(_NAMES[type(event)], **words, accepted=len(answers) - len(rejected), rejected=len(rejected))
    for each in rejected:
        # An acknowledged packet whose business was refused looks like success everywhere else.
        _log.warning("fact_rejected", packet=str(transition.key), fact=f"0x{each.fact_id.hex()}", code=each.code)


async def inline(call: Callable[[], _T]) -> _T:
    """For simulations: the call runs in place, so that nothing depends on threads."""
    return call()


class JournalThread:
    """One thread for all blocking calls, so that they keep their order."""

    def __init__(self) -> None:

        self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="journal")

    def __call__(self, call: Callable[[], _T]) -> Awaitable[_T]:
        return asyncio.get_running_loop().run_in_executor(self._executor, call)

    def close(self) -> None:
        """Waits for the calls in flight and ends the thread."""
        self._executor.shutdown(wait=True)
