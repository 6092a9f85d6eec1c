"""The queue of queue.yaml, opened for reading."""

from __future__ import annotations

from contextlib import AsyncExitStack
from pathlib import Path

from relayer.app.queueing import connected_broker
from relayer.config.queue_file import load_queue
from relayer.errors import ConfigurationError
from relayer.queue.books import QueueBooks


async def opened_queue(opened: AsyncExitStack, path: Path, ledger: str) -> QueueBooks:
    """`ledger`: chain id of the settlement ledger that is compared with. Raises ConfigurationError, BrokerUnavailable."""
    settings = load_queue(path)
    if settings.settlement.chain_id != ledger:
        raise ConfigurationError(
            f"{path}: the queue's consumers record on {settings.settlement.chain_id}, and {ledger} is compared; name "
            "another queue.yaml with --queue, or leave this way out with --way"
        )
    broker = await opened.enter_async_context(connected_broker(settings.broker))
    return QueueBooks(broker=broker, name=str(path), ledger=ledger)
