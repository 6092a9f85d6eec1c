"""One broker for all tests of this folder; each has subjects and streams of its own."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from relayer.devnet.broker import MessageBroker
from relayer.queue.broker import BrokerPlace
from relayer.queue.names import Names

_NUMBERS = count(1)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MessageBroker]:
    with MessageBroker(tmp_path_factory.mktemp("broker"), progress=print) as running:
        yield running


@pytest.fixture
def names() -> Names:
    return Names(prefix=f"test{next(_NUMBERS)}")


@pytest.fixture
def place(server: MessageBroker) -> BrokerPlace:
    return BrokerPlace(servers=(server.server,))


@pytest.fixture
def queue_file(tmp_path: Path, server: MessageBroker, names: Names) -> Path:
    path = tmp_path / "queue.yaml"
    path.write_text(
        f"version: 1\nbroker: {{servers: ['{server.server}'], prefix: {names.prefix}}}\n"
        "settlement: {type: remote, address: 'unix:ledger.sock', chain_id: settlement-1}\n"
    )
    return path
