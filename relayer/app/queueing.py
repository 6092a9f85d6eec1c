"""The consumer of a queue, composed: broker on one side, settlement ledger on the other."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from relayer.app.ledgers import Rights, connected, make_settlement
from relayer.config.queue_file import BrokerSettings, QueueSettings
from relayer.config.serving import read_pem
from relayer.errors import ConfigurationError
from relayer.logs import Log
from relayer.queue import broker
from relayer.queue.broker import Broker, BrokerPlace
from relayer.queue.consumer import Consumer, Retries, consume
from relayer.queue.names import Names

_log = Log(__name__)


async def serve_queue(settings: QueueSettings, stopping: asyncio.Event) -> None:
    """Records until `stopping` is set; then what was taken is finished. Raises ConfigurationError, LedgerError."""
    ledger = make_settlement("settlement", settings.settlement, rights=Rights.OPERATOR)
    async with connected(ledger.ledger), connected_broker(settings.broker) as queue:
        await queue.tell_identity(await ledger.service.identity())
        consumer = Consumer(
            recorder=ledger.service,
            outlet=queue,
            names=queue.names,
            ledger=settings.settlement.chain_id,
            retries=Retries(attempts=settings.consumer.attempts),
        )
        pull = await queue.puller()
        _log.info("queue served", servers=", ".join(settings.broker.servers), ledger=settings.settlement.chain_id)
        await consume(consumer, pull, stopping, side_by_side=settings.consumer.side_by_side)
        counts = consumer.counts
        _log.info("queue left", recorded=counts.recorded, rejected=counts.rejected, dead_letters=counts.dead_letters)


@asynccontextmanager
async def connected_broker(settings: BrokerSettings) -> AsyncIterator[Broker]:
    """With its streams. Raises ConfigurationError, BrokerUnavailable."""
    place = BrokerPlace(
        servers=settings.servers,
        token=settings.token.resolve() if settings.token else None,
        tls=_context(settings),
        timeout_seconds=settings.timeout_seconds,
    )
    async with broker.connected(place, Names(prefix=settings.prefix)) as found:
        yield found


def _context(settings: BrokerSettings) -> ssl.SSLContext | None:
    if not any(server.startswith("tls://") for server in settings.servers):
        return None
    if settings.tls is None:
        return ssl.create_default_context()
    try:
        return ssl.create_default_context(cadata=read_pem(settings.tls).decode())
    except (ssl.SSLError, ValueError) as error:
        raise ConfigurationError(f"{settings.tls}: this is no certificate in PEM; name the broker's authority") from error
