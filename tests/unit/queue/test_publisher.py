"""What a producer believes of whoever answers on the broker."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from relayer.queue.broker import Broker
from relayer.queue.errors import BrokerUnavailable
from relayer.queue.names import Names
from relayer.queue.publisher import QueueTarget
from tests.support.queueing import SOURCE, a_fact, signed


class Answering:
    """The broker's client: whatever is asked or published is answered with the same bytes."""

    def __init__(self, data: bytes) -> None:
        self._answer: Any = SimpleNamespace(data=data, headers={})
        self._told: Any = None

    async def request(self, _subject: str, **_options: Any) -> Any:
        return self._answer

    def new_inbox(self) -> str:
        return "_INBOX.test"

    async def subscribe(self, _subject: str, *, cb: Any) -> Any:
        self._told = cb
        return self

    async def unsubscribe(self) -> None:
        pass

    def jetstream(self, **_options: Any) -> Any:
        return self

    async def publish(self, _subject: str, _body: bytes, *, headers: dict[str, str]) -> None:
        del headers
        asyncio.get_running_loop().call_soon(lambda: asyncio.ensure_future(self._told(self._answer)))


def target(data: bytes) -> QueueTarget:
    client: Any = Answering(data)
    return QueueTarget(broker=Broker(client=client, names=Names(), timeout_seconds=5.0), source=SOURCE)


async def test_an_answer_that_cannot_be_read_is_no_fault_of_the_facts() -> None:
    """They may be recorded; a push outbox that took it for a fault of theirs would set them aside."""
    with pytest.raises(BrokerUnavailable, match="upgrade"):
        await target(b'{"specversion": "1.0"}').deliver(signed(a_fact(1)))


async def test_no_issuer_signs_for_what_is_no_ledger() -> None:
    with pytest.raises(BrokerUnavailable, match="no consumer"):
        await target(b"short").identity()
