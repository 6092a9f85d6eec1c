"""What the service does, whatever carried the request: one system's claims in, receipts and outcomes out."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field

from relayer.errors import LedgerUnavailable, RelayerError
from relayer.facts.signing import SignedFacts
from relayer.logs import Log
from relayer.push.database import Database
from relayer.push.outbox import Outbox
from relayer.push.records import Outcome, Statistics
from relayer.push.service.bounds import Limits, Places, Rates, Turns, request_places, stream_places
from relayer.push.service.keys import creating, submitting
from relayer.push.service.problems import Problem, ProblemCode, problem_of
from relayer.push.service.requests import claim_of, fingerprint_of
from relayer.push.targets import PushTarget
from relayer.recurrence import Recurrence
from relayer.views.facts import DeliveredFact

_LOG = Log("relayer.push.service")


MAXIMUM_WATCHED = 100
"""Claims in one stream."""
WATCH_POLL_SECONDS = 0.2
"""Between two looks at the claims of a stream: any process may store an outcome."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tenant:
    """One business system: its outbox, and where its facts go."""

    outbox: Outbox
    database: Database
    target: PushTarget
    wake: Callable[[], object] = lambda: None
    """Tells its courier that a claim was committed."""


@dataclass(slots=True, kw_only=True)
class PushService:
    """Every call names the system whose token it came with, and sees that system's claims alone.

    The calls raise Problem, and nothing else on purpose.
    """

    tenants: Mapping[str, Tenant]
    limits: Limits = field(default_factory=Limits)
    clock: Callable[[], float] = time.monotonic
    request_seconds: float = 20.0
    """How long the settlement ledger may take for signed facts."""
    pause: Callable[[float], Awaitable[None]] = asyncio.sleep
    watch_seconds: float = 3_600.0
    """How long claims are watched."""
    rates: Rates = field(init=False)
    _requests: Places = field(init=False)
    _streams: Places = field(init=False)
    _turns: Turns = field(default_factory=Turns)
    _under_way: set[tuple[str, str]] = field(default_factory=set)
    _failures: Recurrence = field(default_factory=Recurrence)

    def __post_init__(self) -> None:
        self.rates = Rates(limits=self.limits, clock=self.clock)
        self._requests = request_places(self.limits)
        self._streams = stream_places(self.limits)

    async def create(self) -> None:
        """Makes the tables that are missing."""
        for tenant in self.tenants.values():
            await tenant.database.transaction(lambda dialect, tenant=tenant: creating(tenant.outbox, dialect))  # type: ignore[misc]

    @asynccontextmanager
    async def turn(self, system: str) -> AsyncIterator[None]:
        """Within it a request of the system is read and answered. Raises Problem if it has too many under way."""
        with self._requests.place(system):
            async with self._turns.turn(system):
                yield

    async def submit(self, system: str, key: str, values: object) -> Outcome:
        """Keeps the claim, so that it cannot be lost any more; a courier delivers it. The same key with the same content is
        the same claim."""
        with self._answering(), self._one_at_a_time(system, key):
            tenant, claim = self.tenants[system], claim_of(values)
            fingerprint = fingerprint_of(values)
            outcome = await tenant.database.transaction(
                lambda dialect: submitting(tenant.outbox, dialect, claim, key=key, fingerprint=fingerprint)
            )
            tenant.wake()
            return outcome

    async def submit_signed(self, system: str, signed: SignedFacts) -> Sequence[DeliveredFact]:
        """Hands facts that their issuer has signed to the settlement ledger: an answer for each, once it has committed."""
        with self._answering():
            try:
                async with asyncio.timeout(self.request_seconds):
                    answers = await self.tenants[system].target.deliver(signed)
            except (OSError, TimeoutError) as error:
                raise LedgerUnavailable(f"no answer ({type(error).__name__})") from error
            return [DeliveredFact.of(fact.fact_id, answer) for fact, answer in zip(signed.facts, answers, strict=True)]

    async def claim(self, system: str, business_id: str) -> Outcome:
        """What became of a claim by now."""
        with self._answering():
            tenant = self.tenants[system]
            found = await tenant.database.transaction(lambda _: tenant.outbox.asking(business_id))
            if found is None:
                raise _unknown(system, business_id)
            return found

    async def watch(self, system: str, business_ids: Sequence[str]) -> AsyncGenerator[Outcome, None]:
        """Each claim as it is now, and again whenever that changes, until all have ended or `watch_seconds` have passed."""
        with self._answering(), self._streams.place(system):
            if not 1 <= len(business_ids) <= MAXIMUM_WATCHED or len(set(business_ids)) < len(business_ids):
                raise Problem(ProblemCode.INVALID, f"business_ids: expected 1 to {MAXIMUM_WATCHED} different ones")
            tenant, known, until = self.tenants[system], dict[str, Outcome](), self.clock() + self.watch_seconds
            while waiting := [each for each in business_ids if each not in known or not known[each].ended]:
                found = await tenant.database.transaction(lambda _, ids=waiting: tenant.outbox.asking_for(ids))  # type: ignore[misc]
                for business_id in waiting:
                    if business_id not in found:
                        raise _unknown(system, business_id)
                    if known.get(business_id) != found[business_id]:
                        known[business_id] = found[business_id]
                        yield found[business_id]
                if all(each.ended for each in known.values()) or self.clock() >= until:
                    return
                await self.pause(WATCH_POLL_SECONDS)

    async def statistics(self, system: str) -> Statistics:
        """Of the system's claims now."""
        with self._answering():
            tenant = self.tenants[system]
            return await tenant.database.transaction(lambda _: tenant.outbox.counting())

    @contextmanager
    def _one_at_a_time(self, system: str, key: str) -> Iterator[None]:
        if (system, key) in self._under_way:
            raise Problem(
                ProblemCode.KEY_UNDER_WAY,
                f"a request with the idempotency key {key[:64]!r} is under way; wait for its answer",
            )
        self._under_way.add((system, key))
        try:
            yield
        finally:
            self._under_way.discard((system, key))

    @contextmanager
    def _answering(self) -> Iterator[None]:
        try:
            yield
        except RelayerError as error:
            problem = problem_of(error)
            if problem.status >= 500:
                # Callers may repeat it as often as they like.
                unlogged = self._failures.met(type(error).__name__, "", self.clock())
                if unlogged is not None:
                    _LOG.warning("request_failed", problem=str(error), kind=type(error).__name__, not_logged=unlogged)
            raise problem from error


def _unknown(system: str, business_id: str) -> Problem:
    return Problem(ProblemCode.UNKNOWN_CLAIM, f"system {system!r} has no claim {business_id[:80]!r}")
