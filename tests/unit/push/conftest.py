"""Every kind of connection that an outbox takes, over a new database each time; PostgreSQL is started once."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import aiosqlite
import psycopg
import pytest
from sqlalchemy import create_engine
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import Session

from tests.support.postgres import postgres
from tests.support.pushing import PushLedger

_NUMBERS = count(1)


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    with postgres() as address:
        yield address


@pytest.fixture
def address(server: str) -> Iterator[str]:
    """Of a new database in PostgreSQL."""
    name = f"test_{next(_NUMBERS)}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    yield server.replace("dbname=postgres", f"dbname={name}")
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def ledger() -> PushLedger:
    return PushLedger()


@pytest.fixture
def connect(tmp_path: Path) -> Any:
    """Opens connections to one SQLite file."""
    return lambda: sqlite3.connect(tmp_path / "business.db", timeout=30, check_same_thread=False)


SYNC = ("sqlite3", "psycopg", "sqlalchemy-sqlite", "sqlalchemy-postgresql", "session-sqlite", "session-postgresql")
ASYNC = ("aiosqlite", "psycopg-async", "alchemy-aiosqlite", "alchemy-psycopg", "async-session")


@pytest.fixture(params=SYNC)
def opened(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Any]:
    """Opens sync connections of one kind to one database."""
    address = request.getfixturevalue("address") if request.param.endswith(("psycopg", "postgresql")) else ""
    if request.param == "sqlite3":
        yield lambda: sqlite3.connect(tmp_path / "business.db", timeout=30, check_same_thread=False)
    elif request.param == "psycopg":
        yield lambda: psycopg.connect(address)
    else:
        creator = {"creator": lambda: psycopg.connect(address)} if address else {}
        url = "postgresql+psycopg://" if address else f"sqlite:///{tmp_path / 'business.db'}"
        engine = create_engine(url, **creator)
        yield (lambda: Session(engine)) if request.param.startswith("session") else engine.connect
        engine.dispose()


@pytest.fixture(params=ASYNC)
async def opened_async(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Any]:
    """A coroutine function that opens async connections of one kind to one database."""
    kind = request.param
    if kind == "aiosqlite":

        async def open_one() -> Any:
            return await aiosqlite.connect(tmp_path / "business.db", timeout=30)

        yield open_one
        return
    address = request.getfixturevalue("address") if kind in ("psycopg-async", "alchemy-psycopg", "async-session") else ""
    if kind == "psycopg-async":

        async def open_one() -> Any:
            return await psycopg.AsyncConnection.connect(address)

        yield open_one
        return

    async def creator() -> Any:
        return await psycopg.AsyncConnection.connect(address)

    arguments = {"async_creator": creator} if address else {}
    url = "postgresql+psycopg://" if address else f"sqlite+aiosqlite:///{tmp_path / 'business.db'}"
    engine = create_async_engine(url, **arguments)

    async def open_one() -> Any:
        return AsyncSession(engine) if kind == "async-session" else await engine.connect()

    yield open_one
    await engine.dispose()
