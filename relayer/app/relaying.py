"""The relayer process: journal, ledgers, engine and status service, from the settings until it is asked to stop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path

from relayer.app.certificates import server_context
from relayer.app.clock import SteadyClock
from relayer.app.journal import journal_writer, routes
from relayer.app.ledgers import FullLedger, make_ledger, stops_by_itself
from relayer.app.policy import policy
from relayer.app.probing import Probe
from relayer.app.releasing import take_releases
from relayer.app.report import service_report
from relayer.app.running import identity
from relayer.config.relayer_file import RelayerSettings
from relayer.core.channels import Route
from relayer.core.ids import Height, LedgerId
from relayer.engine.engine import Engine
from relayer.engine.links import LedgerLink
from relayer.engine.runner import JournalThread
from relayer.engine.settings import EngineSettings
from relayer.journal.releases import ReleaseRequests
from relayer.journal.statistics import JournalStatistics
from relayer.light_clients.known import KNOWN
from relayer.logs import Log
from relayer.ports.journal import Journal
from relayer.service.http import StatusServer
from relayer.service.listener import bind
from relayer.service.remembered import Remembered
from relayer.service.report import Source
from relayer.views.relaying import RelayerIdentity

_log = Log(__name__)

_FIGURES_SECONDS = 5.0
_PROBE_SECONDS = 1.0
"""How old an answer of the service may be: frequent questions must not slow the work down."""

OpenJournal = Callable[[Path], AbstractContextManager[Journal]]


async def relay(settings: RelayerSettings, stopping: asyncio.Event, *, open_journal: OpenJournal = journal_writer) -> None:
    """Until `stopping` is set. Whatever is wrong with the configuration is raised before anything is sent."""
    paths = routes(settings)
    used = {ledger for route in paths for ledger in (route.source, route.destination)}
    tls = None if settings.service.tls is None else server_context(settings.service.tls)
    token = None if settings.service.token is None else settings.service.token.resolve()
    listener = bind(settings.service.host, settings.service.port)
    try:
        with open_journal(settings.journal.path) as journal:
            thread, reading = JournalThread(), JournalThread()
            ledgers = {LedgerId(name): make_ledger(name, settings.ledgers[name]) for name in sorted(used)}
            engine = Engine(
                routes=paths,
                links=links(ledgers, settings),
                journal=journal,
                policy=policy(settings.channels),
                clock=SteadyClock(),
                light_client=KNOWN.of_type,
                blocking=thread,
                settings=engine_settings(settings),
            )
            statistics = JournalStatistics(settings.journal.path)
            source = _source(engine, identity(settings), _probe(paths, ledgers, settings, statistics, reading))
            server = StatusServer(source, tls=tls, token=token)
            serving = asyncio.create_task(server.serve(sockets=[listener]))
            releases = ReleaseRequests(settings.journal.path)
            releasing = asyncio.create_task(take_releases(engine, releases, SteadyClock()))
            _log.info(
                "relayer starts", channels=len(settings.channels), service=f"{settings.service.host}:{settings.service.port}"
            )
            try:
                await engine.run(stopping)
            finally:
                releasing.cancel()
                server.should_exit = True
                await serving
                await asyncio.gather(releasing, return_exceptions=True)
                thread.close()
                reading.close()
                statistics.close()
    finally:
        listener.close()


def _probe(
    paths: Sequence[Route],
    ledgers: Mapping[LedgerId, FullLedger],
    settings: RelayerSettings,
    statistics: JournalStatistics,
    reading: JournalThread,
) -> Probe:
    found = {name: stops_by_itself(settings.ledgers[name], ledger) for name, ledger in ledgers.items()}
    stopping = {name: ledger for name, ledger in found.items() if ledger is not None}
    return Probe(paths, ledgers, statistics, blocking=reading, stopping=stopping)


def _source(engine: Engine, name: RelayerIdentity, probe: Probe) -> Source:
    clock = SteadyClock()
    return Source(
        report=lambda: service_report(engine.snapshot(), name),
        figures=Remembered(probe.figures, seconds=_FIGURES_SECONDS, clock=clock),
        probe=Remembered(probe.look, seconds=_PROBE_SECONDS, clock=clock),
        stopped=Remembered(probe.stopped, seconds=_PROBE_SECONDS, clock=clock),
    )


def links(ledgers: Mapping[LedgerId, FullLedger], settings: RelayerSettings) -> list[LedgerLink]:
    """The ledgers as the engine holds them."""
    return [
        LedgerLink(
            ledger=ledger,
            prover=ledger,
            origin=Height(settings.ledgers[name].read_above),
            # Where only what is older than the router is left out, the first packet is still to be found.
            is_read_whole=not settings.ledgers[name].start_height,
        )
        for name, ledger in ledgers.items()
    ]


def engine_settings(settings: RelayerSettings) -> EngineSettings:
    """What the file says of the engine; the rest as it comes."""
    return EngineSettings(
        poll_seconds=settings.engine.poll_seconds,
        batch_messages=settings.engine.batch_packets,
        batch_bytes=settings.engine.batch_bytes,
        refresh_percent=settings.engine.refresh_percent,
    )
