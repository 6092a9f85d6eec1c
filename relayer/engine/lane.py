"""One lane: everything submitted to one client of one ledger, batch by batch, one client update in front.

A lane waits for its two ledgers and for no other. It does not decide whether a message had its effect: only an
observed fact completes an effect.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from random import Random

from relayer.core.effects import Effect
from relayer.core.events import SubmissionRefused
from relayer.core.ids import Height
from relayer.core.machine import Machine
from relayer.core.packet import PacketKey
from relayer.engine.aiming import Aim
from relayer.engine.inbox import Inbox, Word
from relayer.engine.lane_queue import Age, LaneQueue, Pending
from relayer.engine.links import LedgerLink
from relayer.engine.messages import LaneKey, kind_of, message, proof_path
from relayer.engine.settings import EngineSettings
from relayer.engine.status import Spent
from relayer.engine.waiting import OPERATORS_TURN, OUR_OWN, Backoff, Health, both, wait_for, wait_for_any
from relayer.engine.watcher import Watcher
from relayer.errors import (
    AuthoritiesUnavailable,
    ClientUnusable,
    ClientUpdateRefused,
    HeightPruned,
    LedgerError,
    LedgerUnavailable,
    NotFinal,
    RelayerError,
    error_kind,
)
from relayer.logs import Log
from relayer.ports.clock import Clock
from relayer.ports.ledger import (
    ClientCondition,
    ClientStatus,
    MessageResult,
    Outcome,
    PacketMessage,
    SubmissionBatch,
    client_reference,
)
from relayer.ports.prover import ClientMessage, Proof
from relayer.recurrence import Recurrence

_log = Log(__name__)
_PASSING = (
    LedgerUnavailable,
    AuthoritiesUnavailable,
    NotFinal,
    HeightPruned,
    ClientUpdateRefused,
    *OPERATORS_TURN,
)
"""Errors that are no packet's fault."""
_WAITS = "lane_waits"
_REFRESH_LOOKS = 20
"""How many times a client is checked within its trusting period."""
_LONGEST_REFRESH_WAIT = 60.0


class Lane:
    """`host` is submitted to and watched by `watcher`; `origin` is what is proven."""

    def __init__(
        self,
        key: LaneKey,
        *,
        host: LedgerLink,
        origin: LedgerLink,
        watcher: Watcher,
        machine: Machine,
        inbox: Inbox,
        slots: asyncio.Semaphore,
        clock: Clock,
        settings: EngineSettings,
        random: Random,
    ) -> None:
        self.key = key
        self.queue = LaneQueue()
        self.health = Health()
        self.status: ClientStatus | None = None
        self.spent = Spent()
        self.submitting = False
        self.stopping = False
        self._host = host
        self._origin = origin
        self._watcher = watcher
        self._machine = machine
        self._inbox = inbox
        self._slots = slots
        self._clock = clock
        self._settings = settings
        self._random = random
        self._backoff = Backoff(settings, random)
        self._recurrence = Recurrence()
        self._work = asyncio.Event()
        self._refusals: dict[PacketKey, int] = {}
        self._messages = settings.batch_messages
        self._must_update = False
        self._aim = Aim(origin.ledger)
        self._refresh_look = 0.0

    def offer(self, effect: Effect, age: Age) -> None:
        """Accepts an effect; one that was refused before waits a little longer each time."""
        refusals = self._refusals.get(effect.key, 0)
        delay = min(2**refusals - 1, self._settings.backoff_last_seconds) * self._settings.backoff_first_seconds
        if refusals:
            self.queue.offer(effect, Age.BACKLOG, not_before=self._clock.now() + delay)
        else:
            self.queue.offer(effect, age)
        self._work.set()

    def withdraw(self, key: PacketKey) -> None:
        """A fact completed whatever the lane had pending for this packet."""
        self.queue.withdraw(key)
        self._refusals.pop(key, None)

    async def run(self) -> None:
        """Submits batch after batch; backs off while a ledger, its authorities or an operator is missing."""
        await self._host.connected.wait()
        await self._origin.connected.wait()
        while not self.stopping:
            self._work.clear()
            try:
                busy = await self._turn()
            except OUR_OWN:
                raise
            except RelayerError as error:
                await self._stand_back(error)
                continue
            self.health.ok()
            if self._recurrence.ended(_WAITS):
                _log.info("lane_goes_on", ledger=self.key.ledger, client=self.key.client)
            self._backoff.reset()
            if not busy and not self.stopping:
                await wait_for(self._work, self._clock, self._idle_seconds())

    def _idle_seconds(self) -> float:
        due = self.queue.next_due()
        times = [self._refresh_look] if due is None else [due, self._refresh_look]
        return max(min(times) - self._clock.now(), 0.01)

    async def _stand_back(self, error: RelayerError) -> None:
        self._note(_WAITS, error_kind(error), error=str(error))
        self.health.fail(error, self._clock.now())
        self._aim.missed(error)
        if isinstance(error, HeightPruned):
            self._must_update = True
        if not isinstance(error, _PASSING):
            await self._suspect(error)
        # A ledger that answers again does not wait out a backoff that its absence made long.
        returns = (self._host.returned, self._origin.returned) if isinstance(error, LedgerUnavailable) else ()
        await wait_for_any(returns, self._clock, self._backoff.after(error))

    def _note(self, event: str, state: str, *, log: Callable[..., object] = _log.warning, **words: object) -> None:
        """Logs what may go on for days: at its start, then at growing intervals."""
        unlogged = self._recurrence.met(event, state, self._clock.now())
        if unlogged is not None:
            log(event, ledger=self.key.ledger, client=self.key.client, **words, not_logged=unlogged)

    async def _suspect(self, error: RelayerError) -> None:
        """The batch itself is at fault: halve it until one packet is left, and report that one."""
        if self._messages > 1:
            self._messages = max(1, self._messages // 2)
            return
        for pending in self.queue.choose(self._clock.now(), messages=1, size=self._settings.batch_bytes):
            await self._refuse(pending, error_kind(error), str(error), retryable=True)

    async def _turn(self) -> bool:
        """Submits one batch. False: there is nothing to do at present."""
        now = self._clock.now()
        await self._collect_overdue(now)
        batch = self._without_ended(self.queue.choose(now, messages=self._messages, size=self._settings.batch_bytes), now)
        if not batch and now < self._refresh_look:
            return False
        status = await self._host.ledger.client_status(self.key.client)
        self.status = status
        self._refresh_look = now + _refresh_wait(status)
        if status.condition is not ClientCondition.ACTIVE:
            raise ClientUnusable(
                f"client {self.key.client} of ledger {self.key.ledger} is {status.condition}: nothing can be proven to it; "
                "find out why, then let its owner run `relayer channel recover`"
            )
        if not batch and not self._is_ageing(status, now):
            return False
        return await self._deliver(batch, status)

    def _without_ended(self, batch: Sequence[Pending], now: float) -> list[Pending]:
        """Nothing is paid for a packet that another relayer seems to have ended, while the proof of that is under way."""
        ended = {pending.key for pending in batch if self._watcher.reports_end(pending.key)}
        for pending in batch:
            if pending.key in ended:
                pending.not_before = now + self._settings.poll_seconds
        return [pending for pending in batch if pending.key not in ended]

    async def _deliver(self, batch: list[Pending], status: ClientStatus) -> bool:
        needed = max((pending.effect.provable_from for pending in batch), default=status.latest_height + 1)
        at = status.latest_height
        target = await self._newer(status) if needed > at or self._must_update else None
        at = at if target is None else target
        provable = [pending for pending in batch if pending.effect.provable_from <= at]
        if batch and not provable:
            behind = ", nor have enough of those who vouch for it seen it" if self._aim.is_low else ""
            raise NotFinal(f"ledger {self.key.prove_on}: height {needed} is not final yet{behind}; the newest is {at}")
        if not batch and target is None:
            self._note("client_ages", self.key.prove_on, reason=f"{self.key.prove_on} is idle")
            return False  # no newer header exists, so nothing can refresh the client
        update, proofs = await both(self._update(status, target), self._prove(provable, at))
        if update is not None and update.height < at:
            await self._try_update_alone(update)
            return True  # a step on the way: the next one starts from there
        # Check before sending: a fact may have completed some of them while the proofs were fetched.
        chosen = [(pending, proof) for pending, proof in zip(provable, proofs, strict=True) if self.queue.holds(pending)]
        if batch and not chosen:
            return True
        head = self._machine.head(self.key.ledger)
        results = await self._submit(update, [message(pending.effect, proof) for pending, proof in chosen])
        self._must_update = False
        self._messages = min(self._messages * 2, self._settings.batch_messages)
        if update is not None and chosen and all(map(_may_be_the_updates_fault, results)):
            await self._try_update_alone(update)
        await self._take_results([pending for pending, _ in chosen], results, head.height if head else None)
        return True

    async def _prove(self, batch: Sequence[Pending], at: Height) -> Sequence[Proof]:
        if not batch:
            return ()
        return await self._origin.prover.prove([proof_path(pending.effect) for pending in batch], at=at)

    async def _submit(self, update: ClientMessage | None, messages: Sequence[PacketMessage]) -> Sequence[MessageResult]:
        batch = SubmissionBatch(client_id=self.key.client, update=update, messages=tuple(messages))
        async with self._slots:
            self.submitting = True
            try:
                receipt = await self._host.ledger.submit(batch)
            finally:
                self.submitting = False
        self.spent = self.spent.and_for(receipt)
        if not receipt.transactions:
            self._note("nothing_submitted", "", log=_log.info, messages=len(messages))
            return receipt.results
        _log.info(
            "submitted",
            ledger=self.key.ledger,
            client=self.key.client,
            updated_to=update.height if update else None,
            messages=len(messages),
            transactions=list(receipt.transactions),
            fee=receipt.fee,
            gas=receipt.gas,
        )
        return receipt.results

    async def _try_update_alone(self, update: ClientMessage) -> None:
        """All messages were refused: if the update is at fault, no packet may be blamed for it."""
        status = await self._host.ledger.client_status(self.key.client)
        if status.latest_height >= update.height:
            return
        try:
            await self._submit(update, ())
        except (LedgerUnavailable, *OPERATORS_TURN):
            raise
        except LedgerError as error:
            raise ClientUpdateRefused(
                f"client {self.key.client} of ledger {self.key.ledger} refuses the header {update.height} of "
                f"{self.key.prove_on} ({error}); compare the client with the ledger and its authorities"
            ) from error

    async def _newer(self, status: ClientStatus) -> Height | None:
        """The origin's head, or what is signed of it, if the client does not know it yet."""
        head = await self._origin.ledger.head()
        height = await self._aim.at(client_reference(self._host.ledger, self.key.client, status), head.height)
        return height if height > status.latest_height else None

    async def _update(self, status: ClientStatus, target: Height | None) -> ClientMessage | None:
        if target is None:
            return None
        reference = client_reference(self._host.ledger, self.key.client, status)
        return await self._origin.prover.client_update(reference, trusted=status.latest_height, target=target)

    async def _take_results(self, batch: Sequence[Pending], results: Sequence[MessageResult], head: Height | None) -> None:
        now = self._clock.now()
        for pending, result in zip(batch, results, strict=True):
            if result.outcome is Outcome.REFUSED:
                await self._refuse(pending, result.code, result.detail, retryable=result.retryable)
            else:
                wait = self._settings.confirm_seconds * 2**pending.rounds
                self.queue.submitted(pending, head=head, confirm_by=now + wait)

    async def _collect_overdue(self, now: float) -> None:
        overdue = self.queue.overdue(now)
        if not self._watcher.is_current:
            self.queue.extend(overdue, now + self._settings.confirm_seconds)
            return
        for pending in overdue:
            if self._watcher.reports_end(pending.key):
                self.queue.extend([pending], now + self._settings.confirm_seconds)
                continue
            if pending.rounds >= self._settings.unconfirmed_rounds:
                detail = f"accepted {pending.rounds} times, but its fact did not appear on {self.key.ledger}"
                await self._refuse(pending, "Unconfirmed", detail, retryable=False)
                continue
            self.queue.again(pending)
            known = pending.first_head or self._host.origin
            self._watcher.request_rescan(Height(max(known - self._settings.rescan_margin_blocks, 0)))

    async def _refuse(self, pending: Pending, code: str, detail: str, *, retryable: bool) -> None:
        key = pending.key
        self.queue.withdraw(key)
        self._refusals[key] = self._refusals.get(key, 0) + 1
        refused = SubmissionRefused(key=key, effect=kind_of(pending.effect), code=code, detail=detail, retryable=retryable)
        await self._inbox.put(Word(events=(refused,)))

    def _is_ageing(self, status: ClientStatus, now: float) -> bool:
        if not status.trusting_period_seconds:
            return False
        head = self._machine.head(self.key.ledger)
        # An idle ledger's head is old, yet its next block has the present time.
        age = max(head.timestamp if head is not None else 0, int(now)) - status.latest_timestamp
        return age * 100 >= status.trusting_period_seconds * self._settings.refresh_percent


def _may_be_the_updates_fault(result: MessageResult) -> bool:
    return result.outcome is Outcome.REFUSED and result.retryable


def _refresh_wait(status: ClientStatus) -> float:
    period = status.trusting_period_seconds
    return min(max(period / _REFRESH_LOOKS, 1.0), _LONGEST_REFRESH_WAIT) if period else _LONGEST_REFRESH_WAIT
