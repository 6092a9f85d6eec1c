"""The caller's own connection: how work runs over it, whatever driver or toolkit it comes from.

Nothing here begins, commits or rolls back a caller's transaction, and no driver is imported: a connection is recognised by
the module of its class.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from inspect import isawaitable
from typing import Any

from relayer.errors import ConfigurationError
from relayer.push.queries import Call, Dialect, Repeated, Rows, Statement, T, Work, in_style
from relayer.push.strangers import call, call_async

_DIALECTS = {
    "sqlite3": Dialect.SQLITE,
    "aiosqlite": Dialect.SQLITE,
    "psycopg": Dialect.POSTGRESQL,
    "psycopg2": Dialect.POSTGRESQL,
    "pg8000": Dialect.POSTGRESQL,
}
_STYLES = {"sqlite3": "qmark", "aiosqlite": "qmark", "psycopg": "pyformat"}
_packages: dict[type, str] = {}
"""By class: they are looked up several times for each statement."""
_SUPPORTED = "sqlite3, aiosqlite, psycopg, or a Connection or Session of SQLAlchemy over one of them"


def run(connection: Any, make: Callable[[Dialect], Work[T]]) -> T:
    """Runs work over a caller's sync connection, within its transaction. Raises ConfigurationError for a connection that has
    none, or is not known."""
    inner = connection.connection() if _is_session(connection) else connection
    work = make(dialect_of(inner))
    require_transactions(inner)
    return _drive(inner, work, given=connection)


async def run_async(connection: Any, make: Callable[[Dialect], Work[T]]) -> T:
    """The same over an async connection."""
    inner = await connection.connection() if _is_session(connection) else connection
    work = make(dialect_of(inner))
    require_transactions(inner)
    return await _drive_async(inner, work, given=connection)


def begin_writing(connection: Any) -> None:
    """Begins a transaction that will write, on a connection that nothing else uses."""
    inner = connection.connection() if _is_session(connection) else connection
    if dialect_of(inner) is Dialect.SQLITE and not _driver(inner).in_transaction:
        _drive(inner, _begin(), given=connection)


async def begin_writing_async(connection: Any) -> None:
    """The same over an async connection."""
    inner = await connection.connection() if _is_session(connection) else connection
    if dialect_of(inner) is Dialect.SQLITE and not _driver(inner).in_transaction:
        await _drive_async(inner, _begin(), given=connection)


def _begin() -> Work[None]:
    # A transaction of SQLite that begins by reading cannot wait for its turn to write.
    yield Statement("BEGIN IMMEDIATE")


def _drive(connection: Any, work: Work[T], *, given: Any) -> T:
    """`given`: what the caller knows the connection as."""
    ask = _alchemy if _is_alchemy(connection) else _dbapi
    try:
        asked = next(work)
        while True:
            rows = call(asked.function, given, asked.argument) if isinstance(asked, Call) else ask(connection, asked)
            asked = work.send(rows)
    except StopIteration as end:
        value: T = end.value
        return value


async def _drive_async(connection: Any, work: Work[T], *, given: Any) -> T:
    ask = _alchemy_async if _is_alchemy(connection) else _dbapi_async
    try:
        asked = next(work)
        while True:
            if isinstance(asked, Call):
                rows = await call_async(asked.function, given, asked.argument)
            else:
                rows = await ask(connection, asked)
            asked = work.send(rows)
    except StopIteration as end:
        value: T = end.value
        return value


def is_async(connection: Any) -> bool:
    """Whether run_async fits the connection."""
    name = type(connection).__name__
    return _package(connection) == "aiosqlite" or name.startswith("Async") or name == "async_scoped_session"


def dialect_of(connection: Any) -> Dialect:
    """Raises ConfigurationError for a database that is not supported."""
    if _is_alchemy(connection):
        name = connection.dialect.name
        if name in list(Dialect):
            return Dialect(name)
        raise ConfigurationError(f"the outbox has no tables for {name}; it is kept in SQLite or PostgreSQL")
    dialect = _DIALECTS.get(_package(connection))
    if dialect is None:
        raise ConfigurationError(f"a connection of {type(connection).__module__} is not known; give one of {_SUPPORTED}")
    return dialect


def require_transactions(connection: Any) -> None:
    """Raises ConfigurationError for a connection on which each statement commits by itself."""
    connection = _driver(connection)
    if _package(connection) in ("sqlite3", "aiosqlite"):
        commits_alone = not connection.in_transaction and (
            connection.isolation_level is None or getattr(connection, "autocommit", -1) is True
        )
    else:
        # psycopg: a block of connection.transaction() is a transaction all the same.
        commits_alone = bool(getattr(connection, "autocommit", False)) and _is_idle(connection)
    if commits_alone:
        raise ConfigurationError(
            "the connection commits each statement by itself, so the claim and the business record could part; begin a "
            "transaction first"
        )


def _is_session(connection: Any) -> bool:
    """Of SQLAlchemy's ORM: it has a connection."""
    return hasattr(connection, "get_bind") and not _is_alchemy(connection)


def _is_alchemy(connection: Any) -> bool:
    return hasattr(connection, "exec_driver_sql")


def _driver(connection: Any) -> Any:
    """The driver's connection, also if it is behind SQLAlchemy."""
    if not _is_alchemy(connection):
        return connection
    return (connection.sync_connection if is_async(connection) else connection).connection.driver_connection


def _package(connection: Any) -> str:
    """Of its class, or of the driver's class that it is derived from."""
    kind = type(connection)
    found = _packages.get(kind)
    if found is None:
        packages = [each.__module__.partition(".")[0] for each in kind.__mro__]
        found = _packages[kind] = next((package for package in packages if package in _DIALECTS), packages[0])
    return found


def _is_idle(connection: Any) -> bool:
    info = getattr(connection, "info", None)
    status = getattr(info, "transaction_status", 0)
    return int(status) == 0


def _style(connection: Any) -> str:
    package = _package(connection)
    return _STYLES.get(package) or str(getattr(sys.modules[package], "paramstyle", "format"))


def _cursor(connection: Any) -> Any:
    """With rows as tuples, whatever form the caller has chosen for its own."""
    if _package(connection) == "psycopg":
        return connection.cursor(row_factory=sys.modules["psycopg"].rows.tuple_row)
    return connection.cursor()


def _dbapi(connection: Any, statement: Statement | Repeated) -> Rows:
    sql = in_style(statement.sql, _style(connection))
    cursor = _cursor(connection)
    try:
        if _package(connection) == "sqlite3":
            cursor.row_factory = None
        if isinstance(statement, Repeated):
            cursor.executemany(sql, statement.rows)
            return ()
        cursor.execute(sql, statement.parameters)
        return () if cursor.description is None else cursor.fetchall()
    finally:
        cursor.close()


async def _dbapi_async(connection: Any, statement: Statement | Repeated) -> Rows:
    sql = in_style(statement.sql, _style(connection))
    cursor = _cursor(connection)
    if isawaitable(cursor):
        cursor = await cursor
    try:
        if _package(connection) == "aiosqlite":
            cursor.row_factory = None
        if isinstance(statement, Repeated):
            await cursor.executemany(sql, statement.rows)
            return ()
        await cursor.execute(sql, statement.parameters)
        return () if cursor.description is None else await cursor.fetchall()
    finally:
        await cursor.close()


def _alchemy(connection: Any, statement: Statement | Repeated) -> Rows:
    sql = in_style(statement.sql, connection.dialect.paramstyle)
    if isinstance(statement, Repeated):
        connection.exec_driver_sql(sql, list(statement.rows))
        return ()
    result = connection.exec_driver_sql(sql, statement.parameters)
    return [tuple(row) for row in result] if result.returns_rows else ()


async def _alchemy_async(connection: Any, statement: Statement | Repeated) -> Rows:
    sql = in_style(statement.sql, connection.dialect.paramstyle)
    if isinstance(statement, Repeated):
        await connection.exec_driver_sql(sql, list(statement.rows))
        return ()
    result = await connection.exec_driver_sql(sql, statement.parameters)
    return [tuple(row) for row in result] if result.returns_rows else ()
