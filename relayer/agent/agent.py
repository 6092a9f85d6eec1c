"""The settlement agent: reads, rates, records, writes back; once when asked, or on a schedule."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from itertools import count

from relayer.agent.claiming import Claiming
from relayer.agent.delivering import Delivered, Delivery
from relayer.agent.ports import EventSource, FactRecorder, ReferenceWriter
from relayer.agent.proving import ProvenPull
from relayer.agent.reading import LedgerReader
from relayer.agent.referencing import References
from relayer.agent.schedule import Every, Schedule
from relayer.agent.store import AgentStore
from relayer.agent.values import Counts
from relayer.errors import ConfigurationError, InvariantBroken, RelayerError
from relayer.facts.signing import issuer_of_key
from relayer.logs import Log
from relayer.ports.clock import Clock
from relayer.rating.rules import RuleFile

_DELIVER_AFTER = 1_000
"""Claims that wait while more is read: deliveries are full, and memory and time to the first liability stay small."""
_PAGE = 500
_log = Log(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentReport:
    """What one pull did."""

    events: int
    recorded: int
    refused: int
    put_off: int
    references: int
    block: int
    """The newest block that every contract is read to."""
    codes: dict[str, int] = field(default_factory=dict)
    """Refusals of the settlement ledger, by code."""


class SettlementAgent:
    """One rule file, one issuer, one settlement ledger. Runs in any asyncio process: `await agent.run()`, or `pull` now and
    then. Only one pull runs at a time; a caller that comes meanwhile waits for the next one."""

    def __init__(
        self,
        *,
        rules: RuleFile,
        source: EventSource,
        recorder: FactRecorder,
        store: AgentStore,
        clock: Clock,
        key: bytes,
        ledger: str,
        writer: ReferenceWriter | None = None,
        schedule: Schedule = Every(seconds=10.0),  # noqa: B008  (it is immutable)
        blocks_per_query: int = 10_000,
        batch: int = 1_000,
        proven: ProvenPull | None = None,
    ) -> None:
        """`key`: the issuer's, 32 bytes. `ledger`: chain id of the settlement ledger. Raises ConfigurationError if the
        database belongs to another contract ledger, settlement ledger or issuer."""
        self.rules = rules
        self.store = store
        self.issuer = issuer_of_key(key)
        self.claiming = Claiming(rules, source, issuer=self.issuer)
        self.source = source
        self.recorder = recorder
        self._clock = clock
        self._schedule = schedule
        self._references = References(source, writer, store, self.claiming, ledger=ledger)
        self._reader = LedgerReader(source, store, lambda: self.claiming, blocks_per_query=blocks_per_query)
        self._delivery = Delivery(
            recorder,
            store,
            clock,
            key=key,
            chain_id=rules.chain_id,
            batch=batch,
            wants_reference=self._references.wanted,
            proven=proven,
        )
        self._proven = proven
        if proven is not None:
            self.claiming.is_proven = proven.proves
        self._pulling = asyncio.Lock()
        self._asked: asyncio.Task[AgentReport] | None = None
        self._tasks: set[asyncio.Task[AgentReport]] = set()
        self._wanted = asyncio.Event()
        self._rerated = False
        self._total = Delivered()
        self.last_error: str = ""
        self.last_report: AgentReport | None = None
        self._bind(ledger)

    def _bind(self, ledger: str) -> None:
        names = {
            "contract ledger": str(self.rules.chain_id).encode(),
            "settlement ledger": ledger.encode(),
            "issuer": self.issuer,
        }
        differs = self.store.bind(names)
        if differs is not None:
            raise ConfigurationError(f"the agent's database belongs to another {differs}; name another file as store")

    def go_back(self, block: int) -> None:
        """Lets the next pull read from `block` on again: what the database lost since is read again, the rest is kept."""
        for contract in self.rules.contracts.values():
            self.store.rewind(contract.address, max(block, contract.start_block) - 1)

    async def pull(self) -> AgentReport:
        """Reads what is final now, records it, and writes references. Raises LedgerError; what was achieved is stored."""
        async with self._pulling:
            return await self._noted()

    def asked(self) -> asyncio.Task[AgentReport]:
        """A pull that has not begun yet, the same one for all who ask meanwhile: however often strangers ask, no queue of
        pulls grows. It goes on if whoever asked leaves."""
        if self._asked is None:
            self._asked = asyncio.create_task(self._pull_for_all())
            self._tasks.add(self._asked)
            self._asked.add_done_callback(self._ended)
        return self._asked

    async def _pull_for_all(self) -> AgentReport:
        try:
            await self._pulling.acquire()
        finally:
            self._asked = None
        try:
            return await self._noted()
        finally:
            self._pulling.release()

    def _ended(self, task: asyncio.Task[AgentReport]) -> None:
        self._tasks.discard(task)
        if not task.cancelled():
            # It is the last error already.
            task.exception()

    async def _noted(self) -> AgentReport:
        try:
            report = await self._pull()
        except RelayerError as error:
            self.last_error = str(error)
            raise
        self.last_error, self.last_report = "", report
        return report

    async def run(self, stopping: asyncio.Event | None = None) -> None:
        """Pulls as scheduled until `stopping` is set, or the task is cancelled. What a ledger refuses or does not answer is
        logged and tried again; a broken invariant ends it."""
        stop = stopping or asyncio.Event()
        for _ in count():
            try:
                await self.pull()
            except InvariantBroken:
                raise
            except RelayerError as error:
                _log.warning("pull failed", error=str(error))
            if stop.is_set() or await self._rest(stop):
                return

    def trigger(self) -> None:
        """Ends the pause of `run` now."""
        self._wanted.set()

    async def counts(self) -> Counts:
        """Of everything in the database."""
        return await self.store.in_thread(lambda store: store.counts())

    async def _rest(self, stop: asyncio.Event) -> bool:
        """Until the next pull is due or wanted. True: it is to stop."""
        waits = [
            asyncio.ensure_future(self._clock.sleep(max(0.0, self._schedule.wait(self._clock.now())))),
            asyncio.ensure_future(self._wanted.wait()),
            asyncio.ensure_future(stop.wait()),
        ]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for each in waits:
                each.cancel()
            with suppress(asyncio.CancelledError):
                await asyncio.gather(*waits, return_exceptions=True)
        self._wanted.clear()
        return stop.is_set()

    async def _pull(self) -> AgentReport:
        self._total = Delivered()
        if self._proven is not None:
            await self._proven.look()
        await self._rate_again()
        events, blocks, waiting = 0, [], 0
        # First what waits from before: it is older than whatever is read now. But what its block said may be gone.
        if await self.store.in_thread(lambda store: store.next_try()) is not None:
            await self._reader.look_back(self.rules.contracts.values())
        await self._deliver()
        for contract in self.rules.contracts.values():
            async for progress in self._reader.read(contract):
                events += progress.events
                waiting += progress.events
                if waiting >= _DELIVER_AFTER:
                    await self._deliver()
                    waiting = 0
            cursor = await self.store.in_thread(lambda store, of=contract.address: store.cursor(of))  # type: ignore[misc]
            blocks.append(contract.start_block - 1 if cursor is None else cursor[0])
        await self._deliver()
        references = await self._references.write()
        done = self._total
        report = AgentReport(
            events=events,
            recorded=done.recorded,
            refused=done.refused,
            put_off=done.put_off,
            references=references,
            block=min(blocks),
            codes=dict(done.codes),
        )
        if events or done.recorded or references:
            _log.info(
                "pulled",
                events=events,
                recorded=done.recorded,
                refused=done.refused,
                references=references,
                block=report.block,
            )
        return report

    async def _deliver(self) -> None:
        done = await self._delivery.deliver()
        self._total.recorded += done.recorded
        self._total.refused += done.refused
        self._total.put_off += done.put_off
        for code, found in done.codes.items():
            self._total.codes[code] = self._total.codes.get(code, 0) + found

    async def _rate_again(self) -> None:
        """Events that made no claim, by the rules of now: once for each start, because rules change with a start."""
        if self._rerated:
            return
        after: int | None = 0
        while after is not None:
            after = await self.store.in_thread(partial(self._rate_page, after=after))
        self._rerated = True

    def _rate_page(self, store: AgentStore, *, after: int) -> int | None:
        """The last of a page of events; None: there was none."""
        events = store.unrated(after=after, limit=_PAGE)
        for each in events:
            if each.orphaned or store.claims_of(each.id):
                continue
            outcome = self.claiming.claims(each.event)
            store.rerate(each, () if outcome is None else outcome)
        return events[-1].id if events else None
