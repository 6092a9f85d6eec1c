"""The embedded ledger as its own process."""

from __future__ import annotations

import asyncio

import structlog

from relayer.app.embedded import embedded_ledger
from relayer.config.serving import LedgerFileSettings
from relayer.facts.schema import party_id
from relayer.ledgers.embedded.served.server import serve

_log = structlog.get_logger(__name__)


async def serve_ledger(settings: LedgerFileSettings, stopping: asyncio.Event) -> None:
    """Serves until `stopping` is set. Raises ConfigurationError, LedgerCorrupt, QuorumMissing before it listens."""

    def ready(port: int) -> None:
        _log.info("ledger serves", chain_id=settings.chain_id, host=settings.listen.host, port=port)

    await serve(
        embedded_ledger(settings.chain_id, settings),
        host=settings.listen.host,
        port=settings.listen.port,
        token=settings.token.resolve(),
        party_tokens={party_id(name): token.resolve() for name, token in settings.party_tokens.items()},
        stop=stopping,
        ready=ready,
    )
