"""What a consumer does with a message: read, record, answer, acknowledge, in this order.

Whatever stops it in between, the broker delivers the message again, and the ledger answers the same facts with the same
references. The answer is stored before the message is acknowledged, so it cannot be lost; a second one has the same id.

A message that can never pass, or that did not pass often enough, becomes a dead letter with its reason. Trouble of the
ledger itself never does that: the message goes back and is tried again, however long it takes.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Protocol

from relayer.codes.facts import FactCode
from relayer.errors import InvalidInput, LedgerRefused, LedgerUnavailable, LimitExceeded
from relayer.facts.codec import FactAnswer
from relayer.facts.signing import SignedFacts
from relayer.logs import Log
from relayer.queue.errors import BrokerUnavailable
from relayer.queue.events import Answered, FactsEvent, Message, read_facts, write_answer
from relayer.queue.names import Names

_log = Log(__name__)
_BROKEN_SECONDS = 2.0
_REMEMBERED = 10_000
"""Messages whose rejections are counted, the newest."""


class Recorder(Protocol):
    """The part of relayer.ports.settlement.SettlementService that is needed."""

    async def record_facts(self, request: SignedFacts) -> Sequence[FactAnswer]:
        """One answer for each fact, once the ledger has committed."""
        ...


class Delivery(Protocol):
    """A message that the broker has delivered and waits to hear about."""

    @property
    def message(self) -> Message:
        """What was published."""
        ...

    @property
    def subject(self) -> str:
        """Where it was published."""
        ...

    @property
    def place(self) -> str:
        """Names the message among all of its stream, at every delivery alike."""
        ...

    @property
    def attempts(self) -> int:
        """How often it was delivered, this time included."""
        ...

    async def acknowledge(self) -> None:
        """It is done. Returns once the broker knows."""
        ...

    async def give_back(self, delay_seconds: float) -> None:
        """To be delivered again after a while."""
        ...

    async def still_working(self) -> None:
        """Asks the broker for more time."""
        ...


class Outlet(Protocol):
    """What is published. Returns once the broker has stored it; the same id within the broker's window is stored once."""

    async def answer(self, subject: str, message: Message, message_id: str) -> None:
        """To whoever asked."""
        ...

    async def bury(self, delivery: Delivery, *, code: str, reason: str) -> None:
        """As a dead letter, with all that is needed to drive it again."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Retries:
    """How often and when a message is tried again."""

    attempts: int = 8
    """Of a message whose facts were rejected with a code that may pass later."""
    first_seconds: float = 1.0
    longest_seconds: float = 60.0

    def delay(self, attempts: int) -> float:
        """Seconds: doubling."""
        return min(self.longest_seconds, self.first_seconds * 2.0 ** min(attempts - 1, 30))


@dataclass(slots=True, kw_only=True)
class Counts:
    """Since the start."""

    recorded: int = 0
    """Facts, those among them that the ledger knew."""
    rejected: int = 0
    """Facts."""
    dead_letters: int = 0
    given_back: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Consumer:
    """Handles deliveries one by one; many may be handled side by side. `ledger`: its chain id, which answers name."""

    recorder: Recorder
    outlet: Outlet
    names: Names
    ledger: str
    retries: Retries = field(default_factory=Retries)
    renew_seconds: float = 10.0
    """The broker is asked for more time that often. Well below its own limit."""
    counts: Counts = field(default_factory=Counts)
    _rejections: dict[str, int] = field(default_factory=dict, init=False)

    async def handle(self, delivery: Delivery) -> None:
        """Raises what the recorder raises but LedgerUnavailable, LimitExceeded, InvalidInput and LedgerRefused: then nothing
        was acknowledged."""
        try:
            event = read_facts(delivery.message)
        except InvalidInput as error:
            await self._bury(delivery, code="unreadable", reason=str(error))
            return
        async with _kept(delivery, self.renew_seconds):
            try:
                answered = Answered(answers=tuple(await self.recorder.record_facts(event.request)))
            except (LedgerUnavailable, LimitExceeded) as error:
                await self._give_back(delivery, str(error))
                return
            except LedgerRefused as error:
                answered = Answered(code=error.code, reason=error.message)
            except InvalidInput as error:
                answered = Answered(code="invalid_input", reason=str(error))
        await self._conclude(delivery, event, answered)

    async def _conclude(self, delivery: Delivery, event: FactsEvent, answered: Answered) -> None:
        if any(code.may_pass_later for code in answered.rejected) and self._is_tried_again(delivery):
            await self._give_back(delivery, _reason(answered))
            return
        self._rejections.pop(delivery.place, None)
        await self._answer(event, answered)
        self.counts.recorded += len(answered.answers) - len(answered.rejected)
        self.counts.rejected += len(answered.rejected)
        if answered.code or answered.rejected:
            await self._bury(delivery, code=answered.code or "rejected", reason=_reason(answered))
        else:
            await delivery.acknowledge()

    def _is_tried_again(self, delivery: Delivery) -> bool:
        """Deliveries while the ledger was down do not count, so each consumer counts rejections apart."""
        count = self._rejections.pop(delivery.place, 0) + 1
        self._rejections[delivery.place] = count
        while len(self._rejections) > _REMEMBERED:
            del self._rejections[next(iter(self._rejections))]
        return count < self.retries.attempts

    async def _answer(self, event: FactsEvent, answered: Answered) -> None:
        place = event.reply_to or self.names.answers_to(event.request.system)
        if not self.names.may_answer(place):
            _log.warning("answer_not_sent_there", request=event.event_id, subject=place)
            place = self.names.answers_to(event.request.system)
        message = write_answer(event, answered, ledger=self.ledger)
        # Sources are free to number their events alike.
        await self.outlet.answer(place, message, f"{event.source}/{message.headers['ce-id']}")

    async def _bury(self, delivery: Delivery, *, code: str, reason: str) -> None:
        """The dead letter is stored before the message goes."""
        await self.outlet.bury(delivery, code=code, reason=reason)
        self.counts.dead_letters += 1
        _log.warning("dead_letter", subject=delivery.subject, code=code, reason=reason)
        await delivery.acknowledge()

    async def _give_back(self, delivery: Delivery, reason: str) -> None:
        delay = self.retries.delay(delivery.attempts)
        self.counts.given_back += 1
        _log.info("tried_again_later", subject=delivery.subject, attempts=delivery.attempts, seconds=delay, reason=reason)
        await delivery.give_back(delay)


def _reason(answered: Answered) -> str:
    if answered.reason:
        return answered.reason
    numbered = (
        f"fact {number}: {FactCode(each.code).name.lower()}"
        for number, each in enumerate(answered.answers, start=1)
        if FactCode(each.code) in answered.rejected
    )
    return "; ".join(numbered)[:1000]


@asynccontextmanager
async def _kept(delivery: Delivery, every_seconds: float) -> AsyncIterator[None]:
    """Meanwhile no other consumer gets the message."""

    async def renew() -> None:
        while True:
            await asyncio.sleep(every_seconds)
            await delivery.still_working()

    task = asyncio.create_task(renew())
    try:
        yield
    finally:
        task.cancel()


Pull = Callable[[int], Awaitable[Sequence[Delivery]]]
"""Takes up to so many messages, after waiting for the first one for a moment."""


async def consume(consumer: Consumer, pull: Pull, stopping: asyncio.Event, *, side_by_side: int = 64) -> None:
    """Until `stopping` is set; then what was taken is finished first. A message without acknowledgement is delivered again.
    Raises what `handle` raises."""
    running: set[asyncio.Task[None]] = set()
    try:
        while not stopping.is_set():
            taken = await _unless_broken(pull(side_by_side - len(running)), stopping)
            running |= {asyncio.create_task(_handled(consumer, each)) for each in taken or ()}
            running = await _some_done(running, full=len(running) >= side_by_side)
        if running:
            await asyncio.gather(*running)
    finally:
        for task in running:
            task.cancel()


async def _handled(consumer: Consumer, delivery: Delivery) -> None:
    try:
        await consumer.handle(delivery)
    except BrokerUnavailable as error:
        _log.warning("broker_unavailable", subject=delivery.subject, error=str(error))


async def _unless_broken(taking: Awaitable[Sequence[Delivery]], stopping: asyncio.Event) -> Sequence[Delivery] | None:
    """None, after a pause, while the broker is away; its client connects again by itself."""
    try:
        return await taking
    except BrokerUnavailable as error:
        _log.warning("broker_unavailable", error=str(error))
        with suppress(TimeoutError):
            await asyncio.wait_for(stopping.wait(), _BROKEN_SECONDS)
        return None


async def _some_done(running: set[asyncio.Task[None]], *, full: bool) -> set[asyncio.Task[None]]:
    """Those that still run. Waits for one if no more may be started."""
    if not running:
        return running
    done, pending = await asyncio.wait(running, timeout=None if full else 0, return_when=asyncio.FIRST_COMPLETED)
    for task in done:
        task.result()
    return pending
