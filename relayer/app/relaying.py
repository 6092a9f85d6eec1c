"""The relayer process: journal, ledgers, engine and status service, from the settings until it is asked to stop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import structlog

from relayer.app.clock import SystemClock
from relayer.app.journal import journal_writer, routes
from relayer.app.ledgers import make_ledger
from relayer.app.policy import policy
from relayer.app.report import service_report
from relayer.config.relayer_file import RelayerSettings
from relayer.core.ids import Height
from relayer.engine.engine import Engine
from relayer.engine.links import LedgerLink
from relayer.engine.runner import JournalThread
from relayer.engine.settings import EngineSettings
from relayer.ports.journal import Journal
from relayer.service.http import StatusServer, bind

_log = structlog.get_logger(__name__)

OpenJournal = Callable[[Path], AbstractContextManager[Journal]]


async def relay(settings: RelayerSettings, stopping: asyncio.Event, *, open_journal: OpenJournal = journal_writer) -> None:
    """Until `stopping` is set. Whatever is wrong with the configuration is raised before anything is sent."""
    paths = routes(settings)
    used = {ledger for route in paths for ledger in (route.source, route.destination)}
    listener = bind(settings.service.host, settings.service.port)
    try:
        with open_journal(settings.journal.path) as journal:
            thread = JournalThread()
            links = []
            for name in sorted(used):
                ledger = make_ledger(name, settings.ledgers[name])
                links.append(LedgerLink(ledger=ledger, prover=ledger, origin=Height(settings.ledgers[name].start_height)))
            engine = Engine(
                routes=paths,
                links=links,
                journal=journal,
                policy=policy(settings.channels),
                clock=SystemClock(),
                blocking=thread,
                settings=_engine_settings(settings),
            )
            server = StatusServer(lambda: service_report(engine.snapshot()))
            serving = asyncio.create_task(server.serve(sockets=[listener]))
            _log.info(
                "relayer starts", channels=len(settings.channels), service=f"{settings.service.host}:{settings.service.port}"
            )
            try:
                await engine.run(stopping)
            finally:
                server.should_exit = True
                await serving
                thread.close()
    finally:
        listener.close()


def _engine_settings(settings: RelayerSettings) -> EngineSettings:
    return EngineSettings(
        poll_seconds=settings.engine.poll_seconds,
        batch_messages=settings.engine.batch_packets,
        batch_bytes=settings.engine.batch_bytes,
        refresh_percent=settings.engine.refresh_percent,
    )
