"""`relayer queue serve` between a real broker and a served settlement ledger."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest

from relayer.app.clock import SystemClock
from relayer.app.pushing import serve_courier
from relayer.app.queueing import serve_queue
from relayer.config.pushing import load_push
from relayer.config.queue_file import load_queue
from relayer.devnet.broker import MessageBroker
from relayer.errors import AccessDenied, ConfigurationError
from relayer.ledgers.embedded.ledger import EmbeddedLedger
from relayer.push.client import connect_file
from relayer.queue.broker import BrokerPlace, connected
from relayer.queue.names import Names
from relayer.queue.publisher import QueueTarget
from relayer.settlement.model.facts import PushedFacts
from relayer.settlement.model.issuers import Issuer
from relayer.waiting import until_true
from tests.support.embedded import embedded_ledger
from tests.support.pushing import CHAIN_ID, ISSUER, KEY, SYSTEM, a_claim, an_outbox, register
from tests.support.queueing import SOURCE, a_fact, signed
from tests.support.served import ledger_server

pytestmark = pytest.mark.node
TOKEN = "a-partys-token"


@pytest.fixture
async def ledger(tmp_path: Path) -> AsyncIterator[EmbeddedLedger]:
    made = embedded_ledger(tmp_path / "ledger", SystemClock())
    await made.connect()
    await register(made.settlement, Issuer(CHAIN_ID, ISSUER))
    server = ledger_server(made, tmp_path / "ledger.sock", token="the-operators-token", parties={"DE*NBM": TOKEN})
    await server.start()
    yield made
    await server.stop()
    await made.close()


def settings_file(folder: Path, server: str, names: Names, token: str) -> Path:
    (folder / "token").write_text(token)
    (folder / "token").chmod(0o600)
    path = folder / "queue.yaml"
    path.write_text(
        f"version: 1\nbroker: {{servers: ['{server}'], prefix: {names.prefix}}}\n"
        "settlement: {type: remote, address: 'unix:ledger.sock', chain_id: settlement-1, token: {file: token}}\n"
    )
    return path


async def test_a_producer_gets_the_reference_of_the_ledger_itself(
    tmp_path: Path, ledger: EmbeddedLedger, server: MessageBroker, place: BrokerPlace, names: Names
) -> None:
    settings = load_queue(settings_file(tmp_path, server.server, names, TOKEN))
    stopping = asyncio.Event()
    async with asyncio.TaskGroup() as group, connected(place, names) as producer:
        serving = [group.create_task(serve_queue(settings, stopping)) for _ in range(2)]
        target = QueueTarget(broker=producer, source=SOURCE)

        async def somebody_serves() -> bool:
            consumers = await producer.jetstream.consumers_info(names.facts_stream)
            return bool(consumers) or any(each.done() for each in serving)

        await until_true(somebody_serves, "a consumer")
        identity = await target.identity()
        assert identity == await ledger.settlement.identity()
        answers = await target.deliver(signed(a_fact(1), a_fact(2), identity=identity))
        stopping.set()
    found = await ledger.settlement.liabilities(after_sequence=0, limit=10)
    assert [(each.liability_id, each.sequence) for each in found] == [(each.liability_id, each.sequence) for each in answers]
    assert all(isinstance(each.origin, PushedFacts) for each in found)
    assert [each.origin.object_id for each in found if isinstance(each.origin, PushedFacts)] == ["T-1", "T-2"]


async def test_a_courier_delivers_through_the_broker_of_its_file(
    tmp_path: Path, ledger: EmbeddedLedger, server: MessageBroker, place: BrokerPlace, names: Names
) -> None:
    """`push.yaml` with a broker in place of an address: consumers record what the outbox holds."""
    (tmp_path / "key").write_text(KEY.hex())
    (tmp_path / "key").chmod(0o600)
    outbox = an_outbox()
    with closing(connect_file(tmp_path / "business.db")) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        outbox.create(connection)
        outbox.put(connection, a_claim("T-1"))
        connection.commit()
        (tmp_path / "push.yaml").write_text(
            f"version: 1\nsystem: {SYSTEM}\nchain_id: {CHAIN_ID}\nissuer: '0x{ISSUER.hex()}'\n"
            "database: {sqlite: business.db}\naccount: {key: {file: key}}\n"
            f"target: {{broker: {{servers: ['{server.server}'], prefix: {names.prefix}}}}}\n"
            "delivery: {poll_seconds: 0.05, backoff_seconds: 0.05, longest_backoff_seconds: 0.2}\n"
        )
        settings = load_queue(settings_file(tmp_path, server.server, names, TOKEN))
        stopping = asyncio.Event()
        async with asyncio.TaskGroup() as group, connected(place, names):
            for serving in (serve_queue(settings, stopping), serve_courier(load_push(tmp_path / "push.yaml"), stopping)):
                group.create_task(serving)

            async def is_delivered() -> bool:
                found = outbox.outcome(connection, "T-1")
                connection.commit()
                return found is not None and found.accepted

            await until_true(is_delivered, "the claim to be recorded")
            stopping.set()
    (liability,) = await ledger.settlement.liabilities(after_sequence=0, limit=10)
    assert isinstance(liability.origin, PushedFacts)
    assert liability.origin.object_id == "T-1"


@pytest.mark.usefixtures("ledger")
async def test_a_consumer_with_a_wrong_token_ends_and_takes_nothing(
    tmp_path: Path, server: MessageBroker, place: BrokerPlace, names: Names
) -> None:
    settings = load_queue(settings_file(tmp_path, server.server, names, "another-token"))
    with pytest.raises(AccessDenied):
        await serve_queue(settings, asyncio.Event())
    async with connected(place, names) as queue:
        assert (await queue.depth()).taken == 0


def test_a_broker_beyond_this_machine_needs_tls(tmp_path: Path, names: Names) -> None:
    path = settings_file(tmp_path, "nats://broker.example:4222", names, TOKEN)
    with pytest.raises(ConfigurationError, match=r"tls://broker\.example"):
        load_queue(path)


def test_a_token_goes_nowhere_without_tls(tmp_path: Path, names: Names) -> None:
    path = settings_file(tmp_path, "nats://127.0.0.1:4222", names, TOKEN)
    path.write_text(path.read_text().replace("broker: {", "broker: {token: {file: token}, "))
    with pytest.raises(ConfigurationError, match=r"has a token and the server"):
        load_queue(path)
