"""Two simulated ledgers, a channel between them, a journal and an engine: a small world to run and to break."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from relayer.core.channels import ChannelEnd, Route, routes_of
from relayer.core.ids import ChannelId, ClientId, LedgerId, TimestampSeconds
from relayer.core.machine import Limits
from relayer.core.packet import Packet
from relayer.core.policy import OPEN_POLICY, Policy
from relayer.engine.engine import Engine
from relayer.engine.links import LedgerLink
from relayer.engine.runner import inline
from relayer.engine.settings import EngineSettings
from relayer.journal.sqlite import SqliteJournal
from relayer.ports.clock import Clock
from relayer.ports.ledger import ClientHost, Ledger
from relayer.ports.prover import ClientTerms, Prover
from relayer.testing.clock import VirtualClock
from relayer.testing.factories import CHANNEL, CONTRACTS, SETTLEMENT, a_payload
from relayer.testing.simulated import Application, SimulatedLedger, echo
from relayer.testing.simulated_kind import kind_of

TERMS = ClientTerms(trusting_period_seconds=14 * 86_400, max_clock_drift_seconds=30)


async def pair(
    one: tuple[Ledger, Prover, ClientHost],
    other: tuple[Ledger, Prover, ClientHost],
    *,
    terms: ClientTerms = TERMS,
    channel: ChannelId = CHANNEL,
) -> tuple[Route, Route]:
    """Creates a client on each ledger and pairs them. `other` must take its counterparty at creation, `one` may wait."""
    (ledger, prover, host), (other_ledger, other_prover, other_host) = one, other
    first = await host.create_client(
        await other_prover.initial_client(terms),
        counterparty_client_id=None,
        counterparty_merkle_prefix=other_ledger.merkle_prefix,
    )
    second = await other_host.create_client(
        await prover.initial_client(terms),
        counterparty_client_id=first,
        counterparty_merkle_prefix=ledger.merkle_prefix,
    )
    await host.register_counterparty(
        first, counterparty_client_id=second, counterparty_merkle_prefix=other_ledger.merkle_prefix
    )
    return routes_of(
        channel,
        ChannelEnd(ledger=ledger.ledger_id, client=first),
        ChannelEnd(ledger=other_ledger.ledger_id, client=second),
    )


@dataclass(slots=True)
class World:
    """`contracts` sends, `settlement` answers. The engine can be stopped, killed and started again over one journal."""

    clock: VirtualClock
    contracts: SimulatedLedger
    settlement: SimulatedLedger
    routes: tuple[Route, ...]
    path: Path
    seed: int = 0
    settings: EngineSettings = field(default_factory=EngineSettings)
    limits: Limits = field(default_factory=Limits)
    policy: Policy = OPEN_POLICY
    extra: tuple[SimulatedLedger, ...] = ()
    journal_of: Callable[[Path], SqliteJournal] = SqliteJournal

    @classmethod
    async def build(
        cls, clock: VirtualClock, path: Path, *, application: Application = echo, terms: ClientTerms = TERMS, seed: int = 0
    ) -> World:
        """Two paired ledgers and an empty journal."""
        contracts = SimulatedLedger(CONTRACTS, clock)
        settlement = SimulatedLedger(SETTLEMENT, clock, application=application)
        routes = await pair((settlement, settlement, settlement), (contracts, contracts, contracts), terms=terms)
        return cls(clock, contracts, settlement, (routes[1], routes[0]), path, seed=seed)

    @property
    def route(self) -> Route:
        """From contracts to settlement."""
        return self.routes[0]

    def send(self, value: bytes = b"fact", *, timeout_seconds: int = 3_600, client: ClientId | None = None) -> Packet:
        """From contracts."""
        deadline = TimestampSeconds(int(self.clock.now()) + timeout_seconds)
        return self.contracts.send_packet(client or self.route.source_client, a_payload(value), deadline)

    def engine(self, journal: SqliteJournal) -> Engine:
        """A new one over the journal as it is."""
        ledgers = (self.contracts, self.settlement, *self.extra)
        return Engine(
            routes=self.routes,
            links=[LedgerLink(ledger=ledger, prover=ledger) for ledger in ledgers],
            journal=journal,
            policy=self.policy,
            clock=self.clock,
            light_client=kind_of,
            blocking=inline,
            settings=self.settings,
            limits=self.limits,
            seed=self.seed,
        )

    async def run_until(self, condition: Callable[[Engine], bool], *, within_seconds: float) -> Engine:
        """Runs an engine until the condition holds, then stops it. Raises TimeoutError if it never does."""
        journal = self.journal_of(self.path)
        try:
            engine, stopping = self.engine(journal), asyncio.Event()
            task = asyncio.create_task(engine.run(stopping))
            try:
                await reached(lambda: task.done() or condition(engine), self.clock, within_seconds)
            finally:
                stopping.set()
                await task
            return engine
        finally:
            journal.close()


async def reached(condition: Callable[[], bool], clock: Clock, within_seconds: float) -> None:
    """Waits for a condition with a deadline. Raises TimeoutError."""
    deadline = clock.now() + within_seconds
    while not condition():
        if clock.now() >= deadline:
            raise TimeoutError(f"not reached within {within_seconds} seconds")
        await clock.sleep(0.1)


def idle(engine: Engine) -> bool:
    """Every packet has ended."""
    return next(engine.machine.packets(), None) is None


def a_ledger(name: str, clock: Clock) -> SimulatedLedger:
    """One more simulated ledger."""
    return SimulatedLedger(LedgerId(name), clock)
