"""push.yaml to an outbox, its database and a courier."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from functools import partial
from importlib import import_module
from typing import Any
from urllib.parse import quote

from relayer.config.fields import AccountSettings
from relayer.config.ledgers import CosmosLedgerSettings
from relayer.config.pushing import PushSettings
from relayer.config.queue_file import BrokerSettings
from relayer.config.serving import read_pem
from relayer.errors import ConfigurationError
from relayer.keystore import LocalAccount, account_from_key, open_keystore
from relayer.logs import Log
from relayer.push import Courier, CourierSettings, Outbox, PushTarget, ServiceTarget, key_signer, open_target
from relayer.push.client import connect_file
from relayer.push.targets import ConnectingTarget

_log = Log(__name__)


def outbox_of(settings: PushSettings) -> Outbox:
    """Raises ConfigurationError."""
    return Outbox(system=settings.system, issuer=settings.issuer, chain_id=settings.chain_id, prefix=settings.prefix)


def connect_of(settings: PushSettings) -> Callable[[], Any]:
    """Opens connections to the business system's database. Raises ConfigurationError if it has none, or no driver."""
    if settings.database.sqlite is not None:
        path = settings.database.sqlite
        if not path.exists():
            raise ConfigurationError(f"{path}: there is no database yet; start the business system, whose outbox makes it")
        return lambda: connect_file(path)
    assert settings.database.postgresql is not None
    address = settings.database.postgresql.resolve()
    try:
        driver: Any = import_module("psycopg")
    except ImportError as error:
        raise ConfigurationError(
            "the driver of PostgreSQL is not installed; install interledger-settlement-relayer[push-postgresql]"
        ) from error
    return lambda: driver.connect(address)


@contextmanager
def opened(settings: PushSettings) -> Iterator[Any]:
    """A connection whose transaction is committed at the end."""
    with closing(connect_of(settings)()) as connection:
        yield connection
        connection.commit()


def make_courier(settings: PushSettings) -> Courier:
    """Raises ConfigurationError for a key that is not the issuer's, and for what cannot work."""
    account = _account(settings.account)
    if account.address != settings.issuer:
        raise ConfigurationError(
            f"account: its key is that of {account.address}, but the issuer is {settings.issuer}; name the issuer's key"
        )
    delivery = settings.delivery
    return Courier(
        outbox_of(settings),
        connect=connect_of(settings),
        target=open_push_target(settings),
        sign=key_signer(account.key),
        settings=CourierSettings(
            batch=delivery.batch,
            poll_seconds=delivery.poll_seconds,
            lease_seconds=delivery.lease_seconds,
            request_seconds=delivery.request_seconds,
            backoff_seconds=delivery.backoff_seconds,
            longest_backoff_seconds=delivery.longest_backoff_seconds,
            park_after=delivery.park_after,
        ),
    )


def open_push_target(settings: PushSettings) -> PushTarget:
    """The settlement ledger that is delivered to. Raises ConfigurationError."""
    target = settings.target
    if target.broker is not None:
        return ConnectingTarget(partial(_at_broker, target.broker, settings))
    if target.ledger is not None:
        return ConnectingTarget(partial(_on_chain, target.ledger))
    assert target.address is not None
    return open_target(
        target.address,
        token=None if target.token is None else target.token.resolve(),
        authority=None if target.authority is None else read_pem(target.authority),
        timeout_seconds=settings.delivery.request_seconds,
    )


@asynccontextmanager
async def _at_broker(broker: BrokerSettings, settings: PushSettings) -> AsyncIterator[PushTarget]:
    # Loaded for whoever has a broker.
    from relayer.app.queueing import connected_broker
    from relayer.queue.publisher import QueueTarget

    async with connected_broker(broker) as connected_to:
        yield QueueTarget(
            broker=connected_to,
            source=f"urn:interledger:{quote(settings.system, safe='')}",
            timeout_seconds=settings.delivery.request_seconds,
        )


@asynccontextmanager
async def _on_chain(settings: CosmosLedgerSettings) -> AsyncIterator[PushTarget]:
    from relayer.app.ledgers import Rights, connected, make_settlement

    settlement = make_settlement("settlement", settings, rights=Rights.OPERATOR)
    async with connected(settlement.ledger):
        yield ServiceTarget(settlement.service)


async def serve_courier(settings: PushSettings, stopping: asyncio.Event) -> None:
    """Delivers until `stopping` is set."""
    async with make_courier(settings) as courier:
        _log.info("courier delivers", system=settings.system, issuer=courier.outbox.issuer, target=settings.target.place)
        await stopping.wait()


def _account(settings: AccountSettings) -> LocalAccount:
    if settings.key is not None:
        return account_from_key(settings.key.resolve())
    assert settings.keystore is not None
    assert settings.password is not None
    return open_keystore(settings.keystore, settings.password.resolve())
