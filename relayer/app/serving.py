"""The embedded ledger as its own process."""

from __future__ import annotations

import asyncio

from relayer.app.certificates import places_of
from relayer.app.embedded import embedded_ledger
from relayer.config.serving import LedgerFileSettings
from relayer.ledgers.embedded.served.server import serve
from relayer.ledgers.served.access import Access, Reads
from relayer.logs import Log

_log = Log(__name__)


async def serve_ledger(settings: LedgerFileSettings, stopping: asyncio.Event) -> None:
    """Serves until `stopping` is set. Raises ConfigurationError, LedgerCorrupt, QuorumMissing before it listens."""

    def ready(port: int | None) -> None:
        _log.info("ledger serves", chain_id=settings.chain_id, socket=str(settings.listen.socket or ""), port=port or "")

    await serve(
        embedded_ledger(settings.chain_id, settings),
        places=places_of(settings.listen),
        access=Access(
            operator=settings.token.resolve(),
            parties={account: token.resolve() for account, token in settings.party_tokens.items()},
            readers={name: token.resolve() for name, token in settings.reader_tokens.items()},
        ),
        reads=Reads(settings.reads),
        stop=stopping,
        ready=ready,
    )
