"""The courier's own connection to the caller's database: one transaction at a time, and a new connection after a fault.

Over a sync connection everything runs in one thread, since some drivers let no other one use their connections.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from inspect import isawaitable
from typing import Any

from relayer.push.connections import begin_writing, begin_writing_async, is_async, run, run_async
from relayer.push.errors import OutboxUnavailable
from relayer.push.queries import Dialect, T, Work
from relayer.push.strangers import ask_database, discard, discard_async

Connect = Callable[[], Any]
"""Opens a connection that nothing else uses: sync, async, or a coroutine that gives one."""


class Database:
    """Transactions over one connection, which is opened when it is needed."""

    def __init__(self, connect: Connect) -> None:
        self._connect = connect
        self._connection: Any = None
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="relayer-push")
        self._turn = asyncio.Lock()

    async def transaction(self, make: Callable[[Dialect], Work[T]]) -> T:
        """Runs work and commits it, or none of it. Raises OutboxUnavailable, after which the next call connects again, and
        what the work raises."""
        async with self._turn:
            try:
                return await ask_database(self._run(make))
            except OutboxUnavailable:
                await self._drop()
                raise

    async def close(self) -> None:
        """Ends the connection."""
        async with self._turn:
            await self._drop()
        self._thread.shutdown(wait=True)

    async def _run(self, make: Callable[[Dialect], Work[T]]) -> T:
        if self._connection is None:
            opened = await self._in_thread(self._connect)
            self._connection = await opened if isawaitable(opened) else opened
        connection = self._connection
        if not is_async(connection):
            return await self._in_thread(lambda: _transact(connection, make))
        return await _transact_async(connection, make)

    async def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is None:
            return
        if is_async(connection):
            await discard_async(connection)
        else:
            await self._in_thread(lambda: discard(connection))

    def _in_thread(self, work: Callable[[], T]) -> Awaitable[T]:
        return asyncio.get_running_loop().run_in_executor(self._thread, work)


def _transact(connection: Any, make: Callable[[Dialect], Work[T]]) -> T:
    done = False
    try:
        begin_writing(connection)
        result = run(connection, make)
        connection.commit()
        done = True
    finally:
        if not done:
            connection.rollback()
    return result


async def _transact_async(connection: Any, make: Callable[[Dialect], Work[T]]) -> T:
    done = False
    try:
        await begin_writing_async(connection)
        result = await run_async(connection, make)
        await connection.commit()
        done = True
    finally:
        if not done:
            await connection.rollback()
    return result
