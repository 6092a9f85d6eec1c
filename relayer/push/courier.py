"""The courier: takes claims from an outbox, signs them, delivers them in batches, and stores what the ledger answered.

It runs in the caller's process, as an asyncio task or in a thread, or in one of its own (`relayer push serve`). Several
couriers may serve one outbox. It can be killed at any instant: a claim is waiting until its answer is committed, and a
claim that is delivered again is answered with the first liability.
"""

from __future__ import annotations

import asyncio
import random
import secrets
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Self

from relayer.codes.limits import MAXIMUM_SIGNED_FACTS
from relayer.errors import (
    ConfigurationError,
    InvariantBroken,
    LedgerRefused,
    LedgerUnavailable,
    LimitExceeded,
    RelayerError,
    WrongLedger,
)
from relayer.logs import Log
from relayer.push.batches import Delivery
from relayer.push.database import Connect, Database
from relayer.push.leases import Batch, Leases, Verdict, parked
from relayer.push.outbox import Outbox
from relayer.push.queries import Call, Dialect, Statement, Work
from relayer.push.records import Outcome, Statistics
from relayer.push.strangers import Sign
from relayer.push.targets import PushTarget, open_target
from relayer.push.waiters import Waiters

_LOG = Log("relayer.push")
_LOOK_SECONDS = 0.5
"""How often someone who waits for an outcome looks whether another courier has stored it."""

OnOutcome = Callable[[Any, Outcome], Any]
"""Called with the courier's connection and an outcome, in the transaction that stores it: what it writes through the
connection commits with the outcome, or not at all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CourierSettings:
    """How a courier works; times in seconds."""

    batch: int = 500
    """Claims in one delivery, at most 1,000."""
    poll_seconds: float = 0.2
    """How often an idle courier looks for claims of other processes; `wake` makes it look at once."""
    lease_seconds: float = 60.0
    """After so long, another courier takes over what this one has taken: longer than a delivery takes."""
    request_seconds: float = 20.0
    """How long a delivery may take."""
    backoff_seconds: float = 0.25
    """After the first attempt without an answer; doubled for each further one, with jitter."""
    longest_backoff_seconds: float = 60.0
    park_after: int = 8
    """Attempts alone without an answer, while others got theirs, after which a claim is parked."""

    def __post_init__(self) -> None:
        if not 1 <= self.batch <= MAXIMUM_SIGNED_FACTS or self.park_after < 1:
            raise ConfigurationError(f"courier: expected a batch of 1 to {MAXIMUM_SIGNED_FACTS}, and park_after from 1")
        if min(self.poll_seconds, self.backoff_seconds, self.request_seconds) <= 0:
            raise ConfigurationError("courier: expected times above 0")
        if self.lease_seconds <= self.request_seconds:
            raise ConfigurationError("courier: lease_seconds must be longer than request_seconds")


class Courier:
    """Delivers the claims of one outbox. One call of `run`, `start` or `async with` at a time."""

    def __init__(
        self,
        outbox: Outbox,
        *,
        connect: Connect,
        target: str | PushTarget,
        sign: Sign,
        token: str | None = None,
        authority: bytes | None = None,
        settings: CourierSettings | None = None,
        on_outcome: OnOutcome | None = None,
        clock: Callable[[], float] = time.time,
        chance: random.Random | None = None,
    ) -> None:
        """`connect` opens a connection to the outbox's database that nothing else uses, sync or async. `target` is an
        address; `open_target` says which, and what `token` and `authority` are. `sign` is a function such as
        `keystore_signer` makes."""
        self.outbox = outbox
        self.failure = ""
        """Why the last attempt failed; empty if it did not."""
        self._settings = settings or CourierSettings()
        self._connect = connect
        self._target = target
        self._token = token
        self._authority = authority
        self._sign = sign
        self._on_outcome = on_outcome
        self._clock = clock
        self._chance = chance or random.Random()  # noqa: S311 - jitter
        self._leases = Leases(outbox=outbox, owner=secrets.token_hex(8))
        self._limit = self._settings.batch
        self._faults = 0
        self._stopping = False
        self._database: Database | None = None
        self._delivery: Delivery | None = None
        self._waiters = Waiters()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._awake: asyncio.Event | None = None
        self._thread: threading.Thread | None = None
        self._task: asyncio.Task[None] | None = None

    # In a thread of its own.

    def start(self) -> None:
        """Runs in a thread until `stop`. Returns once it runs."""
        running = threading.Event()
        self._stopping = False
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run(running.set)), name="relayer-push", daemon=True)
        self._thread.start()
        running.wait()

    def stop(self) -> None:
        """Ends `start` or `run`, once the delivery under way has ended."""
        self._stopping = True
        self.wake()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join()
            self._thread = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    # As a task.

    async def run(self) -> None:
        """Delivers until `stop` is called or the task is cancelled. What fails is tried again, whatever it was."""
        self._stopping = False
        await self._run(lambda: None)

    async def __aenter__(self) -> Self:
        running = asyncio.Event()
        self._stopping = False
        self._task = asyncio.create_task(self._run(running.set))
        await running.wait()
        return self

    async def __aexit__(self, *_: object) -> None:
        self._stopping = True
        self.wake()
        if self._task is not None:
            await self._task
            self._task = None

    # From any thread.

    def wake(self) -> None:
        """Says that a claim was committed. Without it, the courier finds it at its next look."""
        loop, awake = self._loop, self._awake
        if loop is not None and awake is not None:
            with suppress(RuntimeError):  # its loop is closed: it ended
                loop.call_soon_threadsafe(awake.set)

    def wait(self, business_id: str, timeout_seconds: float | None = None) -> Outcome:
        """The outcome of a claim that was committed, once it ended. Raises TimeoutError, and InvalidInput for one that is
        not in the outbox."""
        loop = self._running()
        return asyncio.run_coroutine_threadsafe(self._outcome(business_id, timeout_seconds), loop).result()

    async def outcome(self, business_id: str, timeout_seconds: float | None = None) -> Outcome:
        """See wait."""
        loop = self._running()
        if loop is asyncio.get_running_loop():
            return await self._outcome(business_id, timeout_seconds)
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(self._outcome(business_id, timeout_seconds), loop))

    # The work.

    async def step(self) -> bool:
        """Delivers one batch, and stores what became of it. False: there was nothing to deliver."""
        database = self._opened()
        if not await database.transaction(lambda _: self._leases.is_anything_waiting()):
            return False
        now = self._clock()
        batch = await database.transaction(
            lambda dialect: self._leases.take(dialect, now=now, until=now + self._settings.lease_seconds, limit=self._limit)
        )
        if batch is None:
            return False
        verdicts: list[Verdict] = []
        failure = await self._attempt(batch, verdicts)
        ended = await database.transaction(lambda dialect: self._store(dialect, batch, verdicts, failure))
        self._report(batch, failure, ended)
        return True

    async def close(self) -> None:
        """Ends the connections. `run` does it itself."""
        if self._delivery is not None:
            await self._delivery.target.close()
            self._delivery = None
        if self._database is not None:
            await self._database.close()
            self._database = None

    async def statistics(self) -> Statistics:
        """Of the outbox now."""
        return await self._opened().transaction(lambda _: self.outbox.counting())

    async def _run(self, running: Callable[[], object]) -> None:
        self._loop, self._awake = asyncio.get_running_loop(), asyncio.Event()
        running()
        try:
            while not self._stopping:
                self._awake.clear()
                if not await self._step_or_wait():
                    await self._pause(self._settings.poll_seconds)
        finally:
            self._loop = None
            await self.close()

    async def _step_or_wait(self) -> bool:
        try:
            busy = await self.step()
        except InvariantBroken:
            raise
        except RelayerError as error:
            self._faults += 1
            self.failure = str(error)
            _LOG.warning("outbox_unavailable", problem=self.failure, faults=self._faults)
            await self._pause(self._backoff(self._faults))
            return True
        self._faults = 0
        return busy

    async def _pause(self, seconds: float) -> None:
        assert self._awake is not None
        with suppress(TimeoutError):
            await asyncio.wait_for(self._awake.wait(), seconds)

    def _opened(self) -> Database:
        if self._database is None:
            self._database = Database(self._connect)
        return self._database

    async def _attempt(self, batch: Batch, verdicts: list[Verdict]) -> RelayerError | None:
        """Fills `verdicts`; returns why it ended early, if it did."""
        try:
            delivery = await self._ready()
            async with asyncio.timeout(self._settings.request_seconds):
                await delivery.deliver(batch.claims, verdicts)
        except InvariantBroken:
            raise
        except (OSError, TimeoutError) as error:
            failure: RelayerError = LedgerUnavailable(f"the settlement ledger gave no answer ({type(error).__name__})")
        except RelayerError as error:
            failure = error
        else:
            self._limit = min(self._settings.batch, self._limit * 2)
            return None
        if isinstance(failure, LedgerUnavailable | LedgerRefused | LimitExceeded):
            self._limit = max(1, self._limit // 2)
            if await self._is_claims_fault(batch):
                verdicts.append(
                    parked(batch.claims[0], f"the settlement ledger answers others, but not this one: {failure}")
                )
                return None
        if self._delivery is not None:
            # Perhaps another ledger answers there now.
            self._delivery.identity = None
        return failure

    async def _ready(self) -> Delivery:
        """With a ledger that is the one this outbox delivers to. Raises WrongLedger."""
        if self._delivery is None:
            target = self._target
            if isinstance(target, str):
                target = open_target(
                    target,
                    token=self._token,
                    authority=self._authority,
                    timeout_seconds=self._settings.request_seconds,
                )
            self._delivery = Delivery(outbox=self.outbox, sign=self._sign, target=target)
        delivery = self._delivery
        if delivery.identity is None:
            async with asyncio.timeout(self._settings.request_seconds):
                identity = await delivery.target.identity()
            pinned = await self._opened().transaction(lambda _: self._leases.pin_ledger(identity.hex()))
            if pinned != identity.hex():
                known = bytes.fromhex(pinned)[32:].decode(errors="replace")
                raise WrongLedger(
                    f"this outbox delivers to another settlement ledger ({known}, first block 0x{pinned[:64]}) than the one "
                    "at the target's address; correct the address, or give the other ledger an outbox of its own"
                )
            delivery.identity = identity
        return delivery

    async def _is_claims_fault(self, batch: Batch) -> bool:
        """Whether a claim that got no answer, alone and again and again, is to blame: the ledger answers everything else."""
        if len(batch.claims) > 1 or batch.failures + 1 < self._settings.park_after or self._delivery is None:
            return False
        (pair,) = batch.pairs
        if not await self._opened().transaction(lambda _: self._leases.others_passed(pair)):
            return False
        try:
            async with asyncio.timeout(self._settings.request_seconds):
                await self._delivery.target.identity()
        except (RelayerError, OSError, TimeoutError):
            return False
        return True

    def _store(
        self, dialect: Dialect, batch: Batch, verdicts: list[Verdict], failure: RelayerError | None
    ) -> Work[list[Outcome]]:
        now = self._clock()
        held = yield from self._leases.held(dialect, batch)
        pair_of = {claim.business_id: claim.pair for claim in batch.claims}
        kept = [each for each in verdicts if pair_of[each.business_id] in held]
        yield from self._leases.store(kept, now=now)
        settled = {each.business_id for each in verdicts}
        left = [claim for claim in batch.claims if claim.business_id not in settled and claim.pair in held]
        unanswered = tuple(dict.fromkeys(claim.pair for claim in left))
        yield from self._leases.release(sorted(held - set(unanswered)))
        if unanswered:
            until = now + self._backoff(batch.failures + 1)
            why = str(failure)
            yield from self._leases.postpone(unanswered, [each.business_id for each in left], now=now, until=until, why=why)
        wanted = [each.business_id for each in kept if self._on_outcome is not None or each.business_id in self._waiters]
        outcomes = yield from self._leases.outcomes(wanted)
        if self._on_outcome is not None:
            yield from self._call_back(self._on_outcome, outcomes)
        return outcomes

    def _call_back(self, on_outcome: OnOutcome, outcomes: list[Outcome]) -> Work[None]:
        for outcome in outcomes:
            yield Statement("SAVEPOINT push_callback")
            raised = yield Call(on_outcome, outcome)
            if raised:
                yield Statement("ROLLBACK TO SAVEPOINT push_callback")
                yield from self._leases.note_callback(outcome.business_id, str(raised[0][0]))
            yield Statement("RELEASE SAVEPOINT push_callback")

    def _backoff(self, failures: int) -> float:
        longest = min(self._settings.longest_backoff_seconds, self._settings.backoff_seconds * 2.0 ** min(failures - 1, 30))
        return longest * self._chance.uniform(0.5, 1.0)

    def _report(self, batch: Batch, failure: RelayerError | None, ended: list[Outcome]) -> None:
        self.failure = "" if failure is None else str(failure)
        if failure is not None:
            _LOG.warning("delivery_failed", claims=len(batch.claims), failures=batch.failures + 1, problem=self.failure)
        self._waiters.resolve(ended)

    def _running(self) -> asyncio.AbstractEventLoop:
        if self._loop is None:
            raise ConfigurationError("the courier is not running; call start(), or run it as a task")
        return self._loop

    async def _outcome(self, business_id: str, timeout_seconds: float | None) -> Outcome:
        """Looks, then waits for this courier, and looks again now and then, since another one may have delivered it."""
        async with asyncio.timeout(timeout_seconds):
            while True:
                future = self._waiters.add(business_id)
                try:
                    found = await self._opened().transaction(lambda _: self.outbox.finding(business_id))
                    if found.ended:
                        return found
                    self.wake()
                    with suppress(TimeoutError):
                        return await asyncio.wait_for(future, max(self._settings.poll_seconds, _LOOK_SECONDS))
                finally:
                    self._waiters.remove(business_id, future)
